/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Message queues by the system calls alone, as a program does it that needs nothing else: what
 * libmood is measured against. */

#include "transport-queue.h"

#include <mqueue.h>
#include <time.h>

/* So long that it never passes. */
#define TIMEOUT_SECONDS 30

static gboolean
raw_send (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;

  if (mq_send (self->out_fd, (const char *) self->message, self->size, 0) == 0)
    return TRUE;

  transport_set_error (error, "mq_send");

  return FALSE;
}

static gssize
raw_receive (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;
  unsigned priority;
  ssize_t length = mq_receive (self->in_fd, (char *) self->buffer, self->size, &priority);

  if (length == -1)
    transport_set_error (error, "mq_receive");

  return length;
}

/* Computed for each call, as a program has to. */
static struct timespec
get_deadline (void)
{
  struct timespec deadline;

  clock_gettime (CLOCK_REALTIME, &deadline);
  deadline.tv_sec += TIMEOUT_SECONDS;

  return deadline;
}

static gboolean
raw_send_with_timeout (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;
  struct timespec deadline = get_deadline ();

  if (mq_timedsend (self->out_fd, (const char *) self->message, self->size, 0, &deadline) == 0)
    return TRUE;

  transport_set_error (error, "mq_timedsend");

  return FALSE;
}

static gssize
raw_receive_with_timeout (gpointer end, GError **error)
{
  TransportQueueEnd *self = end;
  struct timespec deadline = get_deadline ();
  unsigned priority;
  ssize_t length =
      mq_timedreceive (self->in_fd, (char *) self->buffer, self->size, &priority, &deadline);

  if (length == -1)
    transport_set_error (error, "mq_timedreceive");

  return length;
}

const Transport transport_raw = {
  .name = "raw",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = transport_queue_prepare,
  .open = transport_queue_open,
  .send = raw_send,
  .receive = raw_receive,
  .clear = transport_queue_clear,
};

const Transport transport_raw_timeout = {
  .name = "raw-timeout",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = transport_queue_prepare,
  .open = transport_queue_open,
  .send = raw_send_with_timeout,
  .receive = raw_receive_with_timeout,
  .clear = transport_queue_clear,
};
