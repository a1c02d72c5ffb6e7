/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an asynchronous call that was served at once is told so: by the main loop, never from within
 * the call. A source for each such call would cost more than the message: here one source, made for
 * the first of them, does it for all that come after it with the same main context and priority,
 * and only the others have one each. */

#include "mood-message-queue-private.h"

#include "mood-call-private.h"

/* What the queue and the source share. Neither touches the other: the source belongs to a main
 * context that its thread may release while another thread releases the queue, and GLib lets
 * nobody but the owner of a context handle a source that may be going with it. Each says when it
 * has gone; who is last frees this. That of a single call has no queue from the start. All of it is
 * under the lock; what is atomic is only written there, and spares the source the lock in each
 * round of the main loop. */
typedef struct _MoodDelivery
{
  GMainContext *context; /* only to be compared with */
  int priority;
  gint has_queue; /* atomic */
  gboolean has_source;
  GQueue calls;  /* of the links inside the calls, which it holds */
  guint n_calls; /* atomic: the length of that */
} Delivery;

typedef struct
{
  GSource parent;

  Delivery *delivery; /* atomic */
} DeliverySource;

static MoodCall *
pop_call (Delivery *self)
{
  GList *link;

  pthread_mutex_lock (&mood_message_queue_lock);
  link = g_queue_pop_head_link (&self->calls);
  g_atomic_int_set (&self->n_calls, self->calls.length);
  pthread_mutex_unlock (&mood_message_queue_lock);

  return link != NULL ? link->data : NULL;
}

/* Ready as well when the queue has gone, to go itself. */
static gboolean
delivery_source_prepare (GSource *source, int *timeout)
{
  Delivery *self = g_atomic_pointer_get (&((DeliverySource *) source)->delivery);

  *timeout = -1;

  return g_atomic_int_get (&self->n_calls) > 0 || !g_atomic_int_get (&self->has_queue);
}

/* What comes while this runs waits for the next turn. */
static gboolean
delivery_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Delivery *self = user_data;
  gboolean has_queue = g_atomic_int_get (&self->has_queue);
  MoodCall *call;

  for (guint left = g_atomic_int_get (&self->n_calls); left > 0 && (call = pop_call (self)) != NULL;
       left--)
    {
      mood_call_call_back (call);
      mood_call_release (call);
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

static Delivery *
delivery_new (gboolean has_queue)
{
  Delivery *self = g_new0 (Delivery, 1);

  self->has_queue = has_queue;

  return self;
}

/* With the lock held. */
static void
make_source (Delivery *self, MoodCall *call)
{
  GSource *source = g_source_new (&delivery_source_funcs, sizeof (DeliverySource));

  self->context = call->context;
  self->priority = call->io_priority;
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
delivers (Delivery *self, MoodCall *call)
{
  return self->has_source && self->context == call->context && self->priority == call->io_priority;
}

/* With the lock held: the one of the queue, or one for this call alone. */
static Delivery *
get_delivery (MoodMessageQueue *queue, MoodCall *call)
{
  Delivery *self;

  if (queue->delivery == NULL)
    queue->delivery = delivery_new (TRUE);

  self = queue->delivery;
  if (delivers (self, call))
    return self;

  if (self->has_source)
    self = delivery_new (FALSE);
  make_source (self, call);

  return self;
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

/* Takes a call that is over, and has its main context call back. */
void
mood_message_queue_deliver (MoodCall *call)
{
  /* Once it is delivered, the call may be gone; the main context of who called is not. */
  GMainContext *context = call->context;
  Delivery *delivery;
  gboolean is_first;

  pthread_mutex_lock (&mood_message_queue_lock);
  delivery = get_delivery (call->queue, call);
  is_first = delivery->calls.length == 0;
  call->place.data = call;
  g_queue_push_tail_link (&delivery->calls, &call->place);
  g_atomic_int_set (&delivery->n_calls, delivery->calls.length);
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (is_first)
    wake (context);
}

/* Called when nobody refers to the queue any more, so that no call is left. What other threads have
 * done to the queue under the lock is seen from here on. */
void
mood_message_queue_end_delivery (MoodMessageQueue *self)
{
  Delivery *delivery;
  gboolean has_source = FALSE;

  pthread_mutex_lock (&mood_message_queue_lock);
  delivery = g_steal_pointer (&self->delivery);
  if (delivery != NULL)
    {
      g_atomic_int_set (&delivery->has_queue, FALSE);
      has_source = delivery->has_source;
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!has_source)
    g_free (delivery);
}
