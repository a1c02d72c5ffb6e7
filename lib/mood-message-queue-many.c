/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Several messages in one call, of which only the first is waited for: for languages in which a
 * call costs more than a message, their bytes one after the other in a single array, and an array
 * each for their sizes and priorities; and for C one after the other by a callback. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"

/* Room that is made without knowing whether it is needed, in bytes. */
#define SMALL_BATCH_SIZE 8192

/* The bytes of the messages that were received so far, with room for more. */
typedef struct
{
  guint8 *bytes;
  gsize length;
  gsize capacity;
} Batch;

/* Makes room for a message of up to @size bytes, and for the zero byte after the last one. What
 * there is stays as it is if there is no memory. */
static gboolean
batch_reserve (Batch *batch, gsize size)
{
  gsize needed = batch->length + size + 1;
  gsize capacity = MAX (needed, 2 * batch->capacity);
  guint8 *bytes;

  if (needed <= batch->capacity)
    return TRUE;

  bytes = g_try_realloc (batch->bytes, capacity);
  if (bytes == NULL)
    return FALSE;

  batch->bytes = bytes;
  batch->capacity = capacity;

  return TRUE;
}

/* What to make room for at first: all messages there can be if they are small, or else one. */
static gsize
get_first_size (MoodMessageQueue *self, guint limit)
{
  guint64 size = (guint64) self->msgsize * limit;

  return (gsize) (size <= SMALL_BATCH_SIZE ? size : (guint64) self->msgsize);
}

/* Whether a call that takes one message after the other goes on after the first. */
static inline gboolean
goes_on (MoodMessageQueue *self, GCancellable *cancellable)
{
  return (g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) == 0 &&
         (cancellable == NULL || !g_cancellable_is_cancelled (cancellable));
}

/* Takes messages that are there, one after the other into @buffer: at most @limit of them, and as
 * many as there is room for. Returns how many there were. */
static guint
take_together (MoodMessageQueue *self,
               guint8 *buffer,
               gsize size,
               gsize *sizes,
               guint *priorities,
               guint limit,
               GCancellable *cancellable)
{
  guint n_received = 0;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return 0;

  while (n_received < limit && size >= (gsize) self->msgsize && goes_on (self, cancellable))
    {
      gssize length = mood_message_queue_try_to_take (self, buffer, size, &priorities[n_received]);

      if (length == -1)
        break;

      sizes[n_received++] = (gsize) length;
      buffer += length;
      size -= (gsize) length;
    }

  mood_message_queue_end (self);

  return n_received;
}

static gboolean
may_receive_many (MoodMessageQueue *self, guint limit, GError **error)
{
  if (limit == 0)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_RECEIVE, self->name,
                      "the limit is 0 messages; ask for at least 1");
      return FALSE;
    }

  /* msgsize is the kernel's only once the queue is open. */
  return mood_message_queue_may_begin_or_fail (self, MOOD_STATE_NOT_OPEN | MOOD_STATE_NOT_READABLE,
                                               MOOD_ACTION_RECEIVE, error);
}

/* Adds up to @limit messages that are there, and returns how many. */
static guint
receive_rest (MoodMessageQueue *self,
              Batch *batch,
              gsize *sizes,
              guint *priorities,
              guint limit,
              GCancellable *cancellable)
{
  gboolean may_be_more = TRUE;
  guint n_received = 0;

  while (n_received < limit && may_be_more && batch_reserve (batch, (gsize) self->msgsize))
    {
      gsize room = batch->capacity - batch->length - 1;
      guint n = take_together (self, batch->bytes + batch->length, room, sizes + n_received,
                               priorities + n_received, limit - n_received, cancellable);

      for (guint i = 0; i < n; i++)
        room -= sizes[n_received + i];
      batch->length = batch->capacity - room - 1;
      n_received += n;
      /* It ended where the next one might not have had the room, or else because there was none. */
      may_be_more = room < (gsize) self->msgsize;
    }

  return n_received;
}

