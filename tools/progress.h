/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void progress_start (const char *label);
void progress_set (guint64 done, guint64 total);
void progress_clear (void);
void progress_end (void);

G_END_DECLS
