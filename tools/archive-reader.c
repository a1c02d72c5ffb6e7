/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads a file of messages, and keeps in it which of them were delivered. The file may be one that
 * a process was killed over, and one that somebody made up: nothing in it is believed. */

#include "archive-reader.h"

#include "archive-format.h"
#include "file-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A slash and up to 255 bytes. */
#define LONGEST_NAME 256

/* Linux grants no more to anybody, see mq_overview(7). */
#define HIGHEST_MAXMSG  65536
#define HIGHEST_MSGSIZE (16 * 1024 * 1024) /* bytes */

struct _ArchiveReader
{
  char *path;
  int fd;
  gboolean is_writable;
  guint64 size; /* of the file */
  ArchiveHeader header;
  guint32 round;
  GPtrArray *queues; /* of ArchiveQueue */
  GArray *records;   /* of ArchiveRecord */
  guint64 offset;    /* where the records end that were counted and read */
  guint n_left;      /* records that were not delivered */
  GByteArray *message;
};

static gboolean G_GNUC_PRINTF (4, 5)
    set_damage (ArchiveReader *self, guint64 offset, GError **error, const char *format, ...)
{
  g_autofree char *shown = g_filename_display_name (self->path);
  g_autofree char *cause = NULL;
  va_list arguments;

  va_start (arguments, format);
  cause = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               _ ("“%s” is damaged at byte %" PRIu64 ": %s"), shown, offset, cause);

  return FALSE;
}

static gboolean
read_at (ArchiveReader *self, guint64 offset, void *buffer, gsize length, GError **error)
{
  guint8 *at = buffer;

  while (length > 0)
    {
      gssize n = pread (self->fd, at, length, (off_t) offset);

      if (n == -1 && errno == EINTR)
        continue;
      if (n == -1)
        return file_error_set (error, errno, _ ("Cannot read"), self->path);
      if (n == 0)
        return set_damage (self, offset, error, _ ("the file ends here, in the middle"));
      at += n;
      offset += (guint64) n;
      length -= (gsize) n;
    }

  return TRUE;
}

static gboolean
write_number (ArchiveReader *self, guint64 offset, guint32 number, GError **error)
{
  guint32 value = GUINT32_TO_LE (number);

  if (pwrite (self->fd, &value, sizeof value, (off_t) offset) != sizeof value)
    return file_error_set (error, errno, _ ("Cannot write to"), self->path);

  return TRUE;
}

static gboolean
read_header (ArchiveReader *self, GError **error)
{
  ArchiveHeader *header = &self->header;
  g_autofree char *shown = g_filename_display_name (self->path);

  if (self->size >= sizeof *header && !read_at (self, 0, header, sizeof *header, error))
    return FALSE;
  if (memcmp (header->magic, ARCHIVE_MAGIC, ARCHIVE_MAGIC_SIZE) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _ ("“%s” is not a file that “mood save” wrote"), shown);
      return FALSE;
    }

  header->version = GUINT32_FROM_LE (header->version);
  header->flags = GUINT32_FROM_LE (header->flags);
  header->n_queues = GUINT32_FROM_LE (header->n_queues);
  header->n_records = GUINT32_FROM_LE (header->n_records);
  header->records_offset = GUINT64_FROM_LE (header->records_offset);
  header->created_at = GINT64_FROM_LE (header->created_at);
  self->round = GUINT32_FROM_LE (header->round);

  if (header->version != ARCHIVE_VERSION)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _ ("“%s” has version %u of the format, and this program knows version %u only"),
                   shown, header->version, ARCHIVE_VERSION);
      return FALSE;
    }
  if ((header->flags & ~ARCHIVE_COMPLETE) != 0)
    return set_damage (self, offsetof (ArchiveHeader, flags), error,
                       _ ("there are no such flags as %#x"), header->flags);
  if (self->round == 0)
    return set_damage (self, offsetof (ArchiveHeader, round), error, _ ("the round is 0"));

  return TRUE;
}

static gboolean
is_valid_name (const char *name, gsize length)
{
  return length >= 2 && name[0] == '/' && memchr (name + 1, '/', length - 1) == NULL &&
         memchr (name, '\0', length) == NULL;
}

