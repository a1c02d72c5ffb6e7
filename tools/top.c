/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood top: all queues at a glance, and how busy they are. */

#include "commands.h"
#include "figures.h"
#include "live.h"
#include "rates.h"
#include "screen.h"
#include "table.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH      10
#define SAMPLE_SECONDS 0.05
#define NARROWEST_NAME 8
#define LINES_ABOVE    2 /* the rows: the summary and the titles */

typedef enum
{
  SORT_NAME,
  SORT_DEPTH,
  SORT_RATE,
  SORT_BYTES,
} Sort;

typedef struct
{
  const char *word; /* for the option, and for people to be translated */
  guint key;
  Sort sort;
} SortWord;

static const SortWord sort_words[] = {
  { N_ ("name"), 'n', SORT_NAME },
  { N_ ("depth"), 'd', SORT_DEPTH },
  { N_ ("rate"), 'r', SORT_RATE },
  { N_ ("bytes"), 'b', SORT_BYTES },
};

static double interval = 1;
static int frames = G_MAXINT; /* for no end */
static char *sort_option;

static const GOptionEntry options[] = {
  { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &interval,
    N_ ("Seconds from one frame to the next (default: 1)"), N_ ("SECONDS") },
  { "count", 'n', 0, G_OPTION_ARG_INT, &frames,
    N_ ("How many frames to draw (default: 1, and no end on a terminal)"), N_ ("N") },
  { "sort", 's', 0, G_OPTION_ARG_STRING, &sort_option,
    N_ ("Sort by “depth” (the default), “rate”, “bytes” or “name”"), N_ ("WORD") },
  G_OPTION_ENTRY_NULL,
};

static const ValueCompletion completions[] = {
  { "sort", VALUE_KIND_OTHER, "name depth rate bytes" },
  { NULL, VALUE_KIND_OTHER, NULL },
};

static const Example examples[] = {
  { "mood top", N_ ("Shows all queues on the whole terminal, until q is pressed") },
  { "mood top --count=3 --interval=2 --sort=rate",
    N_ ("Shows three times what happened in two seconds, the busiest queues first") },
  { NULL, NULL },
};

/* A queue that there is. */
typedef struct
{
  MoodQueueInfo *info;
  Figures *figures; /* as of the last look at all of them */
  Rates *rates;
  double in;
  double out;
} Row;

typedef struct
{
  GMainLoop *loop;
  MoodQueueDirectory *directory;
  GPtrArray *rows; /* of Row, as they are sorted */
  Sort sort;
  gboolean is_reversed;
  gboolean shows_help;
  guint first; /* row on the screen */
  gboolean on_screen;
  guint n_drawn;
  GError *error;
} Top;

static void
row_free (Row *self)
{
  g_object_unref (self->info);
  g_clear_pointer (&self->figures, figures_free);
  rates_free (self->rates);
  g_free (self);
}

static Row *
take_row (GPtrArray *rows, MoodQueueInfo *info)
{
  Row *row;

  for (guint i = 0; i < rows->len; i++)
    if (((Row *) g_ptr_array_index (rows, i))->info == info)
      return g_ptr_array_steal_index_fast (rows, i);

  row = g_new0 (Row, 1);
  row->info = g_object_ref (info);
  row->rates = rates_new ();

  return row;
}

static int
compare_numbers (double one, double other)
{
  return (one > other) - (one < other);
}

static int
compare_rows (gconstpointer one, gconstpointer other, gpointer user_data)
{
  const Row *a = *(const Row *const *) one;
  const Row *b = *(const Row *const *) other;
  const Top *self = user_data;
  int order = 0;

  switch (self->sort)
    {
    case SORT_NAME:
      break;

    case SORT_DEPTH:
      order = compare_numbers ((double) b->figures->curmsgs, (double) a->figures->curmsgs);
      break;

    case SORT_RATE:
      order = compare_numbers (b->in + b->out, a->in + a->out);
      break;

    case SORT_BYTES:
      order =
          compare_numbers ((double) b->figures->queued_bytes, (double) a->figures->queued_bytes);
      break;
    }

  if (order == 0)
    order = strcmp (a->figures->name, b->figures->name);

  return self->is_reversed ? -order : order;
}

static void
sort_rows (Top *self)
{
  g_ptr_array_sort_with_data (self->rows, compare_rows, self);
}

