/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pair of Unix sockets that several transports rest on. */

#include "transport-sockets.h"

#include <sys/socket.h>
#include <unistd.h>

/* @type is that of socket(2). */
gpointer
transport_sockets_prepare (int type, const TransportLoad *load, GError **error)
{
  TransportSockets sockets = { .kind = load->kind, .size = load->size };

  if (socketpair (AF_UNIX, type | SOCK_CLOEXEC, 0, sockets.fds) == -1)
    {
      transport_set_error (error, "socketpair");
      return NULL;
    }

  return g_memdup2 (&sockets, sizeof sockets);
}

void
transport_sockets_clear (gpointer channel)
{
  TransportSockets *sockets = channel;

  close (sockets->fds[0]);
  close (sockets->fds[1]);
  g_free (sockets);
}
