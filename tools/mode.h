/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean mode_needs_current (const char *text);
gboolean mode_apply (const char *text, guint current, guint *mode, GError **error);

G_END_DECLS