/* Returns FALSE, with an error set, if the queues cannot be listed. */
static gboolean
look_at_all (Top *self)
{
  GListModel *model = G_LIST_MODEL (self->directory);
  gint64 now;
  GPtrArray *rows;

  if (!mood_queue_directory_refresh (self->directory, &self->error))
    return FALSE;

  now = g_get_monotonic_time ();
  rows = g_ptr_array_new_with_free_func ((GDestroyNotify) row_free);
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (model, i);
      Row *row = take_row (self->rows, info);

      g_clear_pointer (&row->figures, figures_free);
      row->figures = figures_from_info (info);
      if (row->figures->curmsgs != -1)
        rates_add (row->rates, now, row->figures->curmsgs);
      row->in = rates_get_in (row->rates, now);
      row->out = rates_get_out (row->rates, now);
      g_ptr_array_add (rows, row);
    }
  g_ptr_array_unref (self->rows);
  self->rows = rows;
  sort_rows (self);

  return TRUE;
}

/* More often, for the rates. A queue is not kept open: that would keep a process from replacing it
 * by one of another size. */
static gboolean
sample (gpointer user_data)
{
  Top *self = user_data;

  for (guint i = 0; i < self->rows->len; i++)
    {
      Row *row = g_ptr_array_index (self->rows, i);
      g_autoptr (MoodMessageQueue) queue = NULL;

      if (row->figures->curmsgs == -1)
        continue;

      queue = mood_message_queue_new (row->figures->name, MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK, 0,
                                      -1, -1, NULL);
      if (queue != NULL)
        rates_add (row->rates, g_get_monotonic_time (), mood_message_queue_get_curmsgs (queue));
    }

  return G_SOURCE_CONTINUE;
}

/* How much of RLIMIT_MSGQUEUE this user's queues take, as far as that can be seen. */
static char *
format_charge (Top *self)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();
  g_autofree char *limit = limits->rlimit_soft == G_MAXINT64
                               ? g_strdup (_ ("unlimited"))
                               : figures_format_number (limits->rlimit_soft);
  g_autofree char *charged = NULL;
  gint64 bytes = 0;

  for (guint i = 0; i < self->rows->len && bytes != -1; i++)
    {
      const Figures *figures = ((Row *) g_ptr_array_index (self->rows, i))->figures;

      if (figures->uid != getuid ())
        continue;
      if (figures->maxmsg == -1)
        bytes = -1;
      else
        bytes += (gint64) mood_limits_required_bytes (limits, figures->maxmsg, figures->msgsize);
    }
  charged = figures_format_number (bytes);

  return g_strdup_printf (_ ("%s of %s bytes charged"), charged, limit);
}

static const SortWord *
get_sort_word (Sort sort)
{
  for (guint i = 0; i < G_N_ELEMENTS (sort_words); i++)
    if (sort_words[i].sort == sort)
      return &sort_words[i];

  g_assert_not_reached ();
}

static char *
format_summary (Top *self)
{
  g_autoptr (GDateTime) time = g_date_time_new_now_local ();
  g_autofree char *time_text = g_date_time_format (time, "%H:%M:%S");
  g_autofree char *charge = format_charge (self);
  g_autofree char *queues =
      g_strdup_printf (ngettext ("%u queue", "%u queues", self->rows->len), self->rows->len);
  g_autofree char *n_messages = NULL;
  g_autofree char *messages = NULL;
  g_autofree char *order = NULL;
  gint64 n = 0;

  for (guint i = 0; i < self->rows->len; i++)
    n += MAX (((Row *) g_ptr_array_index (self->rows, i))->figures->curmsgs, 0);
  n_messages = figures_format_number (n);
  messages = g_strdup_printf (ngettext ("%s message", "%s messages", (gulong) n), n_messages);
  order = g_strdup_printf (self->is_reversed ? _ ("by %s, reversed") : _ ("by %s"),
                           _ (get_sort_word (self->sort)->word));

  return g_strdup_printf ("%s  %s  %s  %s  %s%s%s", time_text, queues, messages, charge, order,
                          self->on_screen ? "  " : "", self->on_screen ? _ ("h for help") : "");
}

/* A long name leaves room for the figures, and does not look as if it were whole. */
static char *
format_name (Top *self, const Figures *figures)
{
  g_autofree char *cut = NULL;
  guint columns, rows, widest;

  terminal_get_size (STDOUT_FILENO, &columns, &rows);
  widest = MAX (columns / 3, NARROWEST_NAME);
  if (!self->on_screen || terminal_text_width (figures->display_name) <= widest)
    return g_strdup (figures->display_name);

  cut = terminal_cut (figures->display_name, widest - 1);

  return g_strconcat (cut, g_get_charset (NULL) ? "…" : "+", NULL);
}

