/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One round of a benchmark. What is measured waits in system calls that nothing interrupts, so that
 * processes of its own do it: this one waits for them, and can end them. */

#include "bench-round.h"

#include "signals.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Some hundred times what a round takes. */
#define PATIENCE_US (10 * G_USEC_PER_SEC)

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
run_client (const Round *round)
{
  if (round->kind == BENCH_KIND_PAIRS)
    round->times->is_done = do_pairs (round);
  /* The other process says that it is there. */
  else if (!receive_from (round, round->room->back))
    return FALSE;
  else if (round->kind == BENCH_KIND_ONE_WAY)
    round->times->is_done = send_one_way (round);
  else
    round->times->is_done = do_round_trips (round);

  return round->times->is_done;
}

static gboolean
run_server (const Round *round)
{
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

static pid_t
start_process (const Round *round, gboolean (*function) (const Round *))
{
  pid_t parent = getpid ();
  pid_t pid = fork ();

  if (pid != 0)
    return pid;

  /* Whatever ends this program ends its processes. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (1);

  _exit (function (round) ? 0 : 1);
}

static void
end_process (pid_t pid)
{
  kill (pid, SIGKILL);
  while (waitpid (pid, NULL, 0) == -1 && errno == EINTR)
    ;
}

/* @fd: becomes ready when no process has its other end open any more. */
static gboolean
wait_for_end (int fd, const BenchTimes *times, GError **error)
{
  switch (signals_wait (fd, G_IO_IN, g_get_monotonic_time () + PATIENCE_US))
    {
    case SIGNALS_READY:
      if (times->is_done)
        return TRUE;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _ ("A process that was to be measured has failed"));
      return FALSE;

    case SIGNALS_TIMED_OUT:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                   _ ("A message has not come in time: perhaps another process has received it"));
      return FALSE;

    case SIGNALS_ENDING:
    default:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Interrupted"));
      return FALSE;
    }
}

static gboolean
run_processes (const Round *round, GError **error)
{
  gboolean has_server = round->kind != BENCH_KIND_PAIRS;
  pid_t client;
  pid_t server = -1;
  gboolean is_done;
  int fds[2];

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, error))
    return FALSE;

  client = start_process (round, run_client);
  if (client != -1 && has_server)
    server = start_process (round, run_server);
  close (fds[1]);

  if (client == -1 || (has_server && server == -1))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("Cannot start a process"));
      is_done = FALSE;
    }
  else
    is_done = wait_for_end (fds[0], round->times, error);

  close (fds[0]);
  if (client != -1)
    end_process (client);
  if (server != -1)
    end_process (server);

  return is_done;
}

/* Between signals_hold_back() and signals_finish(). FALSE with an error if it was not done, also if
 * a signal is the reason; messages may be left then. */
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

  times->is_done = FALSE;

  return run_processes (&round, error);
}
