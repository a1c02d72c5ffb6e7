/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A measurement of a transport, done by processes of its own, which go with this one. */

#include "transport-measure.h"

#include "pin.h"
#include "process.h"
#include "quantile.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* After which a transport counts as one that hangs. */
#define LIMIT_SECONDS          60
#define LIMIT_SECONDS_PER_1000 1

/* What the processes share. */
typedef struct
{
  double begin; /* seconds, by the same clock in all processes */
  double end;
  int has_failed;
  char failure[512];
  double each_us[]; /* of TRANSPORT_KIND_ROUND_TRIP, what each message took */
} Notes;

/* A measurement, as its processes see it. */
typedef struct
{
  const TransportTurn *turn;
  gpointer channel;
  Notes *notes;
  gsize notes_size;
  int is_listening; /* by eventfd(2): the client may open its end */
  int is_warm;      /* the server has received all that is not measured */
} Measurement;

static double
get_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static guint
get_warm_up_count (const Measurement *self)
{
  return self->turn->count / 10;
}

static gboolean
tell (int event, GError **error)
{
  if (eventfd_write (event, 1) == 0)
    return TRUE;

  transport_set_error (error, "eventfd_write");

  return FALSE;
}

static gboolean
wait_for (int event, GError **error)
{
  eventfd_t value;

  if (eventfd_read (event, &value) == 0)
    return TRUE;

  transport_set_error (error, "eventfd_read");

  return FALSE;
}

static gboolean
listen_if_needed (const Measurement *self, GError **error)
{
  const Transport *transport = self->turn->transport;

  return transport->listen == NULL || transport->listen (self->channel, error);
}

static gpointer
open_client (const Measurement *self, GError **error)
{
  bench_pin (0);
  if (!wait_for (self->is_listening, error))
    return NULL;

  return self->turn->transport->open (self->channel, TRANSPORT_CLIENT, error);
}

static gpointer
open_server (const Measurement *self, GError **error)
{
  bench_pin (self->turn->n_cores == 1 ? 0 : 1);
  if (!listen_if_needed (self, error) || !tell (self->is_listening, error))
    return NULL;

  return self->turn->transport->open (self->channel, TRANSPORT_SERVER, error);
}

static gboolean
send_to (const Measurement *self, gpointer end, GError **error)
{
  return self->turn->transport->send (end, error);
}

static gboolean
receive_from (const Measurement *self, gpointer end, GError **error)
{
  gssize length = self->turn->transport->receive (end, error);

  if (length == (gssize) self->turn->load.size)
    return TRUE;

  if (length != -1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "A message of %" G_GSIZE_FORMAT " bytes came as one of %" G_GSSIZE_FORMAT,
                 self->turn->load.size, length);

  return FALSE;
}

static gboolean
send_many (const Measurement *self, gpointer end, guint count, GError **error)
{
  for (guint i = 0; i < count; i++)
    if (!send_to (self, end, error))
      return FALSE;

  return TRUE;
}

static gboolean
receive_many (const Measurement *self, gpointer end, guint count, GError **error)
{
  for (guint i = 0; i < count; i++)
    if (!receive_from (self, end, error))
      return FALSE;

  return TRUE;
}

static gboolean
do_pairs (const Measurement *self, gpointer client, gpointer server, guint count, GError **error)
{
  for (guint i = 0; i < count; i++)
    if (!send_to (self, client, error) || !receive_from (self, server, error))
      return FALSE;

  return TRUE;
}

static gboolean
measure_pairs (const Measurement *self, GError **error)
{
  const Transport *transport = self->turn->transport;
  gpointer server;
  gpointer client;

  bench_pin (0);
  if (!listen_if_needed (self, error) ||
      (client = transport->open (self->channel, TRANSPORT_CLIENT, error)) == NULL ||
      (server = transport->open (self->channel, TRANSPORT_SERVER, error)) == NULL ||
      !do_pairs (self, client, server, get_warm_up_count (self), error))
    return FALSE;

  self->notes->begin = get_seconds ();
  if (!do_pairs (self, client, server, self->turn->count, error))
    return FALSE;
  self->notes->end = get_seconds ();

  return TRUE;
}

/* Nothing is under way when it begins. */
static gboolean
send_one_way (const Measurement *self, GError **error)
{
  gpointer end = open_client (self, error);

  if (end == NULL || !send_many (self, end, get_warm_up_count (self), error) ||
      !wait_for (self->is_warm, error))
    return FALSE;

  self->notes->begin = get_seconds ();

  return send_many (self, end, self->turn->count, error);
}

