/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "exit-status.h"

G_BEGIN_DECLS

ExitStatus report_error (const GError *error);
void report_warning (const char *format, ...) G_GNUC_PRINTF (1, 2);
void report_note (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
