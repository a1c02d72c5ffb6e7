/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a message gets out of the queue. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-mq.h"

#include <errno.h>
#include <string.h>

/* The buffer that the kernel fills must hold msgsize bytes, however short the message is. Up to
 * this many bytes, the kernel's own default for msgsize, it is on the stack and the message is
 * mostly copied into memory of just its size; above, where the stack may not have the room, it is
 * memory that the message then keeps. */
#define STACK_BUFFER_SIZE 8192

/* From this many bytes on, to copy a message costs more than to have memory for the longest one and
 * to give back the rest: so it is done where the last one was so long, and half as long as any can
 * be. */
#define LONG_MESSAGE_SIZE 512

/* Begins a call that receives; must be followed by mood_message_queue_end() if it returns TRUE. */
static inline gboolean
begin_receiving (MoodMessageQueue *self, GCancellable *cancellable, GError **error)
{
  if (mood_message_queue_is_cancelled (self, cancellable, MOOD_ACTION_RECEIVE, error))
    return FALSE;

  return mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN | MOOD_STATE_NOT_READABLE,
                                           MOOD_ACTION_RECEIVE, error);
}

/* With nothing but the queue to wait for, the kernel waits: that is one system call, and a sender
 * hands its message over to the receiver that has waited longest. */
static inline gssize
receive_or_block (MoodMessageQueue *self,
                  guint8 *buffer,
                  gsize size,
                  guint *priority,
                  gint64 timeout_us,
                  GCancellable *cancellable)
{
  if (cancellable == NULL && timeout_us < 0)
    return mood_mq_receive (self->fd, buffer, size, priority);
  else
    return mood_message_queue_try_to_take (self, buffer, size, priority);
}

/* What to do when the first attempt gave no message: errno says why. */
static G_GNUC_NO_INLINE gssize
wait_and_take (MoodMessageQueue *self,
               guint8 *buffer,
               gsize size,
               guint *priority,
               gint64 timeout_us,
               gint64 *deadline,
               GCancellable *cancellable,
               GError **error)
{
  gssize length = -1;

  while (length == -1 && mood_message_queue_wait_to_retry (self, errno, G_IO_IN, timeout_us,
                                                           deadline, cancellable, error))
    length = receive_or_block (self, buffer, size, priority, timeout_us, cancellable);

  return length;
}

/* Takes one message out of the queue, within a call that has begun, into a buffer of at least
 * msgsize bytes. @deadline is that of mood_message_queue_wait_to_retry(). */
static inline gssize
take (MoodMessageQueue *self,
      guint8 *buffer,
      gsize size,
      guint *priority,
      gint64 timeout_us,
      gint64 *deadline,
      GCancellable *cancellable,
      GError **error)
{
  gssize length = receive_or_block (self, buffer, size, priority, timeout_us, cancellable);

  if (G_UNLIKELY (length == -1))
    length = wait_and_take (self, buffer, size, priority, timeout_us, deadline, cancellable, error);

  return length;
}

/* One byte more than the message has, and zero: whoever takes the message for a string finds its
 * end, and an empty message is a buffer, too, because NULL means an error and nothing else. */
static guint8 *
copy_message (const guint8 *buffer, gsize length)
{
  guint8 *message = g_malloc (length + 1);

  memcpy (message, buffer, length);
  message[length] = '\0';

  return message;
}

/* How to take the next message, which is likely to be as long as the last one. */
G_GNUC_NO_INLINE void
mood_message_queue_expect_length (MoodMessageQueue *self, gsize length)
{
  gboolean is_long = length >= LONG_MESSAGE_SIZE && length >= (gsize) self->msgsize / 2;
  gboolean copies = !is_long && self->msgsize <= STACK_BUFFER_SIZE;

  if (g_atomic_int_get (&self->copies_messages) != copies)
    g_atomic_int_set (&self->copies_messages, copies);
}

/* Takes one message into memory of its own, by way of the stack. */
G_ALWAYS_INLINE static inline guint8 *
take_small (MoodMessageQueue *self,
            guint *priority,
            gsize *length,
            gint64 timeout_us,
            GCancellable *cancellable,
            GError **error)
{
  guint8 buffer[STACK_BUFFER_SIZE];
  gint64 deadline = 0;
  gssize result =
      take (self, buffer, sizeof buffer, priority, timeout_us, &deadline, cancellable, error);

  if (G_UNLIKELY (result == -1))
    return NULL;

  *length = (gsize) result;
  if (G_UNLIKELY (*length >= LONG_MESSAGE_SIZE))
    mood_message_queue_expect_length (self, *length);

  return copy_message (buffer, *length);
}

