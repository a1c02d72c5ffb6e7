/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Holds messages between the queue and standard output, or a directory, so that none is lost: they
 * are written in batches, and those that cannot be go back into the queue. To be used while signals
 * are held back. */

#include "output.h"

#include "rescue.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* When a batch is written out. Empty messages take room, too. */
#define BATCH_BYTES    65536
#define BATCH_MESSAGES 1024

typedef struct
{
  gsize start;
  gsize length;
  guint priority;
  gsize text_end; /* in the text of the batch */
} Message;

struct _Output
{
  MoodMessageQueue *queue;
  OutputStyle style;
  MessageFiles *files; /* or NULL */
  int fd;
  gboolean may_block; /* a write may, so that it has to be a small one that is waited for */
  gboolean is_terminal;

  guint8 *bytes; /* of the messages, one after the other */
  gsize n_bytes;
  GArray *messages; /* of Message */
  guint n_written;
  GByteArray *text; /* what of them is to be written */
};

/* A write that waits for a reader could not be ended by Ctrl-C, which is held back. The descriptor
 * itself must stay as it is, because others have it, too: a pipe and a terminal can be opened
 * again. */
static void
open_standard_output (Output *self)
{
  struct stat status;
  int fd = -1;

  self->is_terminal = isatty (STDOUT_FILENO);
  if (fstat (STDOUT_FILENO, &status) == -1 || S_ISREG (status.st_mode))
    return;

  if (S_ISFIFO (status.st_mode) || self->is_terminal)
    fd = open ("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd != -1)
    self->fd = fd;
  self->may_block = self->fd == STDOUT_FILENO;
  signals_watch_reader (self->fd);
}

/* @queue: where the messages come from */
Output *
output_new (MoodMessageQueue *queue, const OutputStyle *style, GError **error)
{
  MessageFiles *files = NULL;
  Output *self;

  if (style->directory != NULL && (files = message_files_new (style->directory, error)) == NULL)
    return NULL;

  self = g_new0 (Output, 1);
  self->queue = g_object_ref (queue);
  self->style = *style;
  self->files = files;
  self->fd = STDOUT_FILENO;
  if (files == NULL)
    open_standard_output (self);
  self->bytes = g_malloc (BATCH_BYTES + (gsize) mood_message_queue_get_msgsize (queue));
  self->messages = g_array_sized_new (FALSE, FALSE, sizeof (Message), BATCH_MESSAGES);
  self->text = g_byte_array_new ();

  return self;
}

/* Where to put the next message: msgsize bytes, unless the output is full. */
guint8 *
output_get_room (Output *self)
{
  return self->bytes + self->n_bytes;
}

void
output_add (Output *self, gsize length, guint priority)
{
  Message message = { .start = self->n_bytes, .length = length, .priority = priority };

  g_array_append_val (self->messages, message);
  self->n_bytes += length;
}

/* Whether it is to be flushed before another message. */
gboolean
output_is_full (Output *self)
{
  return self->n_bytes >= BATCH_BYTES || self->messages->len >= BATCH_MESSAGES;
}

static void
format_messages (Output *self)
{
  g_byte_array_set_size (self->text, 0);
  for (guint i = 0; i < self->messages->len; i++)
    {
      Message *message = &g_array_index (self->messages, Message, i);

      message_format_append (self->style.format, self->style.with_priority, self->is_terminal,
                             self->bytes + message->start, message->length, message->priority,
                             self->text);
      message->text_end = self->text->len;
    }
}

/* Also when it is time to end, what can be written at once is. */
static gboolean
wait_until_writable (Output *self)
{
  struct pollfd fd = { .fd = self->fd, .events = POLLOUT };

  return signals_wait (self->fd, G_IO_OUT, -1) == SIGNALS_READY || poll (&fd, 1, 0) == 1;
}

/* Writes what of the text can be at once, and says how much that was; -1 with errno set. */
static gssize
write_some (Output *self, gsize offset)
{
  gsize n = self->text->len - offset;

  /* What a pipe takes as a whole, and a socket that is ready has room for. */
  if (self->may_block)
    n = MIN (n, PIPE_BUF);

  return TEMP_FAILURE_RETRY (write (self->fd, self->text->data + offset, n));
}

static OutputResult
write_text (Output *self, gsize *written, GError **error)
{
  gboolean has_to_wait = self->may_block;

  while (*written < self->text->len)
    {
      gssize n;
      int errsv;

      if (has_to_wait && !wait_until_writable (self))
        return OUTPUT_ENDING;

      n = write_some (self, *written);
      errsv = errno;
      if (n != -1)
        *written += (gsize) n;
      else if (errsv == EPIPE)
        {
          signals_set_reader_gone ();
          return OUTPUT_ENDING;
        }
      else if (errsv != EAGAIN)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                       _ ("Cannot write to standard output: %s"), g_strerror (errsv));
          return OUTPUT_FAILED;
        }
      has_to_wait = self->may_block || n == -1;
    }

  return OUTPUT_WRITTEN;
}

static OutputResult
flush_to_standard_output (Output *self, GError **error)
{
  OutputResult result;
  gsize written = 0;

  format_messages (self);
  result = write_text (self, &written, error);

  while (self->n_written < self->messages->len &&
         g_array_index (self->messages, Message, self->n_written).text_end <= written)
    self->n_written++;

  return result;
}

static OutputResult
flush_to_files (Output *self, GError **error)
{
  for (; self->n_written < self->messages->len; self->n_written++)
    {
      const Message *message = &g_array_index (self->messages, Message, self->n_written);

      if (!message_files_write (self->files, self->bytes + message->start, message->length,
                                message->priority, error))
        return OUTPUT_FAILED;
    }

  return OUTPUT_WRITTEN;
}

/* Writes all messages that were added. There must be no other flush after one that failed. */
OutputResult
output_flush (Output *self, GError **error)
{
  OutputResult result = OUTPUT_WRITTEN;

  if (self->messages->len == 0)
    return OUTPUT_WRITTEN;

  if (self->files != NULL)
    result = flush_to_files (self, error);
  else
    result = flush_to_standard_output (self, error);

  if (result == OUTPUT_WRITTEN)
    {
      g_array_set_size (self->messages, 0);
      self->n_bytes = 0;
      self->n_written = 0;
    }

  return result;
}

/* Puts the messages that were not written, or not completely, back into the queue. */
static void
put_back (Output *self)
{
  Rescue *rescue = rescue_new (self->queue);

  for (guint i = self->n_written; i < self->messages->len; i++)
    {
      const Message *message = &g_array_index (self->messages, Message, i);

      rescue_message (rescue, self->bytes + message->start, message->length, message->priority);
    }
  rescue_finish (rescue);
}

/* Frees. What was not flushed goes back. */
void
output_finish (Output *self)
{
  if (self->n_written < self->messages->len)
    put_back (self);

  if (self->fd != STDOUT_FILENO)
    close (self->fd);
  g_clear_pointer (&self->files, message_files_free);
  g_object_unref (self->queue);
  g_free (self->bytes);
  g_array_unref (self->messages);
  g_byte_array_unref (self->text);
  g_free (self);
}
