/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Unlinking a queue when it is closed, by whoever created it, and only as long as the name leads to
 * that queue. */

#include "mood-message-queue-private.h"

#include "mood-mq.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
identify (MoodCreator *creator)
{
  struct stat status;

  *creator = (MoodCreator){ .pid = getpid () };
  if (stat ("/proc/thread-self/ns/ipc", &status) == 0)
    {
      creator->namespace_dev = status.st_dev;
      creator->namespace_ino = status.st_ino;
    }
}

/* Makes closing unlink the queue, which this process created. */
void
mood_message_queue_own (MoodMessageQueue *self)
{
  identify (&self->creator);
  g_atomic_int_set (&self->unlink_on_close, TRUE);
}

/* Opening tells it in any case in which it is possible, and takes back a notification, as closing
 * the queue does, which comes next. */
static gboolean
is_found_by_name (const char *name, const struct stat *queue)
{
  struct stat found;
  gboolean is_same;
  int fd = mood_mq_open (name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0, NULL);

  if (fd == -1 && errno == EACCES)
    fd = mood_mq_open (name, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0, NULL);
  if (fd == -1)
    return FALSE;

  is_same =
      fstat (fd, &found) == 0 && found.st_dev == queue->st_dev && found.st_ino == queue->st_ino;
  mood_mq_close (fd);

  return is_same;
}

/* Whether the name, which the queue still has, is one of the IPC namespace that the process is in.
 * It may not be told any more which that is, as in a root directory of its own without /proc. */
static gboolean
is_in_own_namespace (MoodMessageQueue *self, const MoodCreator *current, const struct stat *queue)
{
  if (current->namespace_ino == 0 || self->creator.namespace_ino == 0)
    return is_found_by_name (self->name, queue);

  return current->namespace_dev == self->creator.namespace_dev &&
         current->namespace_ino == self->creator.namespace_ino;
}

/* Unlinks the queue, which is open, if that is for this object to do, once. Returns 0, or the errno
 * of the failure.
 *
 * There are no hard links to queues, and they cannot be renamed: one whose link count is not zero
 * has the name that it was created under, and no other queue has it. That holds for the IPC
 * namespace of the queue; a process that has entered another would unlink a queue there. */
int
mood_message_queue_unlink_own (MoodMessageQueue *self)
{
  MoodCreator current;
  struct stat status;
  int result = 0;

  /* Of all who close, the one whose call begins and finds something to do does it. The close itself
   * comes after that, so that no call of somebody who has found it is refused. */
  if (!g_atomic_int_get (&self->unlink_on_close) ||
      mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return 0;

  identify (&current);
  if (g_atomic_int_compare_and_exchange (&self->unlink_on_close, TRUE, FALSE) &&
      current.pid == self->creator.pid && fstat (self->fd, &status) == 0 && status.st_nlink != 0 &&
      is_in_own_namespace (self, &current, &status) && mood_mq_unlink (self->name) == -1 &&
      errno != ENOENT)
    result = errno;
  mood_message_queue_end (self);

  return result;
}
