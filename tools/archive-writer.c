/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes messages out of queues into a file. The kernel writes each of them straight into the file,
 * which is mapped for that: from the moment in which a message is in no queue any more it is there,
 * and a process that is killed leaves it. */

#include "archive-writer.h"

#include "archive-format.h"
#include "file-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file grows by at least as much, so that it does not for every message. */
#define GROWTH (256 * 1024)

struct _ArchiveWriter
{
  char *path;
  int fd; /* locked as long as it is open */
  guint8 *map;
  guint64 size;     /* of the file and of the map */
  guint64 offset;   /* of the next record */
  guint64 last;     /* offset of the record before, or 0 */
  guint64 filled;   /* up to where the file has the fill that a message is received over */
  GArray *msgsizes; /* of the queues */
};

static ArchiveHeader *
get_header (ArchiveWriter *self)
{
  return (ArchiveHeader *) (gpointer) self->map;
}

static ArchiveRecordHeader *
get_record (ArchiveWriter *self, guint64 offset)
{
  return (ArchiveRecordHeader *) (gpointer) (self->map + offset);
}

/* Both write after everything that came before, and before everything that comes after: whatever
 * kills the process, the file is as it was at one point of the program. */
static void
set_state (ArchiveRecordHeader *record, ArchiveRecordState state)
{
  g_atomic_int_set (&record->state, GUINT32_TO_LE ((guint32) state));
}

static void
set_number (guint32 *number, guint32 value)
{
  g_atomic_int_set (number, GUINT32_TO_LE (value));
}

/* Where a file system cannot reserve. */
static int
write_zeros (int fd, guint64 from, guint64 to)
{
  static const guint8 zeros[65536];

  while (from < to)
    {
      gssize written = pwrite (fd, zeros, MIN (sizeof zeros, to - from), (off_t) from);

      if (written == -1 && errno != EINTR)
        return -1;
      if (written > 0)
        from += (guint64) written;
    }

  return 0;
}

static int
reserve (int fd, guint64 from, guint64 to)
{
  int result;

  do
    result = fallocate (fd, 0, (off_t) from, (off_t) (to - from));
  while (result == -1 && errno == EINTR);

  if (result == -1 && (errno == EOPNOTSUPP || errno == ENOSYS))
    return write_zeros (fd, from, to);

  return result;
}

/* A disk that is full has to be known before a message is taken; later, it would be known by
 * SIGBUS. */
static gboolean
grow (ArchiveWriter *self, guint64 needed, GError **error)
{
  guint64 page = (guint64) sysconf (_SC_PAGESIZE);
  guint64 size = (MAX (needed, self->size + GROWTH) + page - 1) / page * page;
  void *map;

  if (reserve (self->fd, self->size, size) == -1)
    return file_error_set (error, errno, _ ("There is no room for messages in"), self->path);

  if (self->map == NULL)
    map = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
  else
    map = mremap (self->map, self->size, size, MREMAP_MAYMOVE);
  if (map == MAP_FAILED)
    return file_error_set (error, errno, _ ("Cannot map"), self->path);

  self->map = map;
  self->size = size;

  return TRUE;
}

/* Each byte has its place in the fill by its place in the file, so that it stays right whichever
 * record the byte will belong to. */
static void
fill (ArchiveWriter *self, guint64 from, guint64 to)
{
  const guint8 *pattern = get_header (self)->fill;

  while (from < to)
    {
      guint64 at = from % ARCHIVE_FILL_SIZE;
      guint64 n = MIN (ARCHIVE_FILL_SIZE - at, to - from);

      memcpy (self->map + from, pattern + at, n);
      from += n;
    }
}

/* No text ends with such a byte, whether it is ASCII or UTF-8, nor does a number that is small,
 * negative or not: what a message ends with is rarely taken for the fill. */
static guint8
choose_fill_byte (void)
{
  return (guint8) g_random_int_range (0xc0, 0xff);
}

