/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an asynchronous call that was served at once is told so: by the main loop, never from within
 * the call. GTask would make a source for each such call, which costs more than the message; here
 * one source, made for the first of them, does it for all that come after it with the same main
 * context and priority, and only the others are left to GTask. */

#include "mood-message-queue-private.h"

/* What the queue and the source share. Neither touches the other: the source belongs to a main
 * context that its thread may release while another thread releases the queue, and GLib lets
 * nobody but the owner of a context handle a source that may be going with it. Each says when it
 * has gone; who is last frees this. All of it is under the lock; what is atomic is only written
 * there, and spares the source the lock in each round of the main loop. */
typedef struct _MoodDelivery
{
  GMainContext *context; /* only to be compared with */
  int priority;
  gint has_queue; /* atomic */
  gboolean has_source;
  GQueue results;  /* of the links inside the results */
  guint n_results; /* atomic: the length of that */
} Delivery;

typedef struct
{
  GSource parent;

  Delivery *delivery; /* atomic */
} DeliverySource;

typedef struct
{
  GTask *task;
  gpointer pointer; /* NULL stands for TRUE */
  GDestroyNotify free_pointer;
  GList link;
} Result;

static Result *
pop_result (Delivery *self)
{
  GList *link;

  pthread_mutex_lock (&mood_message_queue_lock);
  link = g_queue_pop_head_link (&self->results);
  g_atomic_int_set (&self->n_results, self->results.length);
  pthread_mutex_unlock (&mood_message_queue_lock);

  return link != NULL ? link->data : NULL;
}

/* Ready as well when the queue has gone, to go itself. */
static gboolean
delivery_source_prepare (GSource *source, int *timeout)
{
  Delivery *self = g_atomic_pointer_get (&((DeliverySource *) source)->delivery);

  *timeout = -1;

  return g_atomic_int_get (&self->n_results) > 0 || !g_atomic_int_get (&self->has_queue);
}

/* Ends @task with @pointer, which this takes, or with TRUE if that is NULL. */
void
mood_message_queue_return_result (GTask *task, gpointer pointer, GDestroyNotify free_pointer)
{
  if (pointer != NULL)
    g_task_return_pointer (task, pointer, free_pointer);
  else
    g_task_return_boolean (task, TRUE);
}

/* What comes while this runs waits for the next turn. */
static gboolean
delivery_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Delivery *self = user_data;
  gboolean has_queue = g_atomic_int_get (&self->has_queue);
  Result *result;

  for (guint left = g_atomic_int_get (&self->n_results);
       left > 0 && (result = pop_result (self)) != NULL; left--)
    {
      mood_message_queue_return_result (result->task, result->pointer, result->free_pointer);
      g_object_unref (result->task);
      g_free (result);
    }

  return has_queue ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static GSourceFuncs delivery_source_funcs = {
  .prepare = delivery_source_prepare,
  .dispatch = delivery_source_dispatch,
};

/* The source is destroyed: because the queue has gone, or because the main context goes, which is
 * not freed before this. */
static void
on_source_destroyed (gpointer user_data)
{
  Delivery *self = user_data;
  gboolean has_queue;

  pthread_mutex_lock (&mood_message_queue_lock);
  self->has_source = FALSE;
  has_queue = self->has_queue;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!has_queue)
    g_free (self);
}

/* With the lock held. */
static void
make_source (Delivery *self, GTask *task)
{
  GSource *source = g_source_new (&delivery_source_funcs, sizeof (DeliverySource));

  self->context = g_task_get_context (task);
  self->priority = g_task_get_priority (task);
  self->has_source = TRUE;
  g_atomic_pointer_set (&((DeliverySource *) source)->delivery, self);

  g_source_set_static_name (source, "MoodMessageQueue delivery");
  g_source_set_callback (source, NULL, self, on_source_destroyed);
  g_source_set_priority (source, self->priority);
  /* A callback may run the main loop to wait for another call. */
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

static gboolean
delivers (Delivery *self, GTask *task)
{
  return self->context == g_task_get_context (task) && self->priority == g_task_get_priority (task);
}

/* Wakes the main context, unless it is just dispatching in this thread, and so looks at its sources
 * again before it sleeps. To acquire it, so as to learn whether anybody may be asleep in it, would
 * take it from a thread that comes to run it or to push it as its thread-default one. */
static void
wake (GMainContext *context)
{
  GSource *current = g_main_current_source ();

  /* Mostly it is the source of this context that called back, and told of the last call. */
  if (current != NULL && !g_source_is_destroyed (current) &&
      g_source_get_context (current) == context)
    return;

  if (!g_main_context_is_owner (context) || current == NULL)
    g_main_context_wakeup (context);
}

/* Likewise, from the main context of @task. */
void
mood_message_queue_deliver (MoodMessageQueue *self,
                            GTask *task,
                            gpointer pointer,
                            GDestroyNotify free_pointer)
{
  Delivery *delivery;
  gboolean is_first = FALSE;
  gboolean delivered;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->delivery == NULL)
    {
      self->delivery = g_new0 (Delivery, 1);
      self->delivery->has_queue = TRUE;
    }

  delivery = self->delivery;
  if (!delivery->has_source)
    make_source (delivery, task);

  delivered = delivers (delivery, task);
  if (delivered)
    {
      Result *result = g_new (Result, 1);

      is_first = delivery->results.length == 0;
      *result = (Result){ g_object_ref (task), pointer, free_pointer, { .data = result } };
      g_queue_push_tail_link (&delivery->results, &result->link);
      g_atomic_int_set (&delivery->n_results, delivery->results.length);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!delivered)
    mood_message_queue_return_result (task, pointer, free_pointer);
  else if (is_first)
    wake (g_task_get_context (task));
}

/* Called when nobody refers to the queue any more, so that no call is left. */
void
mood_message_queue_end_delivery (MoodMessageQueue *self)
{
  gboolean has_source;

  if (self->delivery == NULL)
    return;

  pthread_mutex_lock (&mood_message_queue_lock);
  g_atomic_int_set (&self->delivery->has_queue, FALSE);
  has_source = self->delivery->has_source;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!has_source)
    g_free (self->delivery);
  self->delivery = NULL;
}
