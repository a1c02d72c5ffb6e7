/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-message-queue.h"

G_BEGIN_DECLS

typedef struct
{
  guint8 *bytes; /* NULL where there is no message */
  gsize length;
  guint priority;
} MoodMessage;

#define MOOD_TYPE_CALL (mood_call_get_type ())
G_DECLARE_FINAL_TYPE (MoodCall, mood_call, MOOD, CALL, GObject)

/* What is not of `place` is touched by one thread at a time: by the caller's, and once the call
 * stands in line or among those that were served, by that of its main context. */
struct _MoodCall
{
  GObject parent_instance;

  /* What it was given: */
  MoodMessageQueue *queue;
  gpointer source_tag;
  GMainContext *context;
  int io_priority;
  GCancellable *cancellable;
  GAsyncReadyCallback callback;
  gpointer user_data;
  MoodMessage to_send; /* while it stands in line */

  /* What came of it: neither if it sent its message. */
  MoodMessage received;
  GError *error;
  gboolean is_taken;

  GList place; /* in a line, or among those that were served; without data if in neither; under
                * mood_message_queue_lock */
};

MoodCall *mood_call_new (MoodMessageQueue *queue,
                         gpointer source_tag,
                         int io_priority,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
void mood_call_call_back (MoodCall *self);
void mood_call_release (MoodCall *self);
void mood_call_free_spare (MoodMessageQueue *queue);
MoodCall *mood_call_take (GAsyncResult *result, MoodMessageQueue *queue, gpointer source_tag);

G_END_DECLS
