/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a call waits that can also end otherwise than by the queue: by poll, until a deadline, on the
 * queue, on its cancellable and on the queue's own wake-up descriptor, which is readable once the
 * queue is closed. Calls that nothing but the queue can end wait inside the kernel instead. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-interrupt-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

static void
wake_one (GCancellable *cancellable, gpointer data)
{
  pthread_mutex_lock (&mood_message_queue_lock);
  eventfd_write (GPOINTER_TO_INT (data), 1);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

static void
close_after_use (gpointer data, GClosure *closure)
{
  pthread_mutex_lock (&mood_message_queue_lock);
  close (GPOINTER_TO_INT (data));
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* A descriptor that is readable once the cancellable is cancelled, which goes with @handler; -1
 * with errno set if there is none. GLib's own, of g_cancellable_make_pollfd(), would end the
 * process then. Another thread may just be running the handler when it is disconnected, and keeps
 * the descriptor that long. */
static int
watch_cancellable (GCancellable *cancellable, gulong *handler)
{
  int fd, errsv;

  pthread_mutex_lock (&mood_message_queue_lock);
  fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  errsv = errno;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (fd != -1)
    *handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (wake_one),
                                      GINT_TO_POINTER (fd), close_after_use, 0);
  errno = errsv;

  return fd;
}

/* What a call that waits for @condition is about, for the text of an error. */
const char *
mood_message_queue_get_action (GIOCondition condition)
{
  return condition == G_IO_IN ? MOOD_ACTION_RECEIVE : MOOD_ACTION_SEND;
}

static void
set_would_block_error (MoodMessageQueue *self,
                       GIOCondition condition,
                       gint64 timeout_us,
                       GError **error)
{
  const char *state = condition == G_IO_IN ? "empty" : "full";
  const char *verb = condition == G_IO_IN ? "receive" : "send";
  const char *ready = condition == G_IO_IN ? "there is a message" : "there is room";
  const char *why =
      timeout_us == MOOD_TIMEOUT_OF_MODE ? "in nonblocking mode" : "the call was not to wait";

  mood_set_error (error, G_IO_ERROR_WOULD_BLOCK, mood_message_queue_get_action (condition),
                  self->name, "it is %s, and %s; %s again when %s", state, why, verb, ready);
}

/* After a signal handler ran during the wait. */
static gboolean
set_error_if_interrupted (MoodMessageQueue *self, GIOCondition condition, GError **error)
{
  if (!mood_is_interrupted ())
    return FALSE;

  mood_set_error (error, G_IO_ERROR_CANCELLED, mood_message_queue_get_action (condition),
                  self->name, "a signal came, and its handler ended the call");

  return TRUE;
}

/* What is left until @deadline, for ppoll(); NULL without one. */
static const struct timespec *
get_rest (gint64 deadline, struct timespec *rest)
{
  gint64 rest_us;

  if (deadline == G_MAXINT64)
    return NULL;

  /* MAX() would look at the clock twice, and the deadline may pass between. */
  rest_us = deadline - g_get_monotonic_time ();
  rest_us = MAX (rest_us, 0);
  rest->tv_sec = (time_t) (rest_us / G_USEC_PER_SEC);
  rest->tv_nsec = (long) (rest_us % G_USEC_PER_SEC) * 1000;

  return rest;
}

/* Waits until the queue may be ready for @condition, within a call that has begun. TRUE is no
 * promise: a signal handler may have run, or somebody else may have been faster. */
static gboolean
wait_until_ready (MoodMessageQueue *self,
                  GIOCondition condition,
                  gint64 timeout_us,
                  gint64 deadline,
                  GCancellable *cancellable,
                  GError **error)
{
  const char *action = mood_message_queue_get_action (condition);
  struct pollfd fds[3] = {
    { .fd = self->fd, .events = (short) condition },
    { .fd = get_wakeup_fd (self), .events = POLLIN },
    { .fd = -1, .events = POLLIN },
  };
  struct timespec rest;
  gulong handler = 0;
  int n_ready = -1;
  int errsv = EINTR;

  if (fds[1].fd == -1 ||
      (cancellable != NULL && (fds[2].fd = watch_cancellable (cancellable, &handler)) == -1))
    {
      mood_set_error_from_errno (error, errno, action, self->name,
                                 "to wait for the queue takes a descriptor of its own, and one "
                                 "more to be cancelled");
      return FALSE;
    }

  /* A close or a cancellation that came before its descriptor was made did not write to it. */
  if ((g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) == 0 &&
      !g_cancellable_is_cancelled (cancellable))
    {
      n_ready = ppoll (fds, G_N_ELEMENTS (fds), get_rest (deadline, &rest), NULL);
      errsv = errno;
    }

  if (handler != 0)
    g_signal_handler_disconnect (cancellable, handler);

  if (mood_set_error_if_cancelled (error, cancellable, action, self->name))
    return FALSE;

  if ((g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) != 0)
    {
      mood_message_queue_set_refused_error (self, MOOD_STATE_CLOSED, action, error);
      return FALSE;
    }

  if (n_ready == -1 && errsv == EINTR)
    return !set_error_if_interrupted (self, condition, error);

  if (n_ready == -1)
    {
      mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return FALSE;
    }

  if (n_ready == 0)
    {
      mood_set_error (error, G_IO_ERROR_TIMED_OUT, action, self->name,
                      "it stayed %s for the %" G_GINT64_FORMAT " microseconds that it was given",
                      condition == G_IO_IN ? "empty" : "full", timeout_us);
      return FALSE;
    }

  return TRUE;
}

/* When @timeout_us, counted from now, is over; G_MAXINT64 for never. */
static gint64
get_deadline (gint64 timeout_us)
{
  gint64 now = g_get_monotonic_time ();

  return timeout_us < 0 || timeout_us > G_MAXINT64 - now ? G_MAXINT64 : now + timeout_us;
}

static gboolean
is_blocking (MoodMessageQueue *self)
{
  int oflag = fcntl (self->fd, F_GETFL);

  return oflag != -1 && (oflag & O_NONBLOCK) == 0;
}

/* What to do within a call that has begun, after an attempt to send or to receive failed with
 * @errsv: TRUE means that the caller tries again, now or after a wait that this has done; FALSE,
 * with @error set, that the call is over. What @condition waits for tells which of the two it is.
 *
 * @deadline has to be 0 at first, and is kept from one attempt to the next, and from one message to
 * the next where several share a time limit: it counts from the first attempt that failed, on the
 * monotonic clock, so that setting the clock changes nothing. */
gboolean
mood_message_queue_wait_to_retry (MoodMessageQueue *self,
                                  int errsv,
                                  GIOCondition condition,
                                  gint64 timeout_us,
                                  gint64 *deadline,
                                  GCancellable *cancellable,
                                  GError **error)
{
  gboolean may_wait;

  switch (errsv)
    {
    case EINTR:
      if (set_error_if_interrupted (self, condition, error))
        return FALSE;

      /* By a signal's handler, or before it by another thread. */
      if ((g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) != 0)
        {
          mood_message_queue_set_refused_error (self, MOOD_STATE_CLOSED,
                                                mood_message_queue_get_action (condition), error);
          return FALSE;
        }

      /* It has begun to wait, whatever the mode is by now. */
      if (timeout_us < 0)
        *deadline = G_MAXINT64;
      return TRUE;

    /* What a descriptor in nonblocking mode answers, and what one that is not answers when it is
     * told not to wait. A call with a cancellable has asked the descriptor for attempts, and not
     * the queue's own. A call that has begun to wait goes on when the mode is changed. */
    case EAGAIN:
    case ETIMEDOUT:
      if (timeout_us == MOOD_TIMEOUT_OF_MODE)
        may_wait =
            errsv == ETIMEDOUT || *deadline != 0 || (cancellable != NULL && is_blocking (self));
      else
        may_wait = timeout_us != 0;
      break;

    case EBADF:
      if (mood_message_queue_forget_nonblocking (self))
        return TRUE;
      G_GNUC_FALLTHROUGH;

    default:
      mood_set_error_from_errno (error, errsv, mood_message_queue_get_action (condition),
                                 self->name, NULL);
      return FALSE;
    }

  if (timeout_us == MOOD_TIMEOUT_NOW)
    return FALSE;

  if (!may_wait)
    {
      set_would_block_error (self, condition, timeout_us, error);
      return FALSE;
    }

  if (*deadline == 0)
    *deadline = get_deadline (timeout_us);

  return wait_until_ready (self, condition, timeout_us, *deadline, cancellable, error);
}

/* Which of the conditions in @condition the queue is ready for at this moment, within a call that
 * has begun. */
static GIOCondition
poll_now (MoodMessageQueue *self, GIOCondition condition)
{
  struct pollfd fd = { .fd = self->fd, .events = (short) condition };

  if (TEMP_FAILURE_RETRY (poll (&fd, 1, 0)) == -1)
    return G_IO_ERR;

  /* The kernel itself never reports these: somebody closed the descriptor behind our back. */
  if ((fd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
    return G_IO_ERR;

  return (GIOCondition) fd.revents;
}

/* Which of the conditions in @condition, which the access mode has to allow, the queue is ready
 * for; G_IO_HUP if it is not open. */
GIOCondition
mood_message_queue_poll (MoodMessageQueue *self, GIOCondition condition)
{
  GIOCondition ready;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return G_IO_HUP;

  ready = poll_now (self, condition);
  mood_message_queue_end (self);

  return ready;
}

/* Waits until the queue is ready for one of the conditions in @condition, which the access mode has
 * to allow. */
gboolean
mood_message_queue_wait_for (MoodMessageQueue *self,
                             GIOCondition condition,
                             gint64 timeout_us,
                             GCancellable *cancellable,
                             GError **error)
{
  gint64 deadline;
  gboolean ready;

  if (mood_set_error_if_cancelled (error, cancellable, MOOD_ACTION_WAIT, self->name) ||
      !mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN, MOOD_ACTION_WAIT, error))
    return FALSE;

  deadline = get_deadline (timeout_us);
  do
    ready = poll_now (self, condition) != 0;
  while (!ready && wait_until_ready (self, condition, timeout_us, deadline, cancellable, error));
  mood_message_queue_end (self);

  return ready;
}
