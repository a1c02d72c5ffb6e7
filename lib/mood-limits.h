/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <glib-object.h>

#include "mood-version-macros.h"

G_BEGIN_DECLS

#define MOOD_TYPE_LIMITS (mood_limits_get_type ())

typedef struct _MoodLimits MoodLimits;

/**
 * MoodLimits:
 * @msg_default: how many messages a queue has room for that is created without a maxmsg
 * @msg_max: the most that maxmsg can be
 * @msgsize_default: how many bytes a message can have in a queue that is created without a msgsize
 * @msgsize_max: the most that msgsize can be
 * @queues_max: how many queues there can be in the IPC namespace
 * @rlimit_soft: the soft `RLIMIT_MSGQUEUE`: how many bytes the queues of the user can take together
 * @rlimit_hard: the hard `RLIMIT_MSGQUEUE`: how far the process may raise the soft one
 *
 * The limits on message queues, as they were when [func@Mood.Limits.get] read them.
 *
 * The first five are the IPC namespace's, so that a container can have its own, and are found in
 * `/proc/sys/fs/mqueue`. A default that is above its maximum counts as the maximum. The last two
 * are the process's own. A figure that cannot be read, as where `/proc` is not mounted, is -1, and
 * %G_MAXINT64 means that there is no limit.
 *
 * [method@Mood.Limits.required_bytes] and [method@Mood.Limits.fit] compute from the structure
 * alone. So a program that changes its fields finds out what would be possible with other limits.
 *
 * A process that has `CAP_SYS_RESOURCE` in the initial user namespace is bound by none of the
 * namespace's maxima, only by what Linux allows anybody: 65536 messages, and 16777216 bytes in
 * each. To compute for such a process set @msg_max and @msgsize_max to %G_MAXINT64.
 * `RLIMIT_MSGQUEUE` binds it as well, but it may raise that.
 *
 * See also: `mq_overview(7)`, `getrlimit(2)`
 *
 * Since: 1.0
 */
struct _MoodLimits
{
  gint64 msg_default;
  gint64 msg_max;
  gint64 msgsize_default;
  gint64 msgsize_max;
  gint64 queues_max;
  gint64 rlimit_soft;
  gint64 rlimit_hard;
};

MOOD_AVAILABLE_IN_1_0
GType mood_limits_get_type (void) G_GNUC_CONST;

MOOD_AVAILABLE_IN_1_0
MoodLimits *mood_limits_get (void);
MOOD_AVAILABLE_IN_1_0
MoodLimits *mood_limits_copy (const MoodLimits *self);
MOOD_AVAILABLE_IN_1_0
void mood_limits_free (MoodLimits *self);

MOOD_AVAILABLE_IN_1_0
guint64 mood_limits_required_bytes (const MoodLimits *self, gint64 maxmsg, gint64 msgsize);
MOOD_AVAILABLE_IN_1_0
gint64 mood_limits_fit (const MoodLimits *self, gint64 msgsize);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoodLimits, mood_limits_free)

G_END_DECLS
