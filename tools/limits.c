/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood limits: what the kernel allows, what is used of it, and what still fits. */

#include "commands.h"
#include "figures.h"
#include "json.h"
#include "table.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <pwd.h>
#include <unistd.h>

#define FOLDER "/proc/sys/fs/mqueue/"

static gboolean as_json;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("Write a JSON object"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood limits", N_ ("Shows the limits, what is used, and what fits") },
  { "mood limits --json | jq .left.bytes", N_ ("Tells how many bytes are left to this user") },
  { NULL, NULL },
};

/* One of the kernel's figures. */
typedef struct
{
  const char *name;
  goffset offset; /* in MoodLimits */
  const char *source;
  const char *meaning;
} Limit;

static const Limit all_limits[] = {
  { "msg_max", G_STRUCT_OFFSET (MoodLimits, msg_max), FOLDER "msg_max",
    N_ ("messages in a queue, at most") },
  { "msgsize_max", G_STRUCT_OFFSET (MoodLimits, msgsize_max), FOLDER "msgsize_max",
    N_ ("bytes in a message, at most") },
  { "msg_default", G_STRUCT_OFFSET (MoodLimits, msg_default), FOLDER "msg_default",
    N_ ("messages in a queue, by default") },
  { "msgsize_default", G_STRUCT_OFFSET (MoodLimits, msgsize_default), FOLDER "msgsize_default",
    N_ ("bytes in a message, by default") },
  { "queues_max", G_STRUCT_OFFSET (MoodLimits, queues_max), FOLDER "queues_max",
    N_ ("queues in this IPC namespace") },
  { "rlimit_soft", G_STRUCT_OFFSET (MoodLimits, rlimit_soft), "RLIMIT_MSGQUEUE (ulimit -S -q)",
    N_ ("bytes of all queues of this user") },
  { "rlimit_hard", G_STRUCT_OFFSET (MoodLimits, rlimit_hard), "RLIMIT_MSGQUEUE (ulimit -H -q)",
    N_ ("bytes this limit may be raised to") },
};

/* What a message may have in the queues that are shown as examples of what fits, besides the
 * namespace's own figures. */
static const gint64 usual_sizes[] = { 64, 1024, 8192 };

/* As far as the directory of queues tells; -1 for what it does not. */
typedef struct
{
  gint64 n_queues;      /* in the IPC namespace */
  gint64 n_own;         /* of them, of this user */
  gint64 n_own_unknown; /* of them, those whose size cannot be seen */
  gint64 own_bytes;     /* what the others take */
  gint64 n_queues_left; /* at most */
  gint64 bytes_left;    /* at most */
  char *why_unknown;    /* or NULL */
} Usage;

static void
usage_clear (Usage *self)
{
  g_free (self->why_unknown);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Usage, usage_clear)

static gint64
get_figure (const MoodLimits *limits, const Limit *limit)
{
  return G_STRUCT_MEMBER (gint64, limits, limit->offset);
}

static gint64
subtract (gint64 limit, gint64 used)
{
  if (limit == -1 || limit == G_MAXINT64)
    return limit;

  return MAX (limit - used, 0);
}

static void
find_usage (Usage *usage, const MoodLimits *limits)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) all = figures_of_all (&error);

  if (all == NULL)
    {
      *usage = (Usage){ -1, -1, -1, -1, -1, -1, g_strdup (error->message) };
      return;
    }

  *usage = (Usage){ .n_queues = all->len };
  for (guint i = 0; i < all->len; i++)
    {
      const Figures *figures = g_ptr_array_index (all, i);

      if (figures->uid != getuid ())
        continue;

      usage->n_own++;
      if (figures->maxmsg == -1)
        usage->n_own_unknown++;
      else
        usage->own_bytes +=
            (gint64) mood_limits_required_bytes (limits, figures->maxmsg, figures->msgsize);
    }
  usage->n_queues_left = subtract (limits->queues_max, usage->n_queues);
  usage->bytes_left = subtract (limits->rlimit_soft, usage->own_bytes);
}

/* How many messages of the size the largest queue has room for that still fits; -1 if that is not
 * known. */
static gint64
find_largest (const MoodLimits *limits, const Usage *usage, gint64 msgsize)
{
  g_autoptr (MoodLimits) left = mood_limits_copy (limits);

  if (usage->n_queues_left == 0)
    return 0;

  left->rlimit_soft = usage->bytes_left;

  return mood_limits_fit (left, msgsize);
}

