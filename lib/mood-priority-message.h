/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mood-version-macros.h"

G_BEGIN_DECLS

#define MOOD_TYPE_PRIORITY_MESSAGE (mood_priority_message_get_type ())

MOOD_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MoodPriorityMessage,
                      mood_priority_message,
                      MOOD,
                      PRIORITY_MESSAGE,
                      GSocketControlMessage)

MOOD_AVAILABLE_IN_1_0
GSocketControlMessage *mood_priority_message_new (guint priority);
MOOD_AVAILABLE_IN_1_0
guint mood_priority_message_get_priority (MoodPriorityMessage *self);

G_END_DECLS
