/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one place that turns a failure into a GError, so that all messages read alike: what was
 * tried, on which queue, why it did not work and what would help. */

#include "mood-error-private.h"

#include "mood-name-private.h"

static void G_GNUC_PRINTF (5, 0) set_error_valist (GError **error,
                                                   GIOErrorEnum code,
                                                   const char *action,
                                                   const char *object,
                                                   const char *format,
                                                   va_list arguments)
{
  char *reason = g_strdup_vprintf (format, arguments);
  char *text = g_strconcat ("Cannot ", action, " ", object, ": ", reason, NULL);

  g_set_error_literal (error, G_IO_ERROR, (int) code, text);
  g_free (text);
  g_free (reason);
}

/* For what is not done to one queue: @object is what it is done to. */
void
mood_set_error_about (GError **error,
                      GIOErrorEnum code,
                      const char *action,
                      const char *object,
                      const char *format,
                      ...)
{
  va_list arguments;

  va_start (arguments, format);
  set_error_valist (error, code, action, object, format, arguments);
  va_end (arguments);
}

/* @action goes before the words “message queue”, as “open” or “send to” do. */
void
mood_set_error (GError **error,
                GIOErrorEnum code,
                const char *action,
                const char *name,
                const char *format,
                ...)
{
  char *queue;
  va_list arguments;

  /* Whoever does not ask for the error shall not pay for its text. */
  if (error == NULL)
    return;

  if (name != NULL)
    {
      char *display_name = mood_name_make_display_name (name);

      queue = g_strconcat ("message queue “", display_name, "”", NULL);
      g_free (display_name);
    }
  else
    queue = g_strdup ("message queue without a name");

  va_start (arguments, format);
  set_error_valist (error, code, action, queue, format, arguments);
  va_end (arguments);

  g_free (queue);
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

void
mood_set_not_found_error (GError **error, const char *action, const char *name)
{
  mood_set_error (
      error, G_IO_ERROR_NOT_FOUND, action, name,
      "there is no such queue (each IPC namespace, such as a container's, has its own)");
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
