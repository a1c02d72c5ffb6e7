/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One round of a benchmark, done by processes of its own, which go with this one. */

#include "bench-round.h"

#include "process.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A round, as its processes see it. */
typedef struct
{
  const BenchRoom *room;
  BenchKind kind;
  const BenchWay *way;
  guint count;
  BenchTimes *times;
  guint8 *message;
  guint8 *buffer;
  gsize buffer_size;
} Round;

BenchTimes *
bench_times_new (GError **error)
{
  BenchTimes *self =
      mmap (NULL, sizeof *self, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int errsv = errno;

  if (self != MAP_FAILED)
    return self;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), _ ("Cannot share memory: %s"),
               g_strerror (errsv));

  return NULL;
}

void
bench_times_free (BenchTimes *self)
{
  munmap (self, sizeof *self);
}

/* The clock that GLib reads as well, with more digits. */
static double
get_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static gboolean
send_to (const Round *round, MoodMessageQueue *queue)
{
  return round->way->send (queue, round->message, round->room->length);
}

static gboolean
receive_from (const Round *round, MoodMessageQueue *queue)
{
  return round->way->receive (queue, round->buffer, round->buffer_size);
}

static gboolean
do_pairs (const Round *round)
{
  MoodMessageQueue *queue = round->room->there;
  double start = get_seconds ();

  for (guint i = 0; i < round->count; i++)
    if (!send_to (round, queue) || !receive_from (round, queue))
      return FALSE;
  round->times->seconds = get_seconds () - start;

  return TRUE;
}

/* Until the other process has received the last one. */
static gboolean
send_one_way (const Round *round)
{
  double start = get_seconds ();

  for (guint i = 0; i < round->count; i++)
    if (!send_to (round, round->room->there))
      return FALSE;
  if (!receive_from (round, round->room->back))
    return FALSE;
  round->times->seconds = get_seconds () - start;

  return TRUE;
}

static gboolean
do_round_trips (const Round *round)
{
  double start = get_seconds ();
  double before = start;

  for (guint i = 0; i < round->count; i++)
    {
      double after;

      if (!send_to (round, round->room->there) || !receive_from (round, round->room->back))
        return FALSE;
      after = get_seconds ();
      round->times->each_us[i] = (after - before) * 1e6;
      before = after;
    }
  round->times->seconds = before - start;

  return TRUE;
}

static gboolean
run_client (gconstpointer data)
{
  const Round *round = data;

  if (round->kind == BENCH_KIND_PAIRS)
    return do_pairs (round);
  /* The other process says that it is there. */
  else if (!receive_from (round, round->room->back))
    return FALSE;
  else if (round->kind == BENCH_KIND_ONE_WAY)
    return send_one_way (round);
  else
    return do_round_trips (round);
}

static gboolean
run_server (gconstpointer data)
{
  const Round *round = data;

  if (!send_to (round, round->room->back))
    return FALSE;

  for (guint i = 0; i < round->count; i++)
    {
      gboolean answers = round->kind == BENCH_KIND_ROUND_TRIP || i + 1 == round->count;

      if (!receive_from (round, round->room->there) ||
          (answers && !send_to (round, round->room->back)))
        return FALSE;
    }

  return TRUE;
}

/* Until the client has ended well, or one of both has not. Who has ended is -1 then. */
static gboolean
wait_for_client (pid_t *client, pid_t *server)
{
  int status = 0;

  while (*client != -1 && status == 0)
    {
      pid_t pid = TEMP_FAILURE_RETRY (wait (&status));

      if (pid == -1)
        return FALSE;
      else if (pid == *client)
        *client = -1;
      else if (pid == *server)
        *server = -1;
    }

  return status == 0;
}

static gboolean
run_processes (const Round *round, GError **error)
{
  gboolean has_server = round->kind != BENCH_KIND_PAIRS;
  pid_t client = bench_start_process (run_client, round);
  pid_t server = -1;
  gboolean is_done = FALSE;

  if (client != -1 && has_server)
    server = bench_start_process (run_server, round);

  if (client == -1 || (has_server && server == -1))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("Cannot start a process"));
  else if (!wait_for_client (&client, &server))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _ ("A process that was to be measured has failed"));
  else
    is_done = TRUE;

  if (client != -1)
    bench_end_process (client);
  if (server != -1)
    bench_end_process (server);

  return is_done;
}

/* FALSE with an error if it was not done; messages may be left then. */
gboolean
bench_round (const BenchRoom *room,
             BenchKind kind,
             const BenchWay *way,
             guint count,
             BenchTimes *times,
             GError **error)
{
  gsize buffer_size = (gsize) MAX (mood_message_queue_get_msgsize (room->there),
                                   mood_message_queue_get_msgsize (room->back));
  g_autofree guint8 *buffer = g_malloc (buffer_size);
  g_autofree guint8 *message = g_malloc0 (room->length);
  const Round round = { .room = room,
                        .kind = kind,
                        .way = way,
                        .count = count,
                        .times = times,
                        .message = message,
                        .buffer = buffer,
                        .buffer_size = buffer_size };

  return run_processes (&round, error);
}
