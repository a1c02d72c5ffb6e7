/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors about files. They are none of GIO's, of which “not found” means that there is no such
 * queue to whoever reads the exit status. */

#include "file-error.h"

/* @what: what could not be done to the file, such as “Cannot open”. Returns FALSE. */
gboolean
file_error_set (GError **error, int errsv, const char *what, const char *path)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errsv), "%s “%s”: %s", what, shown,
               g_strerror (errsv));

  return FALSE;
}
