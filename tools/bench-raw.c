/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The calls of the system itself, for comparison: in this program they are nowhere else. */

#include "bench-raw.h"

#include <mqueue.h>

gboolean
bench_raw_send (MoodMessageQueue *queue, const guint8 *message, gsize length)
{
  return mq_send (mood_message_queue_fileno (queue), (const char *) message, length, 0) == 0;
}

gboolean
bench_raw_receive (MoodMessageQueue *queue, guint8 *buffer, gsize size)
{
  unsigned priority;

  return mq_receive (mood_message_queue_fileno (queue), (char *) buffer, size, &priority) != -1;
}
