/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the sources on a queue share: they hold the queue alive, poll its descriptor for what the
 * queue can do, and are known to it, so that closing can make them ready from any thread.
 *
 * The descriptor may be polled for an instant after it was closed, even under a number that leads
 * elsewhere by then; that does no harm, because once the queue is closed a source no longer looks
 * at what the poll said. It is the dispatching thread that stops polling: taken away by the thread
 * that closes, the descriptor would be taken from a source that a third thread may just be
 * attaching. */

#include "mood-source-private.h"

#include "mood-message-queue-private.h"

/* Comes twice if somebody refers to the source between its last unref and this. */
static void
mood_source_dispose (GSource *source)
{
  MoodSource *self = (MoodSource *) source;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->link.data != NULL)
    g_queue_unlink (&self->queue->sources, &self->link);
  self->link.data = NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);
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
  g_source_set_dispose_function (source, mood_source_dispose);

  self->queue = g_object_ref (queue);
  self->link.data = source;

  pthread_mutex_lock (&mood_message_queue_lock);
  g_queue_push_tail_link (&queue->sources, &self->link);
  pthread_mutex_unlock (&mood_message_queue_lock);

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

/* Ready once more after the close, which may have come while another thread attached the source,
 * and then found no main context to wake. */
gboolean
mood_source_prepare (GSource *source, int *timeout)
{
  MoodSource *self = (MoodSource *) source;

  *timeout = -1;

  return (g_atomic_int_get (&self->queue->state) & MOOD_STATE_NOT_OPEN) != 0 && !self->saw_close;
}

/* There is nothing more to wait for. */
void
mood_source_stop_polling (MoodSource *self)
{
  if (self->fd_tag != NULL)
    g_source_remove_unix_fd (&self->parent, self->fd_tag);
  self->fd_tag = NULL;
}

/* To be called first in each dispatch. FALSE means that the queue is closed, and that nothing will
 * make the source ready again. */
gboolean
mood_source_begin_dispatch (MoodSource *self)
{
  /* The close sets its bit before the ready time, so that here the order is the other way round. */
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

/* Makes every source of the queue ready, to tell its callback that the queue is closed. A source in
 * the list is not freed before the lock is: its dispose function has to take it out. */
void
mood_message_queue_close_sources (MoodMessageQueue *self)
{
  pthread_mutex_lock (&mood_message_queue_lock);
  for (GList *link = self->sources.head; link != NULL; link = link->next)
    g_source_set_ready_time (link->data, 0);
  pthread_mutex_unlock (&mood_message_queue_lock);
}