/* Where there is no memory for the longest message that the queue may have. */
void
mood_message_queue_set_no_memory_error (MoodMessageQueue *self, const char *action, GError **error)
{
  mood_set_error (error, G_IO_ERROR_FAILED, action, self->name,
                  "there is no memory for a message of up to %" G_GINT64_FORMAT " bytes",
                  self->msgsize);
}

/* Takes one message into memory of msgsize bytes, of which it then gives back the rest. */
static G_GNUC_NO_INLINE guint8 *
take_large (MoodMessageQueue *self,
            guint *priority,
            gsize *length,
            gint64 timeout_us,
            GCancellable *cancellable,
            GError **error)
{
  gsize size = (gsize) self->msgsize;
  guint8 *buffer = g_try_malloc (size + 1);
  gint64 deadline = 0;
  gssize result;

  if (buffer == NULL)
    {
      mood_message_queue_set_no_memory_error (self, MOOD_ACTION_RECEIVE, error);
      return NULL;
    }

  result = take (self, buffer, size, priority, timeout_us, &deadline, cancellable, error);
  if (result == -1)
    {
      g_free (buffer);
      return NULL;
    }

  *length = (gsize) result;
  mood_message_queue_expect_length (self, *length);
  buffer[*length] = '\0';

  return *length == size ? buffer : g_realloc (buffer, *length + 1);
}

G_ALWAYS_INLINE static inline guint8 *
receive_message (MoodMessageQueue *self,
                 guint *priority,
                 gsize *length,
                 gint64 timeout_us,
                 GCancellable *cancellable,
                 GError **error)
{
  guint8 *message;
  gsize message_length = 0;

  if (priority != NULL)
    *priority = 0;
  if (length != NULL)
    *length = 0;

  g_return_val_if_fail (mood_message_queue_is_valid (self), NULL);

  if (!begin_receiving (self, cancellable, error))
    return NULL;

  if (G_LIKELY (g_atomic_int_get (&self->copies_messages)))
    message = take_small (self, priority, &message_length, timeout_us, cancellable, error);
  else
    message = take_large (self, priority, &message_length, timeout_us, cancellable, error);

  mood_message_queue_end (self);

  if (length != NULL)
    *length = message_length;

  return message;
}

/* Only the kernel writes to @buffer and @priority: where they are in a file that is mapped, what is
 * in it tells whether there is a message, also if the process is killed before this returns. */
G_ALWAYS_INLINE static inline gssize
receive_message_into (MoodMessageQueue *self,
                      guint8 *buffer,
                      gsize size,
                      guint *priority,
                      gint64 timeout_us,
                      gint64 *deadline,
                      GCancellable *cancellable,
                      GError **error)
{
  gssize length = -1;

  g_return_val_if_fail (mood_message_queue_is_valid (self), -1);

  if (!begin_receiving (self, cancellable, error))
    return -1;

  if (G_UNLIKELY (buffer == NULL))
    mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_RECEIVE, self->name,
                    "no buffer was given to receive into");
  else if (G_UNLIKELY (size < (gsize) self->msgsize))
    mood_set_error (error, G_IO_ERROR_MESSAGE_TOO_LARGE, MOOD_ACTION_RECEIVE, self->name,
                    "a message may have %" G_GINT64_FORMAT " bytes, but there is room for only "
                    "%" G_GSIZE_FORMAT "; give room for msgsize bytes",
                    self->msgsize, size);
  else
    length = take (self, buffer, size, priority, timeout_us, deadline, cancellable, error);

  mood_message_queue_end (self);

  return length;
}

/* What is done over and over has code of its own, in which more is constant. */
static G_GNUC_NO_INLINE gssize
try_to_receive_into (MoodMessageQueue *self,
                     guint8 *buffer,
                     gsize size,
                     guint *priority,
                     GCancellable *cancellable,
                     GError **error)
{
  gint64 deadline = 0;

  return receive_message_into (self, buffer, size, priority, 0, &deadline, cancellable, error);
}

static G_GNUC_NO_INLINE gssize
receive_into_in_time (MoodMessageQueue *self,
                      guint8 *buffer,
                      gsize size,
                      guint *priority,
                      gint64 timeout_us,
                      GCancellable *cancellable,
                      GError **error)
{
  gint64 deadline = 0;

  return receive_message_into (self, buffer, size, priority, MOOD_TIMEOUT_OF_USER (timeout_us),
                               &deadline, cancellable, error);
}