/* Gives back what the messages do not need. NULL means an error and nothing else, so that empty
 * messages have an array, too. */
static guint8 *
batch_steal (Batch *batch, gsize *length)
{
  batch->bytes[batch->length] = '\0';
  *length = batch->length;

  return g_realloc (g_steal_pointer (&batch->bytes), batch->length + 1);
}

/**
 * mood_message_queue_receive_many:
 * @self: a message queue
 * @limit: how many messages to receive at most, at least 1
 * @timeout_us: how long to wait for the first message, in microseconds: negative for without end,
 *   0 for not at all
 * @sizes: (out) (optional) (array length=n_sizes) (transfer full): return location for how many
 *   bytes each message has, to be freed with [func@GLib.free], or %NULL
 * @n_sizes: (out) (optional): return location for how many messages there are, or %NULL
 * @priorities: (out) (optional) (array length=n_priorities) (transfer full): return location for
 *   the priority of each message, to be freed with [func@GLib.free], or %NULL
 * @n_priorities: (out) (optional): return location for the same number as @n_sizes, or %NULL
 * @length: (out) (optional): return location for how many bytes all messages have together, or
 *   %NULL
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives several messages in one call: waits for one, and takes what is there besides.
 *
 * The bytes of the messages stand one after the other in the array that is returned, in the order
 * in which they were received: the highest priority first. @sizes tells where one ends and the next
 * begins; a size may be 0. The caller owns the three arrays, and frees each with [func@GLib.free].
 * On an error there are none, and all numbers are 0.
 *
 * In one call there are at most [property@Mood.MessageQueue:maxmsg] messages, however fast others
 * come in.
 *
 * Only the first message is waited for, up to @timeout_us, which counts as it does for
 * [method@Mood.MessageQueue.receive_with_timeout], whatever the mode of the queue is. The call ends
 * when the queue is empty or @limit is reached. While it waits, [method@Mood.MessageQueue.close] in
 * another thread ends it if @timeout_us is positive or there is a @cancellable. Whatever ends it
 * after the first message, such as [method@Mood.MessageQueue.close] in another thread, is no error:
 * every message that was taken out of the queue is returned, and the next call gives the error.
 *
 * Errors:
 *
 * - %G_IO_ERROR_WOULD_BLOCK if the queue is empty and @timeout_us is 0;
 * - %G_IO_ERROR_TIMED_OUT if it stayed empty for @timeout_us;
 * - %G_IO_ERROR_CANCELLED if @cancellable was cancelled, and no message was taken;
 * - %G_IO_ERROR_INVALID_ARGUMENT if @limit is 0;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to receive;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if a descriptor for waiting cannot be had;
 * - %G_IO_ERROR_FAILED if there is no memory for a message of
 *   [property@Mood.MessageQueue:msgsize] bytes;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: (array length=length) (element-type guint8) (transfer full): the bytes of the messages,
 *   to be freed with [func@GLib.free], or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
mood_message_queue_receive_many (MoodMessageQueue *self,
                                 guint limit,
                                 gint64 timeout_us,
                                 gsize **sizes,
                                 gsize *n_sizes,
                                 guint **priorities,
                                 gsize *n_priorities,
                                 gsize *length,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_autofree gsize *all_sizes = NULL;
  g_autofree guint *all_priorities = NULL;
  Batch batch = { 0 };
  gint64 deadline = 0;
  gsize total = 0;
  guint n_received;
  gssize size;

  if (sizes != NULL)
    *sizes = NULL;
  if (n_sizes != NULL)
    *n_sizes = 0;
  if (priorities != NULL)
    *priorities = NULL;
  if (n_priorities != NULL)
    *n_priorities = 0;
  if (length != NULL)
    *length = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  if (!may_receive_many (self, limit, error))
    return NULL;

  /* More than the queue holds cannot be there: what comes in while it is emptied is for the next
   * call, or fast senders would keep this one for ever. */
  limit = (guint) MIN (limit, self->maxmsg);

  if (!batch_reserve (&batch, get_first_size (self, limit)))
    {
      mood_message_queue_set_no_memory_error (self, MOOD_ACTION_RECEIVE, error);
      return NULL;
    }

  all_sizes = g_try_new (gsize, limit);
  all_priorities = g_try_new (guint, limit);
  if (all_sizes == NULL || all_priorities == NULL)
    {
      g_free (batch.bytes);
      mood_message_queue_set_no_memory_error (self, MOOD_ACTION_RECEIVE, error);
      return NULL;
    }

  size =
      mood_message_queue_receive_into_before (self, batch.bytes, batch.capacity, &all_priorities[0],
                                              timeout_us, &deadline, cancellable, error);
  if (size == -1)
    {
      g_free (batch.bytes);
      return NULL;
    }

  batch.length = all_sizes[0] = (gsize) size;
  n_received =
      1 + receive_rest (self, &batch, all_sizes + 1, all_priorities + 1, limit - 1, cancellable);

  if (n_sizes != NULL)
    *n_sizes = n_received;
  if (sizes != NULL)
    *sizes = g_renew (gsize, g_steal_pointer (&all_sizes), n_received);
  if (n_priorities != NULL)
    *n_priorities = n_received;
  if (priorities != NULL)
    *priorities = g_renew (guint, g_steal_pointer (&all_priorities), n_received);

  return batch_steal (&batch, length != NULL ? length : &total);
}

