/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How fast libmood carries messages, beside its peers: a program that is told whose turn it is, so
 * that they can take turns within one run. Each line of its input is one of
 *
 *   KIND TRANSPORT SIZE DEPTH CORES COUNT
 *   limits SIZE
 *
 * for each it writes a line with a JSON object. KIND is pair, one-way or round-trip; messages have
 * SIZE bytes, queues have room for DEPTH of them; with 1 for CORES both processes are on the same
 * core, with 2 each has its own; COUNT messages are measured, after a tenth of them that warms up.
 *
 *   {"seconds": …}                          what all of them took
 *   {"seconds": …, "quantiles_us": [101 …]} of a round trip also what each took, from least to most
 *   {"largest_depth": …}                    for limits: the most that DEPTH may be with that SIZE
 *   {"missing": "…"}                        what the build lacked for it
 *   {"unsupported": true}                   the transport has no such KIND
 *   {"error": "…"}                          it could not be measured */

#include "quantile.h"
#include "requests.h"
#include "transport-depth.h"
#include "transport-measure.h"

#include <stdio.h>
#include <stdlib.h>

#define LARGEST_SIZE  (16 * 1024 * 1024)
#define LARGEST_DEPTH 65536
#define LARGEST_COUNT 100000000

static const Transport *const transports[] = {
  &transport_raw,          &transport_raw_timeout,      &transport_mood,
  &transport_mood_receive, &transport_mood_cancellable, &transport_mood_timeout,
  &transport_gsocket,      &transport_seqpacket,        &transport_pipe,
  &transport_gdbus,        &transport_zeromq,           &transport_nng,
  &transport_boost,
};

static const struct
{
  const char *name;
  TransportKind kind;
} kinds[] = {
  { "pair", TRANSPORT_KIND_PAIR },
  { "one-way", TRANSPORT_KIND_ONE_WAY },
  { "round-trip", TRANSPORT_KIND_ROUND_TRIP },
};

static gboolean
find_kind (const char *name, TransportKind *kind, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      {
        *kind = kinds[i].kind;
        return TRUE;
      }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "There is no kind “%s”", name);

  return FALSE;
}

static gboolean
find_transport (const char *name, const Transport **transport, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (transports); i++)
    if (g_str_equal (transports[i]->name, name))
      {
        *transport = transports[i];
        return TRUE;
      }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "There is no transport “%s”", name);

  return FALSE;
}

static gboolean
parse_number (const char *text, guint most, guint *number, GError **error)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 1, most, &value, error))
    return FALSE;

  *number = (guint) value;

  return TRUE;
}

static gboolean
parse_turn (char **words, TransportTurn *turn, GError **error)
{
  guint size, depth;

  if (!find_kind (words[0], &turn->load.kind, error) ||
      !find_transport (words[1], &turn->transport, error) ||
      !parse_number (words[2], LARGEST_SIZE, &size, error) ||
      !parse_number (words[3], LARGEST_DEPTH, &depth, error) ||
      !parse_number (words[4], 2, &turn->n_cores, error) ||
      !parse_number (words[5], LARGEST_COUNT, &turn->count, error))
    return FALSE;

  turn->load.size = size;
  turn->load.depth = depth;

  return TRUE;
}

static void
print_result (const TransportTurn *turn, double seconds, const double *percentiles_us)
{
  printf ("{\"seconds\": %.9f", seconds);
  if (turn->load.kind == TRANSPORT_KIND_ROUND_TRIP)
    {
      printf (", \"quantiles_us\": [");
      for (int i = 0; i < BENCH_N_PERCENTILES; i++)
        printf ("%s%.3f", i > 0 ? ", " : "", percentiles_us[i]);
      printf ("]");
    }
  printf ("}\n");
}

static gboolean
answer_turn (char **words, GError **error)
{
  TransportTurn turn;
  double seconds;
  double percentiles_us[BENCH_N_PERCENTILES];

  if (!parse_turn (words, &turn, error))
    return FALSE;

  if (turn.transport->missing != NULL)
    {
      g_autofree char *why = g_strdup_printf ("not built: needs %s", turn.transport->missing);

      bench_answer_text ("missing", why);
    }
  else if ((turn.transport->kinds & turn.load.kind) == 0)
    printf ("{\"unsupported\": true}\n");
  else if (transport_measure (&turn, &seconds, percentiles_us, error))
    print_result (&turn, seconds, percentiles_us);
  else
    return FALSE;

  return TRUE;
}

static gboolean
answer_limits (char **words, GError **error)
{
  guint size;
  gint64 depth;

  if (!parse_number (words[1], LARGEST_SIZE, &size, error))
    return FALSE;

  depth = transport_get_largest_depth (size, error);
  if (depth == 0)
    return FALSE;

  printf ("{\"largest_depth\": %" G_GINT64_FORMAT "}\n", depth);

  return TRUE;
}

static gboolean
answer (const char *line, GError **error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint n_words = g_strv_length (words);

  if (n_words == 6)
    return answer_turn (words, error);
  if (n_words == 2 && g_str_equal (words[0], "limits"))
    return answer_limits (words, error);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "A line is KIND TRANSPORT SIZE DEPTH CORES COUNT, or limits SIZE");

  return FALSE;
}

int
main (void)
{
  char *line = NULL;
  size_t size = 0;

  while (getline (&line, &size, stdin) != -1)
    {
      g_autoptr (GError) error = NULL;

      if (!answer (g_strchomp (line), &error))
        bench_answer_text ("error", error->message);
      fflush (stdout);
    }
  free (line);

  return 0;
}
