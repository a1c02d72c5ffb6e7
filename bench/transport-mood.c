/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Message queues by libmood, in each of its ways to wait for a message. */

#include "transport-queue.h"

/* So long that it never passes. */
#define TIMEOUT_US (30 * G_USEC_PER_SEC)

/* What is never cancelled. */
static gpointer
open_cancellable (gpointer channel, TransportSide side, GError **error)
{
  TransportQueueEnd *end = transport_queue_open (channel, side, error);

  end->cancellable = g_cancellable_new ();

  return end;
}

static gboolean
mood_send_message (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;

  return mood_message_queue_send (self->out, self->message, self->size, 0, self->cancellable,
                                  error) != -1;
}

/* Into a buffer that is there. */
static gssize
mood_receive_into (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;
  guint priority;

  return mood_message_queue_receive_into (self->in, self->buffer, self->size, &priority,
                                          self->cancellable, error);
}

/* Into memory that is allocated for the message, and freed. */
static gssize
mood_receive_allocated (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;
  g_autofree guint8 *message = NULL;
  guint priority;
  gsize length;

  message = mood_message_queue_receive (self->in, &priority, &length, NULL, error);

  return message != NULL ? (gssize) length : -1;
}

static gboolean
mood_send_with_timeout (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;

  return mood_message_queue_send_with_timeout (self->out, self->message, self->size, 0, TIMEOUT_US,
                                               NULL, error) != -1;
}

static gssize
mood_receive_with_timeout (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;
  guint priority;

  return mood_message_queue_receive_into_with_timeout (self->in, self->buffer, self->size,
                                                       &priority, TIMEOUT_US, NULL, error);
}

const Transport transport_mood = {
  .name = "mood",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = transport_queue_prepare,
  .open = transport_queue_open,
  .send = mood_send_message,
  .receive = mood_receive_into,
  .clear = transport_queue_clear,
};

const Transport transport_mood_cancellable = {
  .name = "mood-cancellable",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = transport_queue_prepare,
  .open = open_cancellable,
  .send = mood_send_message,
  .receive = mood_receive_into,
  .clear = transport_queue_clear,
};

const Transport transport_mood_receive = {
  .name = "mood-receive",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = transport_queue_prepare,
  .open = transport_queue_open,
  .send = mood_send_message,
  .receive = mood_receive_allocated,
  .clear = transport_queue_clear,
};

const Transport transport_mood_timeout = {
  .name = "mood-timeout",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = transport_queue_prepare,
  .open = transport_queue_open,
  .send = mood_send_with_timeout,
  .receive = mood_receive_with_timeout,
  .clear = transport_queue_clear,
};
