/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 queued_bytes; /* of all messages that wait */
  int notify_pid;      /* who is registered for notification; 0 for nobody, or one out of sight */
} MoodStatus;

int mood_status_read (int fd, MoodStatus *status);

G_END_DECLS
