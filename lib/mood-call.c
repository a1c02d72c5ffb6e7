/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An asynchronous call: what it was given, and the result that its callback gets. GTask would do,
 * but costs more than to receive the message, and its class starts a thread, so that a program
 * which had one has several from then on, and pays for that in every call. What users know of GTask
 * is the same here: the callback runs in the main context that was the thread-default one when the
 * call was made, which is so again meanwhile, and the call holds its queue for as long as somebody
 * holds the call. */

#include "mood-call-private.h"

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

static void
mood_call_finalize (GObject *object)
{
  MoodCall *self = (MoodCall *) object;

  g_object_unref (self->queue);
  g_clear_object (&self->cancellable);
  g_main_context_unref (self->context);
  g_free (self->to_send.bytes);
  g_free (self->received.bytes);
  g_clear_error (&self->error);

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

/* @source_tag tells the calls of one kind from those of others. */
MoodCall *
mood_call_new (MoodMessageQueue *queue,
               gpointer source_tag,
               int io_priority,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  MoodCall *self = g_object_new (MOOD_TYPE_CALL, NULL);

  self->queue = g_object_ref (queue);
  self->source_tag = source_tag;
  self->context = g_main_context_ref_thread_default ();
  self->io_priority = io_priority;
  if (cancellable != NULL)
    self->cancellable = g_object_ref (cancellable);
  self->callback = callback;
  self->user_data = user_data;

  return self;
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