/* Takes messages that are there, and hands each over. Returns how many there were. */
static guint
hand_over_each (MoodMessageQueue *self,
                guint8 *buffer,
                guint limit,
                MoodMessageFunc func,
                gpointer user_data,
                GCancellable *cancellable)
{
  gboolean is_wanted = TRUE;
  guint n_received = 0;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return 0;

  while (is_wanted && n_received < limit && goes_on (self, cancellable))
    {
      guint priority;
      gssize length =
          mood_message_queue_try_to_take (self, buffer, (gsize) self->msgsize, &priority);

      if (length == -1)
        break;

      buffer[length] = '\0';
      n_received++;
      is_wanted = func (self, buffer, (gsize) length, priority, user_data);
    }

  mood_message_queue_end (self);

  return n_received;
}

/**
 * mood_message_queue_receive_each: (skip)
 * @self: a message queue
 * @limit: how many messages to receive at most, at least 1
 * @timeout_us: how long to wait for the first message, in microseconds: negative for without end,
 *   0 for not at all
 * @func: what to call for each message; it returns %G_SOURCE_CONTINUE to be handed the next one,
 *   %G_SOURCE_REMOVE if it wants no more
 * @user_data: data for @func
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Receives several messages in one call, and hands over one after the other: waits for one, and
 * takes what is there besides.
 *
 * This is [method@Mood.MessageQueue.receive_many] without an allocation for messages of up to 8192
 * bytes, with the same waiting. A message is taken when the one before it was handed over, and is
 * the callback's for the time of the call. After it there is a zero byte, which its length does not
 * count.
 *
 * @func may use the queue. If it closes it, or cancels @cancellable, it is handed no more messages.
 * Whoever calls this has to hold a reference to the queue until it returns.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.receive_many].
 *
 * See also: `mq_receive(3)`
 *
 * Returns: how many messages were received, at least 1, or -1 with @error set
 *
 * Since: 1.0
 */
