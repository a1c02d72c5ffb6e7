/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64 fit_get_most (gint64 maxmsg, gint64 msgsize);
gint64 fit_find (gint64 most, gint64 msgsize);
gboolean fit_is_refusal (const GError *error);

G_END_DECLS
