/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an object comes to its queue: what the properties ask for is looked at, the queue opened or
 * created, and its descriptor adopted. */

#include "mood-message-queue-private.h"

#include "mood-descriptor-private.h"
#include "mood-error-private.h"
#include "mood-limits-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const MoodOpenFlags all_open_flags =
    MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC | MOOD_OPEN_NONBLOCK | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL;

/* What opening with such flags is called in the text of an error. */
const char *
mood_message_queue_get_open_action (MoodOpenFlags flags)
{
  return (flags & MOOD_OPEN_CREAT) != 0 ? "create" : "open";
}

int
mood_message_queue_to_oflag (MoodOpenFlags flags)
{
  int oflag = O_CLOEXEC;

  if ((flags & MOOD_OPEN_RDWR) == MOOD_OPEN_RDWR)
    oflag |= O_RDWR;
  else if ((flags & MOOD_OPEN_WRONLY) != 0)
    oflag |= O_WRONLY;
  else
    oflag |= O_RDONLY;

  if ((flags & MOOD_OPEN_NONBLOCK) != 0)
    oflag |= O_NONBLOCK;
  if ((flags & MOOD_OPEN_CREAT) != 0)
    oflag |= O_CREAT;
  if ((flags & MOOD_OPEN_EXCL) != 0)
    oflag |= O_EXCL;

  return oflag;
}

gboolean
mood_message_queue_check_flags (MoodMessageQueue *self,
                                MoodOpenFlags flags,
                                const char *action,
                                GError **error)
{
  guint unknown = flags & ~all_open_flags;

  if (unknown != 0)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                      "the flags have bits that mean nothing here, 0x%x; they are made of "
                      "MoodOpenFlags, such as MOOD_OPEN_RDWR, and not of O_RDWR and its kin",
                      unknown);
      return FALSE;
    }

  if ((flags & MOOD_OPEN_RDWR) == 0)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                      "the flags have no access mode (that O_RDONLY is 0 does not hold here); add "
                      "RDONLY to receive, WRONLY to send, or RDWR for both");
      return FALSE;
    }

  return TRUE;
}

/* Only a queue that is to be given a name of libmood's own has none. */
static gboolean
check_name (MoodMessageQueue *self, const char *action, GError **error)
{
  if (self->ownership == MOOD_OWNERSHIP_ANONYMOUS && self->name != NULL)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                      "an anonymous queue is given no name; leave it out");
      return FALSE;
    }

  if (self->ownership == MOOD_OWNERSHIP_KEEP || self->name != NULL)
    return mood_name_check (self->name, action, error);

  if ((self->flags & MOOD_OPEN_CREAT) == 0)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, NULL,
                      "a queue that is given no name is a new one; add the CREAT flag");
      return FALSE;
    }

  return TRUE;
}

/* Replaces a negative figure by the kernel's default, as the kernel would if both were left out:
 * mq_open(3) takes both attributes or none. */
gboolean
mood_message_queue_complete_geometry (MoodMessageQueue *self,
                                      const MoodLimits *limits,
                                      MoodMqAttributes *geometry,
                                      GError **error)
{
  geometry->maxmsg = mood_limits_complete_maxmsg (limits, geometry->maxmsg);
  geometry->msgsize = mood_limits_complete_msgsize (limits, geometry->msgsize);

  if (geometry->maxmsg < 0 || geometry->msgsize < 0)
    {
      mood_set_error (error, G_IO_ERROR_NOT_SUPPORTED, "create", self->name,
                      "the default for the figure that was left out cannot be read below "
                      "/proc/sys/fs/mqueue; give both maxmsg and msgsize, or neither");
      return FALSE;
    }

  return TRUE;
}

/* Closes a descriptor that nobody has taken. */
void
mood_message_queue_discard (MoodOpening *opening)
{
  if (opening->fd != -1)
    mood_mq_close (opening->fd);
  opening->fd = -1;
}

/* Makes the descriptor that @opening has the queue's, unless it has one, and puts into maxmsg,
 * msgsize and mode what the kernel granted: of a queue that existed they are its own, whatever was
 * asked for. Takes the descriptor, and the random name with it if it goes to the queue; on failure
 * it takes nothing. */
