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

/* The link tells the name, without asking the file system that is behind it, which may be one that
 * does not answer. The number of the file is that of one queue of the machine, whatever its IPC
 * namespace. */
static gboolean
is_queue (const char *path, const char *name, guint64 inode)
{
  g_autofree char *link = g_file_read_link (path, NULL);
  g_autofree char *unlinked = g_strconcat (name, " (deleted)", NULL);
  struct stat status;
  struct statfs file_system;

  return link != NULL && (g_str_has_suffix (link, name) || g_str_has_suffix (link, unlinked)) &&
         stat (path, &status) == 0 && status.st_ino == inode && statfs (path, &file_system) == 0 &&
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
look_at_process (const char *pid,
                 const char *name,
                 guint64 inode,
                 GArray *openers,
                 gboolean *is_complete)
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

      if (is_queue (path, name, inode))
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
openers_find (const char *name, guint64 inode, gboolean *is_complete)
{
  GArray *openers = g_array_new (FALSE, FALSE, sizeof (Opener));
  g_autoptr (GDir) directory = g_dir_open ("/proc", 0, NULL);
  const char *pid;

  *is_complete = directory != NULL;
  while (directory != NULL && (pid = g_dir_read_name (directory)) != NULL)
    if (g_ascii_isdigit (pid[0]) && atoi (pid) != getpid ())
      look_at_process (pid, name, inode, openers, is_complete);
  g_array_sort (openers, compare_pids);

  return openers;
}
