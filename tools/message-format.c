/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How messages look when they are written out. */

#include "message-format.h"

#include "json.h"
#include "terminal.h"

#include <glib/gi18n.h>
#include <string.h>

#define BYTES_PER_ROW 16

/* Whether there is a format of that name. */
gboolean
message_format_from_name (const char *name, MessageFormat *format)
{
  g_auto (GStrv) names = g_strsplit (MESSAGE_FORMAT_NAMES, " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], name))
      {
        *format = (MessageFormat) i;
        return TRUE;
      }

  return FALSE;
}

static void
append_text (GByteArray *text, const char *more)
{
  g_byte_array_append (text, (const guint8 *) more, (guint) strlen (more));
}

/* A line of a program that one does not know must not steer the terminal. */
static void
append_safe (GByteArray *text, const guint8 *message, gsize length)
{
  g_autofree char *copy = g_malloc0 (length + 1);
  g_autofree char *safe = NULL;

  /* A NUL is a control character, but would end the text. */
  for (gsize i = 0; i < length; i++)
    copy[i] = message[i] != '\0' ? (char) message[i] : '\001';

  safe = terminal_make_safe (copy);
  append_text (text, safe);
}

static void
append_json (GByteArray *text, const guint8 *message, gsize length, guint priority)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *object = NULL;

  json_builder_begin_object (builder);
  json_add_number (builder, "priority", priority);
  json_add_number (builder, "length", (gint64) length);
  json_add_bytes (builder, "text", message, length);
  json_builder_end_object (builder);

  object = json_format (builder, FALSE);
  append_text (text, object);
  append_text (text, "\n");
}

/* As hexdump -C has it. */
static void
append_hex_row (GByteArray *text, const guint8 *message, gsize length, gsize offset)
{
  gsize n = MIN (length - offset, BYTES_PER_ROW);
  g_autoptr (GString) row = g_string_new (NULL);

  g_string_append_printf (row, "%08" G_GSIZE_MODIFIER "x ", offset);
  for (gsize i = 0; i < BYTES_PER_ROW; i++)
    {
      if (i % 8 == 0)
        g_string_append_c (row, ' ');
      if (i < n)
        g_string_append_printf (row, "%02x ", message[offset + i]);
      else
        g_string_append (row, "   ");
    }

  g_string_append (row, " |");
  for (gsize i = 0; i < n; i++)
    {
      char c = (char) message[offset + i];

      g_string_append_c (row, g_ascii_isprint (c) ? c : '.');
    }
  g_string_append (row, "|\n");

  append_text (text, row->str);
}

static void
append_hex (GByteArray *text, const guint8 *message, gsize length, guint priority)
{
  g_autofree char *number = g_strdup_printf ("%zu", length);
  g_autofree char *title =
      g_strdup_printf (ngettext ("priority %u, %s byte\n", "priority %u, %s bytes\n", length),
                       priority, number);

  append_text (text, title);
  for (gsize offset = 0; offset < length; offset += BYTES_PER_ROW)
    append_hex_row (text, message, length, offset);
  append_text (text, "\n");
}

/* @for_terminal: lines shall have nothing in them that a terminal obeys */
void
message_format_append (MessageFormat format,
                       gboolean with_priority,
                       gboolean for_terminal,
                       const guint8 *message,
                       gsize length,
                       guint priority,
                       GByteArray *text)
{
  static const guint8 newline = '\n', null = '\0';

  if (format == MESSAGE_FORMAT_JSON)
    {
      append_json (text, message, length, priority);
      return;
    }
  if (format == MESSAGE_FORMAT_HEX)
    {
      append_hex (text, message, length, priority);
      return;
    }

  if (with_priority)
    {
      char number[16];

      g_snprintf (number, sizeof number, "%u\t", priority);
      append_text (text, number);
    }

  if (format == MESSAGE_FORMAT_LINE && for_terminal)
    append_safe (text, message, length);
  else
    g_byte_array_append (text, message, (guint) length);

  if (format == MESSAGE_FORMAT_LINE)
    g_byte_array_append (text, &newline, 1);
  else if (format == MESSAGE_FORMAT_NULL)
    g_byte_array_append (text, &null, 1);
}