/* The entry at the offset, which is then that of the next. */
static gboolean
read_queue (ArchiveReader *self, guint64 *offset, GError **error)
{
  ArchiveQueueEntry entry;
  char name[LONGEST_NAME + 1] = { 0 };
  ArchiveQueue *queue;
  guint32 name_length;

  if (!read_at (self, *offset, &entry, sizeof entry, error))
    return FALSE;

  name_length = GUINT32_FROM_LE (entry.name_length);
  if (name_length > LONGEST_NAME)
    return set_damage (self, *offset, error, _ ("a name of %u bytes is too long"), name_length);
  if (!read_at (self, *offset + sizeof entry, name, name_length, error))
    return FALSE;
  if (!is_valid_name (name, name_length))
    return set_damage (self, *offset + sizeof entry, error, _ ("this is no queue's name"));

  queue = archive_queue_new (name);
  g_ptr_array_add (self->queues, queue);
  queue->mode = GUINT32_FROM_LE (entry.mode);
  queue->uid = GUINT32_FROM_LE (entry.uid);
  queue->gid = GUINT32_FROM_LE (entry.gid);
  queue->maxmsg = GINT64_FROM_LE (entry.maxmsg);
  queue->msgsize = GINT64_FROM_LE (entry.msgsize);

  if (queue->mode > 0777)
    return set_damage (self, *offset + offsetof (ArchiveQueueEntry, mode), error,
                       _ ("%#o is no mode"), queue->mode);
  if (queue->maxmsg < 1 || queue->maxmsg > HIGHEST_MAXMSG)
    return set_damage (self, *offset + offsetof (ArchiveQueueEntry, maxmsg), error,
                       _ ("a maxmsg of %" PRId64 " cannot be"), queue->maxmsg);
  if (queue->msgsize < 1 || queue->msgsize > HIGHEST_MSGSIZE)
    return set_damage (self, *offset + offsetof (ArchiveQueueEntry, msgsize), error,
                       _ ("a msgsize of %" PRId64 " cannot be"), queue->msgsize);

  *offset += sizeof entry + ARCHIVE_ALIGN (name_length);

  return TRUE;
}

static gboolean
read_queues (ArchiveReader *self, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  guint64 offset = sizeof (ArchiveHeader);

  for (guint32 i = 0; i < self->header.n_queues; i++)
    {
      guint64 start = offset;

      if (!read_queue (self, &offset, error))
        return FALSE;
      if (!g_hash_table_add (names, ((ArchiveQueue *) g_ptr_array_index (self->queues, i))->name))
        return set_damage (self, start, error, _ ("this queue is there for the second time"));
    }

  if (self->header.records_offset != offset)
    return set_damage (self, offsetof (ArchiveHeader, records_offset), error,
                       _ ("the records begin elsewhere, at byte %" PRIu64), offset);

  return TRUE;
}

/* How long a message is whose length the process that took it was not told any more: as far as the
 * fill is overwritten. */
static gboolean
guess_length (ArchiveReader *self, ArchiveRecord *record, GError **error)
{
  const ArchiveQueue *queue = g_ptr_array_index (self->queues, record->queue);
  guint64 start = record->offset + sizeof (ArchiveRecordHeader);
  guint64 end = start + MIN ((guint64) queue->msgsize, self->size - start);
  guint8 block[4096];
  guint64 block_start = end;

  /* From the end, as most messages are much shorter than they may be. */
  while (end > start)
    {
      if (end == block_start)
        {
          block_start -= MIN (sizeof block, end - start);
          if (!read_at (self, block_start, block, end - block_start, error))
            return FALSE;
        }
      if (block[end - 1 - block_start] != self->header.fill[(end - 1) % ARCHIVE_FILL_SIZE])
        break;
      end--;
    }
  record->length = (guint) (end - start);
  record->is_length_guessed = TRUE;

  return TRUE;
}

