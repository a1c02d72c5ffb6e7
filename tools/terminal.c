/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a terminal is given: colors only where they are wanted, and no bytes that would steer it. */

#include "terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ECMA-48, select graphic rendition; the sixteen colors that every palette has. */
static const char *const style_codes[] = {
  [TERMINAL_STYLE_PLAIN] = "",  [TERMINAL_STYLE_STRONG] = "1",   [TERMINAL_STYLE_FAINT] = "2",
  [TERMINAL_STYLE_GOOD] = "32", [TERMINAL_STYLE_WARNING] = "33", [TERMINAL_STYLE_ERROR] = "31",
};

/* Whether there is a terminal that understands more than text. */
gboolean
terminal_can_draw (int fd)
{
  return isatty (fd) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

/* See no-color.org: any value but an empty one. */
gboolean
terminal_has_color (int fd)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return terminal_can_draw (fd) && (no_color == NULL || no_color[0] == '\0');
}

/* Of what is not a terminal, or one that does not know: what terminals had first. */
void
terminal_get_size (int fd, guint *columns, guint *rows)
{
  struct winsize size = { 0 };

  if (ioctl (fd, TIOCGWINSZ, &size) == -1)
    memset (&size, 0, sizeof size);

  *columns = size.ws_col > 0 ? size.ws_col : 80;
  *rows = size.ws_row > 0 ? size.ws_row : 24;
}

char *
terminal_style (int fd, TerminalStyle style, const char *text)
{
  if (style == TERMINAL_STYLE_PLAIN || text[0] == '\0' || !terminal_has_color (fd))
    return g_strdup (text);

  return g_strdup_printf ("\033[%sm%s\033[m", style_codes[style], text);
}

/* What neither steers a terminal nor makes one line look like two, or like another text: the
 * library shows the names of queues by the same rule. */
static gboolean
is_safe (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return FALSE;

    default:
      return TRUE;
    }
}

/* A line of text, with everything replaced that is not UTF-8 or not safe. */
char *
terminal_make_safe (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *safe = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      g_string_append_unichar (safe, is_safe (c) ? c : '?');
    }

  return g_string_free (safe, FALSE);
}

static guint
get_width (gunichar c)
{
  if (g_unichar_iswide (c))
    return 2;
  else if (g_unichar_iszerowidth (c))
    return 0;
  else
    return 1;
}

/* Behind what terminal_style() has put there, if it has. */
static const char *
skip_style (const char *text)
{
  if (text[0] == '\033')
    return strchr (text, 'm') + 1;

  return text;
}

/* How many columns the text takes, which may be styled. */
guint
terminal_text_width (const char *text)
{
  guint width = 0;

  for (const char *at = text; *at != '\0';)
    {
      const char *behind_style = skip_style (at);

      if (behind_style == at)
        {
          width += get_width (g_utf8_get_char (at));
          at = g_utf8_next_char (at);
        }
      else
        at = behind_style;
    }

  return width;
}

/* As much of the text, which may be styled, as fits into so many columns. */
char *
terminal_cut (const char *text, guint columns)
{
  GString *cut = g_string_new (NULL);
  guint left = columns;
  gboolean is_full = FALSE;

  for (const char *at = text, *next; *at != '\0'; at = next)
    {
      guint width = 0;

      next = skip_style (at);
      if (next == at)
        {
          width = get_width (g_utf8_get_char (at));
          next = g_utf8_next_char (at);
          is_full = is_full || width > left;
          if (is_full)
            continue;
        }
      /* A style ends also where its text does not show. */
      g_string_append_len (cut, at, next - at);
      left -= width;
    }

  return g_string_free (cut, FALSE);
}

/* Breaks the lines of paragraphs, which have an empty line between them, where they would be wider.
 */
char *
terminal_wrap (const char *text, guint width)
{
  g_auto (GStrv) paragraphs = g_strsplit (text, "\n\n", -1);
  GString *wrapped = g_string_new (NULL);

  for (guint i = 0; paragraphs[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (paragraphs[i], " ", -1);
      guint column = 0;

      if (i > 0)
        g_string_append (wrapped, "\n\n");
      for (guint j = 0; words[j] != NULL; j++)
        {
          guint word_width = terminal_text_width (words[j]);

          if (column > 0 && column + 1 + word_width > width)
            {
              g_string_append_c (wrapped, '\n');
              column = 0;
            }
          else if (column > 0)
            {
              g_string_append_c (wrapped, ' ');
              column++;
            }
          g_string_append (wrapped, words[j]);
          column += word_width;
        }
    }

  return g_string_free (wrapped, FALSE);
}
