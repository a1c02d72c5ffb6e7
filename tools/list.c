/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood list: the queues that there are. */

#include "list.h"

#include "commands.h"
#include "figures.h"
#include "json.h"
#include "list-watch.h"
#include "live.h"
#include "table.h"

#include <glib/gi18n.h>
#include <unistd.h>

#define BAR_WIDTH 10

static gboolean as_json;
static gboolean go_on;
#define DEFAULT_INTERVAL 1.0
#define NOT_GIVEN        -1.0

static double interval = NOT_GIVEN;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("Write a JSON array"), NULL },
  { "watch", 'w', 0, G_OPTION_ARG_NONE, &go_on, N_ ("List them again whenever something changes"),
    NULL },
  { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &interval,
    N_ ("With --watch: seconds from one look to the next (default: 1)"), N_ ("SECONDS") },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood list", N_ ("Shows all queues") },
  { "mood list --json | jq -r '.[] | select(.curmsgs == .maxmsg) | .name'",
    N_ ("Names those that are full") },
  { "mood list --watch", N_ ("Shows all queues, as they are at any time, until Ctrl-C") },
  { NULL, NULL },
};

static void
add_row (Table *table, const Figures *figures)
{
  g_autofree char *mode = figures_format_mode (figures);
  g_autofree char *owner = figures_format_owner (figures);
  g_autofree char *depth = figures_format_depth (figures);
  g_autofree char *bar = figures_format_bar (figures, BAR_WIDTH);
  g_autofree char *queued_bytes = figures_format_number (figures->queued_bytes);
  g_autofree char *msgsize = figures_format_number (figures->msgsize);
  g_autofree char *notified = figures_format_notified (figures);

  table_add_cell (table, TERMINAL_STYLE_STRONG, figures->display_name);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, mode);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, owner);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, depth);
  table_add_cell (table, figures_get_depth_style (figures), bar[0] != '\0' ? bar : "-");
  table_add_cell (table, TERMINAL_STYLE_PLAIN, queued_bytes);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, msgsize);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, notified);
}

/* As it is written to standard output. */
char *
list_format_table (GPtrArray *all)
{
  const TableColumn columns[] = {
    { _ ("NAME"), FALSE },   { _ ("MODE"), FALSE },     { _ ("OWNER"), FALSE },
    { _ ("DEPTH"), TRUE },   { _ ("FILLED"), FALSE },   { _ ("BYTES"), TRUE },
    { _ ("MSGSIZE"), TRUE }, { _ ("NOTIFIES"), FALSE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < all->len; i++)
    add_row (table, g_ptr_array_index (all, i));

  return table_format (table, STDOUT_FILENO);
}

/* One line, or several for people to read. */
char *
list_format_json (GPtrArray *all, gboolean pretty)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < all->len; i++)
    {
      json_builder_begin_object (builder);
      figures_add_json (g_ptr_array_index (all, i), builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);

  return json_format (builder, pretty);
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_autoptr (GPtrArray) all = NULL;
  g_autofree char *text = NULL;

  if (interval != NOT_GIVEN && !go_on)
    {
      USAGE_ERROR (error, _ ("--interval goes with --watch"));
      return EXIT_STATUS_USAGE;
    }
  if (interval == NOT_GIVEN)
    interval = DEFAULT_INTERVAL;
  if (!live_check_interval (interval, error))
    return EXIT_STATUS_USAGE;

  if (go_on)
    return list_watch (interval, as_json, error);

  all = figures_of_all (error);
  if (all == NULL)
    return EXIT_STATUS_FAILURE;

  if (as_json)
    {
      text = list_format_json (all, TRUE);
      g_print ("%s\n", text);
    }
  else
    {
      text = list_format_table (all);
      g_print ("%s", text);
    }

  return EXIT_STATUS_SUCCESS;
}

const Command command_list = {
  .name = "list",
  .arguments = NULL,
  .summary = N_ ("Lists the queues that there are"),
  .description = N_ (
      "A line for each queue: its permissions, who owns it, how many messages wait of how many it "
      "takes, how many bytes they have, how many a message may have, and which process is to be "
      "notified when a message comes. A dash stands for what may not be seen.\n\n"
      "With --watch a terminal shows the list as it is, until Ctrl-C or the key q. Elsewhere, and "
      "with --json, the whole list is written whenever something in it has changed: tables have an "
      "empty line between them, and a JSON array is one line. The kernel tells nobody of a "
      "message, "
      "so the queues are looked at again and again, and what comes and goes in between is not "
      "seen."),
  .options = options,
  .examples = examples,
  .run = run,
};
