/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes a stream apart: whole, or at each line or NUL. It is read in large blocks, and no more of
 * it is kept than a block and a record, however long a line is. */

#include "records.h"

#include "file-error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE 65536

struct _Records
{
  int fd;
  char *name; /* for the text of an error */
  int terminator;
  gsize longest;
  guint8 *buffer;
  gsize size;
  gsize start; /* of what was not handed out */
  gsize seen;  /* up to here there is no terminator */
  gsize end;
  gboolean is_at_end;
};

/* @file: what to read, or NULL for standard input
 * @terminator: ends each record, and belongs to none
 * @longest: how many bytes a record may have */
Records *
records_new (const char *file, int terminator, gsize longest, GError **error)
{
  g_autofree char *name =
      file != NULL ? g_filename_display_name (file) : g_strdup (_ ("standard input"));
  int fd = file != NULL ? open (file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  Records *self;

  if (fd == -1)
    {
      file_error_set (error, errno, _ ("Cannot open"), file);
      return NULL;
    }

  self = g_new0 (Records, 1);
  self->fd = fd;
  self->name = g_steal_pointer (&name);
  self->terminator = terminator;
  self->longest = longest;
  self->size = longest + BLOCK_SIZE;
  self->buffer = g_malloc (self->size);

  return self;
}

void
records_free (Records *self)
{
  if (self->fd != STDIN_FILENO)
    close (self->fd);
  g_free (self->name);
  g_free (self->buffer);
  g_free (self);
}

/* The end of the record that begins at the start, as far as it was read; NULL if it was not. */
static const guint8 *
find_terminator (Records *self)
{
  const guint8 *found = NULL;

  if (self->terminator != RECORDS_WHOLE)
    found = memchr (self->buffer + self->seen, self->terminator, self->end - self->seen);
  self->seen = self->end;

  return found;
}

/* Somebody may have made the descriptor, which others have too, one that does not wait. */
static gboolean
wait_for_input (Records *self)
{
  struct pollfd input = { .fd = self->fd, .events = POLLIN };

  return TEMP_FAILURE_RETRY (poll (&input, 1, -1)) == 1;
}

static gboolean
read_block (Records *self, GError **error)
{
  gssize n;

  if (self->size - self->end < BLOCK_SIZE)
    {
      memmove (self->buffer, self->buffer + self->start, self->end - self->start);
      self->seen -= self->start;
      self->end -= self->start;
      self->start = 0;
    }

  do
    n = read (self->fd, self->buffer + self->end, self->size - self->end);
  while (n == -1 && (errno == EINTR || (errno == EAGAIN && wait_for_input (self))));
  if (n == -1)
    return file_error_set (error, errno, _ ("Cannot read"), self->name);

  self->end += (gsize) n;
  self->is_at_end = n == 0;

  return TRUE;
}

static RecordsResult
hand_out (Records *self, gsize n, gsize n_terminator, const guint8 **record, gsize *length)
{
  *record = self->buffer + self->start;
  *length = n;
  self->start += n + n_terminator;
  self->seen = self->start;

  return RECORDS_RECORD;
}

/* The next record, which is good until the next call. The last one may do without its terminator,
 * and a stream that is one record may be empty. */
RecordsResult
records_read (Records *self, const guint8 **record, gsize *length, GError **error)
{
  for (;;)
    {
      const guint8 *found = find_terminator (self);
      gsize n = (gsize) (found != NULL ? found - self->buffer : (gssize) self->end) - self->start;

      if (n > self->longest)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                       _ ("The message has more than %zu bytes, which is what one "
                          "of this queue has at most; split it, or create the queue with a larger "
                          "msgsize"),
                       self->longest);
          return RECORDS_ERROR;
        }

      if (found != NULL)
        return hand_out (self, n, 1, record, length);

      if (self->is_at_end)
        {
          gboolean is_record = n > 0 || self->terminator == RECORDS_WHOLE;

          if (!is_record)
            return RECORDS_END;

          /* There is one of a whole stream. */
          self->terminator = 0;
          return hand_out (self, n, 0, record, length);
        }

      if (!read_block (self, error))
        return RECORDS_ERROR;
    }
}