/* Receives what is there. NULL without @error set means that there is nothing. */
guint8 *
mood_message_queue_receive_now (MoodMessageQueue *self,
                                guint *priority,
                                gsize *length,
                                GError **error)
{
  return receive_message (self, priority, length, MOOD_TIMEOUT_NOW, NULL, error);
}

/* Likewise, with -1 in the place of NULL. */
gssize
mood_message_queue_receive_into_now (MoodMessageQueue *self,
                                     guint8 *buffer,
                                     gsize size,
                                     guint *priority,
                                     GError **error)
{
  gint64 deadline = 0;

  return receive_message_into (self, buffer, size, priority, MOOD_TIMEOUT_NOW, &deadline, NULL,
                               error);
}

/* One of several messages that share a time limit: @deadline has to be 0 before the first. */
gssize
mood_message_queue_receive_into_before (MoodMessageQueue *self,
                                        guint8 *buffer,
                                        gsize size,
                                        guint *priority,
                                        gint64 timeout_us,
                                        gint64 *deadline,
                                        GCancellable *cancellable,
                                        GError **error)
{
  return receive_message_into (self, buffer, size, priority, MOOD_TIMEOUT_OF_USER (timeout_us),
                               deadline, cancellable, error);
}

/**
 * mood_message_queue_receive:
 * @self: a message queue
 * @priority: (out) (optional): return location for the message's priority, or %NULL
 * @length: (out) (optional): return location for how many bytes the message has, or %NULL
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives one message and its priority: of the messages with the highest priority the oldest.
 *
 * While the queue is empty, this waits until there is a message, unless the queue is in nonblocking
 * mode (see [property@Mood.MessageQueue:blocking]). Without a @cancellable it waits inside the one
 * system call that receives. [method@Mood.MessageQueue.close] in another thread ends the wait if
 * there is a @cancellable; if there is none, the wait ends when a message comes, or a signal for
 * which there is a handler.
 *
 * A message may be empty, which is not the end of anything: then a buffer is returned, and
 * @length is 0. After the message there is a zero byte, which @length does not count.
 *
 * Errors:
 *
 * - %G_IO_ERROR_WOULD_BLOCK if the queue is empty and in nonblocking mode;
 * - %G_IO_ERROR_CANCELLED if @cancellable was cancelled, and no message was taken;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to receive;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if a descriptor for waiting with a @cancellable cannot be
 *   had;
 * - %G_IO_ERROR_FAILED if there is no memory for a message of
 *   [property@Mood.MessageQueue:msgsize] bytes;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: (array length=length) (element-type guint8) (transfer full): the message, to be freed
 *   with [func@GLib.free], or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
mood_message_queue_receive (MoodMessageQueue *self,
                            guint *priority,
                            gsize *length,
                            GCancellable *cancellable,
                            GError **error)
{
  return receive_message (self, priority, length, MOOD_TIMEOUT_OF_MODE, cancellable, error);
}

/**
 * mood_message_queue_receive_with_timeout:
 * @self: a message queue
 * @priority: (out) (optional): return location for the message's priority, or %NULL
 * @length: (out) (optional): return location for how many bytes the message has, or %NULL
 * @timeout_us: how long to wait, in microseconds: negative for without end, 0 for not at all
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives one message and its priority, and waits for it for a limited time.
 *
 * This is [method@Mood.MessageQueue.receive] with a time limit of its own, which counts whatever
 * the mode of the queue is: it waits on a queue in nonblocking mode, and does not wait on another
 * if @timeout_us is 0. The time is measured on the monotonic clock, so that setting the clock of
 * the system changes nothing. A message that is there is received, however short the time.
 *
 * [method@Mood.MessageQueue.close] in another thread ends the wait if @timeout_us is positive or
 * there is a @cancellable.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.receive], except that %G_IO_ERROR_WOULD_BLOCK is given if
 *   the queue is empty and @timeout_us is 0;
 * - %G_IO_ERROR_TIMED_OUT if it stayed empty for @timeout_us.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: (array length=length) (element-type guint8) (transfer full): the message, to be freed
 *   with [func@GLib.free], or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
mood_message_queue_receive_with_timeout (MoodMessageQueue *self,
                                         guint *priority,
                                         gsize *length,
                                         gint64 timeout_us,
                                         GCancellable *cancellable,
                                         GError **error)
{
  return receive_message (self, priority, length, MOOD_TIMEOUT_OF_USER (timeout_us), cancellable,
                          error);
}

/**
 * mood_message_queue_recv:
 * @self: a message queue
 * @length: (out) (optional): return location for how many bytes the message has, or %NULL
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives one message, without its priority.
 *
 * Otherwise this is [method@Mood.MessageQueue.receive], with the same waiting and the same errors.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: (array length=length) (element-type guint8) (transfer full): the message, to be freed
 *   with [func@GLib.free], or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
mood_message_queue_recv (MoodMessageQueue *self,
                         gsize *length,
                         GCancellable *cancellable,
                         GError **error)
{
  return receive_message (self, NULL, length, MOOD_TIMEOUT_OF_MODE, cancellable, error);
}

/**
 * mood_recv:
 * @queue: a message queue
 * @length: (out) (optional): return location for how many bytes the message has, or %NULL
 * @error: return location for an error
 *
 * Receives one message, without its priority: this is [method@Mood.MessageQueue.recv] without a
 * cancellable.
 *
 * In C there is no reason to call it. In a language whose calls cost by their arguments, and a
 * method more than a function, it is the fastest way to receive.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.receive].
 *
 * See also: `mq_receive(3)`
 *
 * Returns: (array length=length) (element-type guint8) (transfer full): the message, to be freed
 *   with [func@GLib.free], or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
mood_recv (MoodMessageQueue *queue, gsize *length, GError **error)
{
  return mood_message_queue_recv (queue, length, NULL, error);
}

/**
 * mood_message_queue_receive_into: (skip)
 * @self: a message queue
 * @buffer: (array length=size) (element-type guint8): where to put the message
 * @size: how many bytes @buffer can hold, at least [property@Mood.MessageQueue:msgsize]
 * @priority: (out) (optional): return location for the message's priority, or %NULL; what is there
 *   stays if no message is received
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives one message into memory of the caller's.
 *
 * This is [method@Mood.MessageQueue.receive] without an allocation, with the same waiting. The
 * kernel asks for a buffer that can hold any message of the queue, however short the next one is.
 *
 * The kernel itself writes @priority and then the message, and nothing else does. In a file that is
 * mapped they are there from the moment in which the message has left the queue, even if the
 * process is killed before this returns.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.receive];
 * - %G_IO_ERROR_MESSAGE_TOO_LARGE if @size is
 *   below [property@Mood.MessageQueue:msgsize];
 * - %G_IO_ERROR_INVALID_ARGUMENT if @buffer is %NULL.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: how many bytes the message has, which may be 0, or -1 with @error set
 *
 * Since: 1.0
 */
