/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-source-private.h"

G_BEGIN_DECLS

void mood_context_remember (MoodSource *source);
void mood_context_wake (MoodMessageQueue *queue);
void mood_context_forget_all (void);

G_END_DECLS
