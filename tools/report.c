/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is said on standard error. */

#include "report.h"

#include "progress.h"
#include "terminal.h"

#include <glib/gi18n.h>
#include <unistd.h>

static void
report (TerminalStyle style, const char *kind, const char *text)
{
  /* A text may quote what came from elsewhere, such as the name of a file. */
  g_autofree char *shown = terminal_make_safe (text);
  g_autofree char *program = terminal_style (STDERR_FILENO, style, "mood:");

  progress_clear ();
  if (kind != NULL)
    g_printerr ("%s %s %s\n", program, kind, shown);
  else
    g_printerr ("%s %s\n", program, shown);
}

static void
report_formatted (TerminalStyle style, const char *kind, const char *format, va_list arguments)
    G_GNUC_PRINTF (3, 0);

static void
report_formatted (TerminalStyle style, const char *kind, const char *format, va_list arguments)
{
  g_autofree char *text = g_strdup_vprintf (format, arguments);

  report (style, kind, text);
}

/* Returns the exit status that goes with the error. */
ExitStatus
report_error (const GError *error)
{
  report (TERMINAL_STYLE_ERROR, NULL, error->message);

  return exit_status_from_error (error);
}

void
report_warning (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  report_formatted (TERMINAL_STYLE_WARNING, _ ("warning:"), format, arguments);
  va_end (arguments);
}

/* For what is neither the command's output nor a fault. */
void
report_note (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  report_formatted (TERMINAL_STYLE_STRONG, NULL, format, arguments);
  va_end (arguments);
}
