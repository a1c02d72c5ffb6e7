/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What there is to know of an open queue beside its messages and its geometry. It comes from the
 * descriptor alone: no file system of queues has to be mounted for it. */

#include "mood-message-queue-private.h"

#include "mood-status-private.h"
#include "mood-time-private.h"

#include <sys/stat.h>

/* FALSE if the queue is not open. */
static gboolean
query_stat (MoodMessageQueue *self, struct stat *status)
{
  gboolean answered;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return FALSE;

  answered = fstat (self->fd, status) == 0;
  mood_message_queue_end (self);

  return answered;
}

/* FALSE if the queue is not open, or the kernel does not tell, as who may only send. */
static gboolean
query_status (MoodMessageQueue *self, MoodStatus *status)
{
  gboolean answered;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return FALSE;

  answered = mood_status_read (self->fd, status) == 0;
  mood_message_queue_end (self);

  return answered;
}

/**
 * mood_message_queue_get_queued_bytes: (get-property queued-bytes)
 * @self: a message queue
 *
 * Gets how many bytes the messages have that are waiting in the queue at this moment, all together.
 *
 * See also: `mq_overview(7)`, on `QSIZE`
 *
 * Returns: the number of bytes, or -1 if the queue is not open, or open to send only
 *
 * Since: 1.0
 */
gint64
mood_message_queue_get_queued_bytes (MoodMessageQueue *self)
{
  MoodStatus status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  return query_status (self, &status) ? status.queued_bytes : -1;
}

/**
 * mood_message_queue_get_notify_pid: (get-property notify-pid)
 * @self: a message queue
 *
 * Gets the ID of the process that is registered to be notified when a message arrives in the empty
 * queue.
 *
 * See also: `mq_notify(3)`, `mq_overview(7)`, on `NOTIFY_PID`
 *
 * Returns: the ID of the process; 0 if none is registered, or one that cannot be seen from this PID
 *   namespace; -1 if the queue is not open, or open to send only
 *
 * Since: 1.0
 */
int
mood_message_queue_get_notify_pid (MoodMessageQueue *self)
{
  MoodStatus status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  return query_status (self, &status) ? status.notify_pid : -1;
}

/**
 * mood_message_queue_is_unlinked: (get-property unlinked)
 * @self: a message queue
 *
 * Gets whether the queue has lost its name: nobody can open it by name any more, and it is gone
 * when the last descriptor is closed.
 *
 * See also: `mq_unlink(3)`
 *
 * Returns: %TRUE if the queue was unlinked, %FALSE if it has its name or is not open
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_is_unlinked (MoodMessageQueue *self)
{
  struct stat status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return query_stat (self, &status) && status.st_nlink == 0;
}

/**
 * mood_message_queue_get_uid: (get-property uid)
 * @self: a message queue
 *
 * Gets the ID of the user that owns the queue.
 *
 * See also: `fstat(2)`
 *
 * Returns: the ID of the user, or -1 if the queue is not open
 *
 * Since: 1.0
 */
gint64
mood_message_queue_get_uid (MoodMessageQueue *self)
{
  struct stat status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  return query_stat (self, &status) ? (gint64) status.st_uid : -1;
}

/**
 * mood_message_queue_get_gid: (get-property gid)
 * @self: a message queue
 *
 * Gets the ID of the group that owns the queue.
 *
 * See also: `fstat(2)`
 *
 * Returns: the ID of the group, or -1 if the queue is not open
 *
 * Since: 1.0
 */
gint64
mood_message_queue_get_gid (MoodMessageQueue *self)
{
  struct stat status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  return query_stat (self, &status) ? (gint64) status.st_gid : -1;
}

/**
 * mood_message_queue_get_atime: (get-property atime)
 * @self: a message queue
 *
 * Gets when the queue was last accessed: by sending, by receiving, or by looking at
 * [property@Mood.MessageQueue:queued-bytes] and its kin.
 *
 * See also: `fstat(2)`
 *
 * Returns: (transfer full) (nullable): the time, or %NULL if the queue is not open
 *
 * Since: 1.0
 */
GDateTime *
mood_message_queue_get_atime (MoodMessageQueue *self)
{
  struct stat status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  return query_stat (self, &status) ? mood_time_new (status.st_atime) : NULL;
}

/**
 * mood_message_queue_get_mtime: (get-property mtime)
 * @self: a message queue
 *
 * Gets when the messages in the queue last changed, by sending or by receiving.
 *
 * See also: `fstat(2)`
 *
 * Returns: (transfer full) (nullable): the time, or %NULL if the queue is not open
 *
 * Since: 1.0
 */
GDateTime *
mood_message_queue_get_mtime (MoodMessageQueue *self)
{
  struct stat status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  return query_stat (self, &status) ? mood_time_new (status.st_mtime) : NULL;
}

/**
 * mood_message_queue_get_ctime: (get-property ctime)
 * @self: a message queue
 *
 * Gets when anything about the queue last changed: its owner, its mode, its name, or what changes
 * [property@Mood.MessageQueue:atime].
 *
 * See also: `fstat(2)`
 *
 * Returns: (transfer full) (nullable): the time, or %NULL if the queue is not open
 *
 * Since: 1.0
 */
GDateTime *
mood_message_queue_get_ctime (MoodMessageQueue *self)
{
  struct stat status;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  return query_stat (self, &status) ? mood_time_new (status.st_ctime) : NULL;
}
