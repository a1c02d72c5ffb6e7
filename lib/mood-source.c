/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the sources on a queue share: they hold the queue alive, poll its descriptor for what the
 * queue can do, and see when it is closed, for which their main context is woken.
 *
 * The descriptor may be polled for an instant after it was closed, even under a number that leads
 * elsewhere by then; that does no harm, because once the queue is closed a source no longer looks
 * at what the poll said. It is the dispatching thread that stops polling: taken away by the thread
 * that closes, the descriptor would be taken from a source that a third thread may just be
 * attaching. */

#include "mood-source-private.h"

#include "mood-context-private.h"
#include "mood-message-queue-private.h"

/* A child of a source, which is never ready. GLib destroys it together with the source, and lets go
 * of its data then. */
typedef struct
{
  GSource parent;

  MoodSource *source; /* under the lock; NULL once the source is destroyed or disposed of */
} EndSource;

static GSourceFuncs end_source_funcs = { .prepare = NULL };

/* With the lock held. Comes once when the source is destroyed, and again when it is disposed of. */
static void
end_source (MoodSource *self)
{
  if (self->end != NULL)
    {
      ((EndSource *) self->end)->source = NULL;
      self->end = NULL;
      self->on_end (self);
    }
}

static void
on_end_source_destroyed (gpointer user_data)
{
  EndSource *self = user_data;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->source != NULL)
    end_source (self->source);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

