/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

char *queue_name_from_argument (const char *argument);
MoodMessageQueue *queue_name_open (const char *argument, MoodOpenFlags flags, GError **error);

G_END_DECLS
