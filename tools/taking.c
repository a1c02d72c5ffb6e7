/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes what waits in a queue into a file, from which it can be put back. */

#include "taking.h"

#include "progress.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <unistd.h>

/* What reads the file beside who writes it, and shares the lock. */
ArchiveReader *
taking_get_reader (ArchiveWriter *writer, GError **error)
{
  int fd = fcntl (archive_writer_get_fd (writer), F_DUPFD_CLOEXEC, 0);

  if (fd == -1)
    {
      int errsv = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv),
                   _ ("Cannot read what was taken: %s"), g_strerror (errsv));
      return NULL;
    }

  return archive_reader_new_from_fd (fd, archive_writer_get_path (writer), error);
}

/* Takes as many as there are, and no more than @limit, until it is time to end. Whatever the result
 * is, @reader knows what was taken. Signals have to be held back. */
gboolean
taking_run (ArchiveWriter *writer,
            ArchiveReader *reader,
            guint queue_number,
            MoodMessageQueue *queue,
            guint limit,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint n_before = archive_reader_get_n_records (reader);
  guint n = 0;

  while (n < limit && !signals_is_ending () &&
         archive_writer_take (writer, queue_number, queue, &local_error))
    {
      n++;
      progress_set (n_before + n, 0);
    }

  if (!archive_reader_read_on (reader, local_error == NULL ? &local_error : NULL) ||
      local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}
