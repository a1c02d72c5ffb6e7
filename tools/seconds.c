/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Times that are given as options. */

#include "seconds.h"

#include "command.h"

#include <glib/gi18n.h>
#include <string.h>

/* Far more than anybody waits, and still a time when it is added to that of the clock. */
#define LONGEST_SECONDS ((double) (G_MAXINT64 / 2 / G_USEC_PER_SEC))

/* Not hexadecimal, with an exponent or blanks, as strtod() takes it besides. */
#define DECIMAL "0123456789."

/* @text: the option's value, such as 0.5, or NULL if it was not given, which makes -1 of
 * @microseconds: no limit, for the library */
gboolean
seconds_parse (const char *text, gint64 *microseconds, GError **error)
{
  char *end;
  double seconds;

  *microseconds = -1;
  if (text == NULL)
    return TRUE;

  seconds = g_ascii_strtod (text, &end);
  if (end == text || text[strspn (text, DECIMAL)] != '\0' || *end != '\0' ||
      !(seconds >= 0 && seconds < LONGEST_SECONDS))
    {
      g_autofree char *shown = g_filename_display_name (text);

      USAGE_ERROR (error, _ ("“%s” is no number of seconds, such as 0, 0.5 or 10"), shown);
      return FALSE;
    }

  /* What is less than a microsecond is a wait, too: only 0 itself is none. */
  *microseconds = (gint64) (seconds * G_USEC_PER_SEC);
  if (*microseconds == 0 && seconds > 0)
    *microseconds = 1;

  return TRUE;
}
