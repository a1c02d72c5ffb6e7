/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean owner_parse_user (const char *text, gint64 *uid, GError **error);
gboolean owner_parse_group (const char *text, gint64 *gid, GError **error);
gboolean owner_parse (const char *text, gint64 *uid, gint64 *gid, GError **error);

G_END_DECLS
