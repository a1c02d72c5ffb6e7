/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-message-queue.h"

G_BEGIN_DECLS

/* What every source on a queue begins with. */
typedef struct _MoodSource MoodSource;

struct _MoodSource
{
  GSource parent;

  MoodMessageQueue *queue;
  GIOCondition condition;
  GCancellable *cancellable;
  gpointer fd_tag;
  gboolean saw_close;
  gboolean is_dispatching; /* if it blocks itself */
  gboolean was_cancelled;  /* before that */
  gboolean is_held;        /* found ready meanwhile, and not polled until it has left */
  gboolean is_broken;      /* found so meanwhile, which its callback is to be told */
  gboolean has_context;    /* that is remembered, to be woken */
  GSource *end; /* tells that the source is destroyed; NULL if nobody asks, or once it is; under the
                 * lock */
  void (*on_end) (MoodSource *self);
};

GSource *mood_source_new (GSourceFuncs *funcs,
                          gsize size,
                          const char *name,
                          MoodMessageQueue *queue,
                          GIOCondition condition,
                          GCancellable *cancellable);
void mood_source_set_on_end (MoodSource *self, void (*on_end) (MoodSource *self));
void mood_source_finalize (GSource *source);
gboolean mood_source_prepare (GSource *source, int *timeout);
void mood_source_set_blocks_itself (MoodSource *self);
gboolean mood_source_enter (MoodSource *self);
void mood_source_leave (MoodSource *self);
void mood_source_stop_polling (MoodSource *self);
void mood_source_poll (MoodSource *self, GIOCondition condition);
gboolean mood_source_begin_dispatch (MoodSource *self);
gboolean mood_source_condition_closure_callback (MoodMessageQueue *queue,
                                                 GIOCondition condition,
                                                 gpointer user_data);
guint mood_source_attach_default (GSource *source,
                                  int priority,
                                  GSourceFunc func,
                                  gpointer user_data,
                                  GDestroyNotify notify);

G_END_DECLS
