/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void mood_set_error (GError **error,
                     GIOErrorEnum code,
                     const char *action,
                     const char *name,
                     const char *format,
                     ...) G_GNUC_PRINTF (5, 6);
void mood_set_error_about (GError **error,
                           GIOErrorEnum code,
                           const char *action,
                           const char *object,
                           const char *format,
                           ...) G_GNUC_PRINTF (5, 6);
void mood_set_error_from_errno (GError **error,
                                int errsv,
                                const char *action,
                                const char *name,
                                const char *hint);
void mood_set_not_found_error (GError **error, const char *action, const char *name);
gboolean mood_set_error_if_cancelled (GError **error,
                                      GCancellable *cancellable,
                                      const char *action,
                                      const char *name);

G_END_DECLS