/* How many queues of the default size still fit; -1 if that is not known. */
static gint64
count_defaults (const MoodLimits *limits, const Usage *usage)
{
  guint64 required = mood_limits_required_bytes (limits, -1, -1);

  if (usage->bytes_left == -1 || usage->n_queues_left == -1 || required == 0 ||
      required == G_MAXUINT64)
    return -1;

  return MIN (usage->n_queues_left, usage->bytes_left / (gint64) required);
}

static int
compare_sizes (gconstpointer one, gconstpointer other)
{
  gint64 a = *(const gint64 *) one;
  gint64 b = *(const gint64 *) other;

  return (a > b) - (a < b);
}

/* Each once, from small to large. */
static GArray *
list_sizes (const MoodLimits *limits)
{
  GArray *sizes = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_vals (sizes, usual_sizes, G_N_ELEMENTS (usual_sizes));
  if (limits->msgsize_default > 0)
    g_array_append_val (sizes, limits->msgsize_default);
  if (limits->msgsize_max > 0)
    g_array_append_val (sizes, limits->msgsize_max);
  g_array_sort (sizes, compare_sizes);
  for (guint i = sizes->len - 1; i > 0; i--)
    if (g_array_index (sizes, gint64, i) == g_array_index (sizes, gint64, i - 1))
      g_array_remove_index (sizes, i);

  return sizes;
}

static char *
get_user_name (void)
{
  const struct passwd *user = getpwuid (getuid ());

  return user != NULL ? g_strdup (user->pw_name) : g_strdup_printf ("%u", getuid ());
}

static char *
format_figure (gint64 figure)
{
  return figure == G_MAXINT64 ? g_strdup (_ ("unlimited")) : figures_format_number (figure);
}

static void
add_figure_cell (Table *table, gint64 figure)
{
  g_autofree char *text = format_figure (figure);

  table_add_cell (table, TERMINAL_STYLE_PLAIN, text);
}

static void
print_table (Table *table)
{
  g_autofree char *text = table_format (table, STDOUT_FILENO);

  g_print ("%s", text);
}

static void
print_limits (const MoodLimits *limits)
{
  const TableColumn columns[] = {
    { _ ("LIMIT"), FALSE },
    { _ ("FIGURE"), TRUE },
    { _ ("MEANING"), FALSE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));

  for (gsize i = 0; i < G_N_ELEMENTS (all_limits); i++)
    {
      const Limit *limit = &all_limits[i];

      table_add_cell (table, TERMINAL_STYLE_STRONG, limit->source);
      add_figure_cell (table, get_figure (limits, limit));
      table_add_cell (table, TERMINAL_STYLE_PLAIN, _ (limit->meaning));
    }
  print_table (table);
}

/* One that is used up keeps from creating queues. */
static TerminalStyle
get_left_style (gint64 used, gint64 left)
{
  if (left == 0)
    return TERMINAL_STYLE_ERROR;
  else if (left != -1 && left != G_MAXINT64 && left < used / 3)
    return TERMINAL_STYLE_WARNING;
  else
    return TERMINAL_STYLE_PLAIN;
}

static void
add_usage_row (Table *table, const char *title, gint64 used, gint64 limit, gint64 left)
{
  g_autofree char *left_text = format_figure (left);

  table_add_cell (table, TERMINAL_STYLE_STRONG, title);
  add_figure_cell (table, used);
  add_figure_cell (table, limit);
  table_add_cell (table, get_left_style (used, left), left_text);
}

