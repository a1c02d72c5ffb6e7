/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  MESSAGE_FORMAT_RAW,
  MESSAGE_FORMAT_LINE,
  MESSAGE_FORMAT_NULL,
  MESSAGE_FORMAT_JSON,
  MESSAGE_FORMAT_HEX,
} MessageFormat;

/* The names of all of them, for the completion. */
#define MESSAGE_FORMAT_NAMES "raw line null json hex"

gboolean message_format_from_name (const char *name, MessageFormat *format);
void message_format_append (MessageFormat format,
                            gboolean with_priority,
                            gboolean for_terminal,
                            const guint8 *message,
                            gsize length,
                            guint priority,
                            GByteArray *text);

G_END_DECLS