static void
add_record (ArchiveReader *self, const ArchiveRecord *record)
{
  ArchiveQueue *queue = g_ptr_array_index (self->queues, record->queue);

  g_array_append_val (self->records, *record);
  queue->n_messages++;
  queue->n_bytes += record->length;
  queue->longest = MAX (queue->longest, record->length);
  if (record->is_delivered)
    queue->n_delivered++;
  else
    self->n_left++;
}

/* The record of which the header was read. */
static gboolean
parse_record (ArchiveReader *self,
              guint64 offset,
              const ArchiveRecordHeader *header,
              GError **error)
{
  guint32 state = GUINT32_FROM_LE (header->state);
  ArchiveRecord record = {
    .offset = offset,
    .queue = GUINT32_FROM_LE (header->queue),
    .priority = GUINT32_FROM_LE (header->priority),
    .length = GUINT32_FROM_LE (header->length),
    .is_begun = GUINT32_FROM_LE (header->begun) == self->round,
    .is_delivered = GUINT32_FROM_LE (header->delivered) == self->round,
  };

  if (record.queue >= self->queues->len)
    return set_damage (self, offset + offsetof (ArchiveRecordHeader, queue), error,
                       _ ("there is no queue %u"), record.queue);

  /* A kernel of the other byte order wrote it, and nobody turned it any more. */
  if (state == ARCHIVE_RECORD_TAKING && record.priority > ARCHIVE_HIGHEST_PRIORITY)
    record.priority = GUINT32_SWAP_LE_BE (record.priority);
  if (record.priority > ARCHIVE_HIGHEST_PRIORITY)
    return set_damage (self, offset + offsetof (ArchiveRecordHeader, priority), error,
                       _ ("%u is no priority"), record.priority);

  if (state == ARCHIVE_RECORD_TAKING)
    {
      if (!guess_length (self, &record, error))
        return FALSE;
    }
  else
    {
      const ArchiveQueue *queue = g_ptr_array_index (self->queues, record.queue);

      if (record.length > queue->msgsize)
        return set_damage (self, offset + offsetof (ArchiveRecordHeader, length), error,
                           _ ("a message of %u bytes is too long for its queue"), record.length);
      if (ARCHIVE_ALIGN (record.length) > self->size - offset - sizeof *header)
        return set_damage (self, self->size, error, _ ("the file ends here, in the middle"));
    }

  add_record (self, &record);

  return TRUE;
}

/* After the records that are counted, of a file that was not completed: the message that was being
 * taken, if it was taken. Anything else is what a message would have been received over. */
static gboolean
read_last_record (ArchiveReader *self, guint64 offset, GError **error)
{
  ArchiveRecordHeader header;
  guint32 state;

  if (self->size - offset < sizeof header)
    return TRUE;
  if (!read_at (self, offset, &header, sizeof header, error))
    return FALSE;

  state = GUINT32_FROM_LE (header.state);
  if (state == ARCHIVE_RECORD_TAKEN ||
      (state == ARCHIVE_RECORD_TAKING && header.priority != ARCHIVE_NO_PRIORITY))
    return parse_record (self, offset, &header, error);

  return TRUE;
}

/* Those that were not read yet. */
static gboolean
read_records (ArchiveReader *self, GError **error)
{
  while (self->records->len < self->header.n_records)
    {
      ArchiveRecordHeader header;

      if (!read_at (self, self->offset, &header, sizeof header, error))
        return FALSE;
      if (GUINT32_FROM_LE (header.state) != ARCHIVE_RECORD_TAKEN)
        return set_damage (self, self->offset, error, _ ("there is no message"));
      if (!parse_record (self, self->offset, &header, error))
        return FALSE;
      self->offset += sizeof header + ARCHIVE_ALIGN (GUINT32_FROM_LE (header.length));
    }

  if (!archive_reader_is_complete (self))
    return read_last_record (self, self->offset, error);
  if (self->offset != self->size)
    return set_damage (self, self->offset, error, _ ("something follows the last message"));

  return TRUE;
}