/* The header and the table of the queues, which are written at once. */
static GByteArray *
format_beginning (GPtrArray *queues)
{
  GByteArray *bytes = g_byte_array_new ();
  ArchiveHeader header = {
    .version = GUINT32_TO_LE (ARCHIVE_VERSION),
    .n_queues = GUINT32_TO_LE (queues->len),
    .round = GUINT32_TO_LE (1),
    .created_at = GINT64_TO_LE (g_get_real_time () / G_USEC_PER_SEC),
  };

  memcpy (header.magic, ARCHIVE_MAGIC, ARCHIVE_MAGIC_SIZE);
  for (guint i = 0; i < ARCHIVE_FILL_SIZE; i++)
    header.fill[i] = choose_fill_byte ();
  g_byte_array_append (bytes, (const guint8 *) &header, sizeof header);

  for (guint i = 0; i < queues->len; i++)
    {
      const ArchiveQueue *queue = g_ptr_array_index (queues, i);
      guint8 padding[8] = { 0 };
      guint name_length = (guint) strlen (queue->name);
      ArchiveQueueEntry entry = {
        .name_length = GUINT32_TO_LE (name_length),
        .mode = GUINT32_TO_LE (queue->mode),
        .uid = GUINT32_TO_LE (queue->uid),
        .gid = GUINT32_TO_LE (queue->gid),
        .maxmsg = GINT64_TO_LE (queue->maxmsg),
        .msgsize = GINT64_TO_LE (queue->msgsize),
      };

      g_byte_array_append (bytes, (const guint8 *) &entry, sizeof entry);
      g_byte_array_append (bytes, (const guint8 *) queue->name, name_length);
      g_byte_array_append (bytes, padding, (guint) ARCHIVE_ALIGN (name_length) - name_length);
    }

  ((ArchiveHeader *) (gpointer) bytes->data)->records_offset = GUINT64_TO_LE (bytes->len);

  return bytes;
}

static gboolean
write_beginning (ArchiveWriter *self, GPtrArray *queues, GError **error)
{
  g_autoptr (GByteArray) bytes = format_beginning (queues);
  gssize written = pwrite (self->fd, bytes->data, bytes->len, 0);

  if (written != (gssize) bytes->len)
    {
      if (written != -1)
        errno = ENOSPC;
      return file_error_set (error, errno, _ ("Cannot write to"), self->path);
    }

  self->offset = bytes->len;
  self->filled = bytes->len;

  return grow (self, bytes->len, error);
}