static gboolean
receive_one_way (const Measurement *self, GError **error)
{
  gpointer end = open_server (self, error);

  if (end == NULL || !receive_many (self, end, get_warm_up_count (self), error) ||
      !tell (self->is_warm, error) || !receive_many (self, end, self->turn->count, error))
    return FALSE;
  self->notes->end = get_seconds ();

  return TRUE;
}

static gboolean
ask (const Measurement *self, GError **error)
{
  gpointer end = open_client (self, error);
  double before;

  if (end == NULL)
    return FALSE;

  for (guint i = 0; i < get_warm_up_count (self); i++)
    if (!send_to (self, end, error) || !receive_from (self, end, error))
      return FALSE;

  self->notes->begin = before = get_seconds ();
  for (guint i = 0; i < self->turn->count; i++)
    {
      double after;

      if (!send_to (self, end, error) || !receive_from (self, end, error))
        return FALSE;
      after = get_seconds ();
      self->notes->each_us[i] = (after - before) * 1e6;
      before = after;
    }
  self->notes->end = before;

  return TRUE;
}

static gboolean
answer (const Measurement *self, GError **error)
{
  gpointer end = open_server (self, error);

  if (end == NULL)
    return FALSE;

  for (guint i = 0; i < get_warm_up_count (self) + self->turn->count; i++)
    if (!receive_from (self, end, error) || !send_to (self, end, error))
      return FALSE;

  return TRUE;
}

/* The first failure is the one that counts: the other process fails because of it. */
static gboolean
note_failure (Notes *notes, const GError *error)
{
  if (g_atomic_int_compare_and_exchange (&notes->has_failed, FALSE, TRUE))
    g_strlcpy (notes->failure, error->message, sizeof notes->failure);

  return FALSE;
}

typedef gboolean (*Work) (const Measurement *self, GError **error);

/* The process that knows when all is done ends with that. */
static gboolean
finish (const Measurement *self, Work work)
{
  g_autoptr (GError) error = NULL;

  return work (self, &error) || note_failure (self->notes, error);
}

/* The other one stays, as what it has sent may not have left it. */
static gboolean
stay (const Measurement *self, Work work)
{
  g_autoptr (GError) error = NULL;

  if (!work (self, &error))
    return note_failure (self->notes, error);

  for (;;)
    pause ();
}

static gboolean
run_pairs (gconstpointer data)
{
  return finish (data, measure_pairs);
}

static gboolean
run_one_way_server (gconstpointer data)
{
  return finish (data, receive_one_way);
}

static gboolean
run_one_way_client (gconstpointer data)
{
  return stay (data, send_one_way);
}

static gboolean
run_round_trip_client (gconstpointer data)
{
  return finish (data, ask);
}

static gboolean
run_round_trip_server (gconstpointer data)
{
  return stay (data, answer);
}

typedef gboolean (*Run) (gconstpointer data);

static Run
get_first_run (TransportKind kind)
{
  switch (kind)
    {
    case TRANSPORT_KIND_ONE_WAY:
      return run_one_way_server;
    case TRANSPORT_KIND_ROUND_TRIP:
      return run_round_trip_client;
    case TRANSPORT_KIND_PAIR:
    default:
      return run_pairs;
    }
}

/* NULL if the first does it alone. */
static Run
get_second_run (TransportKind kind)
{
  switch (kind)
    {
    case TRANSPORT_KIND_ONE_WAY:
      return run_one_way_client;
    case TRANSPORT_KIND_ROUND_TRIP:
      return run_round_trip_server;
    case TRANSPORT_KIND_PAIR:
    default:
      return NULL;
    }
}

/* FALSE with an error if that does not happen before @deadline, by get_seconds(). SIGCHLD is
 * blocked. */
static gboolean
wait_for_any (pid_t *pid, int *status, double deadline, GError **error)
{
  sigset_t child_signal;

  sigemptyset (&child_signal);
  sigaddset (&child_signal, SIGCHLD);

  while ((*pid = waitpid (-1, status, WNOHANG)) == 0)
    {
      double rest = deadline - get_seconds ();
      struct timespec limit = { .tv_sec = (time_t) rest };

      if (rest <= 0)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "It takes too long");
          return FALSE;
        }
      limit.tv_nsec = (long) ((rest - (double) limit.tv_sec) * 1e9);
      sigtimedwait (&child_signal, NULL, &limit);
    }

  if (*pid != -1)
    return TRUE;

  transport_set_error (error, "waitpid");

  return FALSE;
}

