/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who may use a queue: its mode and its owner, changed by an open queue or by its name.
 *
 * By name there are four ways, none of which is always open:
 *
 * 1. A queue that this process has open itself. It comes first because it is the only one that can
 *    take nothing away: to close any descriptor of a queue takes back the notification that the
 *    process has registered on it, and a process that has can only have done it by an open queue.
 * 2. Opening it to receive. A registration that the program made past libmood is seen then, and the
 *    descriptor put aside, where the first way finds it the next time.
 * 3. Its file, as the owner of a queue that he may not open has to. It needs no descriptor of the
 *    queue either; that it is not the first way is because without privilege it takes a mount, and
 *    a new queue, for an instant, to tell whose queues are mounted there.
 * 4. Opening it to send, where there is no way to its file. Whether closing takes back what the
 *    program has registered past libmood cannot be seen. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"
#include "mood-queue-directory-private.h"
#include "mood-queue-inspection-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PERMISSION_BITS 07777u

/* What -1 is as one is no user and no group. */
#define HIGHEST_ID ((gint64) G_MAXUINT32 - 1)

/* What is to be changed: the owner, or else the mode. */
typedef struct
{
  const char *action; /* for the text of an error */
  gboolean is_of_owner;
  mode_t mode;
  uid_t uid;
  gid_t gid;
} Change;

/* The properties tell the mode with the type of the file, which is that of a regular one, so that
 * it may come back from there. */
static gboolean
make_mode_change (Change *change, const char *name, guint mode, GError **error)
{
  guint type = mode & ~PERMISSION_BITS;

  *change = (Change){ .action = "change the mode of", .mode = mode & PERMISSION_BITS };
  if (type == 0 || type == S_IFREG)
    return TRUE;

  mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, change->action, name,
                  "the mode 0%o is not within 0 to 0%o (it may have the type of file of the "
                  "property, 0%o, besides)",
                  mode, PERMISSION_BITS, (guint) S_IFREG);

  return FALSE;
}

static gboolean
make_owner_change (Change *change, const char *name, gint64 uid, gint64 gid, GError **error)
{
  const gint64 ids[] = { uid, gid };
  const char *const kinds[] = { "user", "group" };

  *change = (Change){ .action = "change the owner of",
                      .is_of_owner = TRUE,
                      .uid = (uid_t) uid,
                      .gid = (gid_t) gid };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    if (ids[i] < -1 || ids[i] > HIGHEST_ID)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, change->action, name,
                        "the ID of the %s, %" G_GINT64_FORMAT ", is not within -1 to "
                        "%" G_GINT64_FORMAT "; -1 leaves the %s as it is",
                        kinds[i], ids[i], HIGHEST_ID, kinds[i]);
        return FALSE;
      }

  return TRUE;
}

/* Answers as a system call does. */
static int
apply (const Change *change, int fd)
{
  if (change->is_of_owner)
    return fchown (fd, change->uid, change->gid);

  return fchmod (fd, change->mode);
}

/* Likewise. No file of this file system is a link. */
static int
apply_at (const Change *change, int root, const char *file_name)
{
  if (change->is_of_owner)
    return fchownat (root, file_name, change->uid, change->gid, 0);

  return fchmodat (root, file_name, change->mode, 0);
}

static void
set_error (const Change *change, const char *name, int errsv, GError **error)
{
  const char *hint = NULL;

  if (errsv == ENOENT)
    {
      mood_set_not_found_error (error, change->action, name);
      return;
    }

  if (errsv == EPERM && change->is_of_owner)
    hint = "only a process with CAP_CHOWN, such as root's, may give it to another user, and only "
           "its owner may give it to a group, of which he is a member";
  else if (errsv == EPERM)
    hint = "only its owner may, or a process with CAP_FOWNER, such as root's";
  else if (errsv == EINVAL && change->is_of_owner)
    hint = "the user namespace of this process has no such user or no such group";
  else if (errsv == EMFILE)
    hint = "the process has as many descriptors open as it may (RLIMIT_NOFILE); close some, or "
           "raise the limit with “ulimit -n”";

  mood_set_error_from_errno (error, errsv, change->action, name, hint);
}

/* What the property tells shall be what this object has made of it: a program that adds one bit to
 * it, and then another, wants both. */
static void
update_mode (MoodMessageQueue *self, guint mode)
{
  if ((guint) g_atomic_int_get (&self->mode) == mode)
    return;

  g_atomic_int_set (&self->mode, mode);
  g_object_notify (G_OBJECT (self), "mode");
}

