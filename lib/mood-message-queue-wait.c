/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a call waits that can also end otherwise than by the queue: by poll, on the queue, on its
 * cancellable and on the queue's own wake-up descriptor, which is readable once the queue is
 * closed. Calls that nothing but the queue can end wait inside the kernel instead. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"

#include <errno.h>
#include <sys/eventfd.h>

/* The wake-up descriptor is made when a call first has to poll: most queues never need it. */
static int
get_wakeup_fd (MoodMessageQueue *self)
{
  int wakeup_fd;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->wakeup_fd == -1)
    self->wakeup_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  wakeup_fd = self->wakeup_fd;
  pthread_mutex_unlock (&mood_message_queue_lock);

  return wakeup_fd;
}

/* Wakes every call that polls, for good: nobody reads the counter back to zero. */
void
mood_message_queue_wake_waiting (MoodMessageQueue *self)
{
  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->wakeup_fd != -1)
    eventfd_write (self->wakeup_fd, 1);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* Waits until the queue may be ready for @condition, within a call that has begun. FALSE with
 * @error set means that the call is over, because it was cancelled or the queue was closed. TRUE
 * is no promise: somebody else may have been faster, so that the caller tries and, at need, waits
 * again. */
gboolean
mood_message_queue_wait (MoodMessageQueue *self,
                         GIOCondition condition,
                         const char *action,
                         GCancellable *cancellable,
                         GError **error)
{
  GPollFD fds[3] = {
    { .fd = self->fd, .events = (gushort) condition },
    { .events = G_IO_IN },
  };
  guint n_fds = 2;

  fds[1].fd = get_wakeup_fd (self);
  if (fds[1].fd == -1)
    {
      mood_set_error_from_errno (error, errno, action, self->name,
                                 "waiting for it together with a cancellable takes two more "
                                 "descriptors");
      return FALSE;
    }

  if (g_cancellable_make_pollfd (cancellable, &fds[2]))
    n_fds++;

  /* A close that came before the wake-up descriptor was made did not write to it. A signal handler
   * ends the poll, and the caller tries again. */
  if ((g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) == 0)
    g_poll (fds, n_fds, -1);

  if (n_fds == 3)
    g_cancellable_release_fd (cancellable);

  if (mood_set_error_if_cancelled (error, cancellable, action, self->name))
    return FALSE;

  if ((g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) != 0)
    {
      mood_message_queue_set_refused_error (self, MOOD_STATE_CLOSED, action, error);
      return FALSE;
    }

  return TRUE;
}
