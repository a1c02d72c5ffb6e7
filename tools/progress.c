/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How far a command is, on a line of the terminal, once it takes so long that one would wonder. */

#include "progress.h"

#include "terminal.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <unistd.h>

#define PATIENCE_US (2 * G_USEC_PER_SEC)
#define INTERVAL_US (G_USEC_PER_SEC / 5)

static char *label;
static gint64 started_at;
static gint64 next_at;
static gboolean is_shown;

/* @new_label: what happens to the messages, such as “sent”. Nothing is shown unless standard error
 * is a terminal. */
void
progress_start (const char *new_label)
{
  if (!terminal_can_draw (STDERR_FILENO))
    return;

  label = g_strdup (new_label);
  started_at = g_get_monotonic_time ();
  next_at = started_at + PATIENCE_US;
}

static void
draw (guint64 done, guint64 total, gint64 now)
{
  g_autofree char *done_text = g_strdup_printf ("%" PRIu64, done);
  g_autofree char *total_text = g_strdup_printf ("%" PRIu64, total);
  g_autofree char *rate_text =
      g_strdup_printf ("%" PRIu64, done * G_USEC_PER_SEC / (guint64) (now - started_at));

  /* To the beginning of the line, and what is left of an earlier text away. */
  g_printerr ("\r\033[K");
  if (total > 0)
    g_printerr (_ ("%s: %s of %s, %s/s"), label, done_text, total_text, rate_text);
  else
    g_printerr (_ ("%s: %s, %s/s"), label, done_text, rate_text);
  is_shown = TRUE;
}

/* To be called as often as one likes. @total is 0 if it is not known. */
void
progress_set (guint64 done, guint64 total)
{
  gint64 now;

  if (label == NULL)
    return;

  now = g_get_monotonic_time ();
  if (now < next_at)
    return;

  next_at = now + INTERVAL_US;
  draw (done, total, now);
}

/* Makes room for something else on standard error. */
void
progress_clear (void)
{
  if (is_shown)
    g_printerr ("\r\033[K");
  is_shown = FALSE;
}

void
progress_end (void)
{
  progress_clear ();
  g_clear_pointer (&label, g_free);
}
