/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one place that turns a failure into a GError, so that all messages read alike: what was
 * tried, on which queue, why it did not work and what would help. */

#include "mood-error-private.h"

#include "mood-name-private.h"

/* @action goes before the words “message queue”, as “open” or “send to” do. */
void
mood_set_error (GError **error,
                GIOErrorEnum code,
                const char *action,
                const char *name,
                const char *format,
                ...)
{
  char *display_name;
  char *reason;
  va_list arguments;

  /* Whoever does not ask for the error shall not pay for its text. */
  if (error == NULL)
    return;

  display_name = name != NULL ? mood_name_make_display_name (name) : NULL;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  if (display_name != NULL)
    g_set_error (error, G_IO_ERROR, (int) code, "Cannot %s message queue “%s”: %s", action,
                 display_name, reason);
  else
    g_set_error (error, G_IO_ERROR, (int) code, "Cannot %s message queue without a name: %s",
                 action, reason);

  g_free (reason);
  g_free (display_name);
}

/* The code is GIO's for @errsv, the reason the C library's, and @hint, if there is one, says what
 * would help. */
void
mood_set_error_from_errno (GError **error,
                           int errsv,
                           const char *action,
                           const char *name,
                           const char *hint)
{
  GIOErrorEnum code = g_io_error_from_errno (errsv);

  if (hint != NULL)
    mood_set_error (error, code, action, name, "%s; %s", g_strerror (errsv), hint);
  else
    mood_set_error (error, code, action, name, "%s", g_strerror (errsv));
}

gboolean
mood_set_error_if_cancelled (GError **error,
                             GCancellable *cancellable,
                             const char *action,
                             const char *name)
{
  if (!g_cancellable_is_cancelled (cancellable))
    return FALSE;

  mood_set_error (error, G_IO_ERROR_CANCELLED, action, name, "the call was cancelled");

  return TRUE;
}
