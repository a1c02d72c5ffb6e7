/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-queue-info.h"
#include "mood-queue-inspection-private.h"

G_BEGIN_DECLS

MoodQueueInfo *mood_queue_info_new (const char *file_name);
void mood_queue_info_update (MoodQueueInfo *self, const MoodQueueInspection *inspection);
const char *mood_queue_info_get_file_name (MoodQueueInfo *self);

G_END_DECLS
