/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the list of queues is read: the root of the file system that they are files of. Every IPC
 * namespace has one such file system, which can be mounted in several places or in none, and a
 * mount goes on showing the namespace that it was made in, whatever namespace the process is in by
 * now. */

#include "mood-queue-directory-private.h"

#include "mood-descriptor-private.h"
#include "mood-error-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOUNT_POINT    "/dev/mqueue"
#define MOUNT_COMMANDS "“mkdir -p " MOUNT_POINT " && mount -t mqueue none " MOUNT_POINT "”"

static void
set_error_from_errno (GError **error, int errsv, const char *what)
{
  const char *hint = "";

  if (errsv == EMFILE)
    hint = "; the process has as many descriptors open as it may (RLIMIT_NOFILE): close some, or "
           "raise the limit with “ulimit -n”";

  mood_set_error_about (error, g_io_error_from_errno (errsv), "open", MOOD_DIRECTORY_OBJECT,
                        "%s: %s%s", what, g_strerror (errsv), hint);
}

/* The file system of the process's own IPC namespace, mounted nowhere: a descriptor of its root, or
 * -1 with errno. The C library has functions for these calls only since version 2.36 of GNU's. */
static int
mount_privately (void)
{
  int context = (int) syscall (SYS_fsopen, "mqueue", FSOPEN_CLOEXEC);
  int root = -1;
  int errsv;

  if (context == -1)
    return -1;

  if (syscall (SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    root = (int) syscall (SYS_fsmount, context, FSMOUNT_CLOEXEC,
                          MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

  errsv = errno;
  close (context);
  errno = errsv;

  return root;
}

/* The number of the device that the queues of the process's own IPC namespace are on; FALSE if that
 * cannot be told. Only a queue tells it, and one of somebody else's must not be opened for that:
 * closing it could take back a notification. */
gboolean
mood_queue_directory_get_own_device (dev_t *device)
{
  const MoodMqAttributes smallest = { .maxmsg = 1, .msgsize = 1 };
  struct stat status;
  gboolean is_known;
  int fd;

  do
    {
      g_autofree char *name = mood_name_make_random ();

      fd = mood_mq_open (name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0, &smallest);
      if (fd != -1)
        mood_mq_unlink (name);
    }
  while (fd == -1 && errno == EEXIST);

  if (fd == -1)
    return FALSE;

  is_known = fstat (fd, &status) == 0;
  *device = status.st_dev;
  mood_mq_close (fd);

  return is_known;
}

/* What is mounted for all: a descriptor of its root, or -1 with @error set. Where it cannot be told
 * whose queues these are, a list is better than none; @must_be_own is for whoever wants to change
 * one of them. */
static int
open_mount_point (gboolean must_be_own, GError **error)
{
  int root = open (MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat status;
  dev_t own_device;
  gboolean is_known;

  if (root == -1 && errno != ENOENT && errno != ENOTDIR)
    {
      set_error_from_errno (error, errno, MOUNT_POINT);
      return -1;
    }

  if (root == -1 || !mood_descriptor_is_among_queues (root) || fstat (root, &status) == -1)
    mood_set_error_about (error, G_IO_ERROR_NOT_MOUNTED, "open", MOOD_DIRECTORY_OBJECT,
                          "its file system is not mounted at " MOUNT_POINT
                          ", and this process may not mount it for itself; have an "
                          "administrator run " MOUNT_COMMANDS);
  else if (!(is_known = mood_queue_directory_get_own_device (&own_device)) && must_be_own)
    mood_set_error_about (error, G_IO_ERROR_NOT_MOUNTED, "open", MOOD_DIRECTORY_OBJECT,
                          "whether what is mounted at " MOUNT_POINT " has the queues of the "
                          "IPC namespace that this process is in only a new queue would tell, and "
                          "there is no room for one; remove queues");
  else if (is_known && own_device != status.st_dev)
    mood_set_error_about (error, G_IO_ERROR_NOT_MOUNTED, "open", MOOD_DIRECTORY_OBJECT,
                          "what is mounted at " MOUNT_POINT " has the queues of another "
                          "IPC namespace than this process is in, and this process may "
                          "not mount its own; have an administrator run " MOUNT_COMMANDS
                          " inside the namespace");
  else
    return root;

  if (root != -1)
    close (root);

  return -1;
}

static int
open_root (gboolean must_be_own, GError **error)
{
  int root = mount_privately ();

  if (root != -1)
    return root;

  /* These are no reasons to look elsewhere. */
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
    {
      set_error_from_errno (error, errno, "its file system cannot be mounted");
      return -1;
    }

  if (errno == ENODEV)
    {
      mood_set_error_about (error, G_IO_ERROR_NOT_SUPPORTED, "open", MOOD_DIRECTORY_OBJECT,
                            "this kernel was built without POSIX message queues "
                            "(CONFIG_POSIX_MQUEUE)");
      return -1;
    }

  return open_mount_point (must_be_own, error);
}

/* The root of the file system of the queues of the IPC namespace that the process is in, and of no
 * other: a descriptor, or -1 with @error set. */
int
mood_queue_directory_open_own_root (GError **error)
{
  return open_root (TRUE, error);
}

/* EMFILE means one of two limits, and only trying tells which. */
static void
set_inotify_error (GError **error, int errsv)
{
  if (errsv == EMFILE && mood_descriptor_is_left ())
    mood_set_error_about (
        error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "open", MOOD_DIRECTORY_OBJECT,
        "this user has as many inotify instances, in all processes, as "
        "/proc/sys/fs/inotify/max_user_instances allows (in a user namespace, also "
        "/proc/sys/user/max_inotify_instances); end programs that have some, or have an "
        "administrator raise the limit");
  else
    set_error_from_errno (error, errsv, "inotify");
}

/* Likewise, the descriptor of an inotify instance that tells what happens in the directory. */
static int
watch_root (int root, GError **error)
{
  int inotify_fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", root);
  int errsv;

  if (inotify_fd == -1)
    {
      set_inotify_error (error, errno);
      return -1;
    }

  /* By this path, because the root of a private mount has no other. */
  if (inotify_add_watch (inotify_fd, path, IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR) != -1)
    return inotify_fd;

  errsv = errno;
  close (inotify_fd);

  if (errsv == ENOSPC)
    mood_set_error_about (
        error, G_IO_ERROR_NO_SPACE, "open", MOOD_DIRECTORY_OBJECT,
        "this user watches as many files as /proc/sys/fs/inotify/max_user_watches allows, in all "
        "processes; end programs that do, or have an administrator raise the limit");
  else if (errsv == ENOENT)
    mood_set_error_about (error, G_IO_ERROR_NOT_FOUND, "open", MOOD_DIRECTORY_OBJECT,
                          "that takes a mounted /proc");
  else
    set_error_from_errno (error, errsv, "inotify");

  return -1;
}

/* Finds the file system and begins to watch it. Nothing is listed yet, so that nothing that happens
 * after the listing goes unseen. */
gboolean
mood_queue_directory_open (MoodQueueDirectory *self, GError **error)
{
  int root = open_root (FALSE, error);
  int listed = -1;

  if (root == -1)
    return FALSE;

  self->owner = getpid ();
  self->inotify_fd = watch_root (root, error);
  if (self->inotify_fd == -1)
    {
      close (root);
      return FALSE;
    }

  /* The descriptor of a mount cannot be read; one that is opened by it can. */
  listed = openat (root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listed != -1)
    self->stream = fdopendir (listed);

  if (self->stream == NULL)
    {
      set_error_from_errno (error, errno, "its file system cannot be read");
      if (listed != -1)
        close (listed);
      close (self->inotify_fd);
      self->inotify_fd = -1;
    }

  close (root);

  return self->stream != NULL;
}

/* A binding may make an object without ever initializing it; and a child of fork(2) has one whose
 * inotify instance is shared with the parent: what the child reads the parent misses. */
gboolean
mood_queue_directory_check_open (MoodQueueDirectory *self, GError **error)
{
  if (self->stream != NULL)
    {
      if (self->owner == getpid ())
        return TRUE;

      mood_set_error_about (error, G_IO_ERROR_NOT_SUPPORTED, "use", MOOD_DIRECTORY_OBJECT,
                            "it was opened by another process, %d, of which this is a child; make "
                            "one of its own in each process",
                            (int) self->owner);
      return FALSE;
    }

  mood_set_error_about (error, G_IO_ERROR_NOT_INITIALIZED, "use", MOOD_DIRECTORY_OBJECT,
                        "it was never opened; open it with g_initable_init(), or make "
                        "it with mood_queue_directory_new(), and heed the error that "
                        "this may give");

  return FALSE;
}
