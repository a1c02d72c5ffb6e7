/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which exit status an error gives. */

#include "exit-status.h"

#include <gio/gio.h>

ExitStatus
exit_status_from_error (const GError *error)
{
  if (error->domain == G_OPTION_ERROR)
    return EXIT_STATUS_USAGE;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return EXIT_STATUS_WOULD_BLOCK;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return EXIT_STATUS_NOT_FOUND;

  return EXIT_STATUS_FAILURE;
}

/* Of a command that did the same to several queues: what went wrong in one way has that way's
 * status, and what went wrong in several ways is a failure. */
ExitStatus
exit_status_worse (ExitStatus one, ExitStatus other)
{
  if (one == EXIT_STATUS_SUCCESS || one == other)
    return other;
  else if (other == EXIT_STATUS_SUCCESS)
    return one;
  else
    return EXIT_STATUS_FAILURE;
}
