/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOOD_LIMIT_MSG_DEFAULT     "/proc/sys/fs/mqueue/msg_default"
#define MOOD_LIMIT_MSG_MAX         "/proc/sys/fs/mqueue/msg_max"
#define MOOD_LIMIT_MSGSIZE_DEFAULT "/proc/sys/fs/mqueue/msgsize_default"
#define MOOD_LIMIT_MSGSIZE_MAX     "/proc/sys/fs/mqueue/msgsize_max"
#define MOOD_LIMIT_QUEUES_MAX      "/proc/sys/fs/mqueue/queues_max"

gint64 mood_limits_read (const char *file);
gint64 mood_limits_read_default (const char *default_file, const char *max_file);
gint64 mood_limits_read_message_queue_bytes (void);
guint64 mood_limits_required_bytes (gint64 maxmsg, gint64 msgsize);

G_END_DECLS
