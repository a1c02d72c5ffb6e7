/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many messages a second come in on a main loop: libmood's ways against what a program without
 * it would write, a g_unix_fd_source() that calls mq_receive(3).
 *
 * A process on another core sends as fast as it can, the same to all. The ways take turns within
 * one run, so that whatever else the machine does meets each of them, and what is compared are the
 * turns of one round. */

#include <mood.h>

#include "process.h"
#include "quantile.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MESSAGE_SIZE 64
#define MAXMSG       10 /* as many as anybody may have */

#define N_ROUNDS   21
#define N_MESSAGES 50000u

/* As many as a receiver of libmood's takes in one dispatch. */
#define MESSAGES_PER_DISPATCH 16

typedef struct
{
  MoodMessageQueue *queue;
  mqd_t descriptor; /* of the same queue, opened without libmood */
  guint per_dispatch;
  guint n_left;
  GMainLoop *loop;
} Run;

static void
fail (const char *what)
{
  perror (what);
  exit (1);
}

/* FALSE when no more messages are wanted. */
static gboolean
count_message (Run *run)
{
  if (--run->n_left > 0)
    return G_SOURCE_CONTINUE;

  g_main_loop_quit (run->loop);

  return G_SOURCE_REMOVE;
}

static gboolean
on_descriptor (int fd, GIOCondition condition, gpointer user_data)
{
  Run *run = user_data;
  char message[MESSAGE_SIZE];
  unsigned priority;

  for (guint i = 0; i < run->per_dispatch; i++)
    {
      if (mq_receive (run->descriptor, message, sizeof message, &priority) == -1)
        return G_SOURCE_CONTINUE;
      if (!count_message (run))
        return G_SOURCE_REMOVE;
    }

  return G_SOURCE_CONTINUE;
}

static void
start_descriptor_one (Run *run)
{
  run->per_dispatch = 1;
  g_unix_fd_add (run->descriptor, G_IO_IN, on_descriptor, run);
}

static void
start_descriptor_many (Run *run)
{
  run->per_dispatch = MESSAGES_PER_DISPATCH;
  g_unix_fd_add (run->descriptor, G_IO_IN, on_descriptor, run);
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  return count_message (user_data);
}

static void
start_receiver (Run *run)
{
  mood_message_queue_add_receiver (run->queue, on_message, run);
}

static gboolean
on_ready (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  guint8 message[MESSAGE_SIZE];
  guint priority;

  if (mood_message_queue_receive_into (queue, message, sizeof message, &priority, NULL, NULL) == -1)
    return G_SOURCE_CONTINUE;

  return count_message (user_data);
}

static void
start_watch (Run *run)
{
  mood_message_queue_add_watch (run->queue, G_IO_IN, on_ready, run);
}

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MoodMessageQueue *queue = MOOD_MESSAGE_QUEUE (object);
  guint priority;
  gsize length;

  g_free (mood_message_queue_receive_finish (queue, result, &priority, &length, NULL));
  if (count_message (user_data))
    mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received, user_data);
}

static void
start_async (Run *run)
{
  mood_message_queue_receive_async (run->queue, G_PRIORITY_DEFAULT, NULL, on_received, run);
}

typedef struct
{
  const char *title;
  void (*start) (Run *run);
  int peer; /* the index of what it is compared with; -1 for none */
} Way;

static const Way ways[] = {
  { "g_unix_fd_source, 1 message a dispatch", start_descriptor_one, -1 },
  { "g_unix_fd_source, up to 16 messages a dispatch", start_descriptor_many, 0 },
  { "mood_message_queue_add_receiver()", start_receiver, 1 },
  { "mood_message_queue_add_watch(), 1 message a dispatch", start_watch, 0 },
  { "mood_message_queue_receive_async(), one after the other", start_async, 0 },
};

/* Messages a second. */
static double
run_once (Run *run, const Way *way)
{
  gint64 start = g_get_monotonic_time ();

  run->n_left = N_MESSAGES;
  way->start (run);
  g_main_loop_run (run->loop);

  return N_MESSAGES * (double) G_USEC_PER_SEC / (double) (g_get_monotonic_time () - start);
}

/* Where there are two cores, each side has one. */
static void
pin (int index)
{
  cpu_set_t allowed;
  cpu_set_t one;

  if (sched_getaffinity (0, sizeof allowed, &allowed) == -1 || CPU_COUNT (&allowed) < 2)
    return;

  CPU_ZERO (&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET (cpu, &allowed) && index-- == 0)
      CPU_SET (cpu, &one);
  sched_setaffinity (0, sizeof one, &one);
}

static gboolean
send_for_ever (gconstpointer data)
{
  const mqd_t *descriptor = data;

  pin (1);
  for (;;)
    if (mq_send (*descriptor, (char[MESSAGE_SIZE]){ 0 }, MESSAGE_SIZE, 0) == -1)
      fail ("mq_send");

  return FALSE;
}

static void
print_results (double rates[][N_ROUNDS])
{
  printf ("%-2s %-56s %12s  %s\n", "", "", "messages", "times as many as row");
  printf ("%-2s %-56s %12s  %s\n", "", "", "a second", "(4 of 5 rounds)");

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      printf ("%u. %-56s %12.0f", i + 1, ways[i].title,
              bench_get_quantile (rates[i], N_ROUNDS, 0.5));

      if (ways[i].peer != -1)
        {
          double ratios[N_ROUNDS];

          for (guint round = 0; round < N_ROUNDS; round++)
            ratios[round] = rates[i][round] / rates[ways[i].peer][round];
          printf ("  %.2f x row %d (%.2f to %.2f)", bench_get_quantile (ratios, N_ROUNDS, 0.5),
                  ways[i].peer + 1, bench_get_quantile (ratios, N_ROUNDS, 0.1),
                  bench_get_quantile (ratios, N_ROUNDS, 0.9));
        }
      printf ("\n");
    }
}

int
main (void)
{
  g_autofree char *name = g_strdup_printf ("/mood-bench-%d", (int) getpid ());
  static double rates[G_N_ELEMENTS (ways)][N_ROUNDS];
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;
  mqd_t sender_descriptor;
  Run run = { 0 };
  pid_t sender;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK | MOOD_OPEN_CREAT,
                                  0600, MAXMSG, MESSAGE_SIZE, &error);
  if (queue == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  run.queue = queue;
  run.descriptor = mq_open (name, O_RDONLY | O_NONBLOCK);
  sender_descriptor = mq_open (name, O_WRONLY);
  /* All that need it have it: whatever ends this leaves no queue behind. */
  mood_message_queue_unlink (queue, NULL);
  if (run.descriptor == (mqd_t) -1 || sender_descriptor == (mqd_t) -1)
    fail (name);

  printf (
      "Receiving on a main loop, messages of %d bytes, from a sender on another core: plain GLib\n"
      "in rows 1 and 2, libmood in rows 3 to 5. More is better. Medians of %d rounds, in each of\n"
      "which all take their turn. It takes about half a minute.\n\n",
      MESSAGE_SIZE, N_ROUNDS);
  fflush (stdout);

  sender = bench_start_process (send_for_ever, &sender_descriptor);
  if (sender == -1)
    fail ("fork");
  run.loop = g_main_loop_new (NULL, FALSE);
  pin (0);

  /* The first round warms up. */
  for (guint round = 0; round <= N_ROUNDS; round++)
    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
      rates[i][round > 0 ? round - 1 : 0] = run_once (&run, &ways[i]);

  bench_end_process (sender);
  g_main_loop_unref (run.loop);
  mq_close (sender_descriptor);
  mq_close (run.descriptor);
  print_results (rates);

  return 0;
}