static gboolean
find_size (ArchiveReader *self, GError **error)
{
  struct stat status;

  if (fstat (self->fd, &status) == -1)
    return file_error_set (error, errno, _ ("Cannot read"), self->path);
  if (!S_ISREG (status.st_mode))
    return file_error_set (error, S_ISDIR (status.st_mode) ? EISDIR : EINVAL, _ ("Cannot read"),
                           self->path);
  self->size = (guint64) status.st_size;

  return TRUE;
}

/* Takes the descriptor, which @path is the name of. */
ArchiveReader *
archive_reader_new_from_fd (int fd, const char *path, GError **error)
{
  g_autoptr (ArchiveReader) self = g_new0 (ArchiveReader, 1);

  self->path = g_strdup (path);
  self->fd = fd;
  self->is_writable = (fcntl (fd, F_GETFL) & O_ACCMODE) == O_RDWR;
  self->queues = archive_queues_new ();
  self->records = g_array_new (FALSE, FALSE, sizeof (ArchiveRecord));
  self->message = g_byte_array_new ();

  if (!find_size (self, error) || !read_header (self, error) || !read_queues (self, error))
    return NULL;
  self->offset = self->header.records_offset;
  if (!read_records (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

/* Of what this process is writing: reads what has come since. */
gboolean
archive_reader_read_on (ArchiveReader *self, GError **error)
{
  guint32 n_records;

  if (!find_size (self, error) ||
      !read_at (self, offsetof (ArchiveHeader, n_records), &n_records, sizeof n_records, error))
    return FALSE;
  self->header.n_records = GUINT32_FROM_LE (n_records);

  return read_records (self, error);
}

static int
open_file (const char *path, ArchiveAccess access)
{
  /* What is no file must not keep the program waiting. */
  const int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  int fd = -1;

  if (access == ARCHIVE_ACCESS_DELIVER)
    fd = open (path, O_RDWR | flags);
  if (fd == -1 &&
      (access == ARCHIVE_ACCESS_LOOK || errno == EACCES || errno == EPERM || errno == EROFS))
    fd = open (path, O_RDONLY | flags);

  return fd;
}

/* For whoever may write to the file, and as long as the descriptor is open. */
static gboolean
lock (int fd, const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, _ ("“%s” is in use by another mood that runs"),
               shown);

  return FALSE;
}

/* A file that may not be written to is read, too, and keeps nothing. */
ArchiveReader *
archive_reader_new (const char *path, ArchiveAccess access, GError **error)
{
  int fd = open_file (path, access);

  if (fd == -1)
    {
      file_error_set (error, errno, _ ("Cannot open"), path);
      return NULL;
    }

  if (access == ARCHIVE_ACCESS_DELIVER && !lock (fd, path, error))
    {
      close (fd);
      return NULL;
    }

  return archive_reader_new_from_fd (fd, path, error);
}

/* Whether the name still leads to the file that is open; a link does not. */
static gboolean
has_path (const struct stat *status, const char *path)
{
  struct stat named;

  return lstat (path, &named) == 0 && named.st_dev == status->st_dev &&
         named.st_ino == status->st_ino;
}

/* Opens what a process that is gone has left. NULL without an error means that no message was left
 * in it, and that it is removed: while it is locked, so that whoever has just created it, and is
 * about to lock it, will find that it is gone. */
ArchiveReader *
archive_reader_new_from_leftover (const char *path, GError **error)
{
  /* What is behind a link is not mood's. */
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  g_autoptr (ArchiveReader) reader = NULL;
  struct stat status;

  if (fd == -1)
    {
      file_error_set (error, errno, _ ("Cannot open"), path);
      return NULL;
    }

  if (!lock (fd, path, error))
    {
      close (fd);
      return NULL;
    }

  /* Before it was locked its process may have removed it, or given it another name. From now on
   * nobody does. */
  if (fstat (fd, &status) == -1 || !has_path (&status, path))
    {
      close (fd);
      return NULL;
    }

  /* One that is empty was created, and its process was killed. */
  if (S_ISREG (status.st_mode) && status.st_size == 0)
    {
      g_unlink (path);
      close (fd);
      return NULL;
    }

  reader = archive_reader_new_from_fd (fd, path, error);
  if (reader == NULL || reader->n_left > 0)
    return g_steal_pointer (&reader);

  g_unlink (path);

  return NULL;
}

void
archive_reader_free (ArchiveReader *self)
{
  close (self->fd);
  g_ptr_array_unref (self->queues);
  g_array_unref (self->records);
  g_byte_array_unref (self->message);
  g_free (self->path);
  g_free (self);
}

const char *
archive_reader_get_path (ArchiveReader *self)
{
  return self->path;
}

gboolean
archive_reader_is_writable (ArchiveReader *self)
{
  return self->is_writable;
}

gboolean
archive_reader_is_complete (ArchiveReader *self)
{
  return (self->header.flags & ARCHIVE_COMPLETE) != 0;
}

/* Seconds since 1970. */
gint64
archive_reader_get_created_at (ArchiveReader *self)
{
  return self->header.created_at;
}

/* Of ArchiveQueue; they are the reader's. */
GPtrArray *
archive_reader_get_queues (ArchiveReader *self)
{
  return self->queues;
}

guint
archive_reader_get_n_records (ArchiveReader *self)
{
  return self->records->len;
}

const ArchiveRecord *
archive_reader_get_record (ArchiveReader *self, guint number)
{
  return &g_array_index (self->records, ArchiveRecord, number);
}

/* How many messages were not delivered. */
guint
archive_reader_count_left (ArchiveReader *self)
{
  return self->n_left;
}

/* Whether messages were delivered already, or may have been. */
gboolean
archive_reader_is_begun (ArchiveReader *self)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      const ArchiveRecord *record = archive_reader_get_record (self, i);

      if (record->is_begun || record->is_delivered)
        return TRUE;
    }

  return FALSE;
}

