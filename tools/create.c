/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood create: makes queues. */

#include "commands.h"
#include "fit.h"
#include "mode.h"
#include "owner.h"
#include "queue-name.h"
#include "report.h"
#include "terminal.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* Negative, which is the default to the library. Who gives a negative number means something else.
 */
#define NOT_GIVEN G_MININT64

#define DEFAULT_MODE 0600

static gint64 maxmsg = NOT_GIVEN;
static gint64 msgsize = NOT_GIVEN;
static char *mode_text;
static char *owner_text;
static char *group_text;
static gboolean exist_ok;
static gboolean replace_empty;
static gboolean fit;

static const GOptionEntry options[] = {
  { "maxmsg", 'n', 0, G_OPTION_ARG_INT64, &maxmsg,
    N_ ("How many messages it has room for (default: fs.mqueue.msg_default)"), N_ ("N") },
  { "msgsize", 's', 0, G_OPTION_ARG_INT64, &msgsize,
    N_ ("How many bytes a message may have (default: fs.mqueue.msgsize_default)"), N_ ("BYTES") },
  { "mode", 'm', 0, G_OPTION_ARG_STRING, &mode_text,
    N_ ("Who may use it, whatever the umask (default: 600)"), N_ ("MODE") },
  { "owner", 'o', 0, G_OPTION_ARG_STRING, &owner_text, N_ ("Give it to this user"), N_ ("USER") },
  { "group", 'g', 0, G_OPTION_ARG_STRING, &group_text, N_ ("Give it to this group"), N_ ("GROUP") },
  { "exist-ok", 'e', 0, G_OPTION_ARG_NONE, &exist_ok,
    N_ ("Leave one that exists, if it has the figures asked for"), NULL },
  { "replace-empty", 'r', 0, G_OPTION_ARG_NONE, &replace_empty,
    N_ ("Replace one with other figures, if it is empty and nobody has it open"), NULL },
  { "fit", 'f', 0, G_OPTION_ARG_NONE, &fit,
    N_ ("Take the most messages, up to N or msg_max, that the limits allow now"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood create /jobs", N_ ("Makes a queue of the default size") },
  { "mood create --maxmsg=8 --msgsize=256 --mode=622 jobs answers",
    N_ ("Makes two, which everybody may send to") },
  { "mood create --fit --msgsize=1024 --exist-ok /jobs",
    N_ ("Makes the largest that is allowed, unless it is there") },
  { NULL, NULL },
};

static const ValueCompletion completions[] = {
  { "owner", VALUE_KIND_USER, NULL },
  { "group", VALUE_KIND_GROUP, NULL },
  { NULL, VALUE_KIND_OTHER, NULL },
};

/* What the options that are texts mean. */
typedef struct
{
  guint mode;
  gint64 uid; /* -1 to leave it */
  gint64 gid; /* -1 to leave it */
} Permissions;

static gboolean
check_options (GError **error)
{
  if ((maxmsg != NOT_GIVEN && maxmsg < 1) || (msgsize != NOT_GIVEN && msgsize < 1))
    USAGE_ERROR (error, _ ("--maxmsg and --msgsize are at least 1"));
  else if (replace_empty && exist_ok)
    USAGE_ERROR (error, _ ("--replace-empty and --exist-ok do not go together"));
  else if (replace_empty && fit)
    USAGE_ERROR (error, _ ("--replace-empty and --fit do not go together"));
  else if (replace_empty && maxmsg == NOT_GIVEN && msgsize == NOT_GIVEN)
    USAGE_ERROR (error, _ ("--replace-empty needs --maxmsg or --msgsize to compare"));
  else
    return TRUE;

  return FALSE;
}

static gboolean
parse_permissions (Permissions *permissions, GError **error)
{
  *permissions = (Permissions){ .mode = DEFAULT_MODE, .uid = -1, .gid = -1 };

  return (mode_text == NULL || mode_apply (mode_text, DEFAULT_MODE, &permissions->mode, error)) &&
         (owner_text == NULL || owner_parse_user (owner_text, &permissions->uid, error)) &&
         (group_text == NULL || owner_parse_group (group_text, &permissions->gid, error));
}

static MoodMessageQueue *
create_with (const char *name,
             MoodOpenFlags flags,
             gint64 n_messages,
             MoodGeometryPolicy policy,
             const Permissions *permissions,
             GError **error)
{
  return mood_message_queue_new_full (name, MOOD_OPEN_RDONLY | MOOD_OPEN_CREAT | flags,
                                      permissions->mode, n_messages, msgsize, MOOD_OWNERSHIP_KEEP,
                                      policy, TRUE, error);
}

/* Each time that somebody else takes what was found to be left, it is less that is tried. */
static MoodMessageQueue *
create_fitting (const char *name, const Permissions *permissions, GError **error)
{
  gint64 most = fit_get_most (maxmsg, msgsize);

  for (;;)
    {
      g_autoptr (GError) local_error = NULL;
      MoodMessageQueue *queue =
          create_with (name, MOOD_OPEN_EXCL, most, MOOD_GEOMETRY_POLICY_ACCEPT, permissions,
                       &local_error);

      if (queue != NULL)
        return queue;

      if (!fit_is_refusal (local_error) || most == 1)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }

      most = fit_find (most - 1, msgsize);
    }
}

/* Opens it, if it exists and that is allowed. */
static MoodMessageQueue *
create (const char *name, const Permissions *permissions, GError **error)
{
  if (fit)
    {
      g_autoptr (GError) local_error = NULL;
      MoodMessageQueue *queue = create_fitting (name, permissions, &local_error);

      if (queue == NULL && exist_ok && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_EXISTS))
        /* One with room for any number of messages is the largest that there can be. */
        return create_with (name, 0, NOT_GIVEN, MOOD_GEOMETRY_POLICY_REFUSE, permissions, error);

      if (queue == NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
      return queue;
    }

  if (replace_empty)
    return create_with (name, 0, maxmsg, MOOD_GEOMETRY_POLICY_REPLACE, permissions, error);
  else if (exist_ok)
    return create_with (name, 0, maxmsg, MOOD_GEOMETRY_POLICY_REFUSE, permissions, error);
  else
    return create_with (name, MOOD_OPEN_EXCL, maxmsg, MOOD_GEOMETRY_POLICY_ACCEPT, permissions,
                        error);
}

/* Where the library says which flag would help, here it is an option. */
static void
explain (const char *name, GError *error)
{
  g_autofree char *shown = terminal_make_safe (name);

  if (exist_ok || replace_empty || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    return;

  g_free (error->message);
  error->message =
      g_strdup_printf (_ ("The message queue “%s” exists already; --exist-ok leaves it as it is"),
                       shown);
}

/* A queue that does not belong to whom it is meant for is not left behind. */
static gboolean
give_away (MoodMessageQueue *queue, const Permissions *permissions, GError **error)
{
  if (permissions->uid == -1 && permissions->gid == -1)
    return TRUE;
  if (mood_message_queue_chown (queue, permissions->uid, permissions->gid, error))
    return TRUE;

  mood_message_queue_unlink (queue, NULL);

  return FALSE;
}

static void
tell_size (MoodMessageQueue *queue)
{
  g_autofree char *name = terminal_make_safe (mood_message_queue_get_name (queue));
  gint64 granted = mood_message_queue_get_maxmsg (queue);

  g_print (ngettext ("%s: %" PRId64 " message of %" PRId64 " bytes\n",
                     "%s: %" PRId64 " messages of %" PRId64 " bytes\n", (gulong) granted),
           name, granted, mood_message_queue_get_msgsize (queue));
}

static gboolean
create_and_tell (const char *argument, const Permissions *permissions, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (MoodMessageQueue) queue = create (name, permissions, &local_error);

  if (queue == NULL)
    {
      explain (name, local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (mood_message_queue_is_created (queue) && !give_away (queue, permissions, error))
    return FALSE;
  if (fit)
    tell_size (queue);

  return TRUE;
}

static ExitStatus
run (char **arguments, GError **error)
{
  ExitStatus status = EXIT_STATUS_SUCCESS;
  Permissions permissions;

  if (!check_options (error) || !parse_permissions (&permissions, error))
    return EXIT_STATUS_USAGE;

  for (char **argument = arguments; *argument != NULL; argument++)
    {
      g_autoptr (GError) local_error = NULL;

      if (!create_and_tell (*argument, &permissions, &local_error))
        status = exit_status_worse (status, report_error (local_error));
    }

  return status;
}

const Command command_create = {
  .name = "create",
  .arguments = N_ ("NAME…"),
  .summary = N_ ("Makes queues"),
  .description = N_ (
      "A queue that exists is an error, unless --exist-ok or --replace-empty says otherwise. One "
      "that stays is left as it is, with its messages, its mode and its owner; --maxmsg and "
      "--msgsize, where they are given, must be what it has. --replace-empty makes a new one "
      "where they are not.\n\nMODE is what “mood chmod” takes, a number or changes of 600. USER "
      "and GROUP are names or numbers; a queue that cannot be given to them is removed "
      "again.\n\n--fit tries until the kernel agrees, because how much of RLIMIT_MSGQUEUE a "
      "user's queues take it tells nobody, and says what it took. “mood limits” shows the limits."),
  .options = options,
  .examples = examples,
  .completions = completions,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_OTHER, VALUE_KIND_OTHER },
  .run = run,
};
