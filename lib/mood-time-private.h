/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GDateTime *mood_time_new (gint64 seconds);

G_END_DECLS
