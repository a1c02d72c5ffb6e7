/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood watch: a line for each change of how many messages wait. */

#include "commands.h"
#include "figures.h"
#include "json.h"
#include "live.h"
#include "queue-name.h"
#include "rates.h"
#include "report.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 10

static gboolean as_json;
static double interval = 0.1;

static const GOptionEntry options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("Write a JSON object a line"), NULL },
  { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &interval,
    N_ ("Seconds from one look to the next (default: 0.1)"), N_ ("SECONDS") },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood watch jobs results", N_ ("Tells when messages come to either queue, or leave it") },
  { "mood watch --json jobs | jq --unbuffered 'select(.curmsgs == .maxmsg)'",
    N_ ("Tells when the queue is full") },
  { NULL, NULL },
};

typedef struct
{
  MoodMessageQueue *queue; /* NULL for one that may not be opened */
  MoodQueueInfo *info;     /* NULL for one that is open */
  Figures *figures;        /* only how many messages there are is kept up to date */
  Rates *rates;
} Watched;

typedef struct
{
  GMainLoop *loop;
  MoodQueueDirectory *directory; /* NULL as long as nothing needs it */
  GPtrArray *watched;            /* of Watched */
  guint name_width;
  guint depth_width;
} Watch;

typedef enum
{
  EVENT_START,
  EVENT_CHANGE,
  EVENT_REMOVED,
} Event;

static const char *const event_words[] = {
  [EVENT_START] = "start",
  [EVENT_CHANGE] = "change",
  [EVENT_REMOVED] = "removed",
};

static void
watched_free (Watched *self)
{
  g_clear_object (&self->queue);
  g_clear_object (&self->info);
  g_clear_pointer (&self->figures, figures_free);
  rates_free (self->rates);
  g_free (self);
}

/* The list of queues tells of one that may not be opened whether it is still there. */
static MoodQueueInfo *
find_in_directory (Watch *watch, const char *name)
{
  if (watch->directory == NULL)
    {
      watch->directory = mood_queue_directory_new (NULL);
      if (watch->directory == NULL)
        return NULL;
      mood_queue_directory_add_watch (watch->directory);
    }

  return mood_queue_directory_lookup (watch->directory, name);
}

