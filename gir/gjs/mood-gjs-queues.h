/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

MoodMessageQueue *mood_gjs_find_queue (guint number);

G_END_DECLS
