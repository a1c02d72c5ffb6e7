/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a queue is opened or created, and, where the kernel refuses, what the few errors that it has
 * for many causes mean this time. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-limits-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const MoodOpenFlags all_open_flags =
    MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC | MOOD_OPEN_NONBLOCK | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL;

static const char *
get_action (MoodOpenFlags flags)
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
static gboolean
complete_geometry (MoodMessageQueue *self,
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

/* EINVAL for a name that is valid: the geometry is out of range. A process with CAP_SYS_RESOURCE is
 * bound by the kernel's own limits alone, and there is no asking whether this one is. */
static void
set_geometry_error (MoodMessageQueue *self, const MoodMqAttributes *geometry, GError **error)
{
  MoodLimits limits;
  const struct
  {
    const char *what;
    gint64 figure;
    gint64 hard_limit;
    const gint64 *limit;
    const char *file;
  } rows[] = {
    { "maxmsg", geometry->maxmsg, MOOD_LIMITS_HARD_MAXMSG, &limits.msg_max, MOOD_LIMIT_MSG_MAX },
    { "msgsize", geometry->msgsize, MOOD_LIMITS_HARD_MSGSIZE, &limits.msgsize_max,
      MOOD_LIMIT_MSGSIZE_MAX },
  };

  mood_limits_read (&limits);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].figure == 0)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                        "%s is 0; give at least 1, or -1 for the default", rows[i].what);
        return;
      }

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].figure > rows[i].hard_limit)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                        "%s %" G_GINT64_FORMAT " is above %" G_GINT64_FORMAT
                        ", the most that Linux allows anybody; ask for less, and for no more than "
                        "the limit in %s",
                        rows[i].what, rows[i].figure, rows[i].hard_limit, rows[i].file);
        return;
      }

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (*rows[i].limit >= 0 && rows[i].figure > *rows[i].limit)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                        "%s %" G_GINT64_FORMAT " is above %" G_GINT64_FORMAT
                        ", the limit in %s; ask for less, or have an administrator raise "
                        "the limit",
                        rows[i].what, rows[i].figure, *rows[i].limit, rows[i].file);
        return;
      }

  mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                  "the kernel refuses maxmsg %" G_GINT64_FORMAT " with msgsize %" G_GINT64_FORMAT
                  "; ask for less",
                  geometry->maxmsg, geometry->msgsize);
}

/* RLIMIT_MSGQUEUE has no room for the queue. */
static void
set_room_error (MoodMessageQueue *self, const MoodMqAttributes *geometry, GError **error)
{
  MoodLimits limits;
  MoodMqAttributes charged = *geometry;
  g_autofree char *advice = NULL;
  guint64 required;
  gint64 fits;

  mood_limits_read (&limits);

  if (!complete_geometry (self, &limits, &charged, NULL))
    {
      mood_set_error (error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "create", self->name,
                      "it does not fit in the %" G_GINT64_FORMAT " bytes that the message queues "
                      "of this user may take together, in all processes (RLIMIT_MSGQUEUE); remove "
                      "queues, or raise the limit, with “ulimit -q” or “prlimit --msgqueue”",
                      limits.rlimit_soft);
      return;
    }

  required = mood_limits_required_bytes (&limits, charged.maxmsg, charged.msgsize);
  fits = mood_limits_fit (&limits, charged.msgsize);
  if (required <= (guint64) limits.rlimit_soft)
    advice = g_strdup ("remove queues, make this one smaller");
  else if (fits > 0)
    advice =
        g_strdup_printf ("make it smaller (alone, it may have maxmsg %" G_GINT64_FORMAT ")", fits);
  else
    advice = g_strdup ("make it smaller");

  mood_set_error (error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "create", self->name,
                  "it takes %" G_GUINT64_FORMAT " bytes (maxmsg %" G_GINT64_FORMAT
                  ", msgsize %" G_GINT64_FORMAT "), which is more than is left of the "
                  "%" G_GINT64_FORMAT " bytes that the message queues of this user may take "
                  "together, in all processes (RLIMIT_MSGQUEUE); %s, or raise the limit, with "
                  "“ulimit -q” or “prlimit --msgqueue”",
                  required, charged.maxmsg, charged.msgsize, limits.rlimit_soft, advice);
}

/* EMFILE means one of two limits, and only trying tells which. */
static void
set_emfile_error (MoodMessageQueue *self, const MoodMqAttributes *geometry, GError **error)
{
  int probe = open ("/", O_PATH | O_CLOEXEC);

  if (probe != -1)
    close (probe);

  /* Only a queue that is created takes bytes. */
  if (probe != -1 && (self->flags & MOOD_OPEN_CREAT) != 0)
    set_room_error (self, geometry, error);
  else
    mood_set_error (error, G_IO_ERROR_TOO_MANY_OPEN_FILES, get_action (self->flags), self->name,
                    "the process has as many descriptors open as it may (RLIMIT_NOFILE); close "
                    "some, or raise the limit with “ulimit -n”");
}

