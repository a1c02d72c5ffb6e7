/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

extern GQueue mood_context_keepers;

void mood_context_remember (GMainContext *context);
void mood_context_wake_all (void);

G_END_DECLS
