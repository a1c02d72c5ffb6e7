/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

gboolean bench_raw_send (MoodMessageQueue *queue, const guint8 *message, gsize length);
gboolean bench_raw_receive (MoodMessageQueue *queue, guint8 *buffer, gsize size);

G_END_DECLS