static gboolean
change_open (MoodMessageQueue *self, const Change *change, GError **error)
{
  struct stat status;
  int errsv = 0;

  if (!mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN, change->action, error))
    return FALSE;

  /* To give a queue away can change the mode too: it takes the bits for set-user-ID and
   * set-group-ID. */
  if (apply (change, self->fd) == -1 || fstat (self->fd, &status) == -1)
    errsv = errno;
  mood_message_queue_end (self);

  if (errsv != 0)
    {
      set_error (change, self->name, errsv, error);
      return FALSE;
    }

  update_mode (self, status.st_mode);

  return TRUE;
}

/* With the lock held, under which nobody closes it: a descriptor of the queue that is there
 * already, or -1. */
static int
find_own (const char *name, const dev_t *device)
{
  int fd = mood_message_queue_find_named (name, device);

  return fd != -1 ? fd : mood_queue_inspection_find_named (name, device);
}

/* By a queue that this process has open under the name; FALSE if there is none, or it cannot be
 * told whether it is of the IPC namespace that the process is in by now. */
static gboolean
apply_to_own (const Change *change, const char *name, int *errsv)
{
  dev_t device;
  int fd;

  pthread_mutex_lock (&mood_message_queue_lock);
  fd = find_own (name, NULL);
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (fd == -1 || !mood_queue_directory_get_own_device (&device))
    return FALSE;

  pthread_mutex_lock (&mood_message_queue_lock);
  fd = find_own (name, &device);
  if (fd != -1)
    *errsv = apply (change, fd) == -1 ? errno : 0;
  pthread_mutex_unlock (&mood_message_queue_lock);

  return fd != -1;
}

/* Returns 0, or the errno of the failure. Opening waits for nothing but a lease, which somebody who
 * replaces the queue has for an instant. */
static int
apply_by_opening (const Change *change, const char *name, int access_mode)
{
  int fd = TEMP_FAILURE_RETRY (mood_mq_open (name, access_mode | O_CLOEXEC, 0, NULL));
  int errsv;

  if (fd == -1)
    return errno;

  errsv = apply (change, fd) == -1 ? errno : 0;
  mood_queue_inspection_release (fd);

  return errsv;
}

/* Likewise, with @unreachable set if there is no way to the file. */
static int
apply_by_file (const Change *change, const char *name, GError **unreachable)
{
  int root = mood_queue_directory_open_own_root (unreachable);
  int errsv;

  if (root == -1)
    return EACCES;

  errsv = apply_at (change, root, name + 1) == -1 ? errno : 0;
  close (root);

  return errsv;
}

static gboolean
change_by_name (const char *name, const Change *change, GError **error)
{
  g_autoptr (GError) unreachable = NULL;
  int errsv;

  if (!apply_to_own (change, name, &errsv))
    {
      errsv = apply_by_opening (change, name, O_RDONLY);
      if (errsv == EACCES)
        errsv = apply_by_file (change, name, &unreachable);
      if (unreachable != NULL)
        errsv = apply_by_opening (change, name, O_WRONLY);
    }

  if (errsv == 0)
    return TRUE;

  if (errsv == EACCES && unreachable != NULL)
    mood_set_error (error, G_IO_ERROR_PERMISSION_DENIED, change->action, name,
                    "its owner and mode let this user open it neither to receive nor to send, and "
                    "its file, by which its owner could change it, is out of reach (%s); or have "
                    "root change it",
                    unreachable->message);
  else
    set_error (change, name, errsv, error);

  return FALSE;
}

