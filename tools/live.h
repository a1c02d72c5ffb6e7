/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean live_check_interval (double seconds, GError **error);
guint live_add_timeout (double seconds, GSourceFunc func, gpointer user_data);
void live_end_with_reader (void);
gboolean live_print (const char *text);

G_END_DECLS
