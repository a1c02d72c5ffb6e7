/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "transport.h"

G_BEGIN_DECLS

/* What is measured at once. */
typedef struct
{
  const Transport *transport;
  TransportLoad load;
  guint n_cores; /* 1 for both processes on the same */
  guint count;   /* how many messages, after a tenth of them that warms up */
} TransportTurn;

gboolean transport_measure (const TransportTurn *turn,
                            double *seconds,
                            double *percentiles_us,
                            GError **error);

G_END_DECLS
