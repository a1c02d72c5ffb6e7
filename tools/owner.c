/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Users and groups as chown(1) takes them: by name, else by number. Every error is one of usage. */

#include "owner.h"

#include "command.h"

#include <glib/gi18n.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>

/* The next one stands for none. */
#define HIGHEST_ID (G_MAXUINT32 - 1)

static gboolean
parse_number (const char *text, gint64 *id)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, HIGHEST_ID, &number, NULL))
    return FALSE;

  *id = (gint64) number;

  return TRUE;
}

gboolean
owner_parse_user (const char *text, gint64 *uid, GError **error)
{
  const struct passwd *user = getpwnam (text);
  g_autofree char *shown = NULL;

  if (user != NULL)
    {
      *uid = user->pw_uid;
      return TRUE;
    }
  if (parse_number (text, uid))
    return TRUE;

  shown = g_filename_display_name (text);
  USAGE_ERROR (error, _ ("There is no user “%s”"), shown);

  return FALSE;
}

gboolean
owner_parse_group (const char *text, gint64 *gid, GError **error)
{
  const struct group *group = getgrnam (text);
  g_autofree char *shown = NULL;

  if (group != NULL)
    {
      *gid = group->gr_gid;
      return TRUE;
    }
  if (parse_number (text, gid))
    return TRUE;

  shown = g_filename_display_name (text);
  USAGE_ERROR (error, _ ("There is no group “%s”"), shown);

  return FALSE;
}

/* The group that the user belongs to who logs in. */
static gboolean
get_login_group (gint64 uid, gint64 *gid, GError **error)
{
  const struct passwd *user = getpwuid ((uid_t) uid);

  if (user == NULL)
    {
      USAGE_ERROR (error, _ ("User %" PRId64 " has no login group that is known; name the group"),
                   uid);
      return FALSE;
    }

  *gid = user->pw_gid;

  return TRUE;
}

/* “OWNER”, “OWNER:GROUP”, “:GROUP”, or “OWNER:” for the owner's login group. What is not named is
 * -1. */
gboolean
owner_parse (const char *text, gint64 *uid, gint64 *gid, GError **error)
{
  const char *colon = strchr (text, ':');
  g_autofree char *owner = colon != NULL ? g_strndup (text, colon - text) : g_strdup (text);
  const char *group = colon != NULL ? colon + 1 : "";

  *uid = -1;
  *gid = -1;
  if (owner[0] == '\0' && group[0] == '\0')
    {
      USAGE_ERROR (error, _ ("An owner is needed, or a colon and a group"));
      return FALSE;
    }

  if (owner[0] != '\0' && !owner_parse_user (owner, uid, error))
    return FALSE;
  if (group[0] != '\0')
    return owner_parse_group (group, gid, error);

  return colon == NULL || get_login_group (*uid, gid, error);
}
