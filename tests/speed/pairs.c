/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sends and receives a message of 64 bytes, over and over, for its instructions to be counted. */

#include <mood.h>
#include <stdlib.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  gboolean into_buffer;
  guint8 buffer[64] = { 0 };
  int n_pairs;

  if (argc != 4)
    return 2;

  into_buffer = g_str_equal (argv[2], "receive_into");
  n_pairs = atoi (argv[3]);

  queue = mood_message_queue_new (argv[1], MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600,
                                  1, sizeof buffer, &error);
  if (queue == NULL || !mood_message_queue_unlink (queue, &error))
    g_error ("%s", error->message);

  for (int i = 0; i < n_pairs; i++)
    {
      guint priority;
      gsize length;

      mood_message_queue_send (queue, buffer, sizeof buffer, 1, NULL, &error);
      if (into_buffer)
        mood_message_queue_receive_into (queue, buffer, sizeof buffer, &priority, NULL, &error);
      else
        g_free (mood_message_queue_receive (queue, &priority, &length, NULL, &error));

      if (error != NULL)
        g_error ("%s", error->message);
    }

  return 0;
}
