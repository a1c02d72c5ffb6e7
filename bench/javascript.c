/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What it costs to send a message and to receive it from JavaScript, by introspection alone and
 * with the override, against the two system calls in C.
 *
 * The programs in JavaScript run all the time, each with a queue of its own, so that they are warm,
 * and are told when it is their turn. What counts is the time that a process has had a processor:
 * nothing here waits, and whoever else wants the processor is not its fault.
 *
 * Arguments: GJS SCRIPT GJS_PATH_OF_THE_OVERRIDE */

#include <gio/gio.h>

#include "quantile.h"

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_SIZE 64

#define N_ROUNDS  81
#define N_WARM_UP 3
#define N_PAIRS   5000u

typedef struct
{
  const char *title;
  const char *name; /* in the script; NULL for what is done here */
  gboolean has_override;
} Way;

static const Way ways[] = {
  { "mq_send(3) and mq_receive(3), in C", NULL, FALSE },
  { "send(message, 0, null) and recv(null), introspection", "plain", FALSE },
  { "send(message, 0, null) and recv(null), the override", "plain", TRUE },
  { "send(message) and recv(), the override", "short", TRUE },
  { "send(message, 9) and receive(), the override", "priority", TRUE },
};

typedef struct
{
  GSubprocess *process;
  GDataInputStream *output;
  clockid_t clock; /* of its time on a processor */
} Peer;

static void
fail (const char *what)
{
  perror (what);
  exit (1);
}

/* Both sides of a pair, and all who take turns, are on one core. */
static void
pin (void)
{
  cpu_set_t allowed;
  cpu_set_t one;
  int cpu = CPU_SETSIZE - 1;

  if (sched_getaffinity (0, sizeof allowed, &allowed) == -1)
    return;

  while (cpu > 0 && !CPU_ISSET (cpu, &allowed))
    cpu--;
  CPU_ZERO (&one);
  CPU_SET (cpu, &one);
  sched_setaffinity (0, sizeof one, &one);
}

static mqd_t
open_queue (void)
{
  g_autofree char *name = g_strdup_printf ("/mood-bench-%d", (int) getpid ());
  struct mq_attr attributes = { .mq_maxmsg = 1, .mq_msgsize = MESSAGE_SIZE };
  mqd_t descriptor = mq_open (name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);

  if (descriptor == (mqd_t) -1 || mq_unlink (name) == -1)
    fail (name);

  return descriptor;
}

static double
get_nanoseconds (clockid_t clock)
{
  struct timespec time;

  if (clock_gettime (clock, &time) == -1)
    fail ("clock_gettime");

  return (double) time.tv_sec * 1e9 + (double) time.tv_nsec;
}

/* Nanoseconds a pair. */
static double
run_here (mqd_t descriptor)
{
  char message[MESSAGE_SIZE] = { 0 };
  unsigned priority;
  double start = get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID);

  for (guint i = 0; i < N_PAIRS; i++)
    if (mq_send (descriptor, message, sizeof message, 0) == -1 ||
        mq_receive (descriptor, message, sizeof message, &priority) == -1)
      fail ("mq_send or mq_receive");

  return (get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID) - start) / N_PAIRS;
}

static Peer
start_peer (const Way *way, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *size = g_strdup_printf ("%d", MESSAGE_SIZE);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  Peer peer;

  g_subprocess_launcher_setenv (launcher, "GJS_PATH", way->has_override ? arguments[3] : "", TRUE);
  peer.process = g_subprocess_launcher_spawn (launcher, &error, arguments[1], "-m", arguments[2],
                                              way->name, size, NULL);
  if (peer.process == NULL)
    {
      g_printerr ("%s\n", error->message);
      exit (1);
    }
  if (clock_getcpuclockid (atoi (g_subprocess_get_identifier (peer.process)), &peer.clock) != 0)
    fail ("clock_getcpuclockid");
  peer.output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (peer.process));

  return peer;
}

static double
run_there (Peer *peer)
{
  g_autofree char *request = g_strdup_printf ("%u\n", N_PAIRS);
  g_autofree char *answer = NULL;
  double start = get_nanoseconds (peer->clock);

  if (!g_output_stream_write_all (g_subprocess_get_stdin_pipe (peer->process), request,
                                  strlen (request), NULL, NULL, NULL) ||
      (answer = g_data_input_stream_read_line (peer->output, NULL, NULL, NULL)) == NULL)
    {
      g_printerr ("The program in JavaScript has ended\n");
      exit (1);
    }

  return (get_nanoseconds (peer->clock) - start) / N_PAIRS;
}

static void
end_peer (Peer *peer)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (peer->process), NULL, NULL);
  g_subprocess_wait (peer->process, NULL, NULL);
  g_object_unref (peer->output);
  g_object_unref (peer->process);
}

static void
print_results (double times[][N_ROUNDS])
{
  printf ("%-2s %-56s %6s  %s\n", "", "", "ns", "times row 1 (4 of 5 rounds)");

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      double ratios[N_ROUNDS];

      for (guint round = 0; round < N_ROUNDS; round++)
        ratios[round] = times[i][round] / times[0][round];
      printf ("%u. %-56s %6.0f  %.2f (%.2f to %.2f)\n", i + 1, ways[i].title,
              bench_get_quantile (times[i], N_ROUNDS, 0.5),
              bench_get_quantile (ratios, N_ROUNDS, 0.5),
              bench_get_quantile (ratios, N_ROUNDS, 0.1),
              bench_get_quantile (ratios, N_ROUNDS, 0.9));
    }
}

int
main (int argc, char **argv)
{
  static double times[G_N_ELEMENTS (ways)][N_ROUNDS];
  Peer peers[G_N_ELEMENTS (ways)] = { 0 };
  mqd_t descriptor;

  if (argc != 4)
    {
      g_printerr ("Usage: %s GJS SCRIPT GJS_PATH_OF_THE_OVERRIDE\n", argv[0]);
      return 2;
    }

  pin ();
  descriptor = open_queue ();
  printf (
      "A message of %d bytes sent and received on one core, from C and from JavaScript. Less is\n"
      "better. Medians of %d rounds, in each of which all take their turn.\n\n",
      MESSAGE_SIZE, N_ROUNDS);
  fflush (stdout);

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (ways[i].name != NULL)
      peers[i] = start_peer (&ways[i], argv);

  for (int round = -N_WARM_UP; round < N_ROUNDS; round++)
    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
      times[i][MAX (round, 0)] =
          peers[i].process != NULL ? run_there (&peers[i]) : run_here (descriptor);

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (peers[i].process != NULL)
      end_peer (&peers[i]);
  mq_close (descriptor);
  print_results (times);

  return 0;
}
