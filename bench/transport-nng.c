/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* nng: a pair of sockets by way of its ipc transport. Threads of its own do the input and output.
 */

#include "transport.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

typedef struct
{
  char *address;
  gsize size;
  nng_socket server; /* the socket that listens, in the server's process */
} NngChannel;

typedef struct
{
  nng_socket socket;
  guint8 *message;
  gsize size;
} NngEnd;

/* Whether @result says that all is well. */
static gboolean
check (int result, const char *what, GError **error)
{
  if (result == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what, nng_strerror (result));

  return FALSE;
}

static gpointer
nng_prepare (const TransportLoad *load, GError **error)
{
  NngChannel *channel = g_new0 (NngChannel, 1);

  /* As ipc, but without a file. */
  channel->address = transport_make_address ("abstract://");
  channel->size = load->size;

  return channel;
}

/* For messages of any size. */
static gboolean
make_socket (nng_socket *socket, GError **error)
{
  return check (nng_pair0_open (socket), "nng_pair0_open", error) &&
         check (nng_socket_set_size (*socket, NNG_OPT_RECVMAXSZ, 0), NNG_OPT_RECVMAXSZ, error);
}

static gboolean
nng_listen_to_client (gpointer channel, GError **error)
{
  NngChannel *self = channel;

  return make_socket (&self->server, error) &&
         check (nng_listen (self->server, self->address, NULL, 0), "nng_listen", error);
}

static gpointer
nng_open_end (gpointer channel, TransportSide side, GError **error)
{
  NngChannel *self = channel;
  nng_socket socket = self->server;
  NngEnd *end;

  if (side == TRANSPORT_CLIENT &&
      (!make_socket (&socket, error) ||
       !check (nng_dial (socket, self->address, NULL, 0), "nng_dial", error)))
    return NULL;

  end = g_new (NngEnd, 1);
  end->socket = socket;
  end->size = self->size;
  end->message = g_malloc0 (end->size);

  return end;
}

static gboolean
nng_send_message (gpointer end, GError **error)
{
  NngEnd *self = end;

  return check (nng_send (self->socket, self->message, self->size, 0), "nng_send", error);
}

/* Where it is, without a copy. */
static gssize
nng_receive_message (gpointer end, GError **error)
{
  NngEnd *self = end;
  nng_msg *message;
  gsize length;

  if (!check (nng_recvmsg (self->socket, &message, 0), "nng_recvmsg", error))
    return -1;
  length = nng_msg_len (message);
  nng_msg_free (message);

  return (gssize) length;
}

static void
nng_clear (gpointer channel)
{
  NngChannel *self = channel;

  g_free (self->address);
  g_free (self);
}

const Transport transport_nng = {
  .name = "nng",
  .kinds = TRANSPORT_ALL_KINDS,
  .prepare = nng_prepare,
  .listen = nng_listen_to_client,
  .open = nng_open_end,
  .send = nng_send_message,
  .receive = nng_receive_message,
  .clear = nng_clear,
};
