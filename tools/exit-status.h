/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the program says to its caller; documented in mood(1). */
typedef enum
{
  EXIT_STATUS_SUCCESS = 0,
  EXIT_STATUS_FAILURE = 1,
  EXIT_STATUS_USAGE = 2,
  EXIT_STATUS_WOULD_BLOCK = 3,
  EXIT_STATUS_NOT_FOUND = 4,
} ExitStatus;

ExitStatus exit_status_from_error (const GError *error);
ExitStatus exit_status_worse (ExitStatus one, ExitStatus other);

G_END_DECLS
