/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64 transport_get_largest_depth (gsize size, GError **error);

G_END_DECLS
