/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the name of a queue may be, how it is shown, and one that nobody has. The C library and the
 * kernel refuse a bad name with EINVAL, ENOENT, EACCES or ENAMETOOLONG, depending on what is wrong
 * with it and on which of them notices first; here it is one rule, applied before either is asked.
 */

#include "mood-name-private.h"

#include "mood-error-private.h"

#include <limits.h>
#include <string.h>

gboolean
mood_name_check (const char *name, const char *action, GError **error)
{
  const char *rule = "a name is a slash followed by 1 to 255 bytes, none of them a slash, "
                     "such as “/jobs”";
  const char *fault = NULL;

  if (name == NULL)
    fault = "no name was given";
  else if (name[0] == '\0')
    fault = "the name is empty";
  else if (name[0] != '/')
    fault = "the name does not begin with a slash";
  else if (name[1] == '\0')
    fault = "the name has nothing after the slash";
  else if (strchr (name + 1, '/') != NULL)
    fault = "the name has more than one slash";
  else if (strcmp (name, "/.") == 0 || strcmp (name, "/..") == 0)
    fault = "this name belongs to the file system";

  if (fault != NULL)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_FILENAME, action, name, "%s; %s", fault, rule);
      return FALSE;
    }

  if (strlen (name + 1) > NAME_MAX)
    {
      mood_set_error (error, G_IO_ERROR_FILENAME_TOO_LONG, action, name,
                      "the name has %" G_GSIZE_FORMAT " bytes after the slash; %s",
                      strlen (name + 1), rule);
      return FALSE;
    }

  return TRUE;
}

/* A name is any bytes, but what is shown has to be UTF-8, and safe for a terminal: without control
 * characters, of which there are also some beyond ASCII, and without what turns the direction of
 * the text around or breaks the line. */
static gboolean
may_be_shown (gunichar c)
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

/* As nearly all names are. */
static gboolean
is_printable_ascii (const char *name)
{
  while (g_ascii_isprint (*name))
    name++;

  return *name == '\0';
}

char *
mood_name_make_display_name (const char *name)
{
  g_autofree char *text = g_strdup (name);
  GString *display_name;

  if (is_printable_ascii (text))
    return g_steal_pointer (&text);

  g_free (text);
  text = g_filename_display_name (name);
  display_name = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      g_string_append_unichar (display_name, may_be_shown (c) ? c : '?');
    }

  return g_string_free (display_name, FALSE);
}

/* One that no queue has, as good as certainly. */
char *
mood_name_make_random (void)
{
  char *uuid = g_uuid_string_random ();
  char *name = g_strconcat ("/mood-", uuid, NULL);

  g_free (uuid);

  return name;
}
