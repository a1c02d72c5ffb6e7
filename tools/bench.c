/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood bench: how fast messages are on this machine, by libmood and by the system calls alone. */

#include "bench-raw.h"
#include "bench-round.h"
#include "commands.h"
#include "figures.h"
#include "json.h"
#include "progress.h"
#include "quantile.h"
#include "table.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <unistd.h>

#define DEFAULT_LENGTH 64
#define N_ROUNDS       10
#define N_WAYS         2
#define ROUND_SECONDS  0.04

/* To find out how many messages go into a round. */
#define TRIAL_COUNT 500

static gboolean as_json;
static int length = DEFAULT_LENGTH;

static const GOptionEntry options[] = {
  { "size", 's', 0, G_OPTION_ARG_INT, &length, N_ ("Of a message (default: 64)"), N_ ("BYTES") },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("Write a JSON object"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood bench", N_ ("Measures on a queue of the default size") },
  { "mood bench jobs", N_ ("Measures on one that is as large as that queue") },
  { "mood bench --size=1024 --json | jq .round_trip_median_us.libmood",
    N_ ("Tells how many microseconds an answer takes, with messages of a kilobyte") },
  { NULL, NULL },
};

static gboolean
send_by_mood (MoodMessageQueue *queue, const guint8 *message, gsize message_length)
{
  return mood_message_queue_send (queue, message, message_length, 0, NULL, NULL) != -1;
}

static gboolean
receive_by_mood (MoodMessageQueue *queue, guint8 *buffer, gsize size)
{
  guint priority;

  return mood_message_queue_receive_into (queue, buffer, size, &priority, NULL, NULL) != -1;
}

static const BenchWay ways[N_WAYS] = {
  { send_by_mood, receive_by_mood },
  { bench_raw_send, bench_raw_receive },
};

/* What was measured of one kind. */
typedef struct
{
  GArray *seconds[N_WAYS]; /* of double: what a message took, of each round */
  GArray *each_us[N_WAYS]; /* of double: what each message took */
} Measured;

/* A row of what is shown. */
typedef struct
{
  const char *title;
  const char *member; /* of the JSON object */
  gboolean is_rate;
  double figures[N_WAYS];
  double time_ratio; /* how many times as long libmood takes */
} Finding;

#define N_FINDINGS 4

static void
measured_init (Measured *self)
{
  for (int i = 0; i < N_WAYS; i++)
    {
      self->seconds[i] = g_array_new (FALSE, FALSE, sizeof (double));
      self->each_us[i] = g_array_new (FALSE, FALSE, sizeof (double));
    }
}

static void
measured_clear (Measured *self)
{
  for (int i = 0; i < N_WAYS; i++)
    {
      g_array_unref (self->seconds[i]);
      g_array_unref (self->each_us[i]);
    }
}

/* None has a name, so that none can be left behind, or have messages of others. */
static MoodMessageQueue *
create (gint64 maxmsg, gint64 msgsize, GError **error)
{
  return mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, maxmsg, msgsize, error);
}

/* One like the queue that is named. */
static MoodMessageQueue *
create_like (const char *argument, GError **error)
{
  g_autoptr (Figures) figures = figures_of (argument, error);

  if (figures == NULL)
    return NULL;

  if (figures->maxmsg == -1)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                   _ ("How large “%s” is may not be seen"), figures->display_name);
      return NULL;
    }

  if (length > figures->msgsize)
    {
      USAGE_ERROR (error, _ ("The queue takes messages of at most %" PRId64 " bytes"),
                   figures->msgsize);
      return NULL;
    }

  return create (figures->maxmsg, figures->msgsize, error);
}

/* So many that a round takes its time. */
static gboolean
choose_count (const BenchRoom *room,
              BenchKind kind,
              BenchTimes *times,
              guint *count,
              GError **error)
{
  if (!bench_round (room, kind, &ways[1], TRIAL_COUNT, times, error))
    return FALSE;

  *count =
      (guint) CLAMP (ROUND_SECONDS * TRIAL_COUNT / times->seconds, TRIAL_COUNT, BENCH_MAX_COUNT);

  return TRUE;
}