gboolean
mood_message_queue_adopt (MoodMessageQueue *self,
                          MoodOpening *opening,
                          const char *action,
                          GError **error)
{
  MoodMqAttributes granted;
  struct stat status;
  guint state = 0;
  int fd = opening->fd;

  if (mood_mq_get_attributes (fd, &granted) == -1 || fstat (fd, &status) == -1)
    {
      mood_set_error_from_errno (error, errno, action, self->name, NULL);
      return FALSE;
    }

  if ((self->flags & MOOD_OPEN_RDONLY) == 0)
    state |= MOOD_STATE_NOT_READABLE;
  if ((self->flags & MOOD_OPEN_WRONLY) == 0)
    state |= MOOD_STATE_NOT_WRITABLE;

  pthread_mutex_lock (&mood_message_queue_lock);
  /* Two threads may initialize at the same time: the second finds it done. */
  if ((self->state & MOOD_STATE_UNINITIALIZED) != 0)
    {
      self->maxmsg = granted.maxmsg;
      self->msgsize = granted.msgsize;
      mood_message_queue_expect_length (self, 0);
      self->mode = status.st_mode;
      self->created = opening->created;
      if (opening->name != NULL)
        self->name = g_steal_pointer (&opening->name);
      if (opening->created && self->ownership == MOOD_OWNERSHIP_UNLINK_ON_CLOSE)
        mood_message_queue_own (self);
      self->fd = fd;
      opening->fd = -1;
      mood_message_queue_register (self);
      g_atomic_int_set (&self->state, state);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  mood_message_queue_discard (opening);

  return TRUE;
}

/* Answers as a system call does. Opening waits for nothing but a lease, which somebody who replaces
 * the queue has for an instant; in nonblocking mode it fails instead. A signal that comes meanwhile
 * shall not be an error. */
int
mood_message_queue_open_descriptor (MoodMessageQueue *self,
                                    int oflag,
                                    const MoodMqAttributes *geometry)
{
  int fd = TEMP_FAILURE_RETRY (mood_mq_open (self->name, oflag, self->mode, geometry));
  gboolean was_nonblock;

  if (fd != -1 || errno != EAGAIN)
    return fd;

  fd = TEMP_FAILURE_RETRY (mood_mq_open (self->name, oflag & ~O_NONBLOCK, self->mode, geometry));
  if (fd != -1)
    mood_mq_set_nonblock (fd, TRUE, &was_nonblock);

  return fd;
}

static gboolean
open_existing (MoodMessageQueue *self, MoodOpening *opening, GError **error)
{
  opening->fd =
      mood_message_queue_open_descriptor (self, mood_message_queue_to_oflag (self->flags), NULL);
  if (opening->fd == -1)
    {
      mood_message_queue_set_open_error (self, errno, error);
      return FALSE;
    }

  return TRUE;
}

static gboolean
create (MoodMessageQueue *self, MoodOpening *opening, GError **error)
{
  MoodMqAttributes geometry = { .maxmsg = self->maxmsg, .msgsize = self->msgsize };
  gboolean is_default = geometry.maxmsg < 0 && geometry.msgsize < 0;

  /* What is left out as a whole the kernel itself completes. */
  if (!is_default && (geometry.maxmsg < 0 || geometry.msgsize < 0))
    {
      MoodLimits limits;

      mood_limits_read (&limits);
      /* To read them takes a descriptor, as does what would come next. */
      if (limits.msg_max < 0 && !mood_descriptor_is_left ())
        {
          mood_message_queue_set_open_error (self, EMFILE, error);
          return FALSE;
        }

      if (!mood_message_queue_complete_geometry (self, &limits, &geometry, error))
        return FALSE;
    }

  return mood_message_queue_create (self, is_default ? NULL : &geometry, opening, error);
}

/* Opens the queue as the properties say. */
gboolean
mood_message_queue_open (MoodMessageQueue *self, GError **error)
{
  const char *action = mood_message_queue_get_open_action (self->flags);
  gboolean may_create = (self->flags & MOOD_OPEN_CREAT) != 0;
  MoodOpening opening = { .fd = -1 };
  gboolean opened;

  if (!check_name (self, action, error) ||
      !mood_message_queue_check_flags (self, self->flags, action, error))
    return FALSE;

  opened = (may_create ? create (self, &opening, error) : open_existing (self, &opening, error)) &&
           mood_message_queue_adopt (self, &opening, action, error);

  /* What nobody took nobody knows of. */
  mood_message_queue_discard (&opening);
  if (opening.name != NULL)
    mood_mq_unlink (opening.name);
  g_free (opening.name);

  return opened;
}

/**
 * mood_message_queue_new: (constructor)
 * @name: (type filename): the name of the queue: a slash followed by 1 to 255 bytes, none of them
 *   a slash
 * @flags: how to open it, with one of the access modes `MOOD_OPEN_RDONLY`,
 *   `MOOD_OPEN_WRONLY` and `MOOD_OPEN_RDWR`
 * @mode: the permissions to create the queue with, such as octal 600, from which the process's
 *   umask takes its bits
 * @maxmsg: how many messages the queue to be created can hold; negative for the default
 * @msgsize: how many bytes a message of the queue to be created can have; negative for the default
 * @error: return location for an error
 *
 * Opens a message queue, or creates it if @flags has `MOOD_OPEN_CREAT`.
 *
 * The last three arguments matter only when a queue is created: one that exists keeps the
 * geometry and the mode that it has. [property@Mood.MessageQueue:maxmsg],
 * [property@Mood.MessageQueue:msgsize] and [property@Mood.MessageQueue:mode] then tell what it
 * is.
 *
 * The defaults are those of the kernel, in `/proc/sys/fs/mqueue`: `msg_default` and
 * `msgsize_default`, or the maximum in `msg_max` and `msgsize_max` where that is smaller.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_FILENAME or %G_IO_ERROR_FILENAME_TOO_LONG if @name is no name for a
 *   queue;
 * - %G_IO_ERROR_INVALID_ARGUMENT if @flags has no access mode or an unknown bit, or if @maxmsg
 *   or @msgsize is 0 or above the limit;
 * - %G_IO_ERROR_NOT_FOUND if there is no such queue and it is not to be created;
 * - %G_IO_ERROR_EXISTS if it exists and @flags has `MOOD_OPEN_CREAT` and `MOOD_OPEN_EXCL`;
 * - %G_IO_ERROR_PERMISSION_DENIED if its mode does not allow what @flags ask;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the user's queues together would take more bytes than
 *   `RLIMIT_MSGQUEUE` allows, of which [method@Mood.Limits.fit] tells what fits, or the process
 *   has too many descriptors;
 * - %G_IO_ERROR_NO_SPACE if there are as many queues as the IPC namespace allows;
 * - %G_IO_ERROR_NOT_SUPPORTED if the kernel has no POSIX message queues, or one of @maxmsg and
 *   @msgsize is negative and its default cannot be read.
 *
 * What else `mq_open(3)` reports becomes the error code that GIO has for it.
 *
 * See also: `mq_open(3)`, `mq_overview(7)`
 *
 * Returns: (transfer full): a new message queue, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodMessageQueue *
mood_message_queue_new (const char *name,
                        MoodOpenFlags flags,
                        guint mode,
                        gint64 maxmsg,
                        gint64 msgsize,
                        GError **error)
{
  return mood_message_queue_new_full (name, flags, mode, maxmsg, msgsize, MOOD_OWNERSHIP_KEEP,
                                      MOOD_GEOMETRY_POLICY_ACCEPT, FALSE, error);
}

/**
 * mood_message_queue_new_full: (constructor)
 * @name: (type filename) (nullable): the name of the queue, or %NULL for one of libmood's own,
 * which takes an @ownership other than %MOOD_OWNERSHIP_KEEP
 * @flags: how to open it, with one of the access modes `MOOD_OPEN_RDONLY`,
 *   `MOOD_OPEN_WRONLY` and `MOOD_OPEN_RDWR`
 * @mode: the permissions to create the queue with, such as octal 600
 * @maxmsg: how many messages the queue to be created can hold; negative for the default
 * @msgsize: how many bytes a message of the queue to be created can have; negative for the default
 * @ownership: what becomes of the name
 * @geometry_policy: what to do about a queue that exists with another @maxmsg or @msgsize
 * @exact_mode: whether a queue that is created shall have @mode as it is, whatever the process's
 *   umask
 * @error: return location for an error
 *
 * Opens a message queue, as [ctor@Mood.MessageQueue.new] does, and says more about how it is to be
 * created.
 *
 * All this is for a queue that does not exist, or that @flags with `MOOD_OPEN_CREAT` ask to be
 * created. Whether it was, [property@Mood.MessageQueue:created] tells.
 *
 * What @geometry_policy finds out about an existing queue can change in the next moment: whoever
 * opens a queue just when it is replaced is left with the old one, as after `mq_unlink(3)`. Whether
 * somebody has it open, the kernel tells by a lease, which is given back at once; for some
 * milliseconds this waits for whoever only looks at the queue, as
 * [method@Mood.QueueDirectory.refresh] does. Whoever calls `mq_open(3)` in that instant waits for
 * it, or is given `EAGAIN` in nonblocking mode (not if it is libmood that calls), and has `SIGURG`
 * sent to this process, which is ignored by default.
 *
 * Errors:
 *
 * - those of [ctor@Mood.MessageQueue.new];
 * - %G_IO_ERROR_EXISTS also if a queue exists with another geometry and is to be refused;
 * - %G_IO_ERROR_BUSY if it is to be replaced, and messages are waiting in it or somebody has it
 * open;
 * - %G_IO_ERROR_PERMISSION_DENIED also if it is to be replaced and belongs to another user;
 * - %G_IO_ERROR_NOT_SUPPORTED also if it is to be replaced and the kernel cannot tell whether
 *   somebody has it open;
 * - %G_IO_ERROR_INVALID_ARGUMENT also if a queue without a name is not to be created, or an
 *   anonymous one is given a name.
 *
 * See also: `mq_open(3)`, `fchmod(2)`, `fcntl(2)`, on leases
 *
 * Returns: (transfer full): a new message queue, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodMessageQueue *
mood_message_queue_new_full (const char *name,
                             MoodOpenFlags flags,
                             guint mode,
                             gint64 maxmsg,
                             gint64 msgsize,
                             MoodOwnership ownership,
                             MoodGeometryPolicy geometry_policy,
                             gboolean exact_mode,
                             GError **error)
{
  /* clang-format off */
  return g_initable_new (MOOD_TYPE_MESSAGE_QUEUE, NULL, error,
                         "name", name,
                         "flags", flags,
                         "mode", mode,
                         "maxmsg", maxmsg,
                         "msgsize", msgsize,
                         "ownership", ownership,
                         "geometry-policy", geometry_policy,
                         "exact-mode", exact_mode,
                         NULL);
  /* clang-format on */
}
