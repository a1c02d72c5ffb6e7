/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood list --watch: the list again whenever it changes. */

#include "list-watch.h"

#include "figures.h"
#include "list.h"
#include "live.h"
#include "screen.h"

#include <gio/gio.h>
#include <unistd.h>

typedef struct
{
  GMainLoop *loop;
  MoodQueueDirectory *directory;
  gboolean as_json;
  gboolean on_screen;
  char *table; /* as it was shown last; NULL before the first one */
  GError *error;
} ListWatch;

static void
draw (gpointer user_data)
{
  ListWatch *self = user_data;
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  g_auto (GStrv) split = g_strsplit (self->table, "\n", -1);

  /* The text ends with the end of a line. */
  for (guint i = 0; split[i] != NULL && split[i + 1] != NULL; i++)
    g_ptr_array_add (lines, split[i]);
  if (!screen_draw (lines, &self->error))
    g_main_loop_quit (self->loop);
}

static void
on_key (guint key, gpointer user_data)
{
  ListWatch *self = user_data;

  if (key == 'q')
    g_main_loop_quit (self->loop);
}

static gboolean
write_list (ListWatch *self, GPtrArray *all, gboolean is_first)
{
  g_autofree char *list = self->as_json ? list_format_json (all, FALSE) : g_strdup (self->table);
  g_autofree char *text =
      g_strconcat (is_first || self->as_json ? "" : "\n", list, self->as_json ? "\n" : "", NULL);

  return live_print (text);
}

/* What the table does not show, such as the times, is no change: to look at a queue changes them.
 * Returns FALSE if that is the end of it. */
static gboolean
show_changes (ListWatch *self)
{
  g_autoptr (GPtrArray) all = figures_of_directory (self->directory, &self->error);
  g_autofree char *last_table = g_steal_pointer (&self->table);

  if (all == NULL)
    return FALSE;

  self->table = list_format_table (all);
  if (g_strcmp0 (self->table, last_table) == 0)
    return TRUE;

  if (!self->on_screen)
    return write_list (self, all, last_table == NULL);

  draw (self);

  return self->error == NULL;
}

static gboolean
look (gpointer user_data)
{
  ListWatch *self = user_data;

  if (show_changes (self))
    return G_SOURCE_CONTINUE;

  g_main_loop_quit (self->loop);

  return G_SOURCE_REMOVE;
}

ExitStatus
list_watch (double interval, gboolean as_json, GError **error)
{
  ListWatch self = { .as_json = as_json };

  self.directory = mood_queue_directory_new (error);
  if (self.directory == NULL)
    return EXIT_STATUS_FAILURE;

  self.loop = g_main_loop_new (NULL, FALSE);
  self.on_screen = !as_json && terminal_can_draw (STDOUT_FILENO);
  if (self.on_screen)
    screen_enter (draw, on_key, &self);
  else
    live_end_with_reader ();

  if (show_changes (&self))
    {
      live_add_timeout (interval, look, &self);
      g_main_loop_run (self.loop);
    }

  screen_leave ();
  g_main_loop_unref (self.loop);
  g_object_unref (self.directory);
  g_free (self.table);
  if (self.error != NULL)
    g_propagate_error (error, self.error);

  return EXIT_STATUS_SUCCESS;
}
