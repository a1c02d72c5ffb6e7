/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes messages to files of their own in a directory, such as 0000000017-5 for the seventeenth,
 * which has the priority 5: the names sort by when the messages came. */

#include "message-files.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <unistd.h>

struct _MessageFiles
{
  char *directory;
  guint64 next;
};

/* @directory: is created if it does not exist. The messages are numbered on from those that are
 * there. */
MessageFiles *
message_files_new (const char *directory, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  MessageFiles *self;
  const char *name;

  if (g_mkdir_with_parents (directory, 0777) == -1)
    {
      int errsv = errno;
      g_autofree char *shown = g_filename_display_name (directory);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("Cannot make the directory “%s”: %s"),
                   shown, g_strerror (errsv));
      return NULL;
    }

  dir = g_dir_open (directory, 0, error);
  if (dir == NULL)
    return NULL;

  self = g_new0 (MessageFiles, 1);
  self->directory = g_strdup (directory);
  self->next = 1;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      guint64 number = g_ascii_strtoull (name, NULL, 10);

      /* What is beyond is no number that was counted to. */
      if (number < G_MAXINT64)
        self->next = MAX (self->next, number + 1);
    }

  return self;
}

void
message_files_free (MessageFiles *self)
{
  g_free (self->directory);
  g_free (self);
}

/* Of a name that nothing has: -1, and the error is in errno. */
static int
create_file (MessageFiles *self, guint priority, char **path)
{
  int fd;

  do
    {
      g_autofree char *name = g_strdup_printf ("%010" PRIu64 "-%u", self->next++, priority);

      g_free (*path);
      *path = g_build_filename (self->directory, name, NULL);
      fd = open (*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
  while (fd == -1 && errno == EEXIST);

  return fd;
}

/* Whether all of it is in the file; errno is set if not. */
static gboolean
write_and_close (int fd, const guint8 *message, gsize length)
{
  gsize written = 0;
  int errsv = 0;

  while (written < length && errsv == 0)
    {
      gssize n = TEMP_FAILURE_RETRY (write (fd, message + written, length - written));

      if (n == -1)
        errsv = errno;
      else
        written += (gsize) n;
    }

  /* Some file systems tell only now that the disk is full. */
  if (close (fd) == -1 && errsv == 0 && errno != EINTR)
    errsv = errno;
  errno = errsv;

  return errsv == 0;
}

/* What could not be written completely leaves no file. */
gboolean
message_files_write (MessageFiles *self,
                     const guint8 *message,
                     gsize length,
                     guint priority,
                     GError **error)
{
  g_autofree char *path = NULL;
  int fd = create_file (self, priority, &path);
  g_autofree char *shown = NULL;
  int errsv;

  if (fd != -1 && write_and_close (fd, message, length))
    return TRUE;

  errsv = errno;
  if (fd != -1)
    unlink (path);
  shown = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("Cannot write “%s”: %s"), shown,
               g_strerror (errsv));

  return FALSE;
}
