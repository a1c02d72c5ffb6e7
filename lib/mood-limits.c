/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The limits on message queues, and what a queue takes of them. They are read whenever they are
 * asked for: an administrator may change them at any time, and each IPC namespace has its own. */

#include "mood-limits-private.h"

#include <sys/resource.h>

G_DEFINE_BOXED_TYPE (MoodLimits, mood_limits, mood_limits_copy, mood_limits_free)

/* The figure that @file holds, or -1 where there is none to be read, as without a mounted /proc. */
static gint64
read_figure (const char *file)
{
  char *contents = NULL;
  gint64 figure = -1;

  if (g_file_get_contents (file, &contents, NULL, NULL))
    {
      g_strchomp (contents);
      if (!g_ascii_string_to_signed (contents, 10, 0, G_MAXINT64, &figure, NULL))
        figure = -1;
      g_free (contents);
    }

  return figure;
}

/* RLIM_INFINITY, and what else is beyond what a queue can reach, is no limit. */
static gint64
to_figure (rlim_t limit)
{
  return (gint64) MIN (limit, (rlim_t) G_MAXINT64);
}

/* Fills @self, which need not come from the heap, with the limits of this moment. */
void
mood_limits_read (MoodLimits *self)
{
  struct rlimit limit;
  gboolean has_limit = getrlimit (RLIMIT_MSGQUEUE, &limit) == 0;

  self->msg_default = read_figure (MOOD_LIMIT_MSG_DEFAULT);
  self->msg_max = read_figure (MOOD_LIMIT_MSG_MAX);
  self->msgsize_default = read_figure (MOOD_LIMIT_MSGSIZE_DEFAULT);
  self->msgsize_max = read_figure (MOOD_LIMIT_MSGSIZE_MAX);
  self->queues_max = read_figure (MOOD_LIMIT_QUEUES_MAX);
  self->rlimit_soft = has_limit ? to_figure (limit.rlim_cur) : -1;
  self->rlimit_hard = has_limit ? to_figure (limit.rlim_max) : -1;
}

/* What the kernel takes for @figure, which is its default for a negative one: an explicit default
 * above the maximum would be refused, so that the smaller of both counts. Negative where that
 * cannot be told. */
static gint64
complete (gint64 figure, gint64 default_figure, gint64 max_figure)
{
  return figure < 0 ? MIN (default_figure, max_figure) : figure;
}

gint64
mood_limits_complete_maxmsg (const MoodLimits *self, gint64 maxmsg)
{
  return complete (maxmsg, self->msg_default, self->msg_max);
}

gint64
mood_limits_complete_msgsize (const MoodLimits *self, gint64 msgsize)
{
  return complete (msgsize, self->msgsize_default, self->msgsize_max);
}

/**
 * mood_limits_get:
 *
 * Reads the limits on message queues that hold for this process at this moment.
 *
 * Nothing is kept from one call to the next: an administrator may change the limits at any time,
 * the process its `RLIMIT_MSGQUEUE`, and each IPC namespace has its own. No call fails: a figure
 * that cannot be read is -1.
 *
 * See also: `mq_overview(7)`, `getrlimit(2)`, `ipc_namespaces(7)`
 *
 * Returns: (transfer full): the limits; free them with [method@Mood.Limits.free]
 *
 * Since: 1.0
 */
MoodLimits *
mood_limits_get (void)
{
  MoodLimits *self = g_new (MoodLimits, 1);

  mood_limits_read (self);

  return self;
}

/**
 * mood_limits_copy:
 * @self: limits
 *
 * Makes a copy of limits, to change it and compute with other figures.
 *
 * Returns: (transfer full): the copy; free it with [method@Mood.Limits.free]
 *
 * Since: 1.0
 */
MoodLimits *
mood_limits_copy (const MoodLimits *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_memdup2 (self, sizeof *self);
}

/**
 * mood_limits_free: (skip)
 * @self: (nullable): limits
 *
 * Frees limits. Bindings do so by themselves.
 *
 * Since: 1.0
 */
void
mood_limits_free (MoodLimits *self)
{
  g_free (self);
}

