/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can be known of a queue without taking part in it: what stat(2) tells, and the figures that
 * only a descriptor has.
 *
 * Closing a descriptor is not free of consequences: it takes back the notification that this very
 * process asked for on the queue, by whichever of its descriptors it did. So a descriptor of a
 * queue that notifies this process is put aside, to be used again, and closed only once the
 * registration is seen to be gone. */

#include "mood-queue-inspection-private.h"

#include "mood-descriptor-private.h"
#include "mood-message-queue-private.h"
#include "mood-mq.h"
#include "mood-status-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct
{
  dev_t device;
  ino_t inode;
  int fd;
} Descriptor;

/* The descriptors that are put aside, of the whole process, because a queue and the registration
 * may outlive the directory in which the queue was seen; under mood_message_queue_lock, and NULL
 * (which is atomic) while there are none. */
static GArray *descriptors;

/* With the lock held. */
static void
put_aside (int fd, const struct stat *status)
{
  Descriptor descriptor = { status->st_dev, status->st_ino, fd };

  if (descriptors == NULL)
    g_atomic_pointer_set (&descriptors, g_array_new (FALSE, FALSE, sizeof (Descriptor)));
  g_array_append_val (descriptors, descriptor);
}

/* The descriptor of the queue that was put aside, which is the caller's now; -1 if there is none.
 */
static int
take_back (const struct stat *status)
{
  int fd = -1;

  pthread_mutex_lock (&mood_message_queue_lock);
  for (guint i = 0; descriptors != NULL && i < descriptors->len && fd == -1; i++)
    {
      const Descriptor *descriptor = &g_array_index (descriptors, Descriptor, i);

      if (descriptor->device == status->st_dev && descriptor->inode == status->st_ino)
        {
          fd = descriptor->fd;
          g_array_remove_index_fast (descriptors, i);
        }
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  return fd;
}

/* With the lock held: closes a descriptor, or puts it aside if that would take back a notification.
 */
static void
release (int fd, const struct stat *status, int notify_pid)
{
  if (notify_pid != 0 && notify_pid == getpid ())
    put_aside (fd, status);
  else
    mood_mq_close (fd);
}

/* Reads the line, and releases the descriptor as it says, under the lock under which libmood
 * registers: so no thread does that in between. Answers as a system call does, and takes the
 * descriptor in any case. */
static int
read_line_and_release (int fd, MoodQueueInspection *inspection, MoodStatus *line)
{
  int result;
  int errsv;

  pthread_mutex_lock (&mood_message_queue_lock);
  result = mood_status_read (fd, line);
  if (result == 0)
    result = fstat (fd, &inspection->status_afterwards);
  errsv = errno;
  release (fd, &inspection->status, result == 0 ? line->notify_pid : 0);
  pthread_mutex_unlock (&mood_message_queue_lock);

  errno = errsv;

  return result;
}

/* Reads all there is to know through a descriptor, which this takes; answers as a system call
 * does. */
static int
read_figures (int fd, MoodQueueInspection *inspection)
{
  MoodMqAttributes attributes;
  MoodStatus line;
  int errsv;

  if (fstat (fd, &inspection->status) == -1 || mood_mq_get_attributes (fd, &attributes) == -1)
    {
      errsv = errno;
      mood_mq_close (fd);
      errno = errsv;
      return -1;
    }

  if (read_line_and_release (fd, inspection, &line) == -1)
    return -1;

  inspection->has_figures = TRUE;
  inspection->curmsgs = attributes.curmsgs;
  inspection->maxmsg = attributes.maxmsg;
  inspection->msgsize = attributes.msgsize;
  inspection->queued_bytes = line.queued_bytes;
  inspection->notify_pid = line.notify_pid;

  return 0;
}

/* What stat(2) tells of the queue whose name, without the slash, is @file_name; answers as a system
 * call does. This leaves no trace on the queue. */
int
mood_queue_inspect (int directory_fd, const char *file_name, MoodQueueInspection *inspection)
{
  inspection->has_figures = FALSE;
  inspection->figures_errno = 0;

  return fstatat (directory_fd, file_name, &inspection->status, AT_SYMLINK_NOFOLLOW);
}

/* Adds the figures of the queue that was looked at, or why there are none. FALSE means that the
 * queue is gone, and that there may be another by its name.
 *
 * A queue that can be sent to but not received from is not opened for its figures: without the line
 * that a descriptor for sending does not give, it could not be told what closing it takes back. */
gboolean
mood_queue_inspect_figures (int directory_fd,
                            const char *file_name,
                            MoodQueueInspection *inspection)
{
  ino_t inode = inspection->status.st_ino;
  int fd = take_back (&inspection->status);

  if (fd == -1)
    fd = openat (directory_fd, file_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd == -1 && errno == ENOENT)
    return FALSE;

  if (fd == -1 || read_figures (fd, inspection) == -1)
    inspection->figures_errno = errno;

  return inspection->status.st_ino == inode;
}

/* Closes a descriptor that was opened for an instant, or puts it aside if that would take back a
 * notification. One to send only does not tell, and is closed. */
void
mood_queue_inspection_release (int fd)
{
  MoodStatus line = { .notify_pid = 0 };
  struct stat status;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (fstat (fd, &status) == 0)
    mood_status_read (fd, &line);
  release (fd, &status, line.notify_pid);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* With the lock held: as mood_message_queue_find_named() does it, a descriptor that was put aside.
 * Whoever opened the queue once more would have one more to put aside each time. */
int
mood_queue_inspection_find_named (const char *name, const dev_t *device)
{
  for (guint i = 0; descriptors != NULL && i < descriptors->len; i++)
    {
      const Descriptor *descriptor = &g_array_index (descriptors, Descriptor, i);
      g_autofree char *name_of_descriptor = mood_descriptor_get_queue_name (descriptor->fd);
      struct stat status;

      if (g_strcmp0 (name_of_descriptor, name) == 0 && fstat (descriptor->fd, &status) == 0 &&
          status.st_nlink != 0 && (device == NULL || descriptor->device == *device))
        return descriptor->fd;
    }

  return -1;
}

/* Closes the descriptors that were put aside, as far as nothing is taken back by it. */
void
mood_queue_inspection_release_descriptors (void)
{
  GArray *to_release;

  /* Whoever closes a queue comes by here. */
  if (g_atomic_pointer_get (&descriptors) == NULL)
    return;

  pthread_mutex_lock (&mood_message_queue_lock);
  to_release = descriptors;
  g_atomic_pointer_set (&descriptors, NULL);

  for (guint i = 0; to_release != NULL && i < to_release->len; i++)
    {
      const Descriptor *descriptor = &g_array_index (to_release, Descriptor, i);
      struct stat status = { .st_dev = descriptor->device, .st_ino = descriptor->inode };
      MoodStatus line = { .notify_pid = 0 };

      mood_status_read (descriptor->fd, &line);
      release (descriptor->fd, &status, line.notify_pid);
    }

  if (to_release != NULL)
    g_array_unref (to_release);
  pthread_mutex_unlock (&mood_message_queue_lock);
}
