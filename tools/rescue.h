/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

typedef struct _Rescue Rescue;

Rescue *rescue_new (MoodMessageQueue *queue);
void rescue_message (Rescue *self, const guint8 *message, gsize length, guint priority);
void rescue_finish (Rescue *self);

G_END_DECLS
