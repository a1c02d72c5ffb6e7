/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* In the place of a byte that ends each record: all of the stream is one. */
#define RECORDS_WHOLE (-1)

typedef enum
{
  RECORDS_RECORD,
  RECORDS_END,
  RECORDS_ERROR,
} RecordsResult;

typedef struct _Records Records;

Records *records_new (const char *file, int terminator, gsize longest, GError **error);
void records_free (Records *self);
RecordsResult records_read (Records *self, const guint8 **record, gsize *length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Records, records_free)

G_END_DECLS
