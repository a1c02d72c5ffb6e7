/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The descriptor for attempts, calls that are not to wait: the same queue, opened once more in
 * nonblocking mode. The queue's own would do, with a time limit that is over, but to look at that
 * takes the kernel a tenth of the time that it has for a small message; and its mode belongs to
 * whoever shares it.
 *
 * It is made for queues that are tried again and again, and is nothing that anybody has to know of:
 * where it cannot be had, for want of /proc or of descriptors, attempts go by the queue's own. It
 * is closed together with that one, as closing any descriptor of the queue takes back the
 * notification of the process; and in a forked child, which may close all descriptors that it does
 * not know of, so that the number would come to be that of something else. */

#include "mood-message-queue-private.h"

#include "mood-descriptor-private.h"
#include "mood-mq.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Another thread may have descriptors of its own, and /proc those of the first one. */
static gboolean
leads_to_same_file (int fd, int other_fd)
{
  struct stat status, other_status;

  return fstat (fd, &status) == 0 && fstat (other_fd, &other_status) == 0 &&
         status.st_dev == other_status.st_dev && status.st_ino == other_status.st_ino;
}

static int
open_nonblocking (MoodMessageQueue *self)
{
  MoodOpenFlags flags = (self->flags & MOOD_OPEN_RDWR) | MOOD_OPEN_NONBLOCK;
  int fd = mood_descriptor_reopen (self->fd, mood_message_queue_to_oflag (flags));

  if (fd != -1 && !leads_to_same_file (fd, self->fd))
    {
      mood_mq_close (fd);
      fd = -1;
    }

  return fd;
}

/* Counts an attempt of a call that has begun, and makes the descriptor if they have been enough. -1
 * if there is none, yet or at all. */
int
mood_message_queue_count_attempt (MoodMessageQueue *self)
{
  int fd = g_atomic_int_get (&self->nonblocking_fd);

  if (fd == MOOD_NO_NONBLOCKING_FD)
    return -1;

  if (fd < -1)
    {
      g_atomic_int_compare_and_exchange (&self->nonblocking_fd, fd, fd + 1);
      return -1;
    }

  pthread_mutex_lock (&mood_message_queue_lock);
  fd = g_atomic_int_get (&self->nonblocking_fd);
  if (fd == -1)
    {
      fd = open_nonblocking (self);
      g_atomic_int_set (&self->nonblocking_fd, fd != -1 ? fd : MOOD_NO_NONBLOCKING_FD);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  return MAX (fd, -1);
}

/* After an attempt by it was told that it is no descriptor of a queue: somebody closed it, and what
 * has its number now, if anything, is not ours to close. FALSE if there was none. */
gboolean
mood_message_queue_forget_nonblocking (MoodMessageQueue *self)
{
  gboolean was_there;

  pthread_mutex_lock (&mood_message_queue_lock);
  was_there = g_atomic_int_get (&self->nonblocking_fd) >= 0;
  g_atomic_int_set (&self->nonblocking_fd, MOOD_NO_NONBLOCKING_FD);
  pthread_mutex_unlock (&mood_message_queue_lock);

  return was_there;
}

/* With the lock held, when no call uses it. Another one is made if there are enough attempts
 * again. */
void
mood_message_queue_close_nonblocking (MoodMessageQueue *self)
{
  int fd = g_atomic_int_get (&self->nonblocking_fd);

  if (fd >= 0)
    mood_mq_close (fd);
  if (fd != MOOD_NO_NONBLOCKING_FD)
    g_atomic_int_set (&self->nonblocking_fd, -1 - MOOD_ATTEMPTS_BEFORE_NONBLOCKING_FD);
}