static char *
format_rate (const Row *row, double rate)
{
  return row->figures->curmsgs == -1 ? g_strdup ("-") : g_strdup_printf ("%.1f", rate);
}

static void
add_row (Top *self, Table *table, const Row *row)
{
  const Figures *figures = row->figures;
  g_autofree char *name = format_name (self, figures);
  g_autofree char *depth = figures_format_depth (figures);
  g_autofree char *bar = figures_format_bar (figures, BAR_WIDTH);
  g_autofree char *in = format_rate (row, row->in);
  g_autofree char *out = format_rate (row, row->out);
  g_autofree char *queued_bytes = figures_format_number (figures->queued_bytes);
  g_autofree char *msgsize = figures_format_number (figures->msgsize);
  g_autofree char *notified = figures_format_notified (figures);
  g_autofree char *owner = figures_format_owner (figures);

  table_add_cell (table, TERMINAL_STYLE_STRONG, name);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, depth);
  table_add_cell (table, figures_get_depth_style (figures), bar[0] != '\0' ? bar : "-");
  table_add_cell (table, TERMINAL_STYLE_PLAIN, in);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, out);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, queued_bytes);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, msgsize);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, notified);
  table_add_cell (table, TERMINAL_STYLE_PLAIN, owner);
}

/* How many rows the screen has room for, at least one, so that every key does something. */
static guint
get_page (Top *self)
{
  guint columns, lines;
  guint taken = LINES_ABOVE + (self->shows_help ? 1 : 0);

  terminal_get_size (STDOUT_FILENO, &columns, &lines);

  return lines > taken ? lines - taken : 1;
}

static void
scroll_to (Top *self, gint64 first)
{
  gint64 last = MAX ((gint64) self->rows->len - get_page (self), 0);

  self->first = (guint) CLAMP (first, 0, last);
}

/* The lines of a frame: on the screen of as many rows as it has room for, else of all. */
static GPtrArray *
format_frame (Top *self)
{
  const TableColumn columns[] = {
    { _ ("NAME"), FALSE },   { _ ("DEPTH"), TRUE },     { _ ("FILLED"), FALSE },
    { _ ("IN/S"), TRUE },    { _ ("OUT/S"), TRUE },     { _ ("BYTES"), TRUE },
    { _ ("MSGSIZE"), TRUE }, { _ ("NOTIFIES"), FALSE }, { _ ("OWNER"), FALSE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  guint behind = self->rows->len;

  for (guint i = 0; i < self->rows->len; i++)
    add_row (self, table, g_ptr_array_index (self->rows, i));

  if (self->on_screen)
    {
      /* The terminal may be larger, or the queues fewer, than they were. */
      scroll_to (self, self->first);
      behind = MIN (behind, self->first + get_page (self));
    }

  g_ptr_array_add (lines, format_summary (self));
  if (self->shows_help)
    g_ptr_array_add (lines, g_strdup (_ ("q quit  n name  d depth  r rate  b bytes  R reverse  "
                                         "↑ ↓ PgUp PgDn scroll  rates are at least")));
  g_ptr_array_add (lines, table_format_titles (table, STDOUT_FILENO));
  for (guint i = self->first; i < behind; i++)
    g_ptr_array_add (lines, table_format_row (table, i, STDOUT_FILENO));

  return lines;
}

static void
draw (gpointer user_data)
{
  Top *self = user_data;
  g_autoptr (GPtrArray) lines = format_frame (self);

  if (!screen_draw (lines, &self->error))
    g_main_loop_quit (self->loop);
}

/* Returns FALSE if that is not possible. */
static gboolean
write_frame (Top *self)
{
  g_autoptr (GPtrArray) lines = format_frame (self);
  GString *text = g_string_new (self->n_drawn > 0 ? "\n" : "");
  gboolean written;

  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (lines, i));
  written = live_print (text->str);
  g_string_free (text, TRUE);

  return written;
}

static void
on_key (guint key, gpointer user_data)
{
  Top *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (sort_words); i++)
    if (sort_words[i].key == key)
      self->sort = sort_words[i].sort;

  switch (key)
    {
    case 'q':
      g_main_loop_quit (self->loop);
      return;

    case 'R':
      self->is_reversed = !self->is_reversed;
      break;

    case 'h':
    case '?':
      self->shows_help = !self->shows_help;
      break;

    case 'k':
    case SCREEN_KEY_UP:
      scroll_to (self, (gint64) self->first - 1);
      break;

    case 'j':
    case SCREEN_KEY_DOWN:
      scroll_to (self, (gint64) self->first + 1);
      break;

    case SCREEN_KEY_PAGE_UP:
      scroll_to (self, (gint64) self->first - get_page (self));
      break;

    case SCREEN_KEY_PAGE_DOWN:
      scroll_to (self, (gint64) self->first + get_page (self));
      break;

    case SCREEN_KEY_HOME:
      scroll_to (self, 0);
      break;

    case SCREEN_KEY_END:
      scroll_to (self, self->rows->len);
      break;

    default:
      break;
    }

  sort_rows (self);
  draw (self);
}

