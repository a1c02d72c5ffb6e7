/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Readiness: a GSource that is dispatched when the queue is ready. */

#include "mood-message-queue-private.h"

/* A source holds the queue alive, and is known to it by a link, so that closing can make the
 * source ready from any thread. The descriptor may be polled for an instant after it was closed,
 * even under a number that leads elsewhere by then; that does no harm, because once the queue is
 * closed the source no longer looks at what the poll said. */
typedef struct
{
  GSource parent;

  MoodMessageQueue *queue;
  GIOCondition condition;
  gpointer fd_tag;
  gboolean closed_dispatched;
  GCancellable *cancellable;
  GList link; /* in the queue's sources */
} QueueSource;

static void
stop_polling (QueueSource *self)
{
  if (self->fd_tag != NULL)
    g_source_remove_unix_fd (&self->parent, self->fd_tag);

  self->fd_tag = NULL;
}

/* What to tell the callback; 0 if there is nothing to tell. */
static GIOCondition
query_condition (QueueSource *self)
{
  guint state = g_atomic_int_get (&self->queue->state);

  if ((state & MOOD_STATE_NOT_OPEN) != 0)
    {
      GIOCondition condition = self->closed_dispatched ? 0 : G_IO_NVAL;

      self->closed_dispatched = TRUE;
      stop_polling (self);

      return condition;
    }

  if (self->fd_tag == NULL)
    return 0;

  return g_source_query_unix_fd (&self->parent, self->fd_tag) & self->condition;
}

static gboolean
queue_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  QueueSource *self = (QueueSource *) source;
  MoodMessageQueueSourceFunc func = (MoodMessageQueueSourceFunc) (GCallback) callback;
  GIOCondition condition;

  /* What made it ready at once was the close. */
  g_source_set_ready_time (source, -1);

  condition = query_condition (self);
  if (condition == 0 && !g_cancellable_is_cancelled (self->cancellable))
    return G_SOURCE_CONTINUE;

  if (func == NULL)
    return G_SOURCE_REMOVE;

  return func (self->queue, condition, user_data);
}

/* May come twice, when close held a reference at the time of the first. */
static void
queue_source_dispose (GSource *source)
{
  QueueSource *self = (QueueSource *) source;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->link.data != NULL)
    {
      g_queue_unlink (&self->queue->sources, &self->link);
      self->link.data = NULL;
    }
  pthread_mutex_unlock (&mood_message_queue_lock);
}

static void
queue_source_finalize (GSource *source)
{
  QueueSource *self = (QueueSource *) source;

  g_clear_object (&self->cancellable);
  g_object_unref (self->queue);
}

static gboolean
queue_source_closure_callback (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  GClosure *closure = user_data;
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };
  GValue result = G_VALUE_INIT;
  gboolean keep;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_value_init (&arguments[0], MOOD_TYPE_MESSAGE_QUEUE);
  g_value_set_object (&arguments[0], queue);
  g_value_init (&arguments[1], G_TYPE_IO_CONDITION);
  g_value_set_flags (&arguments[1], condition);

  g_closure_invoke (closure, &result, G_N_ELEMENTS (arguments), arguments, NULL);

  keep = g_value_get_boolean (&result);
  g_value_unset (&result);
  g_value_unset (&arguments[0]);
  g_value_unset (&arguments[1]);

  return keep;
}

static GSourceFuncs queue_source_funcs = {
  .dispatch = queue_source_dispatch,
  .finalize = queue_source_finalize,
  .closure_callback = (GSourceFunc) (GCallback) queue_source_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) (GCallback) g_cclosure_marshal_generic,
};

/* The kernel reports a queue as ready for IN and OUT whatever it was opened for, and never reports
 * anything else. A source that waited for what the queue cannot do would be ready for ever. */
static GIOCondition
mask_condition (MoodMessageQueue *self, GIOCondition condition)
{
  GIOCondition possible = 0;

  if ((self->flags & MOOD_OPEN_RDONLY) != 0)
    possible |= G_IO_IN;
  if ((self->flags & MOOD_OPEN_WRONLY) != 0)
    possible |= G_IO_OUT;

  return condition & possible;
}

/* Makes every source of the queue ready, to tell its callback that the queue is closed. */
void
mood_message_queue_close_sources (MoodMessageQueue *self)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);

  pthread_mutex_lock (&mood_message_queue_lock);
  for (GList *link = self->sources.head; link != NULL; link = link->next)
    g_ptr_array_add (sources, g_source_ref (link->data));
  pthread_mutex_unlock (&mood_message_queue_lock);

  for (guint i = 0; i < sources->len; i++)
    g_source_set_ready_time (g_ptr_array_index (sources, i), 0);

  g_ptr_array_unref (sources);
}

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
 * %G_IO_NVAL a source that its callback keeps is never ready again.
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
  QueueSource *queue_source;
  guint refusals;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  source = g_source_new (&queue_source_funcs, sizeof (QueueSource));
  g_source_set_static_name (source, "MoodMessageQueue");
  g_source_set_dispose_function (source, queue_source_dispose);

  queue_source = (QueueSource *) source;
  queue_source->queue = g_object_ref (self);
  queue_source->condition = mask_condition (self, condition);
  queue_source->link.data = source;

  /* From here on a close finds the source; a close that came before is found below. */
  pthread_mutex_lock (&mood_message_queue_lock);
  g_queue_push_tail_link (&self->sources, &queue_source->link);
  pthread_mutex_unlock (&mood_message_queue_lock);

  refusals = mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN);
  if (refusals != 0)
    {
      g_source_set_ready_time (source, 0);
    }
  else
    {
      if (queue_source->condition != 0)
        queue_source->fd_tag = g_source_add_unix_fd (source, self->fd, queue_source->condition);
      mood_message_queue_end (self);
    }

  if (cancellable != NULL)
    {
      GSource *cancellable_source = g_cancellable_source_new (cancellable);

      queue_source->cancellable = g_object_ref (cancellable);
      g_source_set_dummy_callback (cancellable_source);
      g_source_add_child_source (source, cancellable_source);
      g_source_unref (cancellable_source);
    }

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
 * returns %G_SOURCE_REMOVE or when it is removed with [func@GLib.Source.remove].
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
  GSource *source;
  guint id;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  source = mood_message_queue_create_source (self, condition, NULL);
  g_source_set_priority (source, priority);
  g_source_set_callback (source, (GSourceFunc) (GCallback) func, user_data, notify);
  id = g_source_attach (source, NULL);
  g_source_unref (source);

  return id;
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
