/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where messages are while a command has them in its hands, and where they stay if they can go
 * nowhere: $XDG_STATE_HOME/mood, a file for each process. The process that a file belongs to has it
 * locked; what is not locked was left by one that is gone. */

#include "state-directory.h"

#include "report.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

#define SUFFIX ".mood"

static char *
get_path (void)
{
  return g_build_filename (g_get_user_state_dir (), "mood", NULL);
}

/* @command is the first part of the file's name. */
ArchiveWriter *
state_directory_new_archive (const char *command, GPtrArray *queues, GError **error)
{
  g_autofree char *directory = get_path ();
  g_autofree char *name =
      g_strdup_printf ("%s-%d-%08x" SUFFIX, command, getpid (), g_random_int ());
  g_autofree char *path = g_build_filename (directory, name, NULL);
  ArchiveWriter *writer;

  if (g_mkdir_with_parents (directory, 0700) == -1)
    {
      int errsv = errno;
      g_autofree char *shown = g_filename_display_name (directory);

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errsv),
                   _ ("Cannot create “%s”, where messages are kept while they are under way: %s; "
                      "set XDG_STATE_HOME to a directory that can be written to"),
                   shown, g_strerror (errsv));
      return NULL;
    }

  writer = archive_writer_new (path, queues, error);
  if (writer == NULL)
    g_prefix_error (error, "%s",
                    _ ("No place to keep messages while they are under way "
                       "(XDG_STATE_HOME may name another): "));

  return writer;
}

static void
tell (ArchiveReader *reader)
{
  guint n = archive_reader_count_left (reader);
  g_autofree char *command = archive_reader_format_restore_command (reader);

  report_note (ngettext ("%u message was left by a mood that was ended. To have it sent to the "
                         "queue that it came from: %s",
                         "%u messages were left by a mood that was ended. To have them sent to the "
                         "queues that they came from: %s",
                         n),
               n, command);
}

/* Of processes that were killed, or could not put messages back. */
void
state_directory_tell_leftovers (void)
{
  g_autofree char *directory = get_path ();
  g_autoptr (GDir) entries = g_dir_open (directory, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (ArchiveReader) reader = NULL;

      if (!g_str_has_suffix (name, SUFFIX))
        continue;

      reader = archive_reader_new_from_leftover (path, &error);
      if (reader != NULL)
        tell (reader);
      else if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY) &&
               !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        report_warning ("%s", error->message);
    }
}
