/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

/* A queue that messages in a file came from. */
typedef struct
{
  char *name;         /* any bytes */
  char *display_name; /* UTF-8 that is safe for a terminal */
  guint mode;         /* the permissions */
  guint uid;
  guint gid;
  gint64 maxmsg;
  gint64 msgsize; /* bytes */

  /* What the file has of it. */
  guint n_messages;
  guint n_delivered;
  guint64 n_bytes;
  guint longest; /* bytes */
} ArchiveQueue;

ArchiveQueue *archive_queue_new (const char *name);
ArchiveQueue *archive_queue_new_from (MoodMessageQueue *queue);
void archive_queue_free (ArchiveQueue *self);
GPtrArray *archive_queues_new (void);
GPtrArray *archive_queues_new_from (MoodMessageQueue *queue);

G_END_DECLS