static void
measured_add (Measured *self, int way, BenchKind kind, guint count, const BenchTimes *times)
{
  double seconds = times->seconds / count;

  g_array_append_val (self->seconds[way], seconds);
  if (kind == BENCH_KIND_ROUND_TRIP)
    g_array_append_vals (self->each_us[way], times->each_us, count);
}

/* By turns, so that what else the machine does hits both ways alike. */
static gboolean
measure (const BenchRoom *room,
         BenchKind kind,
         BenchTimes *times,
         Measured *measured,
         GError **error)
{
  const guint n_rounds = N_ROUNDS * N_WAYS;
  guint count;

  if (!choose_count (room, kind, times, &count, error))
    return FALSE;

  for (guint i = 0; i < n_rounds; i++)
    {
      int way = i % N_WAYS;

      if (!bench_round (room, kind, &ways[way], count, times, error))
        return FALSE;
      measured_add (measured, way, kind, count, times);
      progress_set (kind * n_rounds + i + 1, BENCH_N_KINDS * n_rounds);
    }

  return TRUE;
}

static gboolean
measure_all (const BenchRoom *room, Measured *measured, GError **error)
{
  g_autoptr (BenchTimes) times = bench_times_new (error);
  gboolean is_done = times != NULL;

  progress_start (_ ("rounds"));
  for (int kind = 0; is_done && kind < BENCH_N_KINDS; kind++)
    is_done = measure (room, (BenchKind) kind, times, &measured[kind], error);
  progress_end ();

  return is_done;
}

static double
get_quantile (GArray *values, double part)
{
  return bench_get_quantile (&g_array_index (values, double, 0), values->len, part);
}

/* Of the rounds: each with the one that followed it. */
static void
find_rate (Finding *finding, const Measured *measured)
{
  g_autoptr (GArray) ratios = g_array_new (FALSE, FALSE, sizeof (double));

  for (guint i = 0; i < measured->seconds[0]->len; i++)
    {
      double ratio = g_array_index (measured->seconds[0], double, i) /
                     g_array_index (measured->seconds[1], double, i);

      g_array_append_val (ratios, ratio);
    }

  for (int way = 0; way < N_WAYS; way++)
    finding->figures[way] = 1 / get_quantile (measured->seconds[way], 0.5);
  finding->time_ratio = get_quantile (ratios, 0.5);
}

static void
find_time (Finding *finding, const Measured *measured, double part)
{
  for (int way = 0; way < N_WAYS; way++)
    finding->figures[way] = get_quantile (measured->each_us[way], part);
  finding->time_ratio = finding->figures[0] / finding->figures[1];
}

static void
find_all (Finding *findings, const Measured *measured)
{
  findings[0] = (Finding){ .title = _ ("sent and received in one process, messages/s"),
                           .member = "pairs_per_second",
                           .is_rate = TRUE };
  find_rate (&findings[0], &measured[BENCH_KIND_PAIRS]);
  findings[1] = (Finding){ .title = _ ("from one process to another, messages/s"),
                           .member = "messages_per_second",
                           .is_rate = TRUE };
  find_rate (&findings[1], &measured[BENCH_KIND_ONE_WAY]);
  findings[2] = (Finding){ .title = _ ("to another and back, median, microseconds"),
                           .member = "round_trip_median_us" };
  find_time (&findings[2], &measured[BENCH_KIND_ROUND_TRIP], 0.5);
  findings[3] = (Finding){ .title = _ ("to another and back, 99 of 100 within, microseconds"),
                           .member = "round_trip_p99_us" };
  find_time (&findings[3], &measured[BENCH_KIND_ROUND_TRIP], 0.99);
}

