/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "archive-queue.h"

G_BEGIN_DECLS

typedef struct _ArchiveWriter ArchiveWriter;

ArchiveWriter *archive_writer_new (const char *path, GPtrArray *queues, GError **error);
void archive_writer_free (ArchiveWriter *self);
const char *archive_writer_get_path (ArchiveWriter *self);
int archive_writer_get_fd (ArchiveWriter *self);

gboolean archive_writer_take (ArchiveWriter *self,
                              guint queue_number,
                              MoodMessageQueue *queue,
                              GError **error);
gboolean archive_writer_add (ArchiveWriter *self,
                             guint queue_number,
                             const guint8 *message,
                             gsize length,
                             guint priority,
                             GError **error);

const guint8 *archive_writer_get_last (ArchiveWriter *self, gsize *length, guint *priority);
void archive_writer_set_last_begun (ArchiveWriter *self, gboolean is_begun);
void archive_writer_drop_last (ArchiveWriter *self);

gboolean
archive_writer_finish (ArchiveWriter *self, const char *path, gboolean may_replace, GError **error);
void archive_writer_remove (ArchiveWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveWriter, archive_writer_free)

G_END_DECLS