gssize
mood_message_queue_receive_into (MoodMessageQueue *self,
                                 guint8 *buffer,
                                 gsize size,
                                 guint *priority,
                                 GCancellable *cancellable,
                                 GError **error)
{
  gint64 deadline = 0;

  return receive_message_into (self, buffer, size, priority, MOOD_TIMEOUT_OF_MODE, &deadline,
                               cancellable, error);
}

/**
 * mood_message_queue_receive_into_with_timeout: (skip)
 * @self: a message queue
 * @buffer: (array length=size) (element-type guint8): where to put the message
 * @size: how many bytes @buffer can hold, at least [property@Mood.MessageQueue:msgsize]
 * @priority: (out) (optional): return location for the message's priority, or %NULL; what is there
 *   stays if no message is received
 * @timeout_us: how long to wait, in microseconds: negative for without end, 0 for not at all
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives one message into memory of the caller's, and waits for it for a limited time.
 *
 * This is [method@Mood.MessageQueue.receive_with_timeout] without an allocation, with the same
 * waiting.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.receive_with_timeout];
 * - %G_IO_ERROR_MESSAGE_TOO_LARGE
 *   if @size is below [property@Mood.MessageQueue:msgsize];
 * - %G_IO_ERROR_INVALID_ARGUMENT if @buffer is %NULL.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: how many bytes the message has, which may be 0, or -1 with @error set
 *
 * Since: 1.0
 */
gssize
mood_message_queue_receive_into_with_timeout (MoodMessageQueue *self,
                                              guint8 *buffer,
                                              gsize size,
                                              guint *priority,
                                              gint64 timeout_us,
                                              GCancellable *cancellable,
                                              GError **error)
{
  if (timeout_us == 0)
    return try_to_receive_into (self, buffer, size, priority, cancellable, error);

  return receive_into_in_time (self, buffer, size, priority, timeout_us, cancellable, error);
}
