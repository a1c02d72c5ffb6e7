/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

typedef enum
{
  SENDING_DONE,
  SENDING_FAILED,
  SENDING_ENDING, /* a signal asks to end, and nothing was sent */
} SendingResult;

SendingResult sending_wait_for_room (MoodMessageQueue *queue,
                                     MoodMessageQueue *from,
                                     gint64 timeout_us,
                                     GError **error);
SendingResult sending_send (MoodMessageQueue *queue,
                            const guint8 *message,
                            gsize length,
                            guint priority,
                            gint64 timeout_us,
                            GError **error);
gboolean sending_try (MoodMessageQueue *queue, const guint8 *message, gsize length, guint priority);

G_END_DECLS
