/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How fast messages come in on a main loop: libmood's ways against what a program without it would
 * write, a g_unix_fd_source() that calls mq_receive(3). A process on another core sends as fast as
 * it can, to one of the queues that the main loop watches; to the others comes nothing.
 *
 * Requests: WAY NUMBER_OF_QUEUES NUMBER_OF_MESSAGES */

#include <mood.h>

#include "pin.h"
#include "process.h"
#include "requests.h"

#include <glib-unix.h>
#include <mqueue.h>
#include <stdlib.h>

#define MESSAGE_SIZE 64
#define MAXMSG       10 /* as many as anybody may have */

/* As many as a receiver of libmood's takes in one dispatch. */
#define MESSAGES_PER_DISPATCH 16

typedef struct
{
  GPtrArray *queues; /* the messages come to the first */
  guint per_dispatch;
  guint64 n_left;
  GMainLoop *loop;
} Run;

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
      if (mq_receive (fd, message, sizeof message, &priority) == -1)
        return G_SOURCE_CONTINUE;
      if (!count_message (run))
        return G_SOURCE_REMOVE;
    }

  return G_SOURCE_CONTINUE;
}

static guint
add_source (Run *run, MoodMessageQueue *queue)
{
  run->per_dispatch = 1;

  return g_unix_fd_add (mood_message_queue_fileno (queue), G_IO_IN, on_descriptor, run);
}

static guint
add_source_many (Run *run, MoodMessageQueue *queue)
{
  run->per_dispatch = MESSAGES_PER_DISPATCH;

  return g_unix_fd_add (mood_message_queue_fileno (queue), G_IO_IN, on_descriptor, run);
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

static guint
add_receiver (Run *run, MoodMessageQueue *queue)
{
  return mood_message_queue_add_receiver (queue, on_message, run);
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

static guint
add_watch (Run *run, MoodMessageQueue *queue)
{
  return mood_message_queue_add_watch (queue, G_IO_IN, on_ready, run);
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

/* The call ends with the last message. */
static guint
begin_receiving (Run *run, MoodMessageQueue *queue)
{
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received, run);

  return 0;
}

typedef struct
{
  const char *name;
  guint (*add) (Run *run, MoodMessageQueue *queue); /* the ID of the source, or 0 */
} Way;

static const Way ways[] = {
  { "source", add_source }, { "source-many", add_source_many }, { "receiver", add_receiver },
  { "watch", add_watch },   { "async", begin_receiving },
};

static const Way *
find_way (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    if (g_str_equal (ways[i].name, name))
      return &ways[i];

  bench_fail ("There is no such way to receive");
}

/* Nothing of them is left, however this ends. */
static void
make_queues (Run *run, guint n_queues)
{
  g_autoptr (GError) error = NULL;

  while (run->queues->len < n_queues)
    {
      gboolean is_first = run->queues->len == 0;
      MoodMessageQueue *queue =
          mood_message_queue_new_anonymous (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK,
                                            is_first ? MAXMSG : 1, MESSAGE_SIZE, &error);

      if (queue == NULL)
        bench_fail (error->message);
      g_ptr_array_add (run->queues, queue);
    }
}

static void
receive_on_main_loop (char **words, gpointer user_data)
{
  Run *run = user_data;
  const Way *way = find_way (words[0]);
  guint n_queues = (guint) atoi (words[1]);
  g_autofree guint *ids = g_new (guint, n_queues);
  gint64 begin;

  make_queues (run, n_queues);
  run->n_left = g_ascii_strtoull (words[2], NULL, 10);
  for (guint i = 0; i < n_queues; i++)
    ids[i] = way->add (run, g_ptr_array_index (run->queues, i));

  begin = g_get_monotonic_time ();
  g_main_loop_run (run->loop);
  bench_answer_seconds ((double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC);

  /* The first has ended itself. */
  for (guint i = 1; i < n_queues; i++)
    if (ids[i] != 0)
      g_source_remove (ids[i]);
}

static gboolean
send_for_ever (gconstpointer data)
{
  const mqd_t *descriptor = data;

  bench_pin (1);
  for (;;)
    if (mq_send (*descriptor, (char[MESSAGE_SIZE]){ 0 }, MESSAGE_SIZE, 0) == -1)
      return FALSE;
}

int
main (void)
{
  g_autoptr (GPtrArray) queues = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MoodMessageQueue) sender_queue = NULL;
  g_autoptr (GError) error = NULL;
  Run run = { .queues = queues, .loop = loop };
  mqd_t descriptor;
  pid_t sender;
  int status;

  make_queues (&run, 1);
  /* It waits while the queue is full: that is a matter of the open description. */
  sender_queue =
      mood_message_queue_reopen (g_ptr_array_index (queues, 0), MOOD_OPEN_WRONLY, &error);
  if (sender_queue == NULL)
    bench_fail (error->message);
  descriptor = mood_message_queue_fileno (sender_queue);

  sender = bench_start_process (send_for_ever, &descriptor);
  if (sender == -1)
    bench_fail_by_errno ("fork");
  bench_pin (0);
  status = bench_serve (3, receive_on_main_loop, &run);
  bench_end_process (sender);

  return status;
}
