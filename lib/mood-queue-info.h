/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mood-version-macros.h"

G_BEGIN_DECLS

#define MOOD_TYPE_QUEUE_INFO (mood_queue_info_get_type ())

MOOD_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MoodQueueInfo, mood_queue_info, MOOD, QUEUE_INFO, GObject)

MOOD_AVAILABLE_IN_1_0
const char *mood_queue_info_get_name (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
const char *mood_queue_info_get_display_name (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
guint mood_queue_info_get_mode (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
guint mood_queue_info_get_uid (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
guint mood_queue_info_get_gid (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
guint64 mood_queue_info_get_inode (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
GDateTime *mood_queue_info_get_atime (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
GDateTime *mood_queue_info_get_mtime (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
GDateTime *mood_queue_info_get_ctime (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_queue_info_get_curmsgs (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_queue_info_get_maxmsg (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_queue_info_get_msgsize (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_queue_info_get_queued_bytes (MoodQueueInfo *self);
MOOD_AVAILABLE_IN_1_0
int mood_queue_info_get_notify_pid (MoodQueueInfo *self);

G_END_DECLS
