/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean seconds_parse (const char *text, gint64 *microseconds, GError **error);

G_END_DECLS