/* The message's bytes, never NULL but with an error, good until the next is read. */
const guint8 *
archive_reader_read (ArchiveReader *self, guint number, GError **error)
{
  const ArchiveRecord *record = archive_reader_get_record (self, number);

  /* One more: the array of no bytes is NULL. */
  g_byte_array_set_size (self->message, record->length + 1);
  if (!read_at (self, record->offset + sizeof (ArchiveRecordHeader), self->message->data,
                record->length, error))
    return NULL;

  return self->message->data;
}

/* Whether the message may have been sent, from now on, if it was not delivered. */
gboolean
archive_reader_set_begun (ArchiveReader *self, guint number, gboolean is_begun, GError **error)
{
  ArchiveRecord *record = &g_array_index (self->records, ArchiveRecord, number);

  if (!write_number (self, record->offset + offsetof (ArchiveRecordHeader, begun),
                     is_begun ? self->round : 0, error))
    return FALSE;
  record->is_begun = is_begun;

  return TRUE;
}

gboolean
archive_reader_set_delivered (ArchiveReader *self,
                              guint number,
                              gboolean is_delivered,
                              GError **error)
{
  ArchiveRecord *record = &g_array_index (self->records, ArchiveRecord, number);
  ArchiveQueue *queue = g_ptr_array_index (self->queues, record->queue);

  if (!write_number (self, record->offset + offsetof (ArchiveRecordHeader, delivered),
                     is_delivered ? self->round : 0, error))
    return FALSE;

  if (is_delivered && !record->is_delivered)
    {
      queue->n_delivered++;
      self->n_left--;
    }
  else if (!is_delivered && record->is_delivered)
    {
      queue->n_delivered--;
      self->n_left++;
    }
  record->is_delivered = is_delivered;

  return TRUE;
}

/* After this, no message was delivered yet: in one step, whatever ends the process. */
gboolean
archive_reader_begin_round (ArchiveReader *self, GError **error)
{
  /* 0 is in records for never. */
  guint32 round = self->round == G_MAXUINT32 ? 1 : self->round + 1;

  return write_number (self, offsetof (ArchiveHeader, round), round, error);
}

/* What a person types to have the rest of the messages delivered, and the file gone then. */
char *
archive_reader_format_restore_command (ArchiveReader *self)
{
  g_autofree char *quoted = g_shell_quote (self->path);

  return g_strdup_printf ("mood restore --remove%s %s",
                          archive_reader_is_begun (self) ? " --continue" : "", quoted);
}
