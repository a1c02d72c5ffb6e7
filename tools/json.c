/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the commands with --json share beyond json-glib: what is not known is null. */

#include "json.h"

/* NULL for what is not known. */
void
json_add_text (JsonBuilder *builder, const char *member, const char *text)
{
  json_builder_set_member_name (builder, member);
  if (text != NULL)
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

/* -1 for what is not known. */
void
json_add_number (JsonBuilder *builder, const char *member, gint64 number)
{
  json_builder_set_member_name (builder, member);
  if (number != -1)
    json_builder_add_int_value (builder, number);
  else
    json_builder_add_null_value (builder);
}

/* Seconds since 1970, as ISO 8601 has it; -1 for what is not known. */
void
json_add_time (JsonBuilder *builder, const char *member, gint64 seconds)
{
  g_autoptr (GDateTime) time = NULL;
  g_autofree char *text = NULL;

  if (seconds != -1)
    {
      time = g_date_time_new_from_unix_utc (seconds);
      /* There are none after the year 9999. */
      if (time != NULL)
        text = g_date_time_format_iso8601 (time);
    }
  json_add_text (builder, member, text);
}

/* JSON's texts are Unicode: what is not goes in Base64 under another name. */
void
json_add_bytes (JsonBuilder *builder, const char *member, const void *bytes, gsize length)
{
  if (g_utf8_validate_len (bytes, length, NULL))
    {
      g_autofree char *text = g_strndup (bytes, length);

      json_add_text (builder, member, text);
    }
  else
    {
      g_autofree char *other_member = g_strconcat (member, "_base64", NULL);
      g_autofree char *text = g_base64_encode (bytes, length);

      json_add_text (builder, other_member, text);
    }
}

/* A character as JSON has it within the Basic Multilingual Plane, or as the two surrogates that
 * stand for it. */
static void
append_escaped (GString *text, gunichar c)
{
  if (c < 0x10000)
    g_string_append_printf (text, "\\u%04x", c);
  else
    g_string_append_printf (text, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                            0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* One line, or several for people to read; no end of the line.
 *
 * What is beyond ASCII is escaped where the locale's charset is another one than UTF-8, which JSON
 * is in: g_print() would change it to that charset, or lose it. */
char *
json_format (JsonBuilder *builder, gboolean pretty)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, pretty);
  GString *escaped = g_string_new (NULL);
  gboolean is_utf8 = g_get_charset (NULL);

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      /* json-glib forgets this one of the control characters. */
      if (c == 0x1f || (c >= 0x80 && !is_utf8))
        append_escaped (escaped, c);
      else
        g_string_append_unichar (escaped, c);
    }

  return g_string_free (escaped, FALSE);
}
