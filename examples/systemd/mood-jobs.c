/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: mood-jobs SECONDS
 *
 * Takes the queue that systemd, or whoever speaks its protocol, has opened for this process, and
 * prints the jobs in it. Ends when there was none for so many seconds. */

#include <mood.h>

#include <locale.h>
#include <stdio.h>

static MoodMessageQueue *
take_queue (GError **error)
{
  g_autoptr (GPtrArray) queues = mood_listen_queues (NULL, error);

  if (queues == NULL)
    return NULL;

  if (queues->len != 1)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "one queue has to be passed, and %u are", queues->len);
      return NULL;
    }

  return g_object_ref (g_ptr_array_index (queues, 0));
}

static gboolean
work (double seconds, GError **error)
{
  g_autoptr (MoodMessageQueue) queue = take_queue (error);
  g_autoptr (GError) receive_error = NULL;
  guint8 *job;
  guint priority;

  if (queue == NULL)
    return FALSE;

  while ((job = mood_message_queue_receive_with_timeout (queue, &priority, NULL,
                                                         (gint64) (seconds * G_USEC_PER_SEC), NULL,
                                                         &receive_error)) != NULL)
    {
      printf ("job: %u %s\n", priority, (const char *) job);
      fflush (stdout);
      g_free (job);
    }

  /* One that comes just now starts the service once more. */
  if (g_error_matches (receive_error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&receive_error));

  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  char *end = NULL;
  double seconds = argc == 2 ? g_ascii_strtod (argv[1], &end) : 0;

  setlocale (LC_ALL, "");

  if (end == NULL || *end != '\0' || !(seconds > 0 && seconds < 1e6))
    {
      g_printerr ("Usage: mood-jobs SECONDS\n");
      return 2;
    }

  if (!work (seconds, &error))
    {
      g_printerr ("mood-jobs: %s\n", error->message);
      return 1;
    }

  return 0;
}
