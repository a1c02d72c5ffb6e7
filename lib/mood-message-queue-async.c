/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Awaiting: sending and receiving as asynchronous calls, without a thread.
 *
 * The calls that cannot be served at once stand in line, one line for those that receive and one
 * for those that send, in the order in which they were made. Only the head of a line waits for the
 * queue. Each call has a source in its own main context from the start, which lets it be cancelled
 * and learn that the queue was closed wherever it stands; when it becomes the head, whichever
 * thread took the one before it out of line makes that source ready, and the source itself then
 * begins to poll. So everything but the place in line is touched by one thread only. */

#include "mood-source-private.h"

#include "mood-error-private.h"
#include "mood-message-queue-private.h"

typedef struct
{
  guint8 *bytes;
  gsize length;
  guint priority;
} Message;

/* A call that stands in line. */
typedef struct
{
  MoodSource parent;

  GTask *task;
  GIOCondition waits_for;
  Message *message; /* the one to send; NULL if the call receives */
  GList place;      /* in the queue's receives or sends, or without data; under the lock */
} CallSource;

/* What came of a call; neither if it has sent its message. */
typedef struct
{
  Message *received;
  GError *error;
} Outcome;

static Message *
message_new (guint8 *bytes, gsize length, guint priority)
{
  Message *message = g_new (Message, 1);

  message->bytes = bytes;
  message->length = length;
  message->priority = priority;

  return message;
}

static void
message_free (Message *message)
{
  g_free (message->bytes);
  g_free (message);
}

static GQueue *
get_line (MoodMessageQueue *queue, GIOCondition waits_for)
{
  return waits_for == G_IO_IN ? &queue->receives : &queue->sends;
}

static gboolean
is_head (CallSource *self)
{
  gboolean result;

  pthread_mutex_lock (&mood_message_queue_lock);
  result = self->place.prev == NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  return result;
}

/* Takes the call out of its line, and lets the next one be the head. */
static void
leave_line (CallSource *self)
{
  GQueue *line = get_line (self->parent.queue, self->waits_for);

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->place.data != NULL)
    g_queue_unlink (line, &self->place);
  self->place.data = NULL;
  if (line->head != NULL)
    g_source_set_ready_time (line->head->data, 0);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* Does what a call is for, if that can be done at once: TRUE if it was, or if it failed. @outcome
 * has to be empty. What was taken is handed over, whatever was cancelled since: see new_task(). */
static gboolean
attempt (MoodMessageQueue *queue, const Message *message, Outcome *outcome)
{
  guint8 *bytes;
  guint priority;
  gsize length;

  if (message != NULL)
    return mood_message_queue_send_now (queue, message->bytes, message->length, message->priority,
                                        &outcome->error) ||
           outcome->error != NULL;

  bytes = mood_message_queue_receive_now (queue, &priority, &length, &outcome->error);
  if (bytes != NULL)
    outcome->received = message_new (bytes, length, priority);

  return bytes != NULL || outcome->error != NULL;
}

/* Ends the task, and so may call back. */
static void
return_outcome (GTask *task, Outcome *outcome)
{
  if (outcome->error != NULL)
    g_task_return_error (task, outcome->error);
  else
    mood_message_queue_return_result (task, outcome->received, (GDestroyNotify) message_free);
}

/* Ready as well for a call that became the head before its source was attached: the ready time that
 * it was given then may have woken nobody. */
static gboolean
call_source_prepare (GSource *source, int *timeout)
{
  CallSource *self = (CallSource *) source;

  return mood_source_prepare (source, timeout) || (self->parent.fd_tag == NULL && is_head (self));
}

static gboolean
call_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  CallSource *self = (CallSource *) source;
  MoodMessageQueue *queue = self->parent.queue;
  gboolean is_open = mood_source_begin_dispatch (&self->parent);
  Outcome outcome = { NULL, NULL };

  if (!mood_set_error_if_cancelled (&outcome.error, self->parent.cancellable,
                                    mood_message_queue_get_action (self->waits_for), queue->name))
    {
      /* On a queue that is closed no place in line counts: the attempt gives the error. */
      if (is_open && !is_head (self))
        return G_SOURCE_CONTINUE;

      if (!attempt (queue, self->message, &outcome))
        {
          mood_source_poll (&self->parent, self->waits_for);
          return G_SOURCE_CONTINUE;
        }
    }

  /* First, because the callback may make the next call, and wait for it in a main loop. */
  leave_line (self);
  g_source_destroy (source);
  return_outcome (self->task, &outcome);

  return G_SOURCE_REMOVE;
}

static void
call_source_finalize (GSource *source)
{
  CallSource *self = (CallSource *) source;

  g_clear_object (&self->task);
  g_clear_pointer (&self->message, message_free);
  mood_source_finalize (source);
}

