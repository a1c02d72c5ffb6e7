/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a descriptor that comes from elsewhere is: a queue, and which, or something else. */

#include "mood-descriptor-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Of the file system that holds the queues; no header has it. */
#define MESSAGE_QUEUE_FILE_SYSTEM 0x19800202

/* Where /proc has the descriptor, if it is mounted. */
typedef struct
{
  char path[sizeof "/proc/self/fd/" + 11];
} Link;

static void
link_init (Link *self, int fd)
{
  g_snprintf (self->path, sizeof self->path, "/proc/self/fd/%d", fd);
}

/* What is behind the descriptor, as the kernel writes it: a path, or something like “pipe:[1234]”.
 * NULL if it does not tell, as without a mounted /proc. */
static char *
read_link (int fd)
{
  Link link;

  link_init (&link, fd);

  return g_file_read_link (link.path, NULL);
}

/* Opens what the descriptor leads to once more, independently of it; -1 with errno set. */
int
mood_descriptor_reopen (int fd, int oflag)
{
  Link link;

  link_init (&link, fd);

  return open (link.path, oflag);
}

/* Whether the descriptor leads into the file system of the queues: to one, or to their directory.
 */
gboolean
mood_descriptor_is_among_queues (int fd)
{
  struct statfs file_system;

  return fstatfs (fd, &file_system) == 0 && file_system.f_type == MESSAGE_QUEUE_FILE_SYSTEM;
}

/* Whether the process may have one more: EMFILE is also what the kernel says of other limits. */
gboolean
mood_descriptor_is_left (void)
{
  int fd = open ("/", O_PATH | O_CLOEXEC);

  if (fd == -1)
    return FALSE;

  close (fd);

  return TRUE;
}

/* Whether the descriptor is open, and one that messages can be sent to or received from. The
 * directory of the queues is on the same file system, and one opened with O_PATH is good for
 * nothing but to tell what it leads to. */
gboolean
mood_descriptor_is_queue (int fd)
{
  struct stat status;
  int oflag = fcntl (fd, F_GETFL);

  return oflag != -1 && (oflag & O_PATH) == 0 && mood_descriptor_is_among_queues (fd) &&
         fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
}

static const char *
get_kind (int fd, const struct stat *status)
{
  switch (status->st_mode & S_IFMT)
    {
    case S_IFSOCK:
      return "a socket";
    case S_IFIFO:
      return "a pipe";
    case S_IFDIR:
      return "a directory";
    case S_IFCHR:
      return "a character device";
    case S_IFBLK:
      return "a block device";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFREG:
      if (mood_descriptor_is_among_queues (fd))
        return "a message queue that was opened with O_PATH, which is neither to send nor to "
               "receive";
      return "a file";
    default:
      return "something else";
    }
}

/* What is no queue, for the text of an error: it goes after “it is”. */
char *
mood_descriptor_describe (int fd)
{
  struct stat status;
  char *link, *display_link, *description;

  if (fstat (fd, &status) == -1)
    return g_strdup ("not open");

  link = read_link (fd);
  if (link == NULL)
    return g_strdup (get_kind (fd, &status));

  display_link = g_filename_display_name (link);
  description = g_strdup_printf ("%s (%s)", get_kind (fd, &status), display_link);
  g_free (display_link);
  g_free (link);

  return description;
}

/* The name that the queue was created under, or NULL if it cannot be told. Where the file system of
 * the queues is mounted and the queue was opened by its path, the link has the whole of it. */
char *
mood_descriptor_get_queue_name (int fd)
{
  const char *deleted = " (deleted)";
  struct stat status;
  char *link = read_link (fd);
  char *slash = link != NULL ? strrchr (link, '/') : NULL;
  char *name;

  if (slash == NULL)
    {
      g_free (link);
      return NULL;
    }

  /* A queue may also have been given a name that ends so. */
  if (fstat (fd, &status) == 0 && status.st_nlink == 0 && g_str_has_suffix (link, deleted))
    link[strlen (link) - strlen (deleted)] = '\0';

  name = g_strdup (slash);
  g_free (link);

  return name;
}
