/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queues that libmood and the system calls alone are measured on. None has a name, so that none
 * can be left behind. */

#include "transport-queue.h"

typedef struct
{
  MoodMessageQueue *there;
  MoodMessageQueue *back; /* the same if nothing goes back */
  gsize size;
} QueueChannel;

gpointer
transport_queue_prepare (const TransportLoad *load, GError **error)
{
  g_autoptr (MoodMessageQueue) there = NULL;
  g_autoptr (MoodMessageQueue) back = NULL;
  QueueChannel *channel;

  there =
      mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, load->depth, (gint64) load->size, error);
  if (there == NULL)
    return NULL;

  back = load->kind == TRANSPORT_KIND_ROUND_TRIP
             ? mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, load->depth, (gint64) load->size,
                                                 error)
             : g_object_ref (there);
  if (back == NULL)
    return NULL;

  channel = g_new (QueueChannel, 1);
  channel->there = g_steal_pointer (&there);
  channel->back = g_steal_pointer (&back);
  channel->size = load->size;

  return channel;
}

gpointer
transport_queue_open (gpointer channel, TransportSide side, GError **error)
{
  QueueChannel *queues = channel;
  TransportQueueEnd *end = g_new0 (TransportQueueEnd, 1);

  end->out = side == TRANSPORT_CLIENT ? queues->there : queues->back;
  end->in = side == TRANSPORT_CLIENT ? queues->back : queues->there;
  end->out_fd = mood_message_queue_fileno (end->out);
  end->in_fd = mood_message_queue_fileno (end->in);
  end->size = queues->size;
  end->message = g_malloc0 (end->size);
  end->buffer = g_malloc0 (end->size);

  return end;
}

void
transport_queue_clear (gpointer channel)
{
  QueueChannel *queues = channel;

  g_object_unref (queues->there);
  g_object_unref (queues->back);
  g_free (queues);
}
