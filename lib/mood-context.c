/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The main contexts that sources on queues are in, so that closing a queue can wake them, from any
 * thread: their sources see by themselves that the queue is closed. The sources cannot be touched
 * then, as one of them may just lose its last reference, and GLib tells nobody; nor can a context
 * that may just go. So each context has a source of its own here, its keeper, which is destroyed
 * with the context, and holds that up while a thread uses the keeper.
 *
 * No keeper is touched with the lock held: with some versions of GLib, whoever touches a source can
 * be the one who lets its main context go, and then runs whatever is to be done at the end of the
 * context's sources. */

#include "mood-context-private.h"

#include "mood-message-queue-private.h"

typedef struct
{
  GSource parent;

  GMainContext *context; /* only to be compared with */

  /* Under the lock: */
  GList link;   /* in the list; its data is NULL once the keeper is not to be touched */
  guint n_uses; /* how many threads are using it */
} Keeper;

/* A keeper that this thread is using, or NULL once it is gone, and those that it was using when it
 * came to that. */
typedef struct _Use Use;

struct _Use
{
  Keeper *keeper;
  Use *outer;
};

static _Thread_local Use *uses;
static pthread_cond_t use_ended = PTHREAD_COND_INITIALIZER;

/* Of the links inside the keepers; under the lock. */
static GQueue keepers = G_QUEUE_INIT;

/* To set its ready time has woken the context, and that was all it was for. */
static gboolean
keeper_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs keeper_funcs = { .dispatch = keeper_dispatch };

/* With the lock held: what this thread is using in vain, as it has let the context go itself. */
static void
end_own_uses (Keeper *self)
{
  for (Use *use = uses; use != NULL; use = use->outer)
    if (use->keeper == self)
      {
        use->keeper = NULL;
        self->n_uses--;
      }
}

/* Called by the thread that lets the main context go, before it is gone. */
static void
on_context_goes (gpointer user_data)
{
  Keeper *self = user_data;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->link.data != NULL)
    g_queue_unlink (&keepers, &self->link);
  self->link.data = NULL;
  end_own_uses (self);
  while (self->n_uses > 0)
    pthread_cond_wait (&use_ended, &mood_message_queue_lock);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* With the lock held. */
static Keeper *
find_keeper (GMainContext *context)
{
  for (GList *link = keepers.head; link != NULL; link = link->next)
    {
      Keeper *keeper = link->data;

      if (keeper->context == context)
        return keeper;
    }

  return NULL;
}

/* With the lock held, in the thread that runs the main context. */
static void
add_keeper (GMainContext *context)
{
  GSource *source = g_source_new (&keeper_funcs, sizeof (Keeper));
  Keeper *self = (Keeper *) source;

  self->context = context;
  self->link.data = self;
  g_queue_push_tail_link (&keepers, &self->link);
  g_source_set_static_name (source, "MoodMessageQueue keeper");
  g_source_set_callback (source, NULL, self, on_context_goes);
  g_source_attach (source, context);
  g_source_unref (source);
}

/* With the lock held: a queue may outlive many contexts. */
static void
forget_gone (MoodMessageQueue *queue)
{
  GSList *at = queue->contexts;

  while (at != NULL)
    {
      GSList *next = at->next;

      if (find_keeper (at->data) == NULL)
        queue->contexts = g_slist_delete_link (queue->contexts, at);
      at = next;
    }
}

/* To be called by the thread that runs the main context of the source, before it sleeps in it. */
void
mood_context_remember (MoodSource *source)
{
  GMainContext *context = g_source_get_context (&source->parent);
  MoodMessageQueue *queue;

  pthread_mutex_lock (&mood_message_queue_lock);
  queue = source->queue;
  if (g_slist_find (queue->contexts, context) == NULL)
    {
      forget_gone (queue);
      queue->contexts = g_slist_prepend (queue->contexts, context);
    }
  if (find_keeper (context) == NULL)
    add_keeper (context);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* With the lock held, which it lets go meanwhile. No reference is taken: to give it back, GLib
 * would look at the context, which may be gone by then. */
static void
wake (Keeper *self)
{
  Use use = { .keeper = self, .outer = uses };

  self->n_uses++;
  uses = &use;
  pthread_mutex_unlock (&mood_message_queue_lock);

  g_source_set_ready_time (&self->parent, 0);

  pthread_mutex_lock (&mood_message_queue_lock);
  uses = use.outer;
  if (use.keeper != NULL)
    {
      self->n_uses--;
      pthread_cond_broadcast (&use_ended);
    }
}

/* Has the main contexts in which the queue has sources look at them. */
void
mood_context_wake (MoodMessageQueue *queue)
{
  GSList *contexts;

  pthread_mutex_lock (&mood_message_queue_lock);
  contexts = g_steal_pointer (&queue->contexts);
  for (GSList *at = contexts; at != NULL; at = at->next)
    {
      Keeper *keeper = find_keeper (at->data);

      if (keeper != NULL)
        wake (keeper);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  g_slist_free (contexts);
}

/* With the lock held: in a child that was forked, where no other thread is, the contexts are not
 * touched. */
void
mood_context_forget_all (void)
{
  GList *link;

  use_ended = (pthread_cond_t) PTHREAD_COND_INITIALIZER;
  while ((link = g_queue_pop_head_link (&keepers)) != NULL)
    {
      Keeper *keeper = link->data;

      keeper->n_uses = 0;
      for (Use *use = uses; use != NULL; use = use->outer)
        if (use->keeper == keeper)
          keeper->n_uses++;
      link->data = NULL;
    }
}
