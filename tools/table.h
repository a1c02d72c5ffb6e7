/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "terminal.h"

G_BEGIN_DECLS

typedef struct
{
  const char *title;
  gboolean is_number;
} TableColumn;

typedef struct _Table Table;

Table *table_new (const TableColumn *columns, guint n_columns);
void table_free (Table *self);
void table_add_cell (Table *self, TerminalStyle style, const char *text);
guint table_get_n_rows (Table *self);
char *table_format_row (Table *self, guint row, int fd);
char *table_format_titles (Table *self, int fd);
char *table_format (Table *self, int fd);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Table, table_free)

G_END_DECLS
