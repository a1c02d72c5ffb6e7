/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "archive-queue.h"

G_BEGIN_DECLS

typedef enum
{
  ARCHIVE_ACCESS_LOOK,    /* whoever writes to it */
  ARCHIVE_ACCESS_DELIVER, /* alone */
} ArchiveAccess;

typedef struct
{
  guint64 offset;
  guint queue; /* which of the queues */
  guint priority;
  guint length;               /* bytes */
  gboolean is_begun;          /* it may have been sent */
  gboolean is_delivered;      /* it was sent */
  gboolean is_length_guessed; /* bytes at its end may be missing */
} ArchiveRecord;

typedef struct _ArchiveReader ArchiveReader;

ArchiveReader *archive_reader_new (const char *path, ArchiveAccess access, GError **error);
ArchiveReader *archive_reader_new_from_fd (int fd, const char *path, GError **error);
ArchiveReader *archive_reader_new_from_leftover (const char *path, GError **error);
gboolean archive_reader_read_on (ArchiveReader *self, GError **error);
void archive_reader_free (ArchiveReader *self);

const char *archive_reader_get_path (ArchiveReader *self);
gboolean archive_reader_is_writable (ArchiveReader *self);
gboolean archive_reader_is_complete (ArchiveReader *self);
gint64 archive_reader_get_created_at (ArchiveReader *self);
GPtrArray *archive_reader_get_queues (ArchiveReader *self);
guint archive_reader_get_n_records (ArchiveReader *self);
const ArchiveRecord *archive_reader_get_record (ArchiveReader *self, guint number);
guint archive_reader_count_left (ArchiveReader *self);
gboolean archive_reader_is_begun (ArchiveReader *self);

const guint8 *archive_reader_read (ArchiveReader *self, guint number, GError **error);
gboolean
archive_reader_set_begun (ArchiveReader *self, guint number, gboolean is_begun, GError **error);
gboolean archive_reader_set_delivered (ArchiveReader *self,
                                       guint number,
                                       gboolean is_delivered,
                                       GError **error);
gboolean archive_reader_begin_round (ArchiveReader *self, GError **error);
char *archive_reader_format_restore_command (ArchiveReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_reader_free)

G_END_DECLS
