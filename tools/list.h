/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *list_format_table (GPtrArray *all);
char *list_format_json (GPtrArray *all, gboolean pretty);

G_END_DECLS