static GSourceFuncs call_source_funcs = {
  .prepare = call_source_prepare,
  .dispatch = call_source_dispatch,
  .finalize = call_source_finalize,
};

static GTask *
new_task (MoodMessageQueue *self,
          int io_priority,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data,
          gpointer source_tag)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  /* In parentheses, it is the function: the macro of this name gives the task a name as well, which
   * costs more than to receive the message. */
  (g_task_set_source_tag) (task, source_tag);
  g_task_set_priority (task, io_priority);
  /* A message that was taken is delivered: GTask would throw it away if the call was cancelled
   * between then and the callback. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

static void
stand_in_line (GTask *task, GIOCondition waits_for, const Message *message)
{
  MoodMessageQueue *queue = g_task_get_source_object (task);
  GSource *source;
  CallSource *self;
  gboolean is_first;

  source = mood_source_new (&call_source_funcs, sizeof (CallSource), "MoodMessageQueue call", queue,
                            0, g_task_get_cancellable (task));
  g_source_set_priority (source, g_task_get_priority (task));
  /* It is gone before anything is called that could run a main loop: GLib need not block it, which
   * would cost two system calls. */
  g_source_set_can_recurse (source, TRUE);

  self = (CallSource *) source;
  self->task = g_object_ref (task);
  self->waits_for = waits_for;
  self->place.data = source;
  /* The caller's bytes may be gone when it is their turn. Of a message that is too long, no more
   * is copied than one may have: it will be refused, and there may be no memory for all of it. */
  if (message != NULL)
    self->message =
        message_new (g_memdup2 (message->bytes, MIN (message->length, (gsize) queue->msgsize)),
                     message->length, message->priority);

  pthread_mutex_lock (&mood_message_queue_lock);
  g_queue_push_tail_link (get_line (queue, waits_for), &self->place);
  is_first = self->place.prev == NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (is_first)
    mood_source_poll (&self->parent, waits_for);

  g_source_attach (source, g_task_get_context (task));
  g_source_unref (source);
}

/* Takes the task. With nobody in line the call is served at once, if it can be; the main loop tells
 * its caller, because a call must not call back. */
static void
begin_call (GTask *task, GIOCondition waits_for, const Message *message)
{
  MoodMessageQueue *queue = g_task_get_source_object (task);
  Outcome outcome = { NULL, NULL };
  gboolean nobody_waits;

  pthread_mutex_lock (&mood_message_queue_lock);
  nobody_waits = get_line (queue, waits_for)->head == NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!mood_set_error_if_cancelled (&outcome.error, g_task_get_cancellable (task),
                                    mood_message_queue_get_action (waits_for), queue->name) &&
      !(nobody_waits && attempt (queue, message, &outcome)))
    stand_in_line (task, waits_for, message);
  else if (outcome.error != NULL)
    g_task_return_error (task, outcome.error);
  else
    mood_message_queue_deliver (queue, task, outcome.received, (GDestroyNotify) message_free);

  g_object_unref (task);
}

static gboolean
check_result (MoodMessageQueue *self,
              GAsyncResult *result,
              gpointer source_tag,
              const char *action,
              GError **error)
{
  if (g_task_is_valid (result, self) && g_task_get_source_tag ((GTask *) result) == source_tag)
    return TRUE;

  mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                  "the result is that of another call, or was taken before");

  return FALSE;
}

/* GTask gives a result only once, and has a critical for who asks again. */
static void
mark_result_taken (GAsyncResult *result)
{
  (g_task_set_source_tag) (G_TASK (result), NULL);
}

/**
 * mood_message_queue_receive_async:
 * @self: a message queue
 * @io_priority: the priority of the call in the main loop, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): a cancellable, or %NULL
 * @callback: (scope async) (closure user_data): what to call when there is a message; without one,
 *   nothing is received and nothing happens, because nobody would get the message
 * @user_data: data for @callback
 *
 * Receives one message and its priority, without making the thread wait.
 *
 * The thread-default main context of the caller serves the call, and calls @callback, which gets
 * the message with [method@Mood.MessageQueue.receive_finish]. It waits as long as it takes,
 * whatever the mode of the queue is.
 *
 * Calls are served in the order in which they were made: that order wins over their
 * @io_priority. So a call in a main context that nobody runs holds up those after it. A call that
 * is cancelled leaves its message to the next. A message that was taken is delivered, also if the
 * call is cancelled before @callback is called.
 *
 * [method@Mood.MessageQueue.close] ends the call with %G_IO_ERROR_CLOSED. The call holds a
 * reference to the queue.
 *
 * See also: `mq_receive(3)`
 *
 * Since: 1.0
 */
