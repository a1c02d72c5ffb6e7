/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sends and receives a message of 64 bytes, over and over, for its instructions to be counted: by
 * the named function of libmood, or without libmood by "mq_receive". */

#include <errno.h>
#include <mood.h>
#include <mqueue.h>
#include <stdlib.h>

static void
exchange_raw (int descriptor, guint8 *buffer, gsize size)
{
  guint priority;

  if (mq_send (descriptor, (char *) buffer, size, 1) == -1 ||
      mq_receive (descriptor, (char *) buffer, size, &priority) == -1)
    g_error ("%s", g_strerror (errno));
}

static void
exchange (MoodMessageQueue *queue, gboolean into_buffer, guint8 *buffer, gsize size)
{
  g_autoptr (GError) error = NULL;
  guint priority;
  gsize length;

  mood_message_queue_send (queue, buffer, size, 1, NULL, &error);
  if (into_buffer)
    mood_message_queue_receive_into (queue, buffer, size, &priority, NULL, &error);
  else
    g_free (mood_message_queue_receive (queue, &priority, &length, NULL, &error));

  if (error != NULL)
    g_error ("%s", error->message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  gboolean raw, into_buffer;
  guint8 buffer[64] = { 0 };
  int n_pairs;

  if (argc != 4)
    return 2;

  raw = g_str_equal (argv[2], "mq_receive");
  into_buffer = g_str_equal (argv[2], "mood_message_queue_receive_into");
  n_pairs = atoi (argv[3]);

  queue = mood_message_queue_new (argv[1], MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600,
                                  1, sizeof buffer, &error);
  if (queue == NULL || !mood_message_queue_unlink (queue, &error))
    g_error ("%s", error->message);

  for (int i = 0; i < n_pairs; i++)
    {
      if (raw)
        exchange_raw (mood_message_queue_fileno (queue), buffer, sizeof buffer);
      else
        exchange (queue, into_buffer, buffer, sizeof buffer);
    }

  return 0;
}
