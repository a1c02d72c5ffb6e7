/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What stands for the transports that could not be built. */

#include "transport.h"

#ifdef MISSING_BOOST
const Transport transport_boost = { .name = "boost", .missing = MISSING_BOOST };
#endif

#ifdef MISSING_NNG
const Transport transport_nng = { .name = "nng", .missing = MISSING_NNG };
#endif

#ifdef MISSING_ZEROMQ
const Transport transport_zeromq = { .name = "zeromq", .missing = MISSING_ZEROMQ };
#endif