void
mood_message_queue_receive_async (MoodMessageQueue *self,
                                  int io_priority,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task;

  g_return_if_fail (MOOD_IS_MESSAGE_QUEUE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* A binding that wants to await may ask like this first: nobody would get the message. */
  if (callback == NULL)
    return;

  task = new_task (self, io_priority, cancellable, callback, user_data,
                   (gpointer) mood_message_queue_receive_async);
  begin_call (task, G_IO_IN, NULL);
}

/**
 * mood_message_queue_receive_finish:
 * @self: a message queue
 * @result: the result that the callback was given
 * @priority: (out) (optional): return location for the message's priority, or %NULL
 * @length: (out) (optional): return location for how many bytes the message has, or %NULL
 * @error: return location for an error
 *
 * Gets the message that [method@Mood.MessageQueue.receive_async] received.
 *
 * A message may be empty: then a buffer is returned, and @length is 0. After the message there is a
 * zero byte, which @length does not count.
 *
 * Errors:
 *
 * - %G_IO_ERROR_CANCELLED if the call was cancelled, and no message was taken;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to receive;
 * - %G_IO_ERROR_FAILED if there is no memory for a message of
 *   [property@Mood.MessageQueue:msgsize] bytes;
 * - %G_IO_ERROR_INVALID_ARGUMENT if @result is that of another call, or was taken before;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * Returns: (array length=length) (element-type guint8) (transfer full): the message, to be freed
 *   with [func@GLib.free], or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
mood_message_queue_receive_finish (MoodMessageQueue *self,
                                   GAsyncResult *result,
                                   guint *priority,
                                   gsize *length,
                                   GError **error)
{
  Message *message;
  guint8 *bytes;

  if (priority != NULL)
    *priority = 0;
  if (length != NULL)
    *length = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  if (!check_result (self, result, (gpointer) mood_message_queue_receive_async, MOOD_ACTION_RECEIVE,
                     error))
    return NULL;

  mark_result_taken (result);
  message = g_task_propagate_pointer (G_TASK (result), error);
  if (message == NULL)
    return NULL;

  if (priority != NULL)
    *priority = message->priority;
  if (length != NULL)
    *length = message->length;
  bytes = g_steal_pointer (&message->bytes);
  message_free (message);

  return bytes;
}

/**
 * mood_message_queue_send_async:
 * @self: a message queue
 * @message: (array length=length) (element-type guint8): the bytes to send, which are copied if
 *   they have to wait
 * @length: how many bytes there are in @message, at most [property@Mood.MessageQueue:msgsize]
 * @priority: the priority of the message, 0 to 32767; the highest is received first
 * @io_priority: the priority of the call in the main loop, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): a cancellable, or %NULL
 * @callback: (nullable) (scope async) (closure user_data): what to call when the message was sent,
 *   or %NULL
 * @user_data: data for @callback
 *
 * Sends one message, without making the thread wait.
 *
 * The thread-default main context of the caller serves the call, and calls @callback, which gets
 * the result with [method@Mood.MessageQueue.send_finish]. It waits as long as it takes, whatever
 * the mode of the queue is.
 *
 * Calls are served in the order in which they were made: that order wins over their @io_priority,
 * and over @priority, which counts among the messages in the queue.
 *
 * [method@Mood.MessageQueue.close] ends the call with %G_IO_ERROR_CLOSED. The call holds a
 * reference to the queue.
 *
 * See also: `mq_send(3)`
 *
 * Since: 1.0
 */
void
mood_message_queue_send_async (MoodMessageQueue *self,
                               const guint8 *message,
                               gsize length,
                               guint priority,
                               int io_priority,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  Message to_send = { (guint8 *) message, length, priority };
  GTask *task;

  g_return_if_fail (MOOD_IS_MESSAGE_QUEUE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = new_task (self, io_priority, cancellable, callback, user_data,
                   (gpointer) mood_message_queue_send_async);
  begin_call (task, G_IO_OUT, &to_send);
}

/**
 * mood_message_queue_send_finish:
 * @self: a message queue
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Tells whether [method@Mood.MessageQueue.send_async] sent its message.
 *
 * Errors:
 *
 * - %G_IO_ERROR_CANCELLED if the call was cancelled, and nothing was sent;
 * - %G_IO_ERROR_MESSAGE_TOO_LARGE if the message has more than
 *   [property@Mood.MessageQueue:msgsize] bytes;
 * - %G_IO_ERROR_INVALID_ARGUMENT if the priority is above 32767, if the message is %NULL and its
 *   length is not 0, or if @result is that of another call, or was taken before;
 * - %G_IO_ERROR_PERMISSION_DENIED if the queue was not opened to send;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * Returns: %TRUE if the message was sent, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_send_finish (MoodMessageQueue *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  if (!check_result (self, result, (gpointer) mood_message_queue_send_async, MOOD_ACTION_SEND,
                     error))
    return FALSE;

  mark_result_taken (result);

  return g_task_propagate_boolean (G_TASK (result), error);
}
