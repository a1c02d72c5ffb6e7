/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What several transports need. */

#include "transport.h"

#include <errno.h>
#include <unistd.h>

/* By errno. @what is the call that failed. */
void
transport_set_error (GError **error, const char *what)
{
  int errsv = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), "%s: %s", what,
               g_strerror (errsv));
}

/* One that no other process has, after @scheme. It is for the abstract namespace of sockets, where
 * there are no files that could be left behind. */
char *
transport_make_address (const char *scheme)
{
  static guint n_made;

  return g_strdup_printf ("%smood-bench-%d-%u", scheme, (int) getpid (), n_made++);
}