/* Returns FALSE if that is the end of it. */
static gboolean
show_frame (Top *self)
{
  if (!look_at_all (self))
    return FALSE;

  if (self->on_screen)
    draw (self);
  else if (!write_frame (self))
    return FALSE;

  self->n_drawn++;

  return self->error == NULL && (frames == G_MAXINT || self->n_drawn < (guint) frames);
}

static gboolean
on_frame_due (gpointer user_data)
{
  Top *self = user_data;

  if (show_frame (self))
    return G_SOURCE_CONTINUE;

  g_main_loop_quit (self->loop);

  return G_SOURCE_REMOVE;
}

static gboolean
parse_options (Top *self, GError **error)
{
  const SortWord *word = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sort_words) && sort_option != NULL; i++)
    if (g_str_equal (sort_words[i].word, sort_option))
      word = &sort_words[i];

  if (sort_option != NULL && word == NULL)
    {
      USAGE_ERROR (error, _ ("“%s” is none of name, depth, rate and bytes"), sort_option);
      return FALSE;
    }
  if (frames < 1)
    {
      USAGE_ERROR (error, _ ("The number of frames is at least 1"));
      return FALSE;
    }

  self->sort = word != NULL ? word->sort : SORT_DEPTH;

  return live_check_interval (interval, error);
}

/* A terminal has something to show at once; the frame that is to be read later tells of a whole
 * interval. */
static gboolean
begin (Top *self)
{
  if (!self->on_screen)
    {
      live_end_with_reader ();
      return look_at_all (self);
    }

  screen_enter (draw, on_key, self);

  return show_frame (self);
}

static ExitStatus
run (char **arguments, GError **error)
{
  Top self = { 0 };

  if (!parse_options (&self, error))
    return EXIT_STATUS_USAGE;

  self.directory = mood_queue_directory_new (error);
  if (self.directory == NULL)
    return EXIT_STATUS_FAILURE;

  self.loop = g_main_loop_new (NULL, FALSE);
  self.rows = g_ptr_array_new_with_free_func ((GDestroyNotify) row_free);
  self.on_screen = terminal_can_draw (STDOUT_FILENO);
  if (!self.on_screen && frames == G_MAXINT)
    frames = 1;

  if (begin (&self))
    {
      live_add_timeout (interval, on_frame_due, &self);
      live_add_timeout (MIN (interval, SAMPLE_SECONDS), sample, &self);
      g_main_loop_run (self.loop);
    }

  screen_leave ();
  g_main_loop_unref (self.loop);
  g_ptr_array_unref (self.rows);
  g_object_unref (self.directory);
  g_clear_pointer (&sort_option, g_free);
  if (self.error != NULL)
    g_propagate_error (error, self.error);

  return EXIT_STATUS_SUCCESS;
}

const Command command_top = {
  .name = "top",
  .arguments = NULL,
  .summary = N_ ("Shows all queues, how full they are and how busy"),
  .description = N_ (
      "A terminal shows the queues as they are, until q is pressed: how many messages wait of how "
      "many there is room for, how many a second came and went in the last three seconds, how many "
      "bytes wait, how many a message may have, which process is to be notified when a message "
      "comes, and who owns the queue. The line above tells how many bytes of RLIMIT_MSGQUEUE are "
      "charged to you for the queues that you own.\n\n"
      "The kernel tells nobody of a message, so the queues are looked at twenty times a second, "
      "and "
      "what comes and goes in between is not seen: there were at least so many. To look at a queue "
      "sets the time of its last access.\n\n"
      "The keys n, d, r and b sort by name, depth, rate and bytes, and R reverses the order. The "
      "arrows, j, k, Page Up, Page Down, Home and End scroll, h or ? shows the keys, and q "
      "quits.\n\n"
      "Where standard output is no terminal, or one that is dumb, frames are written as text, with "
      "an empty line between them, each after an interval."),
  .options = options,
  .examples = examples,
  .completions = completions,
  .run = run,
};
