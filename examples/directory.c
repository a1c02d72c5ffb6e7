/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: directory
 *
 * Lists the message queues that exist, each with its mode, its owner and how many messages wait in
 * it, and says then which queues come and go. Ends with SIGINT or SIGTERM. */

#include <mood.h>

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

static void
print_queue (MoodQueueInfo *info)
{
  printf ("%s: mode %04o, owner %u, ", mood_queue_info_get_display_name (info),
          mood_queue_info_get_mode (info) & 07777, mood_queue_info_get_uid (info));
  /* What waits in a queue is for those to know who may receive it. */
  if (mood_queue_info_get_curmsgs (info) == -1)
    printf ("not to be read\n");
  else
    printf ("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " messages\n",
            mood_queue_info_get_curmsgs (info), mood_queue_info_get_maxmsg (info));
}

/* The list tells where it has changed; what was there before is for those to know who noted it. */
static void
on_items_changed (GListModel *directory,
                  guint position,
                  guint removed,
                  guint added,
                  gpointer user_data)
{
  GPtrArray *names = user_data;

  for (guint i = 0; i < removed; i++)
    {
      printf ("gone: %s\n", (const char *) g_ptr_array_index (names, position));
      g_ptr_array_remove_index (names, position);
    }

  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (directory, i);

      printf ("new: %s\n", mood_queue_info_get_display_name (info));
      g_ptr_array_insert (names, (int) i, g_strdup (mood_queue_info_get_display_name (info)));
    }
  fflush (stdout);
}

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

static gboolean
show_queues (GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (MoodQueueDirectory) directory = mood_queue_directory_new (error);

  /* Refreshing is what looks into the queues. */
  if (directory == NULL || !mood_queue_directory_refresh (directory, error))
    return FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (directory)); i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);

      print_queue (info);
      g_ptr_array_add (names, g_strdup (mood_queue_info_get_display_name (info)));
    }
  fflush (stdout);

  /* What has happened since the list was made is told, too. */
  g_signal_connect (directory, "items-changed", G_CALLBACK (on_items_changed), names);
  mood_queue_directory_add_watch (directory);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_main_loop_run (loop);

  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (argc != 1)
    {
      g_printerr ("Usage: directory\n");
      return 2;
    }

  if (!show_queues (&error))
    {
      g_printerr ("directory: %s\n", error->message);
      return 1;
    }

  return 0;
}
