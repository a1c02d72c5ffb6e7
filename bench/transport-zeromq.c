/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ZeroMQ: a PAIR of sockets by way of its ipc transport. Threads of its own do the input and
 * output, and gather messages while there are many. */

#include "transport.h"

#include <zmq.h>

typedef struct
{
  char *address;
  gsize size;
  void *context; /* of the process */
  void *server;  /* the socket that listens, in the server's process */
} ZeromqChannel;

typedef struct
{
  void *socket;
  guint8 *message;
  gsize size;
  zmq_msg_t received;
} ZeromqEnd;

static void
set_error (GError **error, const char *what)
{
  int errsv = zmq_errno ();

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what, zmq_strerror (errsv));
}

static gpointer
zeromq_prepare (const TransportLoad *load, GError **error)
{
  ZeromqChannel *channel = g_new0 (ZeromqChannel, 1);

  channel->address = transport_make_address ("ipc://@");
  channel->size = load->size;

  return channel;
}

/* NULL for an error. */
static void *
make_socket (ZeromqChannel *channel, GError **error)
{
  void *socket;

  if (channel->context == NULL)
    channel->context = zmq_ctx_new ();
  if (channel->context == NULL)
    {
      set_error (error, "zmq_ctx_new");
      return NULL;
    }

  socket = zmq_socket (channel->context, ZMQ_PAIR);
  if (socket == NULL)
    set_error (error, "zmq_socket");

  return socket;
}

static gboolean
zeromq_listen (gpointer channel, GError **error)
{
  ZeromqChannel *self = channel;

  self->server = make_socket (self, error);
  if (self->server == NULL)
    return FALSE;

  if (zmq_bind (self->server, self->address) == 0)
    return TRUE;

  set_error (error, "zmq_bind");

  return FALSE;
}

static gpointer
zeromq_open (gpointer channel, TransportSide side, GError **error)
{
  ZeromqChannel *self = channel;
  void *socket = side == TRANSPORT_SERVER ? self->server : make_socket (self, error);
  ZeromqEnd *end;

  if (socket == NULL)
    return NULL;

  if (side == TRANSPORT_CLIENT && zmq_connect (socket, self->address) == -1)
    {
      set_error (error, "zmq_connect");
      return NULL;
    }

  end = g_new (ZeromqEnd, 1);
  end->socket = socket;
  end->size = self->size;
  end->message = g_malloc0 (end->size);
  zmq_msg_init (&end->received);

  return end;
}

static gboolean
zeromq_send (gpointer end, GError **error)
{
  ZeromqEnd *self = end;

  if (zmq_send (self->socket, self->message, self->size, 0) != -1)
    return TRUE;

  set_error (error, "zmq_send");

  return FALSE;
}

/* Where it is, without a copy. */
static gssize
zeromq_receive (gpointer end, GError **error)
{
  ZeromqEnd *self = end;
  int length = zmq_msg_recv (&self->received, self->socket, 0);

  if (length == -1)
    set_error (error, "zmq_msg_recv");

  return length;
}

static void
zeromq_clear (gpointer channel)
{
  ZeromqChannel *self = channel;

  g_free (self->address);
  g_free (self);
}

const Transport transport_zeromq = {
  .name = "zeromq",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = zeromq_prepare,
  .listen = zeromq_listen,
  .open = zeromq_open,
  .send = zeromq_send,
  .receive = zeromq_receive,
  .clear = zeromq_clear,
};
