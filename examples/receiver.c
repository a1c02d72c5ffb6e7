/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: receiver NAME
 *
 * Creates the queue NAME, or takes the one there is, and subscribes to its messages: the main loop
 * brings each one, to be printed with its priority. Ends with an empty message, SIGINT or SIGTERM,
 * and removes the queue then. */

#include <mood.h>

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  if (length == 0)
    {
      g_main_loop_quit (user_data);
      return G_SOURCE_REMOVE;
    }

  printf ("%u %s\n", priority, (const char *) message);
  fflush (stdout);

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
  g_autoptr (MoodMessageQueue) queue = NULL;

  /* Before there is a queue to leave behind. */
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);

  queue = mood_message_queue_new (name, MOOD_OPEN_RDONLY | MOOD_OPEN_CREAT, 0600, 8, 256, error);
  if (queue == NULL)
    return FALSE;

  mood_message_queue_add_receiver (queue, on_message, loop);
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (loop);

  mood_message_queue_close (queue, NULL);
  /* Another receiver of the same queue may have removed it already. */
  if (mood_message_queue_unlink (queue, &unlink_error) ||
      g_error_matches (unlink_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&unlink_error));

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
