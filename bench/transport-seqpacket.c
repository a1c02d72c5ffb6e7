/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Unix sockets that keep the messages' borders, by the system calls alone. */

#include "transport-sockets.h"

#include <sys/socket.h>

typedef struct
{
  int fd;
  guint8 *message;
  guint8 *buffer;
  gsize size; /* of both */
} SeqpacketEnd;

static gpointer
seqpacket_prepare (const TransportLoad *load, GError **error)
{
  return transport_sockets_prepare (SOCK_SEQPACKET, load, error);
}

static gpointer
seqpacket_open (gpointer channel, TransportSide side, GError **error)
{
  TransportSockets *sockets = channel;
  SeqpacketEnd *end = g_new (SeqpacketEnd, 1);

  end->fd = sockets->fds[side];
  end->size = sockets->size;
  end->message = g_malloc0 (end->size);
  end->buffer = g_malloc0 (end->size);

  return end;
}

static gboolean
seqpacket_send (gpointer end, GError **error)
{
  SeqpacketEnd *self = end;

  if (send (self->fd, self->message, self->size, MSG_NOSIGNAL) != -1)
    return TRUE;

  transport_set_error (error, "send");

  return FALSE;
}

static gssize
seqpacket_receive (gpointer end, GError **error)
{
  SeqpacketEnd *self = end;
  ssize_t length = recv (self->fd, self->buffer, self->size, 0);

  if (length == -1)
    transport_set_error (error, "recv");

  return length;
}

const Transport transport_seqpacket = {
  .name = "seqpacket",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = seqpacket_prepare,
  .open = seqpacket_open,
  .send = seqpacket_send,
  .receive = seqpacket_receive,
  .clear = transport_sockets_clear,
};
