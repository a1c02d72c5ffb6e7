/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  TERMINAL_STYLE_PLAIN,
  TERMINAL_STYLE_STRONG,
  TERMINAL_STYLE_FAINT,
  TERMINAL_STYLE_GOOD,
  TERMINAL_STYLE_WARNING,
  TERMINAL_STYLE_ERROR,
} TerminalStyle;

gboolean terminal_can_draw (int fd);
gboolean terminal_has_color (int fd);
void terminal_get_size (int fd, guint *columns, guint *rows);
char *terminal_style (int fd, TerminalStyle style, const char *text);
char *terminal_make_safe (const char *text);
guint terminal_text_width (const char *text);
char *terminal_cut (const char *text, guint columns);
char *terminal_wrap (const char *text, guint width);

G_END_DECLS
