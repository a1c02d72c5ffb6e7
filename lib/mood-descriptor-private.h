/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean mood_descriptor_is_among_queues (int fd);
gboolean mood_descriptor_is_left (void);
gboolean mood_descriptor_is_queue (int fd);
int mood_descriptor_reopen (int fd, int oflag);
char *mood_descriptor_describe (int fd);
char *mood_descriptor_get_queue_name (int fd);

G_END_DECLS
