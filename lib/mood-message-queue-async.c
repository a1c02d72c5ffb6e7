/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Awaiting: sending and receiving as asynchronous calls, without a thread.
 *
 * The calls that cannot be served at once stand in line, one line for those that receive and one
 * for those that send, in the order in which they were made. Only the head of a line waits for the
 * queue. Each call has a source in its own main context from the start, which lets it be cancelled
 * and learn that the queue was closed wherever it stands; when it becomes the head, whichever
 * thread took the one before it out of line makes that source ready, and the source itself then
 * begins to poll. So everything but the place in line is touched by one thread only.
 *
 * A callback often makes the next call. The source of the call that is over is there until the
 * callback returns, and the next call takes it over if it would need one just like it: that the
 * main loop goes on polling the descriptor costs nothing, to have it end that and begin anew takes
 * three system calls. */

#include "mood-source-private.h"

#include "mood-call-private.h"
#include "mood-error-private.h"
#include "mood-message-queue-private.h"

/* A call that stands in line. */
typedef struct
{
  MoodSource parent;

  MoodCall *call; /* NULL once it is over, until the next call takes the source over */
} CallSource;

static GIOCondition
get_condition (MoodCall *call)
{
  return call->source_tag == (gpointer) mood_message_queue_receive_async ? G_IO_IN : G_IO_OUT;
}

static GQueue *
get_line (MoodCall *call)
{
  return get_condition (call) == G_IO_IN ? &call->queue->receives : &call->queue->sends;
}

static gboolean
is_head (MoodCall *call)
{
  gboolean result;

  pthread_mutex_lock (&mood_message_queue_lock);
  result = call->place.prev == NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  return result;
}

