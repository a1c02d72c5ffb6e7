/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mood-queue-info.h"
#include "mood-version-macros.h"

G_BEGIN_DECLS

#define MOOD_TYPE_QUEUE_DIRECTORY (mood_queue_directory_get_type ())

MOOD_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MoodQueueDirectory, mood_queue_directory, MOOD, QUEUE_DIRECTORY, GObject)

MOOD_AVAILABLE_IN_1_0
MoodQueueDirectory *mood_queue_directory_new (GError **error);

MOOD_AVAILABLE_IN_1_0
gboolean mood_queue_directory_refresh (MoodQueueDirectory *self, GError **error);
MOOD_AVAILABLE_IN_1_0
MoodQueueInfo *mood_queue_directory_lookup (MoodQueueDirectory *self, const char *name);

MOOD_AVAILABLE_IN_1_0
GSource *mood_queue_directory_create_source (MoodQueueDirectory *self, GCancellable *cancellable);
MOOD_AVAILABLE_IN_1_0
guint mood_queue_directory_add_watch (MoodQueueDirectory *self);

MOOD_AVAILABLE_IN_1_0
void mood_queue_directory_wait_for_async (MoodQueueDirectory *self,
                                          const char *name,
                                          int io_priority,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
MOOD_AVAILABLE_IN_1_0
gboolean mood_queue_directory_wait_for_finish (MoodQueueDirectory *self,
                                               GAsyncResult *result,
                                               GError **error);

G_END_DECLS
