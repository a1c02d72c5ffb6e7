/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean mood_name_check (const char *name, const char *action, GError **error);
char *mood_name_make_display_name (const char *name);
char *mood_name_make_random (void);

G_END_DECLS
