/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a queue is created: whether it is a new one, what to do about one that exists and is not as
 * was asked for, and names that nobody has yet. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

/* O_CREAT by itself does not tell whether it created the queue, and it has no effect on one that
 * exists, so that the two are asked for one after the other. In between somebody may unlink the
 * queue: then it is the turn of the first again. */
static int
create_or_open (MoodMessageQueue *self, const MoodMqAttributes *geometry, gboolean *created)
{
  int oflag = mood_message_queue_to_oflag (self->flags);
  int fd;

  do
    {
      fd = mood_message_queue_open_descriptor (self, oflag | O_EXCL, geometry);
      *created = fd != -1;
      if (fd != -1 || errno != EEXIST || (oflag & O_EXCL) != 0)
        return fd;

      fd = mood_message_queue_open_descriptor (self, oflag & ~O_CREAT, NULL);
    }
  while (fd == -1 && errno == ENOENT);

  return fd;
}

/* The name is put into @name. */
static int
create_under_random_name (MoodMessageQueue *self, const MoodMqAttributes *geometry, char **name)
{
  int oflag = mood_message_queue_to_oflag (self->flags) | O_EXCL;
  int fd;

  do
    {
      g_free (*name);
      *name = mood_name_make_random ();
      fd = mood_mq_open (*name, oflag, self->mode, geometry);
    }
  while (fd == -1 && errno == EEXIST);

  return fd;
}

/* “maxmsg 10 and msgsize 64”, or one of them if the other was not asked for. */
static char *
describe_geometry (gint64 maxmsg, gint64 msgsize)
{
  GString *text = g_string_new (NULL);

  if (maxmsg >= 0)
    g_string_append_printf (text, "maxmsg %" G_GINT64_FORMAT, maxmsg);
  if (maxmsg >= 0 && msgsize >= 0)
    g_string_append (text, " and ");
  if (msgsize >= 0)
    g_string_append_printf (text, "msgsize %" G_GINT64_FORMAT, msgsize);

  return g_string_free (text, FALSE);
}

/* Says of a queue that exists that it has another geometry, and why that is the end of it. */
static void
set_geometry_error (MoodMessageQueue *self,
                    GIOErrorEnum code,
                    const MoodMqAttributes *found,
                    GError **error,
                    const char *why)
{
  char *found_geometry = describe_geometry (found->maxmsg, found->msgsize);
  char *asked_geometry = describe_geometry (self->maxmsg, self->msgsize);

  mood_set_error (error, code, "create", self->name, "it exists with %s, and %s was asked for; %s",
                  found_geometry, asked_geometry, why);
  g_free (asked_geometry);
  g_free (found_geometry);
}

/* A descriptor gets a lease to write only if it is the only one that leads to the queue, in all
 * processes. It is given back at once, since it keeps others from opening the queue, and from
 * everything else that has to do with names of queues. Who tries to open the queue in between has
 * a signal sent to the holder of the lease, which would end the process unless it is one that is
 * ignored by default. Answers as a system call does. */
static int
try_to_lease (int fd)
{
  if (fcntl (fd, F_SETSIG, SIGURG) == -1 || fcntl (fd, F_SETLEASE, F_WRLCK) == -1)
    return -1;

  return fcntl (fd, F_SETLEASE, F_UNLCK);
}

/* Likewise, with some patience: who only looks at the queue, as a directory that is refreshed does,
 * has it open for a moment. */
static int
try_to_lease_for_a_while (int fd)
{
  const int n_attempts = 5;
  const gulong pause_us = 1000;

  for (int i = 1; i < n_attempts; i++)
    {
      if (try_to_lease (fd) == 0)
        return 0;
      if (errno != EAGAIN)
        return -1;

      g_usleep (pause_us);
    }

  return try_to_lease (fd);
}

/* Unlinks the queue that @fd, which has another geometry than was asked for, leads to, if nobody
 * can miss it. */
