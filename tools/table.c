/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines up text in columns: words to the left, numbers to the right, two blanks between them. */

#include "table.h"

typedef struct
{
  char *text;
  TerminalStyle style;
} Cell;

struct _Table
{
  const TableColumn *columns;
  guint n_columns;
  GArray *cells; /* of Cell, row after row */
  guint *widths;
};

static void
clear_cell (Cell *cell)
{
  g_free (cell->text);
}

/* The columns, whose titles are text for people, have to outlive the table. */
Table *
table_new (const TableColumn *columns, guint n_columns)
{
  Table *self = g_new0 (Table, 1);

  self->columns = columns;
  self->n_columns = n_columns;
  self->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  g_array_set_clear_func (self->cells, (GDestroyNotify) clear_cell);
  self->widths = g_new0 (guint, n_columns);
  for (guint i = 0; i < n_columns; i++)
    self->widths[i] = terminal_text_width (columns[i].title);

  return self;
}

void
table_free (Table *self)
{
  g_array_unref (self->cells);
  g_free (self->widths);
  g_free (self);
}

/* Adds the next cell: after the last one of a row comes the first one of another. */
void
table_add_cell (Table *self, TerminalStyle style, const char *text)
{
  Cell cell = { .text = terminal_make_safe (text), .style = style };
  guint column = self->cells->len % self->n_columns;

  self->widths[column] = MAX (self->widths[column], terminal_text_width (cell.text));
  g_array_append_val (self->cells, cell);
}

guint
table_get_n_rows (Table *self)
{
  return self->cells->len / self->n_columns;
}

static void
append_cell (Table *self,
             GString *line,
             guint column,
             TerminalStyle style,
             const char *text,
             int fd)
{
  g_autofree char *styled = terminal_style (fd, style, text);
  guint padding = self->widths[column] - terminal_text_width (text);
  gboolean is_last = column + 1 == self->n_columns;

  if (column > 0)
    g_string_append (line, "  ");
  if (self->columns[column].is_number)
    g_string_append_printf (line, "%*s%s", (int) padding, "", styled);
  else
    /* No blanks at the end of a line. */
    g_string_append_printf (line, "%s%*s", styled, is_last ? 0 : (int) padding, "");
}

/* Without the end of the line. */
char *
table_format_row (Table *self, guint row, int fd)
{
  GString *line = g_string_new (NULL);

  for (guint column = 0; column < self->n_columns; column++)
    {
      const Cell *cell = &g_array_index (self->cells, Cell, row * self->n_columns + column);

      append_cell (self, line, column, cell->style, cell->text, fd);
    }

  return g_string_free (line, FALSE);
}

/* Without the end of the line. */
char *
table_format_titles (Table *self, int fd)
{
  GString *line = g_string_new (NULL);

  for (guint column = 0; column < self->n_columns; column++)
    append_cell (self, line, column, TERMINAL_STYLE_STRONG, self->columns[column].title, fd);

  return g_string_free (line, FALSE);
}

/* All of it, styled as the file or terminal behind the descriptor takes it. */
char *
table_format (Table *self, int fd)
{
  GString *text = g_string_new (NULL);
  g_autofree char *titles = table_format_titles (self, fd);

  g_string_append_printf (text, "%s\n", titles);
  for (guint row = 0; row < table_get_n_rows (self); row++)
    {
      g_autofree char *line = table_format_row (self, row, fd);

      g_string_append_printf (text, "%s\n", line);
    }

  return g_string_free (text, FALSE);
}
