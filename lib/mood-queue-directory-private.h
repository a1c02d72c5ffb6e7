/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-queue-directory.h"

#include <dirent.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* For the text of an error. */
#define MOOD_DIRECTORY_OBJECT "the directory of message queues"

struct _MoodQueueDirectory
{
  GObject parent_instance;

  DIR *stream;      /* of the file system's root; NULL if the directory was never opened */
  int inotify_fd;   /* -1 likewise */
  pid_t owner;      /* the process that opened it, whose alone the inotify instance is */
  GPtrArray *infos; /* of MoodQueueInfo, in the order of their names */

  /* What was read from inotify and not yet looked at: the names, without the slash, of queues that
   * may have come, gone or changed, or that it may be any. */
  GHashTable *stale_names;
  gboolean is_all_stale;
  guint n_readings; /* how often something was read */

  gboolean is_telling;     /* of a change; until all have been told there is no other */
  gboolean is_refresh_due; /* somebody asked for it meanwhile */
};

gboolean mood_queue_directory_get_own_device (dev_t *device);
int mood_queue_directory_open_own_root (GError **error);
gboolean mood_queue_directory_open (MoodQueueDirectory *self, GError **error);
gboolean mood_queue_directory_check_open (MoodQueueDirectory *self, GError **error);

gboolean mood_queue_directory_is_stale (MoodQueueDirectory *self);
void mood_queue_directory_read_events (MoodQueueDirectory *self);
void mood_queue_directory_apply_events (MoodQueueDirectory *self);

G_END_DECLS
