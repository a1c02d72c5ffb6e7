/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a message gets into the queue. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-mq.h"

#include <errno.h>

static inline gboolean
is_message (const guint8 *message, gsize length, guint priority)
{
  return priority <= MOOD_HIGHEST_PRIORITY && (message != NULL || length == 0);
}

static void
set_message_error (MoodMessageQueue *self, gsize length, guint priority, GError **error)
{
  if (priority > MOOD_HIGHEST_PRIORITY)
    mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_SEND, self->name,
                    "the priority %u is above %u, the highest there is", priority,
                    MOOD_HIGHEST_PRIORITY);
  else
    mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_SEND, self->name,
                    "no message was given, but a length of %" G_GSIZE_FORMAT " bytes", length);
}

static void
set_too_large_error (MoodMessageQueue *self, gsize length, GError **error)
{
  mood_set_error (error, G_IO_ERROR_MESSAGE_TOO_LARGE, MOOD_ACTION_SEND, self->name,
                  "the message has %" G_GSIZE_FORMAT " bytes, but one of this queue has at most "
                  "%" G_GINT64_FORMAT "; split it, or create the queue with a larger msgsize",
                  length, self->msgsize);
}

/* With nothing but the queue to wait for, the kernel waits: that is one system call, and a
 * receiver hands the room over to the sender that has waited longest. */
static inline int
send_or_block (MoodMessageQueue *self,
               const guint8 *message,
               gsize length,
               guint priority,
               gint64 timeout_us,
               GCancellable *cancellable)
{
  if (cancellable == NULL && timeout_us < 0)
    return mood_mq_send (self->fd, message, length, priority);
  else
    return mood_message_queue_try_to_put (self, message, length, priority);
}

/* What to do when the first attempt did not send: errno says why. */
static G_GNUC_NO_INLINE gboolean
wait_and_put (MoodMessageQueue *self,
              const guint8 *message,
              gsize length,
              guint priority,
              gint64 timeout_us,
              gint64 *deadline,
              GCancellable *cancellable,
              GError **error)
{
  while (mood_message_queue_wait_to_retry (self, errno, G_IO_OUT, timeout_us, deadline, cancellable,
                                           error))
    if (send_or_block (self, message, length, priority, timeout_us, cancellable) == 0)
      return TRUE;

  return FALSE;
}

/* Sends one message; of one that is too long as much as there is room for, if it @may_be_cut.
 * @deadline is that of mood_message_queue_wait_to_retry(). Inlined in all of its callers, where
 * half of its parameters are constant. */
G_ALWAYS_INLINE static inline gssize
send_message (MoodMessageQueue *self,
              const guint8 *message,
              gsize length,
              gboolean may_be_cut,
              guint priority,
              gint64 timeout_us,
              gint64 *deadline,
              GCancellable *cancellable,
              GError **error)
{
  gboolean sent = FALSE;

  g_return_val_if_fail (mood_message_queue_is_valid (self), -1);

  if (G_UNLIKELY (!is_message (message, length, priority)))
    {
      set_message_error (self, length, priority, error);
      return -1;
    }

  if (mood_message_queue_is_cancelled (self, cancellable, MOOD_ACTION_SEND, error))
    return -1;

  if (!mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN | MOOD_STATE_NOT_WRITABLE,
                                         MOOD_ACTION_SEND, error))
    return -1;

  /* No message is longer than G_MAXSSIZE: that is -1 for a length, as some bindings make of an
   * empty string. What follows it in memory must not be sent. */
  if (G_UNLIKELY (length > (gsize) self->msgsize) && may_be_cut && length <= G_MAXSSIZE)
    length = (gsize) self->msgsize;

  if (G_UNLIKELY (length > (gsize) self->msgsize))
    set_too_large_error (self, length, error);
  else
    sent =
        G_LIKELY (send_or_block (self, message, length, priority, timeout_us, cancellable) == 0) ||
        wait_and_put (self, message, length, priority, timeout_us, deadline, cancellable, error);
  mood_message_queue_end (self);

  return sent ? (gssize) length : -1;
}

/* What is done over and over has code of its own, in which more is constant. */
static G_GNUC_NO_INLINE gssize
try_to_send (MoodMessageQueue *self,
             const guint8 *message,
             gsize length,
             guint priority,
             GCancellable *cancellable,
             GError **error)
{
  gint64 deadline = 0;

  return send_message (self, message, length, FALSE, priority, 0, &deadline, cancellable, error);
}

static G_GNUC_NO_INLINE gssize
send_in_time (MoodMessageQueue *self,
              const guint8 *message,
              gsize length,
              guint priority,
              gint64 timeout_us,
              GCancellable *cancellable,
              GError **error)
{
  gint64 deadline = 0;

  return send_message (self, message, length, FALSE, priority, MOOD_TIMEOUT_OF_USER (timeout_us),
                       &deadline, cancellable, error);
}