/**
 * mood_message_queue_chmod:
 * @self: a message queue
 * @mode: the permissions, such as octal 640; the type of file that
 * [property@Mood.MessageQueue:mode] has besides may be among them, and changes nothing
 * @error: return location for an error
 *
 * Changes the permissions of the queue, which decide who may open it from now on: to receive takes
 * the permission to read, to send that to write.
 *
 * Whoever has the queue open goes on using it as before. The umask takes nothing from @mode, but
 * the kernel takes the bit for set-group-ID where the caller is not a member of the queue's group.
 *
 * [property@Mood.MessageQueue:mode] tells of this object's queue what it has become, and of other
 * objects' the mode that it had when they were opened.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_ARGUMENT if @mode has bits that are no permissions;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue belongs to another user;
 * - %G_IO_ERROR_CLOSED or %G_IO_ERROR_NOT_INITIALIZED if the queue is not open.
 *
 * What else `fchmod(2)` reports becomes the error code that GIO has for it.
 *
 * See also: `fchmod(2)`, `mq_overview(7)`
 *
 * Returns: %TRUE if the mode was changed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_chmod (MoodMessageQueue *self, guint mode, GError **error)
{
  Change change;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return make_mode_change (&change, self->name, mode, error) && change_open (self, &change, error);
}

/**
 * mood_message_queue_chown:
 * @self: a message queue
 * @uid: the ID of the user that is to own the queue, or -1 for the one that does
 * @gid: the ID of the group that is to own it, or -1 for the one that does
 * @error: return location for an error
 *
 * Changes who owns the queue, which [property@Mood.MessageQueue:uid] and
 * [property@Mood.MessageQueue:gid] tell.
 *
 * The bytes of the queue stay on the account (`RLIMIT_MSGQUEUE`) of the user who created it. As for
 * a file, the kernel may take the bits for set-user-ID and set-group-ID from the mode.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_ARGUMENT if an ID is not within -1 to 4294967294, or is none in the user
 *   namespace of the process;
 * - %G_IO_ERROR_PERMISSION_DENIED if the caller may not: another user takes `CAP_CHOWN`, a group
 *   that the caller is a member of takes owning the queue;
 * - %G_IO_ERROR_CLOSED or %G_IO_ERROR_NOT_INITIALIZED if the queue is not open.
 *
 * What else `fchown(2)` reports becomes the error code that GIO has for it.
 *
 * See also: `fchown(2)`, `mq_overview(7)`
 *
 * Returns: %TRUE if the owner was changed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_chown (MoodMessageQueue *self, gint64 uid, gint64 gid, GError **error)
{
  Change change;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return make_owner_change (&change, self->name, uid, gid, error) &&
         change_open (self, &change, error);
}

/**
 * mood_chmod:
 * @name: (type filename): the name of a queue
 * @mode: the permissions, as [method@Mood.MessageQueue.chmod] takes them
 * @error: return location for an error
 *
 * Changes the permissions of a queue that need not be open.
 *
 * The owner can do this to a queue that he himself may not open, one with mode 0 say, as long as
 * there is a way to its file: a mounted `/dev/mqueue`, or the privilege to mount it. One that may
 * be opened in either way is opened for an instant.
 *
 * A notification that this process has registered for on the queue stays. It is lost in one case:
 * when the process may open the queue to send only, there is no way to its file, and it was
 * registered past libmood, by `mq_notify(3)`, or there is no room for one more queue, by which
 * libmood tells IPC namespaces apart.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_FILENAME or %G_IO_ERROR_FILENAME_TOO_LONG if @name is no name for a
 *   queue;
 * - %G_IO_ERROR_INVALID_ARGUMENT if @mode has bits that are no permissions;
 * - %G_IO_ERROR_NOT_FOUND if there is no such queue;
 * - %G_IO_ERROR_PERMISSION_DENIED if it belongs to another user, or may not be opened and there is
 *   no way to its file;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has too many descriptors.
 *
 * What else `mq_open(3)` and `fchmod(2)` report becomes the error code that GIO has for it.
 *
 * See also: `fchmod(2)`, `mq_overview(7)`
 *
 * Returns: %TRUE if the mode was changed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_chmod (const char *name, guint mode, GError **error)
{
  Change change;

  return mood_name_check (name, "change the mode of", error) &&
         make_mode_change (&change, name, mode, error) && change_by_name (name, &change, error);
}

/**
 * mood_chown:
 * @name: (type filename): the name of a queue
 * @uid: the ID of the user that is to own the queue, or -1 for the one that does
 * @gid: the ID of the group that is to own it, or -1 for the one that does
 * @error: return location for an error
 *
 * Changes who owns a queue that need not be open, as [method@Mood.MessageQueue.chown] does, and
 * comes to the queue as [func@Mood.chmod] does.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_FILENAME or %G_IO_ERROR_FILENAME_TOO_LONG if @name is no name for a
 *   queue;
 * - %G_IO_ERROR_INVALID_ARGUMENT if an ID is not within -1 to 4294967294, or is none in the user
 *   namespace of the process;
 * - %G_IO_ERROR_NOT_FOUND if there is no such queue;
 * - %G_IO_ERROR_PERMISSION_DENIED if the caller may not: another user takes `CAP_CHOWN`, a group
 *   that the caller is a member of takes owning the queue; or if the queue may not be opened and
 *   there is no way to its file;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has too many descriptors.
 *
 * What else `mq_open(3)` and `fchown(2)` report becomes the error code that GIO has for it.
 *
 * See also: `fchown(2)`, `mq_overview(7)`
 *
 * Returns: %TRUE if the owner was changed, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_chown (const char *name, gint64 uid, gint64 gid, GError **error)
{
  Change change;

  return mood_name_check (name, "change the owner of", error) &&
         make_owner_change (&change, name, uid, gid, error) &&
         change_by_name (name, &change, error);
}