gssize
mood_message_queue_receive_each (MoodMessageQueue *self,
                                 guint limit,
                                 gint64 timeout_us,
                                 MoodMessageFunc func,
                                 gpointer user_data,
                                 GCancellable *cancellable,
                                 GError **error)
{
  guint8 small_buffer[SMALL_BATCH_SIZE + 1];
  g_autofree guint8 *large_buffer = NULL;
  guint8 *buffer = small_buffer;
  gint64 deadline = 0;
  gssize length;
  guint priority;

  g_return_val_if_fail (mood_message_queue_is_valid (self), -1);
  g_return_val_if_fail (func != NULL, -1);

  if (!may_receive_many (self, limit, error))
    return -1;

  if (self->msgsize > SMALL_BATCH_SIZE)
    buffer = large_buffer = g_try_malloc ((gsize) self->msgsize + 1);
  if (buffer == NULL)
    {
      mood_message_queue_set_no_memory_error (self, MOOD_ACTION_RECEIVE, error);
      return -1;
    }

  length = mood_message_queue_receive_into_before (self, buffer, (gsize) self->msgsize, &priority,
                                                   timeout_us, &deadline, cancellable, error);
  if (length == -1)
    return -1;

  buffer[length] = '\0';
  if (!func (self, buffer, (gsize) length, priority, user_data))
    return 1;

  /* More than the queue holds cannot have been there: what comes in meanwhile is for the next call.
   */
  limit = (guint) MIN (limit, self->maxmsg);

  return 1 + (gssize) hand_over_each (self, buffer, limit - 1, func, user_data, cancellable);
}

/* Everything that can be known beforehand, so that no message is sent in front of one that cannot
 * be. */
static gboolean
check_messages (MoodMessageQueue *self,
                const guint8 *messages,
                gsize length,
                const gsize *sizes,
                gsize n_sizes,
                const guint *priorities,
                gsize n_priorities,
                GError **error)
{
  gsize total = 0;

  if ((messages == NULL && length != 0) || (sizes == NULL && n_sizes != 0) ||
      (priorities == NULL && n_priorities != 0))
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_SEND, self->name,
                      "the array of the %s has a length, but no elements",
                      messages == NULL && length != 0 ? "messages"
                      : sizes == NULL && n_sizes != 0 ? "sizes"
                                                      : "priorities");
      return FALSE;
    }

  if (n_priorities != 0 && n_priorities != n_sizes)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_SEND, self->name,
                      "there are %" G_GSIZE_FORMAT " sizes, but %" G_GSIZE_FORMAT
                      " priorities; give each message a priority, or none",
                      n_sizes, n_priorities);
      return FALSE;
    }

  for (gsize i = 0; i < n_sizes; i++)
    {
      if (sizes[i] > (gsize) self->msgsize)
        {
          mood_set_error (error, G_IO_ERROR_MESSAGE_TOO_LARGE, MOOD_ACTION_SEND, self->name,
                          "message %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " has %" G_GSIZE_FORMAT
                          " bytes, but one of this queue has at most "
                          "%" G_GINT64_FORMAT,
                          i + 1, n_sizes, sizes[i], self->msgsize);
          return FALSE;
        }

      if (n_priorities != 0 && priorities[i] > MOOD_HIGHEST_PRIORITY)
        {
          mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_SEND, self->name,
                          "message %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                          " has the priority %u, above %u, the highest there is",
                          i + 1, n_sizes, priorities[i], MOOD_HIGHEST_PRIORITY);
          return FALSE;
        }

      total += sizes[i];
    }

  if (total != length)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_SEND, self->name,
                      "the sizes add up to %" G_GSIZE_FORMAT " bytes, but there are "
                      "%" G_GSIZE_FORMAT,
                      total, length);
      return FALSE;
    }

  return TRUE;
}

/* Sends messages that are known to be good, as long as there is room. Returns how many it were. */
static gsize
send_rest (MoodMessageQueue *self,
           const guint8 *messages,
           const gsize *sizes,
           const guint *priorities,
           gsize n_messages,
           GCancellable *cancellable)
{
  gsize n_sent = 0;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return 0;

  while (n_sent < n_messages && goes_on (self, cancellable) &&
         mood_message_queue_try_to_put (self, messages, sizes[n_sent],
                                        priorities != NULL ? priorities[n_sent] : 0) == 0)
    {
      if (messages != NULL)
        messages += sizes[n_sent];
      n_sent++;
    }

  mood_message_queue_end (self);

  return n_sent;
}

