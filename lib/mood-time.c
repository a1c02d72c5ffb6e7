/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The times that the kernel keeps of a queue, as GLib has them. */

#include "mood-time-private.h"

/* What a GDateTime can be, in seconds of the epoch: the years 1 to 9999. */
#define EARLIEST G_GINT64_CONSTANT (-62135596800)
#define LATEST   G_GINT64_CONSTANT (253402300799)

/* The time, or the nearest that there is: whoever owns a queue may set its times to anything, and
 * others shall get no NULL of it. */
GDateTime *
mood_time_new (gint64 seconds)
{
  return g_date_time_new_from_unix_utc (CLAMP (seconds, EARLIEST, LATEST));
}
