/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "message-files.h"
#include "message-format.h"

#include <mood.h>

G_BEGIN_DECLS

typedef enum
{
  OUTPUT_WRITTEN,
  OUTPUT_ENDING, /* a signal came and the rest could not be written at once, or the reader is gone
                  */
  OUTPUT_FAILED,
} OutputResult;

typedef struct
{
  MessageFormat format;
  gboolean with_priority;
  const char *directory; /* for a file for each message, or NULL */
} OutputStyle;

typedef struct _Output Output;

Output *output_new (MoodMessageQueue *queue, const OutputStyle *style, GError **error);
guint8 *output_get_room (Output *self);
void output_add (Output *self, gsize length, guint priority);
gboolean output_is_full (Output *self);
OutputResult output_flush (Output *self, GError **error);
void output_finish (Output *self);

G_END_DECLS