static void
set_failure (GError **error, const Notes *notes, int status)
{
  if (WIFSIGNALED (status))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Signal %d ended a process",
                 WTERMSIG (status));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                 notes->failure[0] != '\0' ? notes->failure : "A process has failed");
}

/* Until the first has ended well. Who has ended is -1 then. */
static gboolean
wait_for_first (const Measurement *self, pid_t *first, pid_t *second, GError **error)
{
  double deadline =
      get_seconds () + LIMIT_SECONDS + LIMIT_SECONDS_PER_1000 * self->turn->count / 1000.0;

  while (*first != -1)
    {
      pid_t pid;
      int status;

      if (!wait_for_any (&pid, &status, deadline, error))
        return FALSE;
      if (pid == *first)
        *first = -1;
      else if (pid == *second)
        *second = -1;
      if (status != 0)
        {
          set_failure (error, self->notes, status);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
start (Run run, const Measurement *self, pid_t *pid, GError **error)
{
  *pid = bench_start_process (run, self);
  if (*pid != -1)
    return TRUE;

  transport_set_error (error, "fork");

  return FALSE;
}

static gboolean
run_processes (const Measurement *self, GError **error)
{
  TransportKind kind = self->turn->load.kind;
  Run second_run = get_second_run (kind);
  pid_t first = -1;
  pid_t second = -1;
  sigset_t child_signal;
  sigset_t before;
  gboolean is_done;

  sigemptyset (&child_signal);
  sigaddset (&child_signal, SIGCHLD);
  sigprocmask (SIG_BLOCK, &child_signal, &before);

  is_done = start (get_first_run (kind), self, &first, error) &&
            (second_run == NULL || start (second_run, self, &second, error)) &&
            wait_for_first (self, &first, &second, error);

  if (first != -1)
    bench_end_process (first);
  if (second != -1)
    bench_end_process (second);
  sigprocmask (SIG_SETMASK, &before, NULL);

  return is_done;
}

static gboolean
make_notes (Measurement *self, GError **error)
{
  self->notes_size = sizeof (Notes);
  if (self->turn->load.kind == TRANSPORT_KIND_ROUND_TRIP)
    self->notes_size += self->turn->count * sizeof (double);

  /* All of it is there before it is needed. */
  self->notes = mmap (NULL, self->notes_size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (self->notes != MAP_FAILED)
    return TRUE;

  self->notes = NULL;
  transport_set_error (error, "mmap");

  return FALSE;
}

static gboolean
make_event (int *event, GError **error)
{
  *event = eventfd (0, EFD_CLOEXEC);
  if (*event != -1)
    return TRUE;

  transport_set_error (error, "eventfd");

  return FALSE;
}

static gboolean
measurement_init (Measurement *self, const TransportTurn *turn, GError **error)
{
  *self = (Measurement){ .turn = turn, .is_listening = -1, .is_warm = -1 };

  return make_notes (self, error) && make_event (&self->is_listening, error) &&
         make_event (&self->is_warm, error) &&
         (self->channel = turn->transport->prepare (&turn->load, error)) != NULL;
}

static void
measurement_clear (Measurement *self)
{
  if (self->channel != NULL)
    self->turn->transport->clear (self->channel);
  if (self->is_warm != -1)
    close (self->is_warm);
  if (self->is_listening != -1)
    close (self->is_listening);
  if (self->notes != NULL)
    munmap (self->notes, self->notes_size);
}

/* Gives how long the messages took together and, for TRANSPORT_KIND_ROUND_TRIP, the
 * BENCH_N_PERCENTILES of what each of them took. */
gboolean
transport_measure (const TransportTurn *turn,
                   double *seconds,
                   double *percentiles_us,
                   GError **error)
{
  Measurement measurement;
  gboolean is_done =
      measurement_init (&measurement, turn, error) && run_processes (&measurement, error);

  if (is_done)
    {
      *seconds = measurement.notes->end - measurement.notes->begin;
      if (turn->load.kind == TRANSPORT_KIND_ROUND_TRIP)
        bench_get_percentiles (measurement.notes->each_us, turn->count, percentiles_us);
    }
  measurement_clear (&measurement);

  return is_done;
}
