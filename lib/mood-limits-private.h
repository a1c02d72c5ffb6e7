/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-limits.h"

G_BEGIN_DECLS

#define MOOD_LIMIT_MSG_DEFAULT     "/proc/sys/fs/mqueue/msg_default"
#define MOOD_LIMIT_MSG_MAX         "/proc/sys/fs/mqueue/msg_max"
#define MOOD_LIMIT_MSGSIZE_DEFAULT "/proc/sys/fs/mqueue/msgsize_default"
#define MOOD_LIMIT_MSGSIZE_MAX     "/proc/sys/fs/mqueue/msgsize_max"
#define MOOD_LIMIT_QUEUES_MAX      "/proc/sys/fs/mqueue/queues_max"

/* What the kernel allows anybody, whatever the files say and whoever asks. */
#define MOOD_LIMITS_HARD_MAXMSG  G_GINT64_CONSTANT (65536)
#define MOOD_LIMITS_HARD_MSGSIZE G_GINT64_CONSTANT (16777216)

void mood_limits_read (MoodLimits *self);
gint64 mood_limits_complete_maxmsg (const MoodLimits *self, gint64 maxmsg);
gint64 mood_limits_complete_msgsize (const MoodLimits *self, gint64 msgsize);

G_END_DECLS
