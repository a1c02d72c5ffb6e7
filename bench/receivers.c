/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How fast the messages of one queue are received by several processes, which compete for them,
 * from this one, which sends as fast as it can.
 *
 * Requests: raw|mood NUMBER_OF_RECEIVERS NUMBER_OF_MESSAGES */

#include <mood.h>

#include "process.h"
#include "requests.h"

#include <mqueue.h>
#include <stdlib.h>
#include <sys/wait.h>

#define MESSAGE_SIZE 64
#define MAXMSG       10 /* as many as anybody may have */

/* An empty message tells a receiver to end. */
typedef struct
{
  MoodMessageQueue *queue;
  gboolean is_raw;
  guint64 n_messages;
  guint n_receivers;
} Run;

static gssize
receive (const Run *run, char *buffer)
{
  guint priority;

  if (run->is_raw)
    return mq_receive (mood_message_queue_fileno (run->queue), buffer, MESSAGE_SIZE, &priority);
  else
    return mood_message_queue_receive_into (run->queue, (guint8 *) buffer, MESSAGE_SIZE, &priority,
                                            NULL, NULL);
}

static gboolean
receive_all (gconstpointer data)
{
  char buffer[MESSAGE_SIZE];
  gssize length;

  do
    length = receive (data, buffer);
  while (length > 0);

  return length == 0;
}

static gboolean
send_all (const Run *run)
{
  mqd_t descriptor = mood_message_queue_fileno (run->queue);

  for (guint64 i = 0; i < run->n_messages; i++)
    if (mq_send (descriptor, (char[MESSAGE_SIZE]){ 0 }, MESSAGE_SIZE, 0) == -1)
      return FALSE;
  for (guint i = 0; i < run->n_receivers; i++)
    if (mq_send (descriptor, "", 0, 0) == -1)
      return FALSE;

  return TRUE;
}

static void
run_processes (char **words, gpointer user_data)
{
  Run run = { .queue = user_data,
              .is_raw = g_str_equal (words[0], "raw"),
              .n_receivers = (guint) atoi (words[1]),
              .n_messages = g_ascii_strtoull (words[2], NULL, 10) };
  gint64 begin;

  for (guint i = 0; i < run.n_receivers; i++)
    if (bench_start_process (receive_all, &run) == -1)
      bench_fail_by_errno ("fork");

  begin = g_get_monotonic_time ();
  if (!send_all (&run))
    bench_fail_by_errno ("mq_send");
  for (guint i = 0; i < run.n_receivers; i++)
    {
      int status;

      if (wait (&status) == -1 || status != 0)
        bench_fail ("A process that was to receive has failed");
    }
  bench_answer_seconds ((double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, MAXMSG, MESSAGE_SIZE, &error);

  if (queue == NULL)
    bench_fail (error->message);

  return bench_serve (3, run_processes, queue);
}
