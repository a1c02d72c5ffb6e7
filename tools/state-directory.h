/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "archive-reader.h"
#include "archive-writer.h"

G_BEGIN_DECLS

ArchiveWriter *state_directory_new_archive (const char *command, GPtrArray *queues, GError **error);
void state_directory_tell_leftovers (void);

G_END_DECLS