/* Takes the call out of its line, and lets the next one be the head. */
static void
leave_line (MoodCall *call)
{
  GQueue *line = get_line (call);

  pthread_mutex_lock (&mood_message_queue_lock);
  if (call->place.data != NULL)
    g_queue_unlink (line, &call->place);
  call->place.data = NULL;
  if (line->head != NULL)
    g_source_set_ready_time (line->head->data, 0);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

static gboolean
fail_if_cancelled (MoodCall *call)
{
  return call->cancellable != NULL &&
         mood_set_error_if_cancelled (&call->error, call->cancellable,
                                      mood_message_queue_get_action (get_condition (call)),
                                      call->queue->name);
}

/* Does what a call is for, if that can be done at once: TRUE if it was, or if it failed. What was
 * taken is handed over, whatever was cancelled since. */
static gboolean
attempt (MoodCall *call, const MoodMessage *to_send)
{
  MoodMessage *received = &call->received;

  if (to_send != NULL)
    return mood_message_queue_send_now (call->queue, to_send->bytes, to_send->length,
                                        to_send->priority, &call->error) ||
           call->error != NULL;

  received->bytes = mood_message_queue_receive_now (call->queue, &received->priority,
                                                    &received->length, &call->error);

  return received->bytes != NULL || call->error != NULL;
}

/* Ready as well for a call that became the head before its source was attached: the ready time that
 * it was given then may have woken nobody. */
static gboolean
call_source_prepare (GSource *source, int *timeout)
{
  CallSource *self = (CallSource *) source;

  return mood_source_prepare (source, timeout) ||
         (self->call != NULL && self->parent.fd_tag == NULL && is_head (self->call));
}

/* FALSE if the call is to wait on. */
static gboolean
serve (CallSource *self)
{
  MoodCall *call = self->call;
  gboolean is_open = mood_source_begin_dispatch (&self->parent);

  if (fail_if_cancelled (call))
    return TRUE;

  /* On a queue that is closed no place in line counts: the attempt gives the error. */
  if (is_open && !is_head (call))
    return FALSE;

  if (attempt (call, get_condition (call) == G_IO_OUT ? &call->to_send : NULL))
    return TRUE;

  mood_source_poll (&self->parent, get_condition (call));

  return FALSE;
}

static gboolean
call_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  CallSource *self = (CallSource *) source;
  MoodCall *call;

  /* In a main loop that the callback runs: what the source is ready for is none of its own. */
  if (self->call == NULL)
    return G_SOURCE_REMOVE;

  if (!serve (self))
    return G_SOURCE_CONTINUE;

  /* First, because the callback may make the next call, and wait for it in a main loop. */
  call = g_steal_pointer (&self->call);
  leave_line (call);
  g_clear_pointer (&call->to_send.bytes, g_free);
  mood_call_call_back (call);
  mood_call_release (call);

  return self->call != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
call_source_finalize (GSource *source)
{
  CallSource *self = (CallSource *) source;

  /* A callback made its next call, and destroyed the source that was calling back: nobody will be
   * told of that call, and the next one is not to wait for it. */
  if (self->call != NULL)
    leave_line (self->call);
  g_clear_object (&self->call);
  mood_source_finalize (source);
}

static GSourceFuncs call_source_funcs = {
  .prepare = call_source_prepare,
  .dispatch = call_source_dispatch,
  .finalize = call_source_finalize,
};

static GSource *
make_source (MoodCall *call)
{
  GSource *source = mood_source_new (&call_source_funcs, sizeof (CallSource),
                                     "MoodMessageQueue call", call->queue, 0, call->cancellable);

  g_source_set_priority (source, call->io_priority);
  /* It is out of line, and waits for nothing, before anything is called that could run a main loop:
   * GLib need not block it, which would cost two system calls. */
  g_source_set_can_recurse (source, TRUE);

  return source;
}

/* The source whose callback is making this call, if it will do for it; else NULL. One that has seen
 * the queue closed would not be ready for that again. */
static GSource *
find_source (MoodCall *call)
{
  GSource *source = g_main_current_source ();
  MoodSource *self = (MoodSource *) source;

  if (source == NULL || source->source_funcs != &call_source_funcs ||
      g_source_is_destroyed (source) || ((CallSource *) source)->call != NULL)
    return NULL;

  return self->queue == call->queue && self->condition == get_condition (call) &&
                 self->cancellable == call->cancellable && !self->saw_close &&
                 g_source_get_context (source) == call->context &&
                 g_source_get_priority (source) == call->io_priority
             ? source
             : NULL;
}

/* Takes the call. */
static void
stand_in_line (MoodCall *call, const MoodMessage *to_send)
{
  GSource *found = find_source (call);
  GSource *source = found != NULL ? found : make_source (call);
  CallSource *self = (CallSource *) source;
  gboolean is_first;

  self->call = call;
  /* The caller's bytes may be gone when it is their turn. Of a message that is too long, no more
   * is copied than one may have: it will be refused, and there may be no memory for all of it. */
  if (to_send != NULL)
    {
      call->to_send = *to_send;
      call->to_send.bytes =
          g_memdup2 (to_send->bytes, MIN (to_send->length, (gsize) call->queue->msgsize));
    }

  pthread_mutex_lock (&mood_message_queue_lock);
  call->place.data = source;
  g_queue_push_tail_link (get_line (call), &call->place);
  is_first = call->place.prev == NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (is_first)
    mood_source_poll (&self->parent, get_condition (call));
  else
    mood_source_stop_polling (&self->parent);

  if (found == NULL)
    {
      g_source_attach (source, call->context);
      g_source_unref (source);
    }
}

/* Takes the call. With nobody in line it is served at once, if it can be; the main loop tells its
 * caller, because a call must not call back. */
static void
begin_call (MoodCall *call, const MoodMessage *to_send)
{
  gboolean nobody_waits;

  pthread_mutex_lock (&mood_message_queue_lock);
  nobody_waits = get_line (call)->head == NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (fail_if_cancelled (call) || (nobody_waits && attempt (call, to_send)))
    mood_message_queue_deliver (call);
  else
    stand_in_line (call, to_send);
}

/* The call that @result is; NULL with @error set if it is none of this kind, or was taken before.
 */
static MoodCall *
take_or_fail (MoodMessageQueue *self,
              GAsyncResult *result,
              gpointer source_tag,
              const char *action,
              GError **error)
{
  MoodCall *call = mood_call_take (result, self, source_tag);

  if (call == NULL)
    mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, action, self->name,
                    "the result is that of another call, or was taken before");

  return call;
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
  g_return_if_fail (MOOD_IS_MESSAGE_QUEUE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* A binding that wants to await may ask like this first: nobody would get the message. */
  if (callback == NULL)
    return;

  begin_call (mood_call_new (self, (gpointer) mood_message_queue_receive_async, io_priority,
                             cancellable, callback, user_data),
              NULL);
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
  MoodCall *call;

  if (priority != NULL)
    *priority = 0;
  if (length != NULL)
    *length = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  call = take_or_fail (self, result, (gpointer) mood_message_queue_receive_async,
                       MOOD_ACTION_RECEIVE, error);
  if (call == NULL)
    return NULL;

  if (call->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&call->error));
      return NULL;
    }

  if (priority != NULL)
    *priority = call->received.priority;
  if (length != NULL)
    *length = call->received.length;

  return g_steal_pointer (&call->received.bytes);
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
  MoodMessage to_send = { (guint8 *) message, length, priority };

  g_return_if_fail (MOOD_IS_MESSAGE_QUEUE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  begin_call (mood_call_new (self, (gpointer) mood_message_queue_send_async, io_priority,
                             cancellable, callback, user_data),
              &to_send);
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
  MoodCall *call;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  call = take_or_fail (self, result, (gpointer) mood_message_queue_send_async, MOOD_ACTION_SEND,
                       error);
  if (call == NULL)
    return FALSE;

  if (call->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&call->error));
      return FALSE;
    }

  return TRUE;
}
