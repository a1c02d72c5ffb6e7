/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GSocket on Unix datagram sockets: what a program of GLib's has for messages without libmood. */

#include "transport-sockets.h"

#include <sys/socket.h>

typedef struct
{
  GSocket *socket;
  guint8 *message;
  guint8 *buffer;
  gsize size; /* of both */
} GsocketEnd;

static gpointer
gsocket_prepare (const TransportLoad *load, GError **error)
{
  return transport_sockets_prepare (SOCK_DGRAM, load, error);
}

static gpointer
gsocket_open (gpointer channel, TransportSide side, GError **error)
{
  TransportSockets *sockets = channel;
  GSocket *socket = g_socket_new_from_fd (sockets->fds[side], error);
  GsocketEnd *end;

  if (socket == NULL)
    return NULL;

  end = g_new (GsocketEnd, 1);
  end->socket = socket;
  end->size = sockets->size;
  end->message = g_malloc0 (end->size);
  end->buffer = g_malloc0 (end->size);

  return end;
}

static gboolean
gsocket_send (gpointer end, GError **error)
{
  GsocketEnd *self = end;

  return g_socket_send (self->socket, (const char *) self->message, self->size, NULL, error) != -1;
}

static gssize
gsocket_receive (gpointer end, GError **error)
{
  GsocketEnd *self = end;

  return g_socket_receive (self->socket, (char *) self->buffer, self->size, NULL, error);
}

const Transport transport_gsocket = {
  .name = "gsocket",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = gsocket_prepare,
  .open = gsocket_open,
  .send = gsocket_send,
  .receive = gsocket_receive,
  .clear = transport_sockets_clear,
};
