/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subscription: a GSource that takes the messages itself and hands each to its callback. */

#include "mood-source-private.h"

#include "mood-message-queue-private.h"

/* How many messages one dispatch takes: enough for the cost of the dispatch to be shared by many,
 * and few enough for a fast sender not to keep the main loop from everything else. */
#define MESSAGES_PER_DISPATCH 16

typedef struct
{
  MoodSource parent;

  guint8 *buffer; /* of msgsize bytes and one more, made when a message first waits */
} ReceiverSource;

static gboolean
hand_over (ReceiverSource *self, MoodMessageFunc func, gpointer user_data)
{
  MoodMessageQueue *queue = self->parent.queue;

  if (!mood_source_begin_dispatch (&self->parent) || func == NULL ||
      g_cancellable_is_cancelled (self->parent.cancellable))
    return G_SOURCE_REMOVE;

  if (self->buffer == NULL)
    self->buffer = g_try_malloc ((gsize) queue->msgsize + 1);
  if (self->buffer == NULL)
    return G_SOURCE_REMOVE;

  /* Each message is a call of its own: the callback, which comes after it, may close the queue. */
  for (guint i = 0; i < MESSAGES_PER_DISPATCH; i++)
    {
      g_autoptr (GError) error = NULL;
      guint priority;
      gssize length;

      length = mood_message_queue_receive_into_now (queue, self->buffer, (gsize) queue->msgsize,
                                                    &priority, &error);
      if (length == -1)
        return error == NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;

      /* As with every other way to receive. */
      self->buffer[length] = '\0';

      if (!func (queue, self->buffer, (gsize) length, priority, user_data))
        return G_SOURCE_REMOVE;

      /* Whoever ends the subscription in the callback is not handed another message. */
      if (g_source_is_destroyed (&self->parent.parent) ||
          g_cancellable_is_cancelled (self->parent.cancellable))
        return G_SOURCE_REMOVE;
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
receiver_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  ReceiverSource *self = (ReceiverSource *) source;
  gboolean keep;

  if (!mood_source_enter (&self->parent))
    return G_SOURCE_CONTINUE;

  keep = hand_over (self, (MoodMessageFunc) (GCallback) callback, user_data);
  mood_source_leave (&self->parent);

  return keep;
}

static void
receiver_source_finalize (GSource *source)
{
  ReceiverSource *self = (ReceiverSource *) source;

  g_free (self->buffer);
  mood_source_finalize (source);
}

static gboolean
receiver_source_closure_callback (MoodMessageQueue *queue,
                                  const guint8 *message,
                                  gsize length,
                                  guint priority,
                                  gpointer user_data)
{
  GClosure *closure = user_data;
  GValue arguments[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  GValue result = G_VALUE_INIT;
  gboolean keep;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_value_init (&arguments[0], MOOD_TYPE_MESSAGE_QUEUE);
  g_value_set_object (&arguments[0], queue);
  g_value_init (&arguments[1], G_TYPE_BYTES);
  g_value_take_boxed (&arguments[1], g_bytes_new (message, length));
  g_value_init (&arguments[2], G_TYPE_UINT);
  g_value_set_uint (&arguments[2], priority);

  g_closure_invoke (closure, &result, G_N_ELEMENTS (arguments), arguments, NULL);

  keep = g_value_get_boolean (&result);
  g_value_unset (&result);
  for (gsize i = 0; i < G_N_ELEMENTS (arguments); i++)
    g_value_unset (&arguments[i]);

  return keep;
}

static GSourceFuncs receiver_source_funcs = {
  .prepare = mood_source_prepare,
  .dispatch = receiver_source_dispatch,
  .finalize = receiver_source_finalize,
  .closure_callback = (GSourceFunc) (GCallback) receiver_source_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) (GCallback) g_cclosure_marshal_generic,
};

/**
 * mood_message_queue_create_receiver_source:
 * @self: a message queue
 * @cancellable: (nullable): a cancellable that ends the source, or %NULL
 *
 * Creates a source that receives the messages of the queue.
 *
 * The source calls a [callback@Mood.MessageFunc] for each message, to be set with
 * [method@GLib.Source.set_callback], and is attached with [method@GLib.Source.attach]. When
 * messages wait, one dispatch takes up to 16 of them, without an allocation for each.
 *
 * Set as a #GClosure, the callback gets the queue, the message as a #GBytes that is good for the
 * time of the call, and the priority. Python gets the message by `GObject.source_set_closure()`
 * alone, or rather by [method@Mood.MessageQueue.add_receiver], which hands over `bytes`:
 * `source.set_callback()` does not pass it on.
 *
 * While the callback runs a main loop of its own, it is not called from there, whatever
 * [method@GLib.Source.set_can_recurse] was told, and what comes meanwhile is told afterwards.
 *
 * The source ends, and releases the data of its callback, when the callback returns
 * %G_SOURCE_REMOVE, when it is destroyed, when @cancellable is cancelled and when the queue is
 * closed, also if that was before the source was made. It ends as well if receiving fails, which it
 * does only if the descriptor was closed without [method@Mood.MessageQueue.close], or if there is
 * no memory for a message of [property@Mood.MessageQueue:msgsize] bytes. Every message that it took
 * was handed to the callback then, and every other one is still in the queue.
 *
 * On a queue that was not opened to receive, the callback is never called; closing and cancelling
 * end the source all the same.
 *
 * The source holds a reference to the queue.
 *
 * See also: `mq_receive(3)`
 *
 * Returns: (transfer full): a new source, to be released with [method@GLib.Source.unref]
 *
 * Since: 1.0
 */
GSource *
mood_message_queue_create_receiver_source (MoodMessageQueue *self, GCancellable *cancellable)
{
  GSource *source;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  source = mood_source_new (&receiver_source_funcs, sizeof (ReceiverSource),
                            "MoodMessageQueue receiver", self, G_IO_IN, cancellable);
  mood_source_set_blocks_itself ((MoodSource *) source);

  return source;
}

/**
 * mood_message_queue_add_receiver_full: (rename-to mood_message_queue_add_receiver)
 * @self: a message queue
 * @priority: the priority of the receiver in the main loop, such as %G_PRIORITY_DEFAULT
 * @func: (scope notified) (closure user_data) (destroy notify): what to call with each message
 * @user_data: data for @func
 * @notify: (nullable): what to call with @user_data when the receiver has ended, or %NULL
 *
 * Receives the messages of the queue on the main loop of the default main context.
 *
 * This is [method@Mood.MessageQueue.create_receiver_source] for the usual case. In another main
 * context, or with a #GCancellable, use that. The receiver holds a reference to the queue, and
 * ends when @func returns %G_SOURCE_REMOVE, when it is removed with [func@GLib.Source.remove] and
 * when the queue is closed; @notify tells. On a queue that was not opened to receive, @func is
 * never called.
 *
 * Returns: the ID of the receiver, greater than 0
 *
 * Since: 1.0
 */
guint
mood_message_queue_add_receiver_full (MoodMessageQueue *self,
                                      int priority,
                                      MoodMessageFunc func,
                                      gpointer user_data,
                                      GDestroyNotify notify)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  return mood_source_attach_default (mood_message_queue_create_receiver_source (self, NULL),
                                     priority, (GSourceFunc) (GCallback) func, user_data, notify);
}

/**
 * mood_message_queue_add_receiver: (skip)
 * @self: a message queue
 * @func: what to call with each message
 * @user_data: data for @func
 *
 * Receives the messages of the queue on the main loop of the default main context, with
 * %G_PRIORITY_DEFAULT.
 *
 * This is [method@Mood.MessageQueue.add_receiver_full] without the priority and the notification.
 *
 * Returns: the ID of the receiver, greater than 0
 *
 * Since: 1.0
 */
guint
mood_message_queue_add_receiver (MoodMessageQueue *self, MoodMessageFunc func, gpointer user_data)
{
  return mood_message_queue_add_receiver_full (self, G_PRIORITY_DEFAULT, func, user_data, NULL);
}