static void
print_usage (const MoodLimits *limits, const Usage *usage)
{
  const TableColumn columns[] = {
    { _ ("USED"), FALSE },
    { _ ("AT LEAST"), TRUE },
    { _ ("OF"), TRUE },
    { _ ("LEFT AT MOST"), TRUE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autofree char *user = get_user_name ();
  g_autofree char *bytes = g_strdup_printf (_ ("bytes by queues of %s"), user);

  add_usage_row (table, _ ("queues"), usage->n_queues, limits->queues_max, usage->n_queues_left);
  add_usage_row (table, bytes, usage->own_bytes, limits->rlimit_soft, usage->bytes_left);
  print_table (table);

  if (usage->why_unknown != NULL)
    {
      g_autofree char *why = terminal_make_safe (usage->why_unknown);

      g_print (_ ("What is used is not known: %s\n"), why);
    }
  if (usage->n_own_unknown > 0)
    g_print (ngettext ("The size of %" PRId64 " queue of %s cannot be seen; it takes more "
                       "bytes.\n",
                       "The sizes of %" PRId64 " queues of %s cannot be seen; they take "
                       "more bytes.\n",
                       (gulong) usage->n_own_unknown),
             usage->n_own_unknown, user);
}

static void
print_what_fits (const MoodLimits *limits, const Usage *usage)
{
  const TableColumn columns[] = {
    { _ ("MSGSIZE"), TRUE },
    { _ ("MAXMSG THAT STILL FITS"), TRUE },
    { _ ("IF THERE WERE NO QUEUES"), TRUE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GArray) sizes = list_sizes (limits);
  gint64 n_defaults = count_defaults (limits, usage);

  for (guint i = 0; i < sizes->len; i++)
    {
      gint64 msgsize = g_array_index (sizes, gint64, i);

      add_figure_cell (table, msgsize);
      add_figure_cell (table, find_largest (limits, usage, msgsize));
      add_figure_cell (table, mood_limits_fit (limits, msgsize));
    }
  print_table (table);

  if (n_defaults != -1)
    g_print (ngettext ("%" PRId64 " queue of the default size fits at most.\n",
                       "%" PRId64 " queues of the default size fit at most.\n",
                       (gulong) n_defaults),
             n_defaults);
}

/* JSON has no number for what is not limited. */
static void
add_json_figure (JsonBuilder *builder, const char *member, gint64 figure)
{
  if (figure == G_MAXINT64)
    json_add_text (builder, member, "unlimited");
  else
    json_add_number (builder, member, figure);
}

static void
begin_json_object (JsonBuilder *builder, const char *member)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
}

static void
add_json_limits (JsonBuilder *builder, const MoodLimits *limits)
{
  begin_json_object (builder, "limits");
  for (gsize i = 0; i < G_N_ELEMENTS (all_limits); i++)
    add_json_figure (builder, all_limits[i].name, get_figure (limits, &all_limits[i]));
  json_builder_end_object (builder);
}

static void
add_json_usage (JsonBuilder *builder, const Usage *usage)
{
  g_autofree char *user = get_user_name ();

  json_add_text (builder, "user", user);

  begin_json_object (builder, "used");
  json_add_number (builder, "queues", usage->n_queues);
  json_add_number (builder, "own_queues", usage->n_own);
  json_add_number (builder, "own_queues_of_unknown_size", usage->n_own_unknown);
  json_add_number (builder, "bytes", usage->own_bytes);
  json_add_text (builder, "why_unknown", usage->why_unknown);
  json_builder_end_object (builder);

  begin_json_object (builder, "left");
  add_json_figure (builder, "queues", usage->n_queues_left);
  add_json_figure (builder, "bytes", usage->bytes_left);
  json_builder_end_object (builder);
}

static void
add_json_what_fits (JsonBuilder *builder, const MoodLimits *limits, const Usage *usage)
{
  g_autoptr (GArray) sizes = list_sizes (limits);

  json_builder_set_member_name (builder, "fits");
  json_builder_begin_array (builder);
  for (guint i = 0; i < sizes->len; i++)
    {
      gint64 msgsize = g_array_index (sizes, gint64, i);

      json_builder_begin_object (builder);
      json_add_number (builder, "msgsize", msgsize);
      json_add_number (builder, "maxmsg", find_largest (limits, usage, msgsize));
      json_add_number (builder, "maxmsg_without_other_queues", mood_limits_fit (limits, msgsize));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  add_json_figure (builder, "default_queues", count_defaults (limits, usage));
}

static void
print_json (const MoodLimits *limits, const Usage *usage)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  add_json_limits (builder, limits);
  add_json_usage (builder, usage);
  add_json_what_fits (builder, limits, usage);
  json_builder_end_object (builder);

  text = json_format (builder, TRUE);
  g_print ("%s\n", text);
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();
  g_auto (Usage) usage = { 0 };

  find_usage (&usage, limits);
  if (as_json)
    {
      print_json (limits, &usage);
      return EXIT_STATUS_SUCCESS;
    }

  print_limits (limits);
  g_print ("\n");
  print_usage (limits, &usage);
  g_print ("\n");
  print_what_fits (limits, &usage);

  return EXIT_STATUS_SUCCESS;
}

const Command command_limits = {
  .name = "limits",
  .arguments = NULL,
  .summary = N_ ("Shows the limits on queues, and what still fits"),
  .description = N_ (
      "How many bytes of RLIMIT_MSGQUEUE are in use the kernel tells nobody. What is shown as "
      "used is what the queues take that are seen to belong to this user. Queues that were "
      "unlinked and are still open count as well, as do those in other IPC namespaces, so that "
      "less may be left; and a queue is charged to the user who created it, whoever it was given "
      "to. That one fits is certain when “mood create” has made it; with --fit it tries.\n\nWhat "
      "is in /proc binds root only where it lacks CAP_SYS_RESOURCE, as in most containers. In "
      "JSON what is not known is null, and what is not limited is “unlimited”."),
  .options = options,
  .examples = examples,
  .run = run,
};
