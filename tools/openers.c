/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which processes have a queue open. The kernel does not tell: /proc does, of the processes whose
 * descriptors one may see. */

#include "openers.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* See linux/magic.h, which has no name for it in every version. */
#define MQUEUE_MAGIC 0x19800202

static gboolean
is_queue_with_inode (const char *path, guint64 inode)
{
  struct stat status;
  struct statfs file_system;

  return stat (path, &status) == 0 && status.st_ino == inode && statfs (path, &file_system) == 0 &&
         file_system.f_type == MQUEUE_MAGIC;
}

/* The access mode with which it was opened; O_RDWR if that cannot be seen. */
static int
get_access_mode (const char *pid, const char *descriptor)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "fdinfo", descriptor, NULL);
  g_autofree char *text = NULL;
  const char *flags;
  guint value;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (flags = strstr (text, "flags:")) == NULL ||
      sscanf (flags, "flags: %o", &value) != 1)
    return O_RDWR;

  return (int) value & O_ACCMODE;
}

static void
look_at_process (const char *pid, guint64 inode, GArray *openers, gboolean *is_complete)
{
  g_autofree char *folder = g_build_filename ("/proc", pid, "fd", NULL);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  Opener opener = { .pid = atoi (pid) };
  const char *descriptor;

  if (directory == NULL)
    {
      /* One that has ended in the meantime is nothing that was missed. */
      if (g_file_test (folder, G_FILE_TEST_EXISTS))
        *is_complete = FALSE;
      return;
    }

  while ((descriptor = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, descriptor, NULL);

      if (is_queue_with_inode (path, inode))
        {
          int access_mode = get_access_mode (pid, descriptor);

          opener.reads |= access_mode != O_WRONLY;
          opener.writes |= access_mode != O_RDONLY;
        }
    }

  if (opener.reads || opener.writes)
    g_array_append_val (openers, opener);
}

static int
compare_pids (gconstpointer one, gconstpointer other)
{
  return ((const Opener *) one)->pid - ((const Opener *) other)->pid;
}

/* The processes other than this one, by number; @is_complete is whether all of them could be looked
 * at. */
GArray *
openers_find (guint64 inode, gboolean *is_complete)
{
  GArray *openers = g_array_new (FALSE, FALSE, sizeof (Opener));
  g_autoptr (GDir) directory = g_dir_open ("/proc", 0, NULL);
  const char *name;

  *is_complete = directory != NULL;
  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    if (g_ascii_isdigit (name[0]) && atoi (name) != getpid ())
      look_at_process (name, inode, openers, is_complete);
  g_array_sort (openers, compare_pids);

  return openers;
}
