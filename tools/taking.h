/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "archive-reader.h"
#include "archive-writer.h"

G_BEGIN_DECLS

gboolean taking_run (ArchiveWriter *writer,
                     ArchiveReader *reader,
                     guint queue_number,
                     MoodMessageQueue *queue,
                     guint limit,
                     GError **error);
ArchiveReader *taking_get_reader (ArchiveWriter *writer, GError **error);

G_END_DECLS
