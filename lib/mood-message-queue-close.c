/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of a queue: of an open one, by closing it, and of its name, by unlinking it. */

#include "mood-message-queue-private.h"

#include "mood-context-private.h"
#include "mood-error-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"
#include "mood-queue-inspection-private.h"

#include <errno.h>
#include <unistd.h>

/* Gives the descriptor back to the kernel, with the lock held, so that a fork finds the queue with
 * its descriptor or without. Returns 0, or the errno of the failure. */
int
mood_message_queue_take_descriptor (MoodMessageQueue *self)
{
  int fd = self->fd;

  if (fd == -1)
    return 0;

  mood_message_queue_unregister (self);
  g_atomic_int_set (&self->fd, -1);
  if (self->wakeup_fd != -1)
    close (self->wakeup_fd);
  self->wakeup_fd = -1;
  mood_message_queue_close_nonblocking (self);

  return mood_mq_close (fd) == -1 ? errno : 0;
}

/* Likewise, after the last call that used the descriptor has ended. Keeps errno, for the call that
 * ends. */
int
mood_message_queue_close_descriptor (MoodMessageQueue *self)
{
  int saved_errno = errno;
  int result;

  pthread_mutex_lock (&mood_message_queue_lock);
  result = mood_message_queue_take_descriptor (self);
  pthread_mutex_unlock (&mood_message_queue_lock);

  /* With the descriptor went the registration of the process, if it had one by this queue. */
  mood_queue_inspection_release_descriptors ();

  errno = saved_errno;

  return result;
}

/**
 * mood_message_queue_close:
 * @self: a message queue
 * @error: return location for an error
 *
 * Closes the queue.
 *
 * The queue itself stays, with the messages in it, until it is unlinked, which this does if
 * [property@Mood.MessageQueue:ownership] says so. Closing again does nothing and is no error.
 *
 * This can be called from any thread at any time. Calls that begin later give %G_IO_ERROR_CLOSED.
 * So do, at once, asynchronous calls and calls that wait with a #GCancellable or for a limited
 * time. Any other call that waits ends when it has sent or received its message, and the descriptor
 * is closed after it. Watches are dispatched once more, with %G_IO_NVAL, and receivers end.
 *
 * Closing the descriptor takes back a notification that the process asked for with `mq_notify(3)`,
 * by whichever of its descriptors of the queue. Sources made by
 * [method@Mood.MessageQueue.create_notification_source] for other objects ask for it again.
 *
 * Errors:
 *
 * - %G_IO_ERROR_NOT_INITIALIZED if the queue was never opened.
 *
 * If the kernel reports an error while closing, or while unlinking, it is given as the error code
 * that GIO has for it, and the queue is closed all the same.
 *
 * See also: `mq_close(3)`
 *
 * Returns: %TRUE if the queue is closed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_close (MoodMessageQueue *self, GError **error)
{
  guint state;
  int unlink_errsv;
  int errsv = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  if ((g_atomic_int_get (&self->state) & MOOD_STATE_UNINITIALIZED) != 0)
    {
      mood_message_queue_set_refused_error (self, MOOD_STATE_UNINITIALIZED, "close", error);
      return FALSE;
    }

  unlink_errsv = mood_message_queue_unlink_own (self);
  state = g_atomic_int_or (&self->state, MOOD_STATE_CLOSED);
  if ((state & MOOD_STATE_CLOSED) != 0)
    return TRUE;

  mood_message_queue_wake_waiting (self);
  mood_message_queue_close_notifications (self);
  mood_context_wake (self);
  if ((state & MOOD_STATE_USERS_MASK) == 0)
    errsv = mood_message_queue_close_descriptor (self);

  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify (G_OBJECT (self), "closed");
  g_object_notify (G_OBJECT (self), "fd");
  g_object_thaw_notify (G_OBJECT (self));

  if (errsv != 0)
    {
      mood_set_error_from_errno (error, errsv, "close", self->name, NULL);
      return FALSE;
    }

  if (unlink_errsv != 0)
    {
      mood_set_error_from_errno (error, unlink_errsv, "unlink", self->name,
                                 "it is closed all the same");
      return FALSE;
    }

  return TRUE;
}

/**
 * mood_unlink:
 * @name: (type filename): the name of a queue
 * @error: return location for an error
 *
 * Removes the name of a queue.
 *
 * Whoever has the queue open can go on using it. The queue itself, with the messages in it, is
 * gone when the last of them closes it. A new queue can be created under the name at once.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_FILENAME or %G_IO_ERROR_FILENAME_TOO_LONG if @name is no name for a
 *   queue;
 * - %G_IO_ERROR_NOT_FOUND if there is no such queue;
 * - %G_IO_ERROR_PERMISSION_DENIED if it belongs to another user.
 *
 * See also: `mq_unlink(3)`
 *
 * Returns: %TRUE if the name was removed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_unlink (const char *name, GError **error)
{
  const char *action = "unlink";

  if (!mood_name_check (name, action, error))
    return FALSE;

  if (mood_mq_unlink (name) == -1)
    {
      int errsv = errno;

      if (errsv == ENOENT)
        mood_set_not_found_error (error, action, name);
      else if (errsv == EACCES || errsv == EPERM)
        mood_set_error (error, G_IO_ERROR_PERMISSION_DENIED, action, name,
                        "only its owner may remove it");
      else
        mood_set_error_from_errno (error, errsv, action, name, NULL);
      return FALSE;
    }

  return TRUE;
}

/**
 * mood_message_queue_unlink:
 * @self: a message queue
 * @error: return location for an error
 *
 * Removes the name of the queue, as [func@Mood.unlink] does.
 *
 * The queue stays open, and can be used until it is closed. It can be unlinked after it was closed
 * as well. What is removed is the name: if somebody else unlinked the queue before, and created
 * another under the same name, it is that one's.
 *
 * Errors:
 *
 * - those of [func@Mood.unlink];
 * - %G_IO_ERROR_NOT_INITIALIZED if the queue was never opened.
 *
 * See also: `mq_unlink(3)`
 *
 * Returns: %TRUE if the name was removed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_unlink (MoodMessageQueue *self, GError **error)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  if ((g_atomic_int_get (&self->state) & MOOD_STATE_UNINITIALIZED) != 0)
    {
      mood_message_queue_set_refused_error (self, MOOD_STATE_UNINITIALIZED, "unlink", error);
      return FALSE;
    }

  return mood_unlink (self->name, error);
}
