/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a message gets into the queue. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-mq.h"

#include <errno.h>
#include <limits.h>

static const char *const action = "send to";

/* What POSIX calls MQ_PRIO_MAX is one more than the highest priority. */
static const guint highest_priority = 32767;

static gboolean
check_message (MoodMessageQueue *self,
               const guint8 *message,
               gsize length,
               guint priority,
               GError **error)
{
  if (G_UNLIKELY (priority > highest_priority))
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                      "the priority %u is above %u, the highest there is", priority,
                      highest_priority);
      return FALSE;
    }

  if (G_UNLIKELY (message == NULL && length > 0))
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                      "no message was given, but a length of %" G_GSIZE_FORMAT " bytes", length);
      return FALSE;
    }

  return TRUE;
}

static G_GNUC_NO_INLINE void
set_send_error (MoodMessageQueue *self, int errsv, GError **error)
{
  if (errsv == EAGAIN)
    mood_set_error (error, G_IO_ERROR_WOULD_BLOCK, action, self->name,
                    "it is full, and in nonblocking mode; send again when it is ready for "
                    "G_IO_OUT");
  else
    mood_set_error_from_errno (error, errsv, action, self->name, NULL);
}

/* With nothing but the queue to wait for, the kernel waits: that is one system call, and a
 * receiver hands the room over to the sender that has waited longest. */
static inline int
try_or_block (MoodMessageQueue *self,
              const guint8 *message,
              gsize length,
              guint priority,
              GCancellable *cancellable)
{
  if (cancellable == NULL)
    return mood_mq_send (self->fd, message, length, priority);
  else
    return mood_mq_try_send (self->fd, message, length, priority);
}

/* What to do when the first attempt did not send: errno says why. */
static G_GNUC_NO_INLINE gboolean
wait_and_put (MoodMessageQueue *self,
              const guint8 *message,
              gsize length,
              guint priority,
              GCancellable *cancellable,
              GError **error)
{
  do
    {
      /* After EINTR there is nothing to wait for: a signal handler ran, and nothing was sent. */
      if (errno == ETIMEDOUT)
        {
          if (!mood_message_queue_wait (self, G_IO_OUT, action, cancellable, error))
            return FALSE;
        }
      else if (errno != EINTR)
        {
          set_send_error (self, errno, error);
          return FALSE;
        }
    }
  while (try_or_block (self, message, length, priority, cancellable) == -1);

  return TRUE;
}

/**
 * mood_message_queue_send:
 * @self: a message queue
 * @message: (array length=length) (element-type guint8): the bytes to send
 * @length: how many bytes there are in @message
 * @priority: the priority of the message, 0 to 32767; the highest is received first
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Sends one message.
 *
 * A message has room for [property@Mood.MessageQueue:msgsize] bytes. Of a longer one the first
 * [property@Mood.MessageQueue:msgsize] bytes are sent, and the number that is returned tells so:
 * use [method@Mood.MessageQueue.sendall] to send all of it, as several messages. An empty message
 * is a message, too.
 *
 * While the queue is full, this waits until there is room, unless the queue is in nonblocking mode
 * (see [property@Mood.MessageQueue:blocking]). Without a @cancellable it waits inside the one
 * system call that sends. [method@Mood.MessageQueue.close] in another thread ends the wait if
 * there is a @cancellable; if there is none, the wait ends when the message is sent.
 *
 * Errors: %G_IO_ERROR_WOULD_BLOCK if the queue is full and in nonblocking mode;
 * %G_IO_ERROR_CANCELLED if @cancellable was cancelled, and nothing was sent;
 * %G_IO_ERROR_INVALID_ARGUMENT if @priority is above 32767, or @message is %NULL and @length is
 * not 0; %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to send;
 * %G_IO_ERROR_TOO_MANY_OPEN_FILES if a descriptor for waiting with a @cancellable cannot be had;
 * %G_IO_ERROR_CLOSED if the queue is closed; %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_send(3)`
 *
 * Returns: how many bytes were sent, or -1 with @error set
 *
 * Since: 1.0
 */
gssize
mood_message_queue_send (MoodMessageQueue *self,
                         const guint8 *message,
                         gsize length,
                         guint priority,
                         GCancellable *cancellable,
                         GError **error)
{
  guint refusals;
  gboolean sent;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  if (!check_message (self, message, length, priority, error))
    return -1;

  if (cancellable != NULL && mood_set_error_if_cancelled (error, cancellable, action, self->name))
    return -1;

  refusals = mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN | MOOD_STATE_NOT_WRITABLE);
  if (G_UNLIKELY (refusals != 0))
    {
      mood_message_queue_set_refused_error (self, refusals, action, error);
      return -1;
    }

  length = MIN (length, (gsize) self->msgsize);
  sent = G_LIKELY (try_or_block (self, message, length, priority, cancellable) == 0) ||
         wait_and_put (self, message, length, priority, cancellable, error);
  mood_message_queue_end (self);

  return sent ? (gssize) length : -1;
}

/**
 * mood_message_queue_sendall:
 * @self: a message queue
 * @message: (array length=length) (element-type guint8): the bytes to send
 * @length: how many bytes there are in @message
 * @priority: the priority of each message, 0 to 32767; the highest is received first
 * @bytes_sent: (out) (optional): return location for how many bytes were sent, whether or not an
 *   error came after them, or %NULL
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Sends all of @message, as one message if it has room in one, else as several: each but the last
 * is [property@Mood.MessageQueue:msgsize] bytes long.
 *
 * This is [method@Mood.MessageQueue.send] until all is gone, with the same waiting. An empty
 * @message is sent as one empty message. Other senders' messages may come between, and so can
 * messages of a higher priority.
 *
 * When an error ends this half-way, @bytes_sent tells how many bytes went before it.
 *
 * Errors: those of [method@Mood.MessageQueue.send].
 *
 * See also: `mq_send(3)`
 *
 * Returns: %TRUE if all was sent, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_sendall (MoodMessageQueue *self,
                            const guint8 *message,
                            gsize length,
                            guint priority,
                            gsize *bytes_sent,
                            GCancellable *cancellable,
                            GError **error)
{
  gsize sent = 0;
  gssize result;

  if (bytes_sent != NULL)
    *bytes_sent = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  do
    {
      const guint8 *rest = message != NULL ? message + sent : NULL;

      result = mood_message_queue_send (self, rest, length - sent, priority, cancellable, error);
      if (result > 0)
        sent += (gsize) result;
    }
  while (result != -1 && sent < length);

  if (bytes_sent != NULL)
    *bytes_sent = sent;

  return result != -1;
}
