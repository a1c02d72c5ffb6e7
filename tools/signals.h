/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  SIGNALS_READY,
  SIGNALS_TIMED_OUT,
  SIGNALS_ENDING,
} SignalsResult;

gboolean signals_hold_back (GError **error);
void signals_watch_reader (int fd);
void signals_set_reader_gone (void);
gboolean signals_is_ending (void);
SignalsResult signals_wait (int fd, GIOCondition condition, gint64 deadline);
void signals_release (void);
gboolean signals_finish (void);

G_END_DECLS
