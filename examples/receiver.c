/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: receiver NAME
 *
 * Creates the queue NAME and prints its messages, each with its priority, from a main loop. Ends
 * with an empty message, SIGINT or SIGTERM. */

#include <mood.h>

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>

typedef struct
{
  GMainLoop *loop;
  GError *error;
} Receiver;

static gboolean
on_message (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Receiver *self = user_data;

  /* One turn takes no more than the queue holds: a fast sender must not keep the main loop from
   * everything else. What is left makes the queue ready again. */
  for (gint64 left = mood_message_queue_get_maxmsg (queue); left > 0; left--)
    {
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *message = NULL;
      guint priority;
      gsize length;

      message = mood_message_queue_receive (queue, &priority, &length, NULL, &error);

      /* All is taken, by this receiver or by another one that was faster. */
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;

      if (message == NULL || length == 0)
        {
          self->error = g_steal_pointer (&error);
          g_main_loop_quit (self->loop);
          return G_SOURCE_REMOVE;
        }

      printf ("%u %.*s\n", priority, (int) length, (const char *) message);
      fflush (stdout);
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

static gboolean
receive_messages (const char *name, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) unlink_error = NULL;
  Receiver receiver = { loop, NULL };
  MoodOpenFlags flags = MOOD_OPEN_RDONLY | MOOD_OPEN_CREAT | MOOD_OPEN_NONBLOCK;
  g_autoptr (MoodMessageQueue) queue = NULL;

  /* Before there is a queue to leave behind. */
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);

  queue = mood_message_queue_new (name, flags, 0600, 8, 256, error);
  if (queue == NULL)
    return FALSE;

  mood_message_queue_add_watch (queue, G_IO_IN, on_message, &receiver);
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (loop);

  mood_message_queue_close (queue, NULL);
  /* Another receiver of the same queue may have removed it already. */
  if (!mood_message_queue_unlink (queue, &unlink_error) && receiver.error == NULL &&
      !g_error_matches (unlink_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    receiver.error = g_steal_pointer (&unlink_error);

  if (receiver.error == NULL)
    return TRUE;

  g_propagate_error (error, receiver.error);

  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (argc != 2)
    {
      g_printerr ("Usage: receiver NAME\n");
      return 2;
    }

  if (!receive_messages (argv[1], &error))
    {
      g_printerr ("receiver: %s\n", error->message);
      return 1;
    }

  return 0;
}
