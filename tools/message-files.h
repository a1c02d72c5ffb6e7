/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MessageFiles MessageFiles;

MessageFiles *message_files_new (const char *directory, GError **error);
void message_files_free (MessageFiles *self);
gboolean message_files_write (MessageFiles *self,
                              const guint8 *message,
                              gsize length,
                              guint priority,
                              GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageFiles, message_files_free)

G_END_DECLS