static Watched *
begin_watching (Watch *watch, const char *argument, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autoptr (GError) local_error = NULL;
  Watched *watched;

  queue = queue_name_open (argument, MOOD_OPEN_RDONLY, &local_error);
  /* Who may only send may as well know how many wait. */
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    queue = queue_name_open (argument, MOOD_OPEN_WRONLY, NULL);
  if (queue == NULL && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    info = find_in_directory (watch, name);

  if (queue == NULL && info == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  watched = g_new0 (Watched, 1);
  watched->figures = queue != NULL ? figures_from_queue (queue) : figures_from_info (info);
  watched->queue = g_steal_pointer (&queue);
  watched->info = g_steal_pointer (&info);
  watched->rates = rates_new ();

  return watched;
}

static char *
format_json_line (const Watched *watched, Event event, gint64 change, gint64 now)
{
  const Figures *figures = watched->figures;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GDateTime) time = g_date_time_new_now_utc ();
  g_autofree char *time_text = g_date_time_format_iso8601 (time);
  g_autofree char *object = NULL;

  json_builder_begin_object (builder);
  json_add_text (builder, "time", time_text);
  json_add_text (builder, "event", event_words[event]);
  json_add_bytes (builder, "name", figures->name, strlen (figures->name));
  json_add_number (builder, "curmsgs", figures->curmsgs);
  json_add_number (builder, "maxmsg", figures->maxmsg);
  json_builder_set_member_name (builder, "change");
  json_builder_add_int_value (builder, change);
  json_builder_set_member_name (builder, "in_rate");
  json_builder_add_double_value (builder, rates_get_in (watched->rates, now));
  json_builder_set_member_name (builder, "out_rate");
  json_builder_add_double_value (builder, rates_get_out (watched->rates, now));
  json_builder_end_object (builder);
  object = json_format (builder, FALSE);

  return g_strconcat (object, "\n", NULL);
}

/* What comes behind the bar. */
static char *
format_event (const Watched *watched, Event event, gint64 change, gint64 now)
{
  g_autofree char *change_text = g_strdup_printf ("%+" PRId64, change);
  g_autofree char *text = NULL;

  switch (event)
    {
    case EVENT_START:
      return g_strdup ("");

    case EVENT_CHANGE:
      return g_strdup_printf (_ ("  %s  in %.1f/s  out %.1f/s"), change_text,
                              rates_get_in (watched->rates, now),
                              rates_get_out (watched->rates, now));

    case EVENT_REMOVED:
      text = terminal_style (STDOUT_FILENO, TERMINAL_STYLE_ERROR, _ ("removed"));
      return g_strconcat ("  ", text, NULL);
    }

  g_assert_not_reached ();
}

static char *
format_time (void)
{
  g_autoptr (GDateTime) time = g_date_time_new_now_local ();
  g_autofree char *seconds = g_date_time_format (time, "%H:%M:%S");

  return g_strdup_printf ("%s.%03d", seconds, g_date_time_get_microsecond (time) / 1000);
}

static char *
format_line (Watch *watch, const Watched *watched, Event event, gint64 change, gint64 now)
{
  const Figures *figures = watched->figures;
  g_autofree char *time = format_time ();
  g_autofree char *styled_time = terminal_style (STDOUT_FILENO, TERMINAL_STYLE_FAINT, time);
  g_autofree char *name =
      terminal_style (STDOUT_FILENO, TERMINAL_STYLE_STRONG, figures->display_name);
  guint padding = watch->name_width - terminal_text_width (figures->display_name);
  g_autofree char *depth = figures_format_depth (figures);
  g_autofree char *bar = figures_format_bar (figures, BAR_WIDTH);
  g_autofree char *styled_bar =
      terminal_style (STDOUT_FILENO, figures_get_depth_style (figures), bar);
  g_autofree char *what = format_event (watched, event, change, now);

  return g_strdup_printf ("%s  %s%*s  %*s%s%s%s\n", styled_time, name, (int) padding, "",
                          (int) watch->depth_width, depth, bar[0] != '\0' ? "  " : "", styled_bar,
                          what);
}

static gboolean
tell (Watch *watch, const Watched *watched, Event event, gint64 change)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree char *line = as_json ? format_json_line (watched, event, change, now)
                                  : format_line (watch, watched, event, change, now);

  return live_print (line);
}

/* Returns FALSE if it could not be told. */
static gboolean
look_at_depth (Watch *watch, Watched *watched)
{
  Figures *figures = watched->figures;
  gint64 last = figures->curmsgs;

  if (watched->queue == NULL)
    return TRUE;

  figures->curmsgs = mood_message_queue_get_curmsgs (watched->queue);
  rates_add (watched->rates, g_get_monotonic_time (), figures->curmsgs);

  return figures->curmsgs == last || tell (watch, watched, EVENT_CHANGE, figures->curmsgs - last);
}

/* A queue that has got the name since is another one. */
static gboolean
is_removed (Watch *watch, Watched *watched)
{
  g_autoptr (MoodQueueInfo) info = NULL;

  if (watched->queue != NULL)
    return mood_message_queue_is_unlinked (watched->queue);

  info = mood_queue_directory_lookup (watch->directory, watched->figures->name);

  return info != watched->info;
}

/* Returns FALSE if that is the end of it. */
static gboolean
look_at_all (Watch *watch)
{
  for (guint i = 0; i < watch->watched->len;)
    {
      Watched *watched = g_ptr_array_index (watch->watched, i);
      /* Before the last change is looked for, which so is not missed. */
      gboolean removed = is_removed (watch, watched);

      if (!look_at_depth (watch, watched) || (removed && !tell (watch, watched, EVENT_REMOVED, 0)))
        return FALSE;

      if (removed)
        g_ptr_array_remove_index (watch->watched, i);
      else
        i++;
    }

  return watch->watched->len > 0;
}

