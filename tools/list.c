/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood list: the queues that there are. */

#include "commands.h"
#include "figures.h"
#include "json.h"
#include "table.h"

#include <glib/gi18n.h>
#include <unistd.h>

#define BAR_WIDTH 10

static gboolean as_json;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("Write a JSON array"), NULL },
  { NULL },
};

static const Example examples[] = {
  { "mood list", N_ ("Shows all queues") },
  { "mood list --json | jq -r '.[] | select(.curmsgs == .maxmsg) | .name'",
    N_ ("Names those that are full") },
  { NULL },
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
  g_autofree char *notify = NULL;

  if (figures->notify_pid > 0)
    notify = figures_format_process (figures->notify_pid);
  else
    notify = g_strdup ("-");

  table_add_cell (table, TERMINAL_STYLE_STRONG, figures->display_name);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, mode);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, owner);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, depth);
  table_add_cell (table, figures_get_depth_style (figures), bar[0] != '\0' ? bar : "-");
  table_add_cell (table, TERMINAL_STYLE_PLAIN, queued_bytes);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, msgsize);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, notify);
}

static char *
format_table (GPtrArray *all)
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

static char *
format_json (GPtrArray *all)
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

  return json_format (builder, TRUE);
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_autoptr (GPtrArray) all = figures_of_all (error);
  g_autofree char *text = NULL;

  if (all == NULL)
    return EXIT_STATUS_FAILURE;

  if (as_json)
    {
      text = format_json (all);
      g_print ("%s\n", text);
    }
  else
    {
      text = format_table (all);
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
      "notified when a message comes. A dash stands for what may not be seen."),
  .options = options,
  .examples = examples,
  .run = run,
};
