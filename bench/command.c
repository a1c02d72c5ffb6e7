/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many lines a second pass from “mood send --lines” to “mood recv --format=line”, beside two
 * processes that do nothing but call mq_send(3) and mq_receive(3) with the same messages in memory.
 *
 * The two pairs take turns within one run, on the same queue, so that whatever else the machine
 * does meets both, and what is compared are the turns of one round. Starting the processes
 * counts. */

#include "process.h"
#include "quantile.h"

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_SIZE 128
#define MAXMSG       10 /* as many as anybody may have */

#define N_ROUNDS   21
#define N_MESSAGES 100000
#define COUNT_TEXT "100000"

static const char *tool;
static char queue_name[64];
static pid_t parent;
static int input = -1;  /* a file with a line for each message */
static int output = -1; /* another, for the lines that come out */

static void
unlink_queue (void)
{
  if (getpid () == parent)
    mq_unlink (queue_name);
}

static void
fail (const char *what)
{
  perror (what);
  exit (1);
}

static mqd_t
open_queue (int flags)
{
  mqd_t queue = mq_open (queue_name, flags);

  if (queue == (mqd_t) -1)
    fail (queue_name);

  return queue;
}

static gboolean
send_raw (gconstpointer data)
{
  mqd_t queue = open_queue (O_WRONLY);
  char message[MESSAGE_SIZE];

  for (int i = 1; i <= N_MESSAGES; i++)
    {
      int length = snprintf (message, sizeof message, "%d", i);

      if (mq_send (queue, message, (size_t) length, 0) == -1)
        fail ("mq_send");
    }

  return TRUE;
}

static gboolean
receive_raw (gconstpointer data)
{
  mqd_t queue = open_queue (O_RDONLY);
  char message[MESSAGE_SIZE];
  unsigned priority;

  for (int i = 0; i < N_MESSAGES; i++)
    if (mq_receive (queue, message, sizeof message, &priority) == -1)
      fail ("mq_receive");

  return TRUE;
}

static gboolean
send_by_command (gconstpointer data)
{
  lseek (input, 0, SEEK_SET);
  dup2 (input, STDIN_FILENO);
  execl (tool, "mood", "send", queue_name, "--lines", NULL);
  fail (tool);

  return FALSE;
}

static gboolean
receive_by_command (gconstpointer data)
{
  lseek (output, 0, SEEK_SET);
  dup2 (output, STDOUT_FILENO);
  execl (tool, "mood", "recv", queue_name, "--count=" COUNT_TEXT, "--format=line", NULL);
  fail (tool);

  return FALSE;
}

static pid_t
start (gboolean (*run) (gconstpointer data))
{
  pid_t pid = bench_start_process (run, NULL);

  if (pid == -1)
    fail ("fork");

  return pid;
}

static void
wait_for (pid_t pid)
{
  int status;

  if (waitpid (pid, &status, 0) != pid || !WIFEXITED (status) || WEXITSTATUS (status) != 0)
    {
      fprintf (stderr, "A process that was to send or to receive has failed\n");
      exit (1);
    }
}

/* Messages a second. */
static double
run_pair (gboolean (*receive) (gconstpointer data), gboolean (*send) (gconstpointer data))
{
  gint64 begin = g_get_monotonic_time ();
  pid_t receiver = start (receive);
  pid_t sender = start (send);

  wait_for (sender);
  wait_for (receiver);

  return N_MESSAGES * (double) G_USEC_PER_SEC / (double) (g_get_monotonic_time () - begin);
}

/* Open, and gone with this process. */
static int
make_file (void)
{
  FILE *file = tmpfile ();

  if (file == NULL)
    fail ("tmpfile");

  return fileno (file);
}

static void
fill_input (void)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  for (int i = 1; i <= N_MESSAGES; i++)
    g_string_append_printf (lines, "%d\n", i);
  if (write (input, lines->str, lines->len) != (ssize_t) lines->len)
    fail ("write");
}

int
main (int argc, char **argv)
{
  struct mq_attr attributes = { .mq_maxmsg = MAXMSG, .mq_msgsize = MESSAGE_SIZE };
  static double raw[N_ROUNDS], commands[N_ROUNDS], ratios[N_ROUNDS];
  mqd_t queue;

  if (argc != 2)
    return 2;

  tool = argv[1];
  parent = getpid ();
  snprintf (queue_name, sizeof queue_name, "/mood-bench-%d", (int) parent);
  queue = mq_open (queue_name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
  if (queue == (mqd_t) -1)
    fail (queue_name);
  atexit (unlink_queue);
  input = make_file ();
  output = make_file ();
  fill_input ();

  printf ("%d messages through a queue of %d, medians of %d rounds. More is better.\n\n",
          N_MESSAGES, MAXMSG, N_ROUNDS);
  fflush (stdout);

  /* The first round warms up. */
  for (int round = -1; round < N_ROUNDS; round++)
    {
      int at = MAX (round, 0);

      raw[at] = run_pair (receive_raw, send_raw);
      commands[at] = run_pair (receive_by_command, send_by_command);
      ratios[at] = commands[at] / raw[at];
    }

  printf ("%-40s %9.0f a second\n", "mq_send(3) to mq_receive(3)",
          bench_get_quantile (raw, N_ROUNDS, 0.5));
  printf ("%-40s %9.0f a second, %.2f times as many (%.2f to %.2f in 4 of 5 rounds)\n",
          "mood send --lines to mood recv", bench_get_quantile (commands, N_ROUNDS, 0.5),
          bench_get_quantile (ratios, N_ROUNDS, 0.5), bench_get_quantile (ratios, N_ROUNDS, 0.1),
          bench_get_quantile (ratios, N_ROUNDS, 0.9));

  return 0;
}
