/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an asynchronous call that was served at once is told so: by the main loop, never from within
 * the call. GTask would make a source for each such call, which costs more than the message; here
 * one source, made for the first of them, does it for all that come after it with the same main
 * context and priority, and only the others are left to GTask. */

#include "mood-message-queue-private.h"

typedef struct
{
  GSource parent;

  GMainContext *context; /* only to be compared with */
  int priority;
  GQueue results; /* of the links inside the results; under the lock */
} DeliverySource;

typedef struct
{
  GTask *task;
  gpointer pointer; /* NULL stands for TRUE */
  GDestroyNotify free_pointer;
  GList link;
} Result;

static Result *
pop_result (DeliverySource *self)
{
  GList *link;

  pthread_mutex_lock (&mood_message_queue_lock);
  link = g_queue_pop_head_link (&self->results);
  pthread_mutex_unlock (&mood_message_queue_lock);

  return link != NULL ? link->data : NULL;
}

static guint
count_results (DeliverySource *self)
{
  guint n_results;

  pthread_mutex_lock (&mood_message_queue_lock);
  n_results = self->results.length;
  pthread_mutex_unlock (&mood_message_queue_lock);

  return n_results;
}

static gboolean
delivery_source_prepare (GSource *source, int *timeout)
{
  *timeout = -1;

  return count_results ((DeliverySource *) source) > 0;
}

static void
return_result (GTask *task, gpointer pointer, GDestroyNotify free_pointer)
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
  DeliverySource *self = (DeliverySource *) source;
  Result *result;

  for (guint left = count_results (self); left > 0 && (result = pop_result (self)) != NULL; left--)
    {
      return_result (result->task, result->pointer, result->free_pointer);
      g_object_unref (result->task);
      g_free (result);
    }

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs delivery_source_funcs = {
  .prepare = delivery_source_prepare,
  .dispatch = delivery_source_dispatch,
};

/* With the lock held. */
static DeliverySource *
make_source (GTask *task)
{
  GSource *source = g_source_new (&delivery_source_funcs, sizeof (DeliverySource));
  DeliverySource *self = (DeliverySource *) source;

  self->context = g_task_get_context (task);
  self->priority = g_task_get_priority (task);
  g_queue_init (&self->results);

  g_source_set_static_name (source, "MoodMessageQueue delivery");
  g_source_set_priority (source, self->priority);
  /* A callback may run the main loop to wait for another call. */
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, self->context);

  return self;
}

static gboolean
delivers (DeliverySource *self, GTask *task)
{
  return self->context == g_task_get_context (task) &&
         self->priority == g_task_get_priority (task) && !g_source_is_destroyed (&self->parent);
}

/* Wakes the main context if it is another thread's, which may be asleep in it. */
static void
wake (GMainContext *context)
{
  if (g_main_context_is_owner (context))
    return;

  /* Nobody's: whoever comes to run it looks at its sources first. */
  if (g_main_context_acquire (context))
    g_main_context_release (context);
  else
    g_main_context_wakeup (context);
}

/* Ends @task from its main context, with @pointer, which this takes, or with TRUE if that is NULL.
 */
void
mood_message_queue_deliver (MoodMessageQueue *self,
                            GTask *task,
                            gpointer pointer,
                            GDestroyNotify free_pointer)
{
  DeliverySource *source;
  gboolean delivered;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->delivery_source == NULL)
    self->delivery_source = (GSource *) make_source (task);

  source = (DeliverySource *) self->delivery_source;
  delivered = delivers (source, task);
  if (delivered)
    {
      Result *result = g_new (Result, 1);

      *result = (Result){ g_object_ref (task), pointer, free_pointer, { .data = result } };
      g_queue_push_tail_link (&source->results, &result->link);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (delivered)
    wake (source->context);
  else
    return_result (task, pointer, free_pointer);
}

/* Called when nobody refers to the queue any more, so that no call is left. */
void
mood_message_queue_end_delivery (MoodMessageQueue *self)
{
  if (self->delivery_source != NULL)
    g_source_destroy (self->delivery_source);
  g_clear_pointer (&self->delivery_source, g_source_unref);
}
