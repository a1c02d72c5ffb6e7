/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Readiness: a GSource that tells its callback what the queue is ready for. */

#include "mood-source-private.h"

/* What to tell the callback; 0 if there is nothing to tell. */
static GIOCondition
query_condition (MoodSource *self)
{
  gboolean told_closed = self->saw_close;
  GIOCondition condition;

  if (!mood_source_begin_dispatch (self))
    return told_closed ? 0 : G_IO_NVAL;

  if (self->fd_tag == NULL)
    return 0;

  condition = g_source_query_unix_fd (&self->parent, self->fd_tag);
  /* Somebody closed the descriptor behind the queue's back: it would be ready for ever. */
  if ((condition & (G_IO_ERR | G_IO_HUP | G_IO_NVAL)) != 0)
    {
      mood_source_stop_polling (self);
      return G_IO_NVAL;
    }

  return condition & self->condition;
}

static gboolean
tell (MoodSource *self, MoodMessageQueueSourceFunc func, gpointer user_data)
{
  GIOCondition condition = query_condition (self);

  if (condition == 0 && !g_cancellable_is_cancelled (self->cancellable))
    return G_SOURCE_CONTINUE;

  if (func == NULL)
    return G_SOURCE_REMOVE;

  return func (self->queue, condition, user_data);
}

static gboolean
condition_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  MoodSource *self = (MoodSource *) source;
  gboolean keep;

  if (!mood_source_enter (self))
    return G_SOURCE_CONTINUE;

  keep = tell (self, (MoodMessageQueueSourceFunc) (GCallback) callback, user_data);
  mood_source_leave (self);

  return keep;
}

static GSourceFuncs condition_source_funcs = {
  .prepare = mood_source_prepare,
  .dispatch = condition_source_dispatch,
  .finalize = mood_source_finalize,
  .closure_callback = (GSourceFunc) (GCallback) mood_source_condition_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) (GCallback) g_cclosure_marshal_generic,
};

/**
 * mood_message_queue_create_source:
 * @self: a message queue
 * @condition: what to wait for: %G_IO_IN for a message to receive, %G_IO_OUT for room to send, or
 *   both
 * @cancellable: (nullable): a cancellable that makes the source ready as well, or %NULL
 *
 * Creates a source that is dispatched when the queue is ready.
 *
 * The source calls a [callback@Mood.MessageQueueSourceFunc], to be set with
 * [method@GLib.Source.set_callback], and is attached with [method@GLib.Source.attach]. It stays
 * ready as long as the queue does: a callback that leaves the message in the queue is called again.
 *
 * The callback is told the conditions that hold, once %G_IO_NVAL after the queue was closed (also
 * if it was closed before the source was made), or 0 when @cancellable was cancelled. After
 * %G_IO_NVAL a source that its callback keeps is never ready again. A queue that was never opened
 * counts as closed.
 *
 * While the callback runs a main loop of its own, it is not called from there, whatever
 * [method@GLib.Source.set_can_recurse] was told, and what comes meanwhile is told afterwards.
 *
 * A condition that the queue was not opened for never holds: a source that waits for %G_IO_IN on
 * a queue that was opened to send is dispatched by closing and cancelling only.
 *
 * The source holds a reference to the queue.
 *
 * See also: `mq_overview(7)`, `poll(2)`
 *
 * Returns: (transfer full): a new source, to be released with [method@GLib.Source.unref]
 *
 * Since: 1.0
 */
GSource *
mood_message_queue_create_source (MoodMessageQueue *self,
                                  GIOCondition condition,
                                  GCancellable *cancellable)
{
  GSource *source;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  source = mood_source_new (&condition_source_funcs, sizeof (MoodSource), "MoodMessageQueue", self,
                            condition, cancellable);
  mood_source_set_blocks_itself ((MoodSource *) source);

  return source;
}

/**
 * mood_message_queue_add_watch_full: (rename-to mood_message_queue_add_watch)
 * @self: a message queue
 * @priority: the priority of the watch in the main loop, such as %G_PRIORITY_DEFAULT
 * @condition: what to wait for: %G_IO_IN for a message to receive, %G_IO_OUT for room to send, or
 *   both
 * @func: (scope notified) (closure user_data) (destroy notify): what to call when the queue is
 * ready
 * @user_data: data for @func
 * @notify: (nullable): what to call with @user_data when the watch is removed, or %NULL
 *
 * Watches the queue from the main loop of the default main context.
 *
 * This is [method@Mood.MessageQueue.create_source] for the usual case. In another main context, or
 * with a #GCancellable, use that. The watch holds a reference to the queue, and ends when @func
 * returns %G_SOURCE_REMOVE or when it is removed with [func@GLib.Source.remove]. A condition that
 * the queue was not opened for never holds.
 *
 * Returns: the ID of the watch, greater than 0
 *
 * Since: 1.0
 */
guint
mood_message_queue_add_watch_full (MoodMessageQueue *self,
                                   int priority,
                                   GIOCondition condition,
                                   MoodMessageQueueSourceFunc func,
                                   gpointer user_data,
                                   GDestroyNotify notify)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  return mood_source_attach_default (mood_message_queue_create_source (self, condition, NULL),
                                     priority, (GSourceFunc) (GCallback) func, user_data, notify);
}

/**
 * mood_message_queue_add_watch: (skip)
 * @self: a message queue
 * @condition: what to wait for: %G_IO_IN for a message to receive, %G_IO_OUT for room to send, or
 *   both
 * @func: what to call when the queue is ready
 * @user_data: data for @func
 *
 * Watches the queue from the main loop of the default main context, with %G_PRIORITY_DEFAULT.
 *
 * This is [method@Mood.MessageQueue.add_watch_full] without the priority and the notification.
 *
 * Returns: the ID of the watch, greater than 0
 *
 * Since: 1.0
 */
guint
mood_message_queue_add_watch (MoodMessageQueue *self,
                              GIOCondition condition,
                              MoodMessageQueueSourceFunc func,
                              gpointer user_data)
{
  return mood_message_queue_add_watch_full (self, G_PRIORITY_DEFAULT, condition, func, user_data,
                                            NULL);
}
