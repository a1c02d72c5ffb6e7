/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* What is known of a queue at one moment. */
typedef struct
{
  struct stat status;
  gboolean has_figures;
  int figures_errno; /* why there are no figures, if they were asked for */

  /* The figures, which only a descriptor of the queue gives. */
  gint64 curmsgs;
  gint64 maxmsg;
  gint64 msgsize;
  gint64 queued_bytes;
  int notify_pid;
  struct stat status_afterwards; /* with the times that reading them has left */
} MoodQueueInspection;

int mood_queue_inspect (int directory_fd, const char *file_name, MoodQueueInspection *inspection);
gboolean mood_queue_inspect_figures (int directory_fd,
                                     const char *file_name,
                                     MoodQueueInspection *inspection);
void mood_queue_inspection_release (int fd);
int mood_queue_inspection_find_named (const char *name, const dev_t *device);
void mood_queue_inspection_release_descriptors (void);

G_END_DECLS
