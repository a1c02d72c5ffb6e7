/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "archive-reader.h"

G_BEGIN_DECLS

void archive_list_print (ArchiveReader *reader, const gboolean *is_wanted, gboolean as_json);

G_END_DECLS
