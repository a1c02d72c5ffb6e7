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
answer (const char *member, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  printf ("{\"%s\": %s}\n", member, g_ascii_dtostr (text, sizeof text, value));
  fflush (stdout);
}

void
bench_answer_seconds (double seconds)
{
  answer ("seconds", seconds);
}

void
bench_answer_bytes (double bytes)
{
  answer ("bytes", bytes);
}

/* Who asked is told, and this ends. */
void
bench_fail (const char *what)
{
  printf ("{\"error\": \"%s: %s\"}\n", what, g_strerror (errno));
  fflush (stdout);
  exit (1);
}
