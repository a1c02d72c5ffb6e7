/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The other side of bench/worker.py: a line on the standard input says what to measure now, and is
 * answered by a line of JSON. */

#include "requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Until the standard input ends; an exit status. */
int
bench_serve (guint n_words, BenchRequestFunc func, gpointer user_data)
{
  char line[256];

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", -1);

      if (g_strv_length (words) != n_words)
        {
          fprintf (stderr, "“%s” is not understood\n", line);
          return 2;
        }
      func (words, user_data);
    }

  return 0;
}

static void
answer_number (const char *member, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  printf ("{\"%s\": %s}\n", member, g_ascii_dtostr (text, sizeof text, value));
  fflush (stdout);
}

void
bench_answer_seconds (double seconds)
{
  answer_number ("seconds", seconds);
}

void
bench_answer_bytes (double bytes)
{
  answer_number ("bytes", bytes);
}

/* Any text is a string of JSON then. */
void
bench_answer_text (const char *member, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  printf ("{\"%s\": \"", member);
  for (const char *byte = valid; *byte != '\0'; byte++)
    if (*byte == '"' || *byte == '\\')
      printf ("\\%c", *byte);
    else if (g_ascii_iscntrl (*byte))
      printf ("\\u%04x", (unsigned) *byte);
    else
      putchar (*byte);
  printf ("\"}\n");
  fflush (stdout);
}

/* Who asked is told, and this ends. */
void
bench_fail (const char *why)
{
  bench_answer_text ("error", why);
  exit (1);
}

/* For a function that has set errno. */
void
bench_fail_by_errno (const char *what)
{
  g_autofree char *why = g_strdup_printf ("%s: %s", what, g_strerror (errno));

  bench_fail (why);
}
