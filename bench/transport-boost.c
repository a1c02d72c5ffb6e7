/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Boost.Interprocess: queues in memory that the processes share, without the kernel as long as
 * nobody has to wait. */

#include "transport.h"

#include "boost-queue.h"

#include <stdlib.h>

typedef struct
{
  BoostQueue *there;
  BoostQueue *back;
  gsize size;
} BoostChannel;

typedef struct
{
  BoostQueue *out;
  BoostQueue *in;
  guint8 *message;
  guint8 *buffer;
  gsize size; /* of both */
} BoostEnd;

static void
set_error (GError **error, char *text)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Boost: %s", text);
  free (text);
}

static BoostQueue *
make_queue (const TransportLoad *load, GError **error)
{
  g_autofree char *name = transport_make_address ("");
  char *text = NULL;
  BoostQueue *queue = boost_queue_new (name, (gsize) load->depth, load->size, &text);

  if (queue == NULL)
    set_error (error, text);

  return queue;
}

static gpointer
boost_prepare (const TransportLoad *load, GError **error)
{
  BoostQueue *there = make_queue (load, error);
  BoostQueue *back = NULL;
  BoostChannel *channel;

  if (there == NULL)
    return NULL;

  if (load->kind == TRANSPORT_KIND_ROUND_TRIP)
    {
      back = make_queue (load, error);
      if (back == NULL)
        {
          boost_queue_free (there);
          return NULL;
        }
    }

  channel = g_new (BoostChannel, 1);
  channel->there = there;
  channel->back = back;
  channel->size = load->size;

  return channel;
}

static gpointer
boost_open (gpointer channel, TransportSide side, GError **error)
{
  BoostChannel *queues = channel;
  BoostEnd *end = g_new (BoostEnd, 1);

  end->out = side == TRANSPORT_CLIENT ? queues->there : queues->back;
  end->in = side == TRANSPORT_CLIENT ? queues->back : queues->there;
  end->size = queues->size;
  end->message = g_malloc0 (end->size);
  end->buffer = g_malloc0 (end->size);

  return end;
}

static gboolean
boost_send (gpointer end, GError **error)
{
  BoostEnd *self = end;
  char *text;

  if (boost_queue_send (self->out, self->message, self->size, &text))
    return TRUE;

  set_error (error, text);

  return FALSE;
}

static gssize
boost_receive (gpointer end, GError **error)
{
  BoostEnd *self = end;
  char *text;
  gssize length = boost_queue_receive (self->in, self->buffer, self->size, &text);

  if (length == -1)
    set_error (error, text);

  return length;
}

static void
boost_clear (gpointer channel)
{
  BoostChannel *queues = channel;

  boost_queue_free (queues->there);
  boost_queue_free (queues->back);
  g_free (queues);
}

const Transport transport_boost = {
  .name = "boost",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = boost_prepare,
  .open = boost_open,
  .send = boost_send,
  .receive = boost_receive,
  .clear = boost_clear,
};