static void
print_for_people (const Finding *findings, const BenchRoom *room)
{
  const TableColumn columns[] = {
    { _ ("MESSAGES"), FALSE },
    { _ ("LIBMOOD"), TRUE },
    { _ ("RAW"), TRUE },
    { _ ("TIME"), TRUE },
  };
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autofree char *text = NULL;

  for (int i = 0; i < N_FINDINGS; i++)
    {
      g_autofree char *ratio = g_strdup_printf ("%.2f", findings[i].time_ratio);

      table_add_cell (table, TERMINAL_STYLE_PLAIN, findings[i].title);
      for (int way = 0; way < N_WAYS; way++)
        {
          g_autofree char *figure =
              g_strdup_printf ("%.*f", findings[i].is_rate ? 0 : 1, findings[i].figures[way]);

          table_add_cell (table, TERMINAL_STYLE_PLAIN, figure);
        }
      table_add_cell (table, TERMINAL_STYLE_STRONG, ratio);
    }

  text = table_format (table, STDOUT_FILENO);
  g_print ("%s\n", text);
  g_print (_ ("On this machine, now: messages of %zu bytes, room for %" PRId64
              ". RAW is mq_send and\n"
              "mq_receive alone, TIME how many times as long libmood took.\n"),
           room->length, mood_message_queue_get_maxmsg (room->there));
}

static void
print_json (const Finding *findings, const BenchRoom *room)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_add_number (builder, "size", (gint64) room->length);
  json_add_number (builder, "maxmsg", mood_message_queue_get_maxmsg (room->there));
  for (int i = 0; i < N_FINDINGS; i++)
    {
      json_builder_set_member_name (builder, findings[i].member);
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "libmood");
      json_builder_add_double_value (builder, findings[i].figures[0]);
      json_builder_set_member_name (builder, "raw");
      json_builder_add_double_value (builder, findings[i].figures[1]);
      json_builder_set_member_name (builder, "time_ratio");
      json_builder_add_double_value (builder, findings[i].time_ratio);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);

  text = json_format (builder, TRUE);
  g_print ("%s\n", text);
}

static gboolean
measure_and_print (const BenchRoom *room, GError **error)
{
  Measured measured[BENCH_N_KINDS];
  Finding findings[N_FINDINGS];
  gboolean is_done;

  for (int kind = 0; kind < BENCH_N_KINDS; kind++)
    measured_init (&measured[kind]);

  is_done = measure_all (room, measured, error);
  if (is_done)
    {
      find_all (findings, measured);
      if (as_json)
        print_json (findings, room);
      else
        print_for_people (findings, room);
    }
  for (int kind = 0; kind < BENCH_N_KINDS; kind++)
    measured_clear (&measured[kind]);

  return is_done;
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_autoptr (MoodMessageQueue) there = NULL;
  g_autoptr (MoodMessageQueue) back = NULL;
  BenchRoom room;

  if (length < 0)
    {
      USAGE_ERROR (error, _ ("--size is not negative"));
      return EXIT_STATUS_USAGE;
    }

  there = arguments[0] != NULL ? create_like (arguments[0], error)
                               : create (-1, MAX (length, 1), error);
  if (there == NULL || (back = create (1, MAX (length, 1), error)) == NULL)
    return EXIT_STATUS_FAILURE;

  room = (BenchRoom){ .there = there, .back = back, .length = (gsize) length };

  return measure_and_print (&room, error) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILURE;
}

const Command command_bench = {
  .name = "bench",
  .arguments = N_ ("[NAME]"),
  .summary = N_ ("Measures how fast messages are on this machine"),
  .description = N_ (
      "For two to three seconds messages are sent and received, by libmood and by mq_send(3) and "
      "mq_receive(3) alone, by turns: in one process, from one to another, and to another and "
      "back. The figures are medians of what was measured on this machine, now; they change with "
      "what else it does, and with whether the processes share a core. The ratio changes "
      "least.\n\n"
      "It is done on queues without a name, of which nothing is left however it ends. With NAME "
      "they are as large as that queue, which is not touched."),
  .options = options,
  .examples = examples,
  .minimum = 0,
  .maximum = 1,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_OTHER },
  .run = run,
};