/* A file that is not locked belongs to nobody, and may be removed before it is. */
static gboolean
create_locked (ArchiveWriter *self, GError **error)
{
  struct stat status = { 0 };

  do
    {
      if (self->fd != -1)
        close (self->fd);
      self->fd = open (self->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (self->fd == -1)
        return file_error_set (error, errno, _ ("Cannot create"), self->path);
      if (flock (self->fd, LOCK_EX) == -1 || fstat (self->fd, &status) == -1)
        return file_error_set (error, errno, _ ("Cannot lock"), self->path);
    }
  while (status.st_nlink == 0);

  return TRUE;
}

/* Creates the file, which must not exist, for messages from the queues (of ArchiveQueue). Signals
 * have to be held back, for a limit on the size of files to be an error. */
ArchiveWriter *
archive_writer_new (const char *path, GPtrArray *queues, GError **error)
{
  g_autoptr (ArchiveWriter) self = g_new0 (ArchiveWriter, 1);

  self->path = g_strdup (path);
  self->fd = -1;
  self->msgsizes = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < queues->len; i++)
    g_array_append_val (self->msgsizes,
                        ((const ArchiveQueue *) g_ptr_array_index (queues, i))->msgsize);

  if (!create_locked (self, error))
    return NULL;
  if (!write_beginning (self, queues, error))
    {
      g_unlink (path);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/* Leaves the file as it is. */
void
archive_writer_free (ArchiveWriter *self)
{
  if (self->map != NULL)
    munmap (self->map, self->size);
  if (self->fd != -1)
    close (self->fd);
  g_array_unref (self->msgsizes);
  g_free (self->path);
  g_free (self);
}

const char *
archive_writer_get_path (ArchiveWriter *self)
{
  return self->path;
}

int
archive_writer_get_fd (ArchiveWriter *self)
{
  return self->fd;
}

/* Makes room for a message of at most that size, and fills what has not been filled yet: most
 * messages are much shorter than they may be. That also gets the pages into memory. */
static ArchiveRecordHeader *
prepare (ArchiveWriter *self, guint queue_number, guint64 size, GError **error)
{
  guint64 start = self->offset + sizeof (ArchiveRecordHeader);
  guint64 end = ARCHIVE_ALIGN (start + size);
  ArchiveRecordHeader *record;

  if (end > self->size && !grow (self, end, error))
    return NULL;

  fill (self, MAX (start, self->filled), end);
  self->filled = MAX (self->filled, end);

  record = get_record (self, self->offset);
  set_state (record, ARCHIVE_RECORD_NONE);
  record->queue = GUINT32_TO_LE (queue_number);
  record->priority = ARCHIVE_NO_PRIORITY;
  record->length = 0;
  record->begun = 0;
  record->delivered = 0;

  return record;
}

static void
commit (ArchiveWriter *self, ArchiveRecordHeader *record, gsize length)
{
  ArchiveHeader *header = get_header (self);
  guint8 *message = (guint8 *) (record + 1);

  memset (message + length, 0, ARCHIVE_ALIGN (length) - length);
  record->length = GUINT32_TO_LE ((guint32) length);
  set_state (record, ARCHIVE_RECORD_TAKEN);
  set_number (&header->n_records, GUINT32_FROM_LE (header->n_records) + 1);

  self->last = self->offset;
  self->offset += sizeof *record + ARCHIVE_ALIGN (length);
}

/* Takes what is in the queue now. FALSE without an error means that there is nothing. */
gboolean
archive_writer_take (ArchiveWriter *self,
                     guint queue_number,
                     MoodMessageQueue *queue,
                     GError **error)
{
  gsize msgsize = (gsize) g_array_index (self->msgsizes, gint64, queue_number);
  ArchiveRecordHeader *record = prepare (self, queue_number, msgsize, error);
  g_autoptr (GError) local_error = NULL;
  gssize length;

  if (record == NULL)
    return FALSE;

  set_state (record, ARCHIVE_RECORD_TAKING);
  length = mood_message_queue_receive_into_with_timeout (queue, (guint8 *) (record + 1), msgsize,
                                                         &record->priority, 0, NULL, &local_error);
  if (length == -1)
    {
      /* What was asked for stays so: without a priority that is no message. */
      if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  /* The kernel has written it in the order of the machine. */
  record->priority = GUINT32_TO_LE (record->priority);
  commit (self, record, (gsize) length);

  return TRUE;
}

/* Writes a message that was taken already. */
gboolean
archive_writer_add (ArchiveWriter *self,
                    guint queue_number,
                    const guint8 *message,
                    gsize length,
                    guint priority,
                    GError **error)
{
  ArchiveRecordHeader *record = prepare (self, queue_number, length, error);

  if (record == NULL)
    return FALSE;

  record->priority = GUINT32_TO_LE (priority);
  memcpy (record + 1, message, length);
  commit (self, record, length);

  return TRUE;
}

/* The message that was taken last. */
const guint8 *
archive_writer_get_last (ArchiveWriter *self, gsize *length, guint *priority)
{
  const ArchiveRecordHeader *record = get_record (self, self->last);

  *length = GUINT32_FROM_LE (record->length);
  *priority = GUINT32_FROM_LE (record->priority);

  return (const guint8 *) (record + 1);
}

/* Whether it may have been sent. */
void
archive_writer_set_last_begun (ArchiveWriter *self, gboolean is_begun)
{
  set_number (&get_record (self, self->last)->begun, is_begun ? 1 : 0);
}

/* Has it no longer, and its place for the next one. */
void
archive_writer_drop_last (ArchiveWriter *self)
{
  ArchiveHeader *header = get_header (self);
  ArchiveRecordHeader *record = get_record (self, self->last);
  guint64 start = self->last + sizeof *record;

  /* Where the count ends and a record is there it belongs to the file: it goes in one step. */
  set_number (&header->n_records, GUINT32_FROM_LE (header->n_records) - 1);
  set_state (record, ARCHIVE_RECORD_NONE);

  fill (self, start, start + ARCHIVE_ALIGN (GUINT32_FROM_LE (record->length)));
  self->offset = self->last;
}

static int
rename_to (ArchiveWriter *self, const char *path, gboolean may_replace)
{
  if (may_replace)
    return g_rename (self->path, path);

  if (renameat2 (AT_FDCWD, self->path, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;

  /* Not every file system can do that. */
  if (link (self->path, path) == -1)
    return -1;

  return g_unlink (self->path);
}

/* So that the name is there, too, when the power fails. */
static void
sync_directory_of (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd == -1)
    return;
  fsync (fd);
  close (fd);
}

/* Everything is in it: gives the file its name. */
gboolean
archive_writer_finish (ArchiveWriter *self, const char *path, gboolean may_replace, GError **error)
{
  ArchiveHeader *header = get_header (self);

  if (ftruncate (self->fd, (off_t) self->offset) == -1 || fsync (self->fd) == -1)
    return file_error_set (error, errno, _ ("Cannot write to"), self->path);
  if (rename_to (self, path, may_replace) == -1)
    return file_error_set (error, errno, _ ("Cannot rename"), self->path);
  g_free (self->path);
  self->path = g_strdup (path);

  /* Only now: a file that has its name yet to come is there to put back what was taken. If this
   * does not reach the disk the messages are saved all the same; the file just does not know that
   * it is complete, and that what was put back is to be restored. */
  set_number (&header->flags, ARCHIVE_COMPLETE);
  set_number (&header->round, GUINT32_FROM_LE (header->round) + 1);
  fsync (self->fd);
  sync_directory_of (path);

  return TRUE;
}

void
archive_writer_remove (ArchiveWriter *self)
{
  g_unlink (self->path);
}
