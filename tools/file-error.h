/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean file_error_set (GError **error, int errsv, const char *what, const char *path);

G_END_DECLS