/* What the kernel means by refusing with @errsv to open the queue as the properties say. */
void
mood_message_queue_set_open_error (MoodMessageQueue *self, int errsv, GError **error)
{
  const char *action = get_action (self->flags);
  MoodMqAttributes geometry = { .maxmsg = self->maxmsg, .msgsize = self->msgsize };
  MoodLimits limits;

  switch (errsv)
    {
    case EMFILE:
      set_emfile_error (self, &geometry, error);
      return;

    case EINVAL:
      if ((self->flags & MOOD_OPEN_CREAT) != 0)
        set_geometry_error (self, &geometry, error);
      else
        mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return;

    case ENOSPC:
      mood_limits_read (&limits);
      if (limits.queues_max >= 0)
        mood_set_error (error, G_IO_ERROR_NO_SPACE, action, self->name,
                        "there are as many queues as the %" G_GINT64_FORMAT " that %s allows in "
                        "this IPC namespace; remove queues, or have an administrator raise the "
                        "limit",
                        limits.queues_max, MOOD_LIMIT_QUEUES_MAX);
      else
        mood_set_error (error, G_IO_ERROR_NO_SPACE, action, self->name,
                        "there are as many queues as this IPC namespace allows (%s, which cannot "
                        "be read here); remove queues",
                        MOOD_LIMIT_QUEUES_MAX);
      return;

    case ENOENT:
      mood_set_error (error, G_IO_ERROR_NOT_FOUND, action, self->name,
                      "there is no such queue (each IPC namespace, such as a container's, has its "
                      "own); add the CREAT flag to create it");
      return;

    case EEXIST:
      mood_set_error (error, G_IO_ERROR_EXISTS, action, self->name,
                      "it exists already; leave out the EXCL flag to open it as it is");
      return;

    case EACCES:
      mood_set_error_from_errno (error, errsv, action, self->name,
                                 "its owner and mode do not let this user open it for what the "
                                 "flags ask");
      return;

    case ENOSYS:
      mood_set_error_from_errno (error, errsv, action, self->name,
                                 "this kernel was built without POSIX message queues "
                                 "(CONFIG_POSIX_MQUEUE)");
      return;

    default:
      mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return;
    }
}

/* Makes the descriptor that @opening has the queue's, unless it has one, and puts into maxmsg,
 * msgsize and mode what the kernel granted: of a queue that existed they are its own, whatever was
 * asked for. Takes the descriptor in any case, and the random name with it if it goes to the queue.
 */
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
      mood_mq_close (fd);
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
      self->mode = status.st_mode;
      self->created = opening->created;
      if (opening->name != NULL)
        self->name = g_steal_pointer (&opening->name);
      if (opening->created && self->ownership == MOOD_OWNERSHIP_UNLINK_ON_CLOSE)
        mood_message_queue_own (self);
      self->fd = fd;
      fd = -1;
      mood_message_queue_register (self);
      g_atomic_int_set (&self->state, state);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (fd != -1)
    mood_mq_close (fd);

  return TRUE;
}

/* Answers as a system call does. Opening waits for nothing but a lease, which somebody who replaces
 * the queue has for an instant; in nonblocking mode it fails instead. */
int
mood_message_queue_open_descriptor (MoodMessageQueue *self,
                                    int oflag,
                                    const MoodMqAttributes *geometry)
{
  int fd = mood_mq_open (self->name, oflag, self->mode, geometry);
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
      if (!complete_geometry (self, &limits, &geometry, error))
        return FALSE;
    }

  return mood_message_queue_create (self, is_default ? NULL : &geometry, opening, error);
}

/* Opens the queue as the properties say. */
gboolean
mood_message_queue_open (MoodMessageQueue *self, GError **error)
{
  const char *action = get_action (self->flags);
  gboolean may_create = (self->flags & MOOD_OPEN_CREAT) != 0;
  MoodOpening opening = { 0 };
  gboolean opened;

  if (!check_name (self, action, error) ||
      !mood_message_queue_check_flags (self, self->flags, action, error))
    return FALSE;

  opened = (may_create ? create (self, &opening, error) : open_existing (self, &opening, error)) &&
           mood_message_queue_adopt (self, &opening, action, error);

  /* What nobody took nobody knows of. */
  if (opening.name != NULL)
    mood_mq_unlink (opening.name);
  g_free (opening.name);

  return opened;
}
