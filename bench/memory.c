/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many bytes of the heap things take: many of them are made, and what malloc has given out
 * since is divided by their number.
 *
 * Requests: WHAT NUMBER */

#include <mood.h>

#include "process.h"
#include "requests.h"

#include <glib-unix.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/wait.h>

#define MESSAGE_SIZE 64

static MoodMessageQueue *
open_queue (void)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue =
      mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 1, MESSAGE_SIZE, &error);

  if (queue == NULL)
    bench_fail (error->message);

  return queue;
}

static void
make_queue (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  if (mood_message_queue_reopen (queue, MOOD_OPEN_RDWR, &error) == NULL)
    bench_fail (error->message);
}

static void
make_socket (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  if (g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT,
                    &error) == NULL)
    bench_fail (error->message);
}

static gboolean
on_ready (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
on_descriptor (int fd, GIOCondition condition, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
attach (GSource *source, GSourceFunc func)
{
  g_source_set_callback (source, func, NULL, NULL);
  g_source_attach (source, NULL);
}

static void
make_watch (MoodMessageQueue *queue)
{
  attach (mood_message_queue_create_source (queue, G_IO_IN, NULL),
          (GSourceFunc) (GCallback) on_ready);
}

static void
make_source (MoodMessageQueue *queue)
{
  attach (g_unix_fd_source_new (mood_message_queue_fileno (queue), G_IO_IN),
          (GSourceFunc) (GCallback) on_descriptor);
}

/* Its buffer is made with its first message. */
static void
make_receiver (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  attach (mood_message_queue_create_receiver_source (queue, NULL),
          (GSourceFunc) (GCallback) on_message);
  if (mood_message_queue_send (queue, (const guint8 *) "x", 1, 0, NULL, &error) == -1)
    bench_fail (error->message);
  while (mood_message_queue_get_curmsgs (queue) > 0)
    g_main_context_iteration (NULL, FALSE);
}

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_free (
      mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result, NULL, NULL, NULL));
}

static void
make_call (MoodMessageQueue *queue)
{
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received, NULL);
}

typedef struct
{
  const char *name;
  void (*make) (MoodMessageQueue *queue);
} Thing;

static const Thing things[] = {
  { "queue", make_queue },   { "gsocket", make_socket },    { "watch", make_watch },
  { "source", make_source }, { "receiver", make_receiver }, { "async", make_call },
};

static const Thing *
find_thing (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (things); i++)
    if (g_str_equal (things[i].name, name))
      return &things[i];

  bench_fail ("There is no such thing to make");
}

/* One is there beforehand: what is made once, such as a class, is no part of it. Nothing is freed,
 * as this process ends. */
static gboolean
measure (gconstpointer data)
{
  const char *const *words = data;
  const Thing *thing = find_thing (words[0]);
  guint n_things = (guint) atoi (words[1]);
  MoodMessageQueue *queue = open_queue ();
  size_t before = 0;

  for (guint i = 0; i <= n_things; i++)
    {
      thing->make (queue);
      if (i == 0)
        before = mallinfo2 ().uordblks;
    }
  bench_answer_bytes ((double) (mallinfo2 ().uordblks - before) / n_things);

  return TRUE;
}

/* In a process of its own: what an earlier one has freed would be given out again. */
static void
measure_afresh (char **words, gpointer user_data)
{
  pid_t pid = bench_start_process (measure, words);

  if (pid == -1)
    bench_fail_by_errno ("fork");
  waitpid (pid, NULL, 0);
}

int
main (void)
{
  return bench_serve (2, measure_afresh, NULL);
}