static gboolean
unlink_unused (MoodMessageQueue *self, int fd, GError **error)
{
  MoodMqAttributes found;
  struct stat status;
  int errsv = 0;

  if (try_to_lease_for_a_while (fd) == -1)
    errsv = errno;

  if (mood_mq_get_attributes (fd, &found) == -1 || fstat (fd, &status) == -1)
    {
      mood_set_error_from_errno (error, errno, "create", self->name, NULL);
      return FALSE;
    }

  if (found.curmsgs > 0)
    {
      set_geometry_error (self, G_IO_ERROR_BUSY, &found, error,
                          "it cannot be replaced, because messages are waiting in it; receive them "
                          "first");
      return FALSE;
    }

  switch (errsv)
    {
    case 0:
      break;

    case EAGAIN:
      set_geometry_error (self, G_IO_ERROR_BUSY, &found, error,
                          "it cannot be replaced, because somebody has it open (this process, too, "
                          "may be that); have it closed first");
      return FALSE;

    case EACCES:
      set_geometry_error (self, G_IO_ERROR_PERMISSION_DENIED, &found, error,
                          "it cannot be replaced, because only its owner can tell whether somebody "
                          "has it open");
      return FALSE;

    default:
      set_geometry_error (self, G_IO_ERROR_NOT_SUPPORTED, &found, error,
                          "it cannot be replaced, because this kernel cannot tell whether somebody "
                          "has it open; unlink it first");
      return FALSE;
    }

  /* Somebody else was faster: its name is gone, or leads to another queue. */
  if (status.st_nlink == 0)
    return TRUE;

  if (mood_mq_unlink (self->name) == -1 && errno != ENOENT)
    {
      set_geometry_error (self, g_io_error_from_errno (errno), &found, error,
                          "it cannot be replaced, because only its owner may unlink it");
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_as_asked (MoodMessageQueue *self, const MoodMqAttributes *found)
{
  return (self->maxmsg < 0 || self->maxmsg == found->maxmsg) &&
         (self->msgsize < 0 || self->msgsize == found->msgsize);
}

/* What the policy says about a queue that existed. FALSE with @error set if it is to be refused,
 * FALSE without if it was removed and another one is to be created. */
static gboolean
accept_existing (MoodMessageQueue *self, int fd, GError **error)
{
  MoodMqAttributes found;

  if (self->geometry_policy == MOOD_GEOMETRY_POLICY_ACCEPT)
    return TRUE;

  if (mood_mq_get_attributes (fd, &found) == -1)
    {
      mood_set_error_from_errno (error, errno, "create", self->name, NULL);
      return FALSE;
    }

  if (is_as_asked (self, &found))
    return TRUE;

  if (self->geometry_policy == MOOD_GEOMETRY_POLICY_REFUSE)
    set_geometry_error (self, G_IO_ERROR_EXISTS, &found, error,
                        "unlink it first, ask for what it has, or accept it as it is");
  else
    unlink_unused (self, fd, error);

  return FALSE;
}

/* Does to a queue that was just created what cannot be asked for in creating it. */
static gboolean
complete_creation (MoodMessageQueue *self, MoodOpening *opening, GError **error)
{
  const char *name = opening->name != NULL ? opening->name : self->name;

  /* The umask, which has stripped the mode, is the whole process's, and not to be touched. */
  if (self->exact_mode && fchmod (opening->fd, self->mode & 07777) == -1)
    {
      mood_set_error_from_errno (error, errno, "set the mode of", name, NULL);
      mood_mq_unlink (name);
      return FALSE;
    }

  if (self->ownership == MOOD_OWNERSHIP_ANONYMOUS && mood_mq_unlink (name) == -1)
    {
      mood_set_error_from_errno (error, errno, "unlink", name, NULL);
      return FALSE;
    }

  return TRUE;
}

/* Creates the queue, or opens it if it exists and the flags and the policy allow that. Without
 * @geometry the kernel takes its own. */
gboolean
mood_message_queue_create (MoodMessageQueue *self,
                           const MoodMqAttributes *geometry,
                           MoodOpening *opening,
                           GError **error)
{
  for (;;)
    {
      GError *local_error = NULL;

      if (self->name == NULL)
        {
          opening->fd = create_under_random_name (self, geometry, &opening->name);
          opening->created = opening->fd != -1;
        }
      else
        opening->fd = create_or_open (self, geometry, &opening->created);

      if (opening->fd == -1)
        {
          mood_message_queue_set_open_error (self, errno, error);
          return FALSE;
        }

      if (opening->created ? complete_creation (self, opening, &local_error)
                           : accept_existing (self, opening->fd, &local_error))
        return TRUE;

      mood_message_queue_discard (opening);
      if (local_error != NULL)
        {
          g_propagate_error (error, local_error);
          return FALSE;
        }
    }
}

/**
 * mood_message_queue_new_temporary: (constructor)
 * @flags: how to open it, with one of the access modes `MOOD_OPEN_RDONLY`,
 *   `MOOD_OPEN_WRONLY` and `MOOD_OPEN_RDWR`; that it is created goes without saying
 * @mode: the permissions to create the queue with, such as octal 600, from which the process's
 *   umask takes its bits
 * @maxmsg: how many messages the queue can hold; negative for the default
 * @msgsize: how many bytes a message can have; negative for the default
 * @error: return location for an error
 *
 * Creates a message queue under a name that nobody has, and unlinks it when it is closed.
 *
 * The name, to be told to others, is [property@Mood.MessageQueue:name]: “/mood-”, followed by a
 * random UUID. A process that does not come to close the queue leaves it behind.
 *
 * See [property@Mood.MessageQueue:ownership] for when closing unlinks the queue, and
 * [ctor@Mood.MessageQueue.new_anonymous] for a queue that cannot be left behind.
 *
 * Errors:
 *
 * - those of [ctor@Mood.MessageQueue.new] that have nothing to do with a name or an existing queue.
 *
 * See also: `mq_open(3)`, `mq_unlink(3)`
 *
 * Returns: (transfer full): a new message queue, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodMessageQueue *
mood_message_queue_new_temporary (MoodOpenFlags flags,
                                  guint mode,
                                  gint64 maxmsg,
                                  gint64 msgsize,
                                  GError **error)
{
  return mood_message_queue_new_full (NULL, flags | MOOD_OPEN_CREAT, mode, maxmsg, msgsize,
                                      MOOD_OWNERSHIP_UNLINK_ON_CLOSE, MOOD_GEOMETRY_POLICY_ACCEPT,
                                      FALSE, error);
}

/**
 * mood_message_queue_new_anonymous: (constructor)
 * @flags: how to open it, with one of the access modes `MOOD_OPEN_RDONLY`,
 *   `MOOD_OPEN_WRONLY` and `MOOD_OPEN_RDWR`; that it is created goes without saying
 * @maxmsg: how many messages the queue can hold; negative for the default
 * @msgsize: how many bytes a message can have; negative for the default
 * @error: return location for an error
 *
 * Creates a message queue that has no name, for this process, its children, and whomever its
 * descriptor is passed to.
 *
 * It is gone with its last descriptor, however the processes end. To hand it over, see
 * [method@Mood.MessageQueue.fileno], [method@Mood.MessageQueue.dup_fd] and
 * [ctor@Mood.MessageQueue.new_from_fd].
 *
 * It has a name for the instant in which it is created, which [property@Mood.MessageQueue:name] and
 * the texts of errors go on telling.
 *
 * Errors:
 *
 * - those of [ctor@Mood.MessageQueue.new] that have nothing to do with a name or an existing queue.
 *
 * See also: `mq_open(3)`, `mq_unlink(3)`
 *
 * Returns: (transfer full): a new message queue, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodMessageQueue *
mood_message_queue_new_anonymous (MoodOpenFlags flags,
                                  gint64 maxmsg,
                                  gint64 msgsize,
                                  GError **error)
{
  return mood_message_queue_new_full (NULL, flags | MOOD_OPEN_CREAT, 0600, maxmsg, msgsize,
                                      MOOD_OWNERSHIP_ANONYMOUS, MOOD_GEOMETRY_POLICY_ACCEPT, FALSE,
                                      error);
}