/**
 * mood_message_queue_send_many:
 * @self: a message queue
 * @messages: (array length=length) (element-type guint8): the bytes of the messages, one after the
 *   other
 * @length: how many bytes there are in @messages
 * @sizes: (array length=n_sizes): how many bytes each message has, at most
 *   [property@Mood.MessageQueue:msgsize]
 * @n_sizes: how many messages there are
 * @priorities: (nullable) (array length=n_priorities): the priority of each message, 0 to 32767, or
 *   %NULL for 0
 * @n_priorities: the same number as @n_sizes, or 0 where @priorities is %NULL or empty
 * @timeout_us: how long to wait for room for the first message, in microseconds: negative for
 *   without end, 0 for not at all
 * @cancellable: (nullable): a cancellable, or %NULL
 * @error: return location for an error
 *
 * Sends several messages in one call: waits for room for one, and sends as many as there is room
 * for besides.
 *
 * All messages are checked before the first is sent. Only the first is waited for, up to
 * @timeout_us, which counts as it does for [method@Mood.MessageQueue.send_with_timeout], whatever
 * the mode of the queue is. The call ends when the queue is full. While it waits,
 * [method@Mood.MessageQueue.close] in another thread ends it if @timeout_us is positive or there is
 * a @cancellable. Whatever ends it after the first message, such as
 * [method@Mood.MessageQueue.close] in another thread, is no error: the number that is returned
 * tells how many messages were sent, always the first ones, and the next call gives the error. To
 * have all sent, call again with those that are left.
 *
 * Without any message this returns 0, if the queue is open to send.
 *
 * Errors:
 *
 * - %G_IO_ERROR_WOULD_BLOCK if the queue is full and @timeout_us is 0;
 * - %G_IO_ERROR_TIMED_OUT if it stayed full for @timeout_us;
 * - %G_IO_ERROR_CANCELLED if @cancellable was cancelled, and nothing was sent;
 * - %G_IO_ERROR_MESSAGE_TOO_LARGE if one of @sizes is above
 *   [property@Mood.MessageQueue:msgsize];
 * - %G_IO_ERROR_INVALID_ARGUMENT if the sizes do not add up to @length, if the arrays are not of
 *   the same length, if one of @priorities is above 32767, or if an array is %NULL and its length
 *   is not 0;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to send;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if a descriptor for waiting cannot be had;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_send(3)`
 *
 * Returns: how many messages were sent, or -1 with @error set if none was
 *
 * Since: 1.0
 */
gssize
mood_message_queue_send_many (MoodMessageQueue *self,
                              const guint8 *messages,
                              gsize length,
                              const gsize *sizes,
                              gsize n_sizes,
                              const guint *priorities,
                              gsize n_priorities,
                              gint64 timeout_us,
                              GCancellable *cancellable,
                              GError **error)
{
  gint64 deadline = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  if (!mood_message_queue_may_begin_or_fail (self, MOOD_STATE_NOT_OPEN | MOOD_STATE_NOT_WRITABLE,
                                             MOOD_ACTION_SEND, error) ||
      !check_messages (self, messages, length, sizes, n_sizes, priorities, n_priorities, error))
    return -1;

  if (n_sizes == 0)
    return 0;

  if (mood_message_queue_send_before (self, messages, sizes[0],
                                      n_priorities != 0 ? priorities[0] : 0, timeout_us, &deadline,
                                      cancellable, error) == -1)
    return -1;

  return 1 + (gssize) send_rest (self, messages != NULL ? messages + sizes[0] : NULL, sizes + 1,
                                 n_priorities != 0 ? priorities + 1 : NULL, n_sizes - 1,
                                 cancellable);
}
