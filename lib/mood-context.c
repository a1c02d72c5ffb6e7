/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The main contexts that sources on queues are in, so that closing a queue can wake them, from any
 * thread: their sources see by themselves that the queue is closed. The sources cannot be touched
 * then, as one of them may just lose its last reference, and GLib tells nobody; nor can a context
 * that may just go. So each context has a source of its own here, its keeper, which is destroyed
 * with the context and can be touched until then. */

#include "mood-context-private.h"

#include "mood-message-queue-private.h"

typedef struct
{
  GSource parent;

  GMainContext *context; /* only to be compared with */
  GList link;            /* in the list; its data is NULL once the keeper is not to be touched */
} Keeper;

/* Of the links inside the keepers; under the lock. There are a few at most. */
GQueue mood_context_keepers = G_QUEUE_INIT;

/* To set its ready time has woken the context, and that was all it was for. */
static gboolean
keeper_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs keeper_funcs = { .dispatch = keeper_dispatch };

/* Called by the thread that lets the main context go, before it is gone. */
static void
on_context_goes (gpointer user_data)
{
  Keeper *self = user_data;

  pthread_mutex_lock (&mood_message_queue_lock);
  if (self->link.data != NULL)
    g_queue_unlink (&mood_context_keepers, &self->link);
  self->link.data = NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* With the lock held. */
static gboolean
has_keeper (GMainContext *context)
{
  for (GList *link = mood_context_keepers.head; link != NULL; link = link->next)
    if (((Keeper *) link->data)->context == context)
      return TRUE;

  return FALSE;
}

/* With the lock held. */
static void
add_keeper (GMainContext *context)
{
  GSource *source = g_source_new (&keeper_funcs, sizeof (Keeper));
  Keeper *self = (Keeper *) source;

  self->context = context;
  self->link.data = self;
  g_queue_push_tail_link (&mood_context_keepers, &self->link);
  g_source_set_static_name (source, "MoodMessageQueue keeper");
  g_source_set_callback (source, NULL, self, on_context_goes);
  g_source_attach (source, context);
  g_source_unref (source);
}

/* To be called by the thread that runs the main context, before it sleeps in it with a source. */
void
mood_context_remember (GMainContext *context)
{
  pthread_mutex_lock (&mood_message_queue_lock);
  if (!has_keeper (context))
    add_keeper (context);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* Has all of them look at their sources. */
void
mood_context_wake_all (void)
{
  pthread_mutex_lock (&mood_message_queue_lock);
  for (GList *link = mood_context_keepers.head; link != NULL; link = link->next)
    g_source_set_ready_time (link->data, 0);
  pthread_mutex_unlock (&mood_message_queue_lock);
}
