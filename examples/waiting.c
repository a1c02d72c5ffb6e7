/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: waiting NAME
 *
 * Creates the queue NAME and shows the ways to wait for a message on it, one after the other: to
 * try, to limit the time, to cancel, to await, to subscribe, and to take several at once. */

#include <mood.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  MoodMessageQueue *queue;
  GMainLoop *loop;
  guint8 *message;
  GError *error;
} Waiting;

typedef void (*Way) (Waiting *self);

/* That no message came for the reason that was to be expected is no error. */
static void
print_outcome (Waiting *self, const char *way, int expected, const char *otherwise)
{
  if (self->message != NULL)
    printf ("%s: %s\n", way, (const char *) self->message);
  else if (g_error_matches (self->error, G_IO_ERROR, expected))
    {
      printf ("%s: %s\n", way, otherwise);
      g_clear_error (&self->error);
    }
  g_clear_pointer (&self->message, g_free);
}

static void
try_to_receive (Waiting *self)
{
  self->message =
      mood_message_queue_receive_with_timeout (self->queue, NULL, NULL, 0, NULL, &self->error);
  print_outcome (self, "try", G_IO_ERROR_WOULD_BLOCK, "nothing there");
}

static void
receive_within_limit (Waiting *self)
{
  /* In microseconds. */
  self->message =
      mood_message_queue_receive_with_timeout (self->queue, NULL, NULL, 10000, NULL, &self->error);
  print_outcome (self, "limit", G_IO_ERROR_TIMED_OUT, "nothing within 10 milliseconds");
}

static void
on_received (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Waiting *self = user_data;

  self->message = mood_message_queue_receive_finish (self->queue, result, NULL, NULL, &self->error);
  g_main_loop_quit (self->loop);
}

static gboolean
on_enough (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static void
receive_until_cancelled (Waiting *self)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_timeout_add_full (G_PRIORITY_DEFAULT, 10, on_enough, g_object_ref (cancellable),
                      g_object_unref);
  mood_message_queue_receive_async (self->queue, G_PRIORITY_DEFAULT, cancellable, on_received,
                                    self);
  g_main_loop_run (self->loop);
  print_outcome (self, "cancel", G_IO_ERROR_CANCELLED, "given up");
}

static gboolean
send_text (Waiting *self, const char *text, guint priority)
{
  return mood_message_queue_send (self->queue, (const guint8 *) text, strlen (text), priority, NULL,
                                  &self->error) != -1;
}

static void
await_message (Waiting *self)
{
  mood_message_queue_receive_async (self->queue, G_PRIORITY_DEFAULT, NULL, on_received, self);

  /* In the place of another process, which sends while this one awaits the message. */
  if (!send_text (self, "first", 0))
    return;

  g_main_loop_run (self->loop);
  if (self->message != NULL)
    printf ("await: %s\n", (const char *) self->message);
  g_clear_pointer (&self->message, g_free);
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  Waiting *self = user_data;

  if (length == 0)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_REMOVE;
    }

  printf ("subscribe: %u %s\n", priority, (const char *) message);

  return G_SOURCE_CONTINUE;
}

static void
subscribe (Waiting *self)
{
  if (!send_text (self, "later", 1) || !send_text (self, "urgent", 9) || !send_text (self, "", 0))
    return;

  mood_message_queue_add_receiver (self->queue, on_message, self);
  g_main_loop_run (self->loop);
}

static void
receive_batch (Waiting *self)
{
  /* The messages stand one after the other, with nothing between: "a", an empty one and "bcd". */
  const char *to_send = "abcd";
  const gsize sizes_to_send[] = { 1, 0, 3 };
  g_autofree guint8 *messages = NULL;
  g_autofree gsize *sizes = NULL;
  gsize n_messages;

  if (mood_message_queue_send_many (self->queue, (const guint8 *) to_send, 4, sizes_to_send,
                                    G_N_ELEMENTS (sizes_to_send), NULL, 0, -1, NULL,
                                    &self->error) == -1)
    return;

  /* Waits for the first message without a limit, and takes up to 8 of those that are there. */
  messages = mood_message_queue_receive_many (self->queue, 8, -1, &sizes, &n_messages, NULL, NULL,
                                              NULL, NULL, &self->error);
  if (messages == NULL)
    return;

  printf ("batch: %" G_GSIZE_FORMAT " messages, ", n_messages);
  for (gsize i = 0; i < n_messages; i++)
    printf ("%s%" G_GSIZE_FORMAT, i == 0 ? "" : " + ", sizes[i]);
  printf (" bytes\n");
}

static gboolean
show_ways (const char *name, GError **error)
{
  static const Way ways[] = {
    try_to_receive, receive_within_limit, receive_until_cancelled, await_message,
    subscribe,      receive_batch
  };
  MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL;
  g_autoptr (MoodMessageQueue) queue = mood_message_queue_new (name, flags, 0600, 8, 64, error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Waiting self = { queue, loop, NULL, NULL };

  if (queue == NULL)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (ways) && self.error == NULL; i++)
    ways[i](&self);

  mood_message_queue_unlink (queue, self.error == NULL ? &self.error : NULL);
  if (self.error == NULL)
    return TRUE;

  g_propagate_error (error, self.error);

  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (argc != 2)
    {
      g_printerr ("Usage: waiting NAME\n");
      return 2;
    }

  if (!show_ways (argv[1], &error))
    {
      g_printerr ("waiting: %s\n", error->message);
      return 1;
    }

  return 0;
}