/**
 * mood_limits_required_bytes:
 * @self: limits
 * @maxmsg: how many messages the queue would have room for; negative for the default
 * @msgsize: how many bytes a message of the queue could have; negative for the default
 *
 * Computes how many bytes of `RLIMIT_MSGQUEUE` a queue would take.
 *
 * The kernel charges the user who creates a queue for all the messages that it has room for,
 * whether there are any or not: their bytes, 48 more for each, and another 48 for each that could
 * have a priority of its own, of which there are 32768. The charge ends when the queue is unlinked
 * and the last descriptor of it is closed. These are the figures of a 64-bit kernel; one of 32 bits
 * needs less.
 *
 * A negative @maxmsg or @msgsize counts as the default that [ctor@Mood.MessageQueue.new] takes for
 * it, as @self has it. Where @self does not have it, because it could not be read, the result is
 * %G_MAXUINT64, which no limit allows.
 *
 * This does not tell whether the queue would be accepted: see [method@Mood.Limits.fit] for that.
 *
 * See also: `getrlimit(2)`
 *
 * Returns: the number of bytes; %G_MAXUINT64 if there are more than that
 *
 * Since: 1.0
 */
guint64
mood_limits_required_bytes (const MoodLimits *self, gint64 maxmsg, gint64 msgsize)
{
  const guint64 message_header = 48;
  const guint64 tree_node = 48;
  const guint64 priorities = 32768;
  guint64 messages;
  guint64 bytes;

  g_return_val_if_fail (self != NULL, 0);

  maxmsg = mood_limits_complete_maxmsg (self, maxmsg);
  msgsize = mood_limits_complete_msgsize (self, msgsize);
  if (maxmsg < 0 || msgsize < 0)
    return G_MAXUINT64;

  messages = (guint64) maxmsg;
  if (!g_uint64_checked_mul (&bytes, messages, (guint64) msgsize + message_header) ||
      !g_uint64_checked_add (&bytes, bytes, MIN (messages, priorities) * tree_node))
    return G_MAXUINT64;

  return bytes;
}

/**
 * mood_limits_fit:
 * @self: limits
 * @msgsize: how many bytes a message of the queue could have; negative for the default
 *
 * Computes for how many messages a queue could have room.
 *
 * This is the largest maxmsg with which the kernel would create a queue of this @msgsize for a user
 * who has no other queue: @self allows it by `msg_max`, `msgsize_max` and `rlimit_soft`, and Linux
 * allows it anybody, which is no more than 65536 messages of 16777216 bytes. The queues that the
 * user has, in all processes, leave less than that, and how much they take the kernel tells nobody:
 * [ctor@Mood.MessageQueue.new] is how to find out, and its error tells.
 *
 * In a user namespace, such as a container's, the kernel charges the user who made the namespace as
 * well, up to the `RLIMIT_MSGQUEUE` that held for that process then, which cannot be seen from
 * inside.
 *
 * A negative @msgsize counts as the default that [ctor@Mood.MessageQueue.new] takes for it.
 *
 * See also: `mq_overview(7)`, `getrlimit(2)`
 *
 * Returns: the number of messages; 0 if no queue of this @msgsize fits, and -1 if that depends on a
 *   figure that could not be read
 *
 * Since: 1.0
 */
gint64
mood_limits_fit (const MoodLimits *self, gint64 msgsize)
{
  gint64 fits = 0;
  gint64 most;

  g_return_val_if_fail (self != NULL, -1);

  msgsize = mood_limits_complete_msgsize (self, msgsize);
  if (msgsize < 0 || self->msg_max < 0 || self->msgsize_max < 0 || self->rlimit_soft < 0)
    return -1;
  if (msgsize == 0 || msgsize > MIN (self->msgsize_max, MOOD_LIMITS_HARD_MSGSIZE))
    return 0;

  most = MIN (self->msg_max, MOOD_LIMITS_HARD_MAXMSG);
  while (fits < most)
    {
      gint64 middle = most - (most - fits) / 2;

      if (mood_limits_required_bytes (self, middle, msgsize) <= (guint64) self->rlimit_soft)
        fits = middle;
      else
        most = middle - 1;
    }

  return fits;
}
