/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An asynchronous call: what it was given, and the result that its callback gets. GTask would do,
 * but costs more than to receive the message, and its class starts a thread, so that a program
 * which had one has several from then on, and pays for that in every call. What users know of GTask
 * is the same here: the callback runs in the main context that was the thread-default one when the
 * call was made, which is so again meanwhile, and the call holds its queue for as long as somebody
 * holds the call. */

#include "mood-call-private.h"

#include "mood-message-queue-private.h"

static void mood_call_async_result_iface_init (GAsyncResultIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MoodCall,
                               mood_call,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT,
                                                      mood_call_async_result_iface_init))

static gpointer
mood_call_get_user_data (GAsyncResult *result)
{
  return ((MoodCall *) result)->user_data;
}

static GObject *
mood_call_get_source_object (GAsyncResult *result)
{
  return g_object_ref ((GObject *) ((MoodCall *) result)->queue);
}

static gboolean
mood_call_is_tagged (GAsyncResult *result, gpointer source_tag)
{
  return ((MoodCall *) result)->source_tag == source_tag;
}

static void
mood_call_async_result_iface_init (GAsyncResultIface *iface)
{
  iface->get_user_data = mood_call_get_user_data;
  iface->get_source_object = mood_call_get_source_object;
  iface->is_tagged = mood_call_is_tagged;
}

/* Lets go of all that it has but the queue. */
static void
mood_call_clear (MoodCall *self)
{
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->to_send.bytes, g_free);
  g_clear_pointer (&self->received.bytes, g_free);
  g_clear_error (&self->error);
}

static void
mood_call_finalize (GObject *object)
{
  MoodCall *self = (MoodCall *) object;

  mood_call_clear (self);
  g_clear_object (&self->queue);

  G_OBJECT_CLASS (mood_call_parent_class)->finalize (object);
}

static void
mood_call_class_init (MoodCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mood_call_finalize;
}

static void
mood_call_init (MoodCall *self)
{
}

/* @source_tag tells the calls of one kind from those of others. What is returned is to be given
 * back with mood_call_release(). */
MoodCall *
mood_call_new (MoodMessageQueue *queue,
               gpointer source_tag,
               int io_priority,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  MoodCall *self = g_atomic_pointer_exchange (&queue->spare_call, NULL);

  if (self == NULL)
    self = g_object_new (MOOD_TYPE_CALL, NULL);

  self->queue = g_object_ref (queue);
  self->source_tag = source_tag;
  self->context = g_main_context_ref_thread_default ();
  self->io_priority = io_priority;
  if (cancellable != NULL)
    self->cancellable = g_object_ref (cancellable);
  self->callback = callback;
  self->user_data = user_data;
  self->is_taken = FALSE;

  return self;
}

/* Whether somebody but the caller of this refers to it, or could come to, by a weak reference or
 * the wrapper of a language binding, which are among the data of an object. */
static gboolean
is_known (MoodCall *self)
{
  GObject *object = (GObject *) self;

  return g_atomic_int_get (&object->ref_count) > 1 || object->qdata != NULL;
}

/* Gives back a reference. A call that nobody knows of is kept for the next one on its queue, if
 * none is yet: to free an object and to make one takes as many instructions as all else that a call
 * and the main loop do for a message. */
void
mood_call_release (MoodCall *self)
{
  MoodMessageQueue *queue;

  if (is_known (self))
    {
      g_object_unref (self);
      return;
    }

  mood_call_clear (self);
  queue = g_steal_pointer (&self->queue);
  if (!g_atomic_pointer_compare_and_exchange (&queue->spare_call, NULL, self))
    g_object_unref (self);
  g_object_unref (queue);
}

/* Called when nobody refers to the queue any more. */
void
mood_call_free_spare (MoodMessageQueue *queue)
{
  MoodCall *spare = g_atomic_pointer_exchange (&queue->spare_call, NULL);

  g_clear_object (&spare);
}

/* Tells the caller that the call is over. To be called in the main context of the call. */
void
mood_call_call_back (MoodCall *self)
{
  GMainContext *context = g_main_context_get_thread_default ();
  gboolean is_there = (context != NULL ? context : g_main_context_default ()) == self->context;

  if (self->callback == NULL)
    return;

  if (!is_there)
    g_main_context_push_thread_default (self->context);
  self->callback ((GObject *) self->queue, (GAsyncResult *) self, self->user_data);
  if (!is_there)
    g_main_context_pop_thread_default (self->context);
}

/* The call that @result is, if it is one of @queue and of this kind, for its caller to take what
 * came of it; NULL if it is not, or was taken before. */
MoodCall *
mood_call_take (GAsyncResult *result, MoodMessageQueue *queue, gpointer source_tag)
{
  MoodCall *self;

  if (!MOOD_IS_CALL (result))
    return NULL;

  self = (MoodCall *) result;
  if (self->queue != queue || self->source_tag != source_tag || self->is_taken)
    return NULL;

  self->is_taken = TRUE;

  return self;
}