static void
mood_source_dispose (GSource *source)
{
  MoodSource *self = (MoodSource *) source;

  pthread_mutex_lock (&mood_message_queue_lock);
  end_source (self);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* Has @on_end called with the lock held when the source is destroyed, or else when it is disposed
 * of. */
void
mood_source_set_on_end (MoodSource *self, void (*on_end) (MoodSource *self))
{
  g_source_set_dispose_function (&self->parent, mood_source_dispose);
  self->on_end = on_end;
  self->end = g_source_new (&end_source_funcs, sizeof (EndSource));
  ((EndSource *) self->end)->source = self;
  g_source_set_static_name (self->end, "MoodMessageQueue end");
  g_source_set_callback (self->end, NULL, self->end, on_end_source_destroyed);
  g_source_add_child_source (&self->parent, self->end);
  g_source_unref (self->end);
}

void
mood_source_finalize (GSource *source)
{
  MoodSource *self = (MoodSource *) source;

  g_clear_object (&self->cancellable);
  g_object_unref (self->queue);
}

/* The kernel reports a queue as ready for IN and OUT whatever it was opened for, and never reports
 * anything else. Whoever waited for what the queue cannot do would find it ready for ever. */
GIOCondition
mood_message_queue_mask_condition (MoodMessageQueue *self, GIOCondition condition)
{
  GIOCondition possible = 0;

  if ((self->flags & MOOD_OPEN_RDONLY) != 0)
    possible |= G_IO_IN;
  if ((self->flags & MOOD_OPEN_WRONLY) != 0)
    possible |= G_IO_OUT;

  return condition & possible;
}

/* Begins to poll the queue for @condition, if it does not yet. A close that comes meanwhile makes
 * the source ready all the same. */
void
mood_source_poll (MoodSource *self, GIOCondition condition)
{
  if (self->fd_tag != NULL || condition == 0 ||
      mood_message_queue_begin (self->queue, MOOD_STATE_NOT_OPEN) != 0)
    return;

  self->condition = condition;
  self->fd_tag = g_source_add_unix_fd (&self->parent, self->queue->fd, condition);
  mood_message_queue_end (self->queue);
}

/* There is nothing more to wait for. */
void
mood_source_stop_polling (MoodSource *self)
{
  if (self->fd_tag != NULL)
    g_source_remove_unix_fd (&self->parent, self->fd_tag);
  self->fd_tag = NULL;
}

/* Makes a source of @size bytes, which begin with a MoodSource. */
GSource *
mood_source_new (GSourceFuncs *funcs,
                 gsize size,
                 const char *name,
                 MoodMessageQueue *queue,
                 GIOCondition condition,
                 GCancellable *cancellable)
{
  GSource *source = g_source_new (funcs, (guint) size);
  MoodSource *self = (MoodSource *) source;

  g_source_set_static_name (source, name);

  self->queue = g_object_ref (queue);
  mood_source_poll (self, mood_message_queue_mask_condition (queue, condition));

  if (cancellable != NULL)
    {
      GSource *cancellable_source = g_cancellable_source_new (cancellable);

      self->cancellable = g_object_ref (cancellable);
      g_source_set_dummy_callback (cancellable_source);
      g_source_add_child_source (source, cancellable_source);
      g_source_unref (cancellable_source);
    }

  return source;
}

/* Ready once more after the close, which wakes the main context if it came after this was called
 * for the first time, and else is seen here. */
gboolean
mood_source_prepare (GSource *source, int *timeout)
{
  MoodSource *self = (MoodSource *) source;

  *timeout = -1;
  if (!self->has_context)
    mood_context_remember (self);
  self->has_context = TRUE;

  return (g_atomic_int_get (&self->queue->state) & MOOD_STATE_NOT_OPEN) != 0 && !self->saw_close &&
         !self->is_dispatching;
}

/* Has mood_source_enter() and mood_source_leave() keep the source from being dispatched within its
 * own callback, in the place of GLib, which does so at the cost of three system calls in each
 * dispatch: it wakes its main context to poll without the source, and wakes it again to poll with
 * it. Only a callback that runs a main loop itself makes that necessary. */
void
mood_source_set_blocks_itself (MoodSource *self)
{
  g_source_set_can_recurse (&self->parent, TRUE);
}

/* Keeps the main loop that the callback runs from finding the source ready over and over. */
static void
hold (MoodSource *self)
{
  const GIOCondition broken = G_IO_ERR | G_IO_HUP | G_IO_NVAL;

  self->is_held = TRUE;
  g_source_set_ready_time (&self->parent, -1);
  if (self->fd_tag == NULL)
    return;

  /* A descriptor that was closed cannot be told to be ready for nothing. */
  self->is_broken = (g_source_query_unix_fd (&self->parent, self->fd_tag) & broken) != 0;
  if (self->is_broken)
    mood_source_stop_polling (self);
  else
    g_source_modify_unix_fd (&self->parent, self->fd_tag, 0);
}

/* What the inner main loop was told the outer one is told again. */
static void
release (MoodSource *self)
{
  self->is_held = FALSE;
  if (g_source_is_destroyed (&self->parent))
    return;

  if (self->fd_tag != NULL)
    g_source_modify_unix_fd (&self->parent, self->fd_tag, self->condition);
  else if (self->is_broken)
    mood_source_poll (self, self->condition);
  if (!self->was_cancelled && g_cancellable_is_cancelled (self->cancellable))
    g_source_set_ready_time (&self->parent, 0);
}

/* To be called first in the dispatch of a source that blocks itself. FALSE means that its callback
 * is running, in a main loop of which this was found ready: it is left alone until
 * mood_source_leave(). */
gboolean
mood_source_enter (MoodSource *self)
{
  if (self->is_dispatching)
    hold (self);
  else
    {
      self->is_dispatching = TRUE;
      self->was_cancelled = g_cancellable_is_cancelled (self->cancellable);
    }

  return !self->is_held;
}

/* To be called last in a dispatch that was entered. */
void
mood_source_leave (MoodSource *self)
{
  self->is_dispatching = FALSE;
  if (self->is_held)
    release (self);
}

/* To be called first in each dispatch. FALSE means that the queue is closed, and that nothing will
 * make the source ready again. */
gboolean
mood_source_begin_dispatch (MoodSource *self)
{
  /* Whoever set it has changed before what is looked at from here on. */
  if (g_source_get_ready_time (&self->parent) != -1)
    g_source_set_ready_time (&self->parent, -1);

  if ((g_atomic_int_get (&self->queue->state) & MOOD_STATE_NOT_OPEN) == 0)
    return TRUE;

  self->saw_close = TRUE;
  mood_source_stop_polling (self);

  return FALSE;
}

/* Attaches a new source, which this takes, to the default main context; returns its ID. */
guint
mood_source_attach_default (GSource *source,
                            int priority,
                            GSourceFunc func,
                            gpointer user_data,
                            GDestroyNotify notify)
{
  guint id;

  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, user_data, notify);
  id = g_source_attach (source, NULL);
  g_source_unref (source);

  return id;
}

/* For a source that is given a closure in the place of a MoodMessageQueueSourceFunc. */
gboolean
mood_source_condition_closure_callback (MoodMessageQueue *queue,
                                        GIOCondition condition,
                                        gpointer user_data)
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
