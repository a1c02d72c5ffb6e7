/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Shows what is in a file of messages. */

#include "archive-list.h"

#include "figures.h"
#include "json.h"
#include "table.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* What a queue in a file has in common with one that there is. */
static Figures *
get_figures (const ArchiveQueue *queue)
{
  Figures *figures = g_new0 (Figures, 1);

  figures->name = g_strdup (queue->name);
  figures->display_name = g_strdup (queue->display_name);
  figures->mode = queue->mode;
  figures->uid = queue->uid;
  figures->gid = queue->gid;

  return figures;
}

static void
add_number (Table *table, guint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" PRIu64, number);

  table_add_cell (table, TERMINAL_STYLE_PLAIN, text);
}

static char *
format_table (GPtrArray *queues, const gboolean *is_wanted)
{
  const TableColumn columns[] = {
    { _ ("NAME"), FALSE }, { _ ("MODE"), FALSE },  { _ ("OWNER"), FALSE }, { _ ("MESSAGES"), TRUE },
    { _ ("SENT"), TRUE },  { _ ("MAXMSG"), TRUE }, { _ ("BYTES"), TRUE },  { _ ("MSGSIZE"), TRUE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < queues->len; i++)
    {
      const ArchiveQueue *queue = g_ptr_array_index (queues, i);
      g_autoptr (Figures) figures = get_figures (queue);
      g_autofree char *mode = figures_format_mode (figures);
      g_autofree char *owner = figures_format_owner (figures);

      if (!is_wanted[i])
        continue;

      table_add_cell (table, TERMINAL_STYLE_STRONG, queue->display_name);
      table_add_cell (table, TERMINAL_STYLE_PLAIN, mode);
      table_add_cell (table, TERMINAL_STYLE_PLAIN, owner);
      add_number (table, queue->n_messages);
      add_number (table, queue->n_delivered);
      add_number (table, (guint64) queue->maxmsg);
      add_number (table, queue->n_bytes);
      add_number (table, (guint64) queue->msgsize);
    }

  return table_format (table, STDOUT_FILENO);
}

static void
add_queue (JsonBuilder *builder, const ArchiveQueue *queue)
{
  g_autoptr (Figures) figures = get_figures (queue);

  json_builder_begin_object (builder);
  figures_add_identity_json (figures, builder);
  json_add_number (builder, "messages", queue->n_messages);
  json_add_number (builder, "sent", queue->n_delivered);
  json_add_number (builder, "maxmsg", queue->maxmsg);
  json_add_number (builder, "bytes", (gint64) queue->n_bytes);
  json_add_number (builder, "msgsize", queue->msgsize);
  json_builder_end_object (builder);
}

static char *
format_json (ArchiveReader *reader, GPtrArray *queues, const gboolean *is_wanted)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_add_time (builder, "created_at", archive_reader_get_created_at (reader));
  json_builder_set_member_name (builder, "complete");
  json_builder_add_boolean_value (builder, archive_reader_is_complete (reader));
  json_builder_set_member_name (builder, "queues");
  json_builder_begin_array (builder);
  for (guint i = 0; i < queues->len; i++)
    if (is_wanted[i])
      add_queue (builder, g_ptr_array_index (queues, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  return json_format (builder, TRUE);
}

/* @is_wanted: for each queue of the file, whether it is to be shown */
void
archive_list_print (ArchiveReader *reader, const gboolean *is_wanted, gboolean as_json)
{
  GPtrArray *queues = archive_reader_get_queues (reader);
  g_autofree char *text =
      as_json ? format_json (reader, queues, is_wanted) : format_table (queues, is_wanted);

  g_print (as_json ? "%s\n" : "%s", text);
}
