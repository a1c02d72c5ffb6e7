/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "transport.h"

G_BEGIN_DECLS

/* Two Unix sockets that are connected. */
typedef struct
{
  int fds[2]; /* by TransportSide */
  TransportKind kind;
  gsize size;
} TransportSockets;

gpointer transport_sockets_prepare (int type, const TransportLoad *load, GError **error);
void transport_sockets_clear (gpointer channel);

G_END_DECLS
