/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

#include "transport.h"

G_BEGIN_DECLS

/* One side of a channel of queues. */
typedef struct
{
  MoodMessageQueue *out;
  MoodMessageQueue *in;
  int out_fd; /* of the same queues, for those who do without libmood */
  int in_fd;
  guint8 *message;
  guint8 *buffer;
  gsize size; /* of both */
  GCancellable *cancellable;
} TransportQueueEnd;

gpointer transport_queue_prepare (const TransportLoad *load, GError **error);
gpointer transport_queue_open (gpointer channel, TransportSide side, GError **error);
void transport_queue_clear (gpointer channel);

G_END_DECLS
