/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Queues from descriptors and descriptors from queues: how one is handed from one process to
 * another, and opened once more without its name. */

#include "mood-message-queue-private.h"

#include "mood-descriptor-private.h"
#include "mood-error-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char too_many_hint[] = "close some, or raise the limit with “ulimit -n”";

static MoodOpenFlags
from_oflag (int oflag)
{
  MoodOpenFlags flags = MOOD_OPEN_CLOEXEC;

  switch (oflag & O_ACCMODE)
    {
    case O_RDONLY:
      flags |= MOOD_OPEN_RDONLY;
      break;
    case O_WRONLY:
      flags |= MOOD_OPEN_WRONLY;
      break;
    default:
      flags |= MOOD_OPEN_RDWR;
    }

  if ((oflag & O_NONBLOCK) != 0)
    flags |= MOOD_OPEN_NONBLOCK;

  return flags;
}

/**
 * mood_message_queue_new_from_fd: (constructor)
 * @fd: a descriptor of a queue
 * @error: return location for an error
 *
 * Makes a message queue of a descriptor that the process was handed: by its parent, by another
 * process over a Unix socket or D-Bus, or by a service manager (for which there is
 * [func@Mood.listen_queues]).
 *
 * The object takes the descriptor, and closes it as if it had opened it. It is set to be closed
 * when the process executes another program. If this fails, the descriptor is still the caller's.
 *
 * What the queue was opened for, and whether it is in nonblocking mode, is found out and put into
 * [property@Mood.MessageQueue:flags]. Its name comes from `/proc/self/fd`, and is the one that it
 * was created under, also if it was unlinked ([property@Mood.MessageQueue:unlinked] tells) or
 * is of another IPC namespace, where this process cannot open it by that name. Without a mounted
 * `/proc` the object has no name.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_ARGUMENT if @fd is not open or leads to something else than a queue.
 *
 * See also: `mq_overview(7)`, `proc(5)`, `unix(7)`
 *
 * Returns: (transfer full): a new message queue, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodMessageQueue *
mood_message_queue_new_from_fd (int fd, GError **error)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  MoodOpening opening = { .fd = fd };
  g_autofree char *name = NULL;

  if (!mood_descriptor_is_queue (fd))
    {
      g_autofree char *what = mood_descriptor_describe (fd);

      g_autofree char *object = g_strdup_printf ("a message queue of descriptor %d", fd);

      mood_set_error_about (error, G_IO_ERROR_INVALID_ARGUMENT, "make", object,
                            "it is %s; give the descriptor of a message queue", what);
      return NULL;
    }

  fcntl (fd, F_SETFD, FD_CLOEXEC);
  name = mood_descriptor_get_queue_name (fd);
  queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", name, "flags",
                        from_oflag (fcntl (fd, F_GETFL)), NULL);
  if (!mood_message_queue_adopt (queue, &opening, "open", error))
    return NULL;

  return g_steal_pointer (&queue);
}

/**
 * mood_message_queue_dup_fd:
 * @self: a message queue
 * @error: return location for an error
 *
 * Makes another descriptor of the queue, for the caller to keep or to hand over.
 *
 * It shares the blocking mode with the queue's own, which [method@Mood.MessageQueue.reopen] does
 * not, and is closed when the process executes another program, unless `fcntl(2)` is told
 * otherwise. Whoever gets it can make an object of it with [ctor@Mood.MessageQueue.new_from_fd].
 *
 * Closing it takes back a notification that the process asked for with `mq_notify(3)`, as closing
 * any descriptor of the queue does; that of another process stays.
 *
 * Errors:
 *
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has too many descriptors;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `dup(2)`, `unix(7)`, on `SCM_RIGHTS`
 *
 * Returns: a new descriptor, to be closed with `close(2)`, or -1 with @error set
 *
 * Since: 1.0
 */
int
mood_message_queue_dup_fd (MoodMessageQueue *self, GError **error)
{
  const char *action = "duplicate the descriptor of";
  int fd, errsv;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  if (!mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN, action, error))
    return -1;

  fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 0);
  errsv = errno;
  mood_message_queue_end (self);

  /* Where the process may have none at all, 0 is out of range. */
  if (fd == -1 && errsv == EINVAL)
    errsv = EMFILE;

  if (fd == -1)
    mood_set_error_from_errno (error, errsv, action, self->name,
                               errsv == EMFILE ? too_many_hint : NULL);

  return fd;
}

/**
 * mood_message_queue_reopen:
 * @self: a message queue
 * @flags: how to open it, with one of the access modes `MOOD_OPEN_RDONLY`,
 *   `MOOD_OPEN_WRONLY` and `MOOD_OPEN_RDWR`;
 *   `MOOD_OPEN_CREAT` and `MOOD_OPEN_EXCL` mean nothing here
 * @error: return location for an error
 *
 * Opens the same queue once more, independently of @self.
 *
 * Other than with `dup(2)`, the new queue has a blocking mode of its own, and may have another
 * access mode. It is the same queue even if @self was unlinked, or if another one has its name by
 * now: it is not found by its name, but by the descriptor, in `/proc/self/fd`.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_ARGUMENT if @flags has no access mode or an unknown bit;
 * - %G_IO_ERROR_PERMISSION_DENIED if the mode of the queue does not allow what @flags ask;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has too many descriptors;
 * - %G_IO_ERROR_NOT_FOUND if `/proc` is not mounted;
 * - %G_IO_ERROR_CLOSED if @self is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * What else `open(2)` reports becomes the error code that GIO has for it.
 *
 * See also: `open(2)`, `proc(5)`
 *
 * Returns: (transfer full): a new message queue, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodMessageQueue *
mood_message_queue_reopen (MoodMessageQueue *self, MoodOpenFlags flags, GError **error)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  MoodOpening opening = { .fd = -1 };
  const char *hint = NULL;
  int errsv;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  if (!mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN, "reopen", error))
    return NULL;

  if (!mood_message_queue_check_flags (self, flags, "reopen", error))
    {
      mood_message_queue_end (self);
      return NULL;
    }

  opening.fd =
      mood_descriptor_reopen (self->fd, mood_message_queue_to_oflag (flags) & ~(O_CREAT | O_EXCL));
  errsv = errno;
  mood_message_queue_end (self);

  if (opening.fd == -1)
    {
      if (errsv == ENOENT)
        hint = "that takes a mounted /proc";
      else if (errsv == EMFILE)
        hint = too_many_hint;
      else if (errsv == EACCES)
        hint = "its owner and mode do not let this user open it for what the flags ask";

      mood_set_error_from_errno (error, errsv, "reopen", self->name, hint);
      return NULL;
    }

  queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", self->name, "flags", flags, NULL);
  if (!mood_message_queue_adopt (queue, &opening, "reopen", error))
    {
      mood_message_queue_discard (&opening);
      return NULL;
    }

  return g_steal_pointer (&queue);
}