/* Sends if there is room. FALSE without @error set means that there is none. */
gboolean
mood_message_queue_send_now (MoodMessageQueue *self,
                             const guint8 *message,
                             gsize length,
                             guint priority,
                             GError **error)
{
  gint64 deadline = 0;

  return send_message (self, message, length, FALSE, priority, MOOD_TIMEOUT_NOW, &deadline, NULL,
                       error) != -1;
}

/* One of several messages that share a time limit: @deadline has to be 0 before the first. */
gssize
mood_message_queue_send_before (MoodMessageQueue *self,
                                const guint8 *message,
                                gsize length,
                                guint priority,
                                gint64 timeout_us,
                                gint64 *deadline,
                                GCancellable *cancellable,
                                GError **error)
{
  return send_message (self, message, length, FALSE, priority, MOOD_TIMEOUT_OF_USER (timeout_us),
                       deadline, cancellable, error);
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
 * there is a @cancellable; if there is none, the wait ends when the message is sent, or a signal
 * for which there is a handler.
 *
 * Errors:
 *
 * - %G_IO_ERROR_WOULD_BLOCK if the queue is full and in nonblocking mode;
 * - %G_IO_ERROR_CANCELLED if @cancellable was cancelled, and nothing was sent;
 * - %G_IO_ERROR_INVALID_ARGUMENT if @priority is above 32767, or @message is %NULL and @length
 *   is not 0;
 * - %G_IO_ERROR_MESSAGE_TOO_LARGE if @length is above %G_MAXSSIZE, as a negative number is that
 *   became a length;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to send;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if a descriptor for waiting with a @cancellable cannot be
 *   had;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
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
  gint64 deadline = 0;

  return send_message (self, message, length, TRUE, priority, MOOD_TIMEOUT_OF_MODE, &deadline,
                       cancellable, error);
}

/**
 * mood_send:
 * @queue: a message queue
 * @message: (array length=length) (element-type guint8): the bytes to send
 * @length: how many bytes there are in @message
 * @priority: the priority of the message, 0 to 32767; the highest is received first
 * @error: return location for an error
 *
 * Sends one message: this is [method@Mood.MessageQueue.send] without a cancellable.
 *
 * In C there is no reason to call it. In a language whose calls cost by their arguments, and a
 * method more than a function, it is the fastest way to send.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.send].
 *
 * See also: `mq_send(3)`
 *
 * Returns: how many bytes were sent, or -1 with @error set
 *
 * Since: 1.0
 */
gssize
mood_send (MoodMessageQueue *queue,
           const guint8 *message,
           gsize length,
           guint priority,
           GError **error)
{
  return mood_message_queue_send (queue, message, length, priority, NULL, error);
}

/**
 * mood_message_queue_send_with_timeout:
 * @self: a message queue
 * @message: (array length=length) (element-type guint8): the bytes to send
 * @length: how many bytes there are in @message, at most [property@Mood.MessageQueue:msgsize]
 * @priority: the priority of the message, 0 to 32767; the highest is received first
 * @timeout_us: how long to wait, in microseconds: negative for without end, 0 for not at all
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Sends one message, and waits for room for a limited time.
 *
 * The time counts whatever the mode of the queue is: this waits on a queue in nonblocking mode, and
 * does not wait on another if @timeout_us is 0. It is measured on the monotonic clock, so that
 * setting the clock of the system changes nothing. While there is room the message is sent, however
 * short the time. Other than [method@Mood.MessageQueue.send], this refuses a message that is too
 * long.
 *
 * [method@Mood.MessageQueue.close] in another thread ends the wait if @timeout_us is positive or
 * there is a @cancellable.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.send], except that %G_IO_ERROR_WOULD_BLOCK is given if
 *   the queue is full and @timeout_us is 0;
 * - %G_IO_ERROR_TIMED_OUT if it stayed full for @timeout_us;
 * - %G_IO_ERROR_MESSAGE_TOO_LARGE if @length is above [property@Mood.MessageQueue:msgsize].
 *
 * See also: `mq_send(3)`
 *
 * Returns: how many bytes were sent, which is @length, or -1 with @error set
 *
 * Since: 1.0
 */
gssize
mood_message_queue_send_with_timeout (MoodMessageQueue *self,
                                      const guint8 *message,
                                      gsize length,
                                      guint priority,
                                      gint64 timeout_us,
                                      GCancellable *cancellable,
                                      GError **error)
{
  if (timeout_us == 0)
    return try_to_send (self, message, length, priority, cancellable, error);

  return send_in_time (self, message, length, priority, timeout_us, cancellable, error);
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
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.send].
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