static gboolean
look (gpointer user_data)
{
  Watch *watch = user_data;

  if (look_at_all (watch))
    return G_SOURCE_CONTINUE;

  g_main_loop_quit (watch->loop);

  return G_SOURCE_REMOVE;
}

/* The lines of all queues are to line up. */
static void
measure (Watch *watch)
{
  for (guint i = 0; i < watch->watched->len; i++)
    {
      const Figures *figures = ((Watched *) g_ptr_array_index (watch->watched, i))->figures;
      g_autofree char *maxmsg = figures_format_number (figures->maxmsg);

      watch->name_width = MAX (watch->name_width, terminal_text_width (figures->display_name));
      watch->depth_width = MAX (watch->depth_width, (guint) (2 * strlen (maxmsg) + 1));
    }
}

static gboolean
tell_how_it_starts (Watch *watch)
{
  for (guint i = 0; i < watch->watched->len; i++)
    {
      Watched *watched = g_ptr_array_index (watch->watched, i);

      rates_add (watched->rates, g_get_monotonic_time (), watched->figures->curmsgs);
      if (!tell (watch, watched, EVENT_START, 0))
        return FALSE;
    }

  return TRUE;
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_autoptr (GMainLoop) loop = NULL;
  g_autoptr (GPtrArray) watched = NULL;
  Watch watch = { 0 };
  ExitStatus status = EXIT_STATUS_SUCCESS;

  if (!live_check_interval (interval, error))
    return EXIT_STATUS_USAGE;

  watch.loop = loop = g_main_loop_new (NULL, FALSE);
  watch.watched = watched = g_ptr_array_new_with_free_func ((GDestroyNotify) watched_free);
  for (char **argument = arguments; *argument != NULL; argument++)
    {
      g_autoptr (GError) local_error = NULL;
      Watched *begun = begin_watching (&watch, *argument, &local_error);

      if (begun != NULL)
        g_ptr_array_add (watched, begun);
      else
        status = exit_status_worse (status, report_error (local_error));
    }

  if (watched->len > 0)
    {
      measure (&watch);
      live_end_with_reader ();
      live_add_timeout (interval, look, &watch);
      if (tell_how_it_starts (&watch))
        g_main_loop_run (loop);
      status = exit_status_worse (status, EXIT_STATUS_NOT_FOUND);
    }

  g_clear_object (&watch.directory);

  return status;
}

const Command command_watch = {
  .name = "watch",
  .arguments = N_ ("NAME…"),
  .summary = N_ ("Tells of each change of how many messages wait"),
  .description = N_ (
      "A line for each queue as it is at the start, and another whenever the number of its "
      "messages "
      "has changed: the time, the name, how many messages wait of how many there is room for, by "
      "how many they are more or fewer, and how many a second came and went in the last three "
      "seconds. It goes on until Ctrl-C, or until no queue is left.\n\n"
      "The kernel tells nobody of a message, so the queues are looked at again and again, and what "
      "comes and goes in between is not seen: there were at least so many.\n\n"
      "A queue that is removed gets a line that says so, and the others are watched on; when there "
      "is none left, the exit status is 4. A queue that is created under the same name is another "
      "one, and not watched. Of a queue that may be neither received from nor sent to, only the "
      "removal is told, and only where there is a list of queues.\n\n"
      "A queue that is watched is open, which keeps a process from replacing it by one of another "
      "size.\n\n"
      "With --json each line is an object with “time”, “event” (“start”, “change” or “removed”), "
      "“name”, “curmsgs”, “maxmsg”, “change”, “in_rate” and “out_rate”."),
  .options = options,
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_QUEUE },
  .run = run,
};
