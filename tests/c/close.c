/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Closing, cancelling and forking while calls are under way. */

#include "mood-test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <string.h>
#include <unistd.h>

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) != -1;
}

static void
test_idempotent (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  int fd = mood_message_queue_fileno (queue);
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) again = NULL;

  mood_test_send (queue, "stays", 2);
  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_no_error (error);
  g_assert_false (is_open (fd));
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, -1);

  /* The number can be somebody else's now: a second close must leave it alone. */
  again = mood_test_queue_open (name, MOOD_OPEN_RDWR);
  g_assert_cmpint (mood_message_queue_fileno (again), ==, fd);
  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_no_error (error);
  g_assert_true (is_open (fd));

  mood_test_assert_received (again, "stays", 2);
}

static void
test_finalize (void)
{
  MoodMessageQueue *queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  int fd = mood_message_queue_fileno (queue);

  g_object_run_dispose (G_OBJECT (queue));
  mood_test_send (queue, "x", 0);
  mood_test_assert_received (queue, "x", 0);

  g_object_unref (queue);
  g_assert_false (is_open (fd));
}

typedef struct
{
  MoodMessageQueue *queue;
  GCancellable *cancellable;
  gboolean sends;
  int thread_id; /* atomic */
  GError *error;
  gsize length;
} Waiter;

static gpointer
wait_in_call (gpointer data)
{
  Waiter *waiter = data;

  g_atomic_int_set (&waiter->thread_id, mood_test_thread_id ());
  if (waiter->sends)
    mood_message_queue_send (waiter->queue, (const guint8 *) "x", 1, 0, waiter->cancellable,
                             &waiter->error);
  else
    g_free (mood_message_queue_recv (waiter->queue, &waiter->length, waiter->cancellable,
                                     &waiter->error));

  return NULL;
}

static GThread *
start_waiting (Waiter *waiter, long system_call)
{
  GThread *thread = g_thread_new ("waiter", wait_in_call, waiter);

  while (g_atomic_int_get (&waiter->thread_id) == 0)
    g_thread_yield ();
  mood_test_wait_until_in_system_call (waiter->thread_id, system_call);

  return thread;
}

/* A call in the kernel ends with its message, and keeps the descriptor open until then. */
static void
test_blocking_call_ends_with_its_message (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_RDWR);
  int fd = mood_message_queue_fileno (queue);
  Waiter waiter = { .queue = queue };
  GThread *thread = start_waiting (&waiter, SYS_mq_timedreceive);
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_no_error (error);
  g_assert_true (mood_message_queue_is_closed (queue));
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, -1);
  g_assert_true (is_open (fd));
  g_assert_null (mood_message_queue_recv (queue, NULL, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, NULL);

  mood_test_send (other, "last", 0);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
  g_assert_cmpuint (waiter.length, ==, 4);
  g_assert_false (is_open (fd));
}

/* Calls that poll are woken at once. */
static void
test_polling_calls_are_woken (gconstpointer data)
{
  gboolean sends = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  int fd = mood_message_queue_fileno (queue);
  Waiter waiters[3];
  GThread *threads[3];

  if (sends)
    {
      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      waiters[i] = (Waiter){ .queue = queue, .cancellable = cancellable, .sends = sends };
      threads[i] = start_waiting (&waiters[i], MOOD_TEST_POLL);
    }

  g_assert_true (mood_message_queue_close (queue, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      g_thread_join (threads[i]);
      mood_test_assert_error (&waiters[i].error, G_IO_ERROR_CLOSED, NULL);
    }

  g_assert_false (is_open (fd));
}

static void
test_cancel (gconstpointer data)
{
  gboolean sends = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Waiter waiter = { .queue = queue, .cancellable = cancellable, .sends = sends };
  GThread *thread;

  if (sends)
    {
      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
    }

  thread = start_waiting (&waiter, MOOD_TEST_POLL);
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);
  mood_test_assert_error (&waiter.error, G_IO_ERROR_CANCELLED, mood_message_queue_get_name (queue),
                          NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, sends ? 2 : 0);
}

/* Cancelled before it began, a call touches nothing. */
static void
test_cancelled_before (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  guint8 buffer[64];

  mood_test_send (queue, "stays", 0);
  g_cancellable_cancel (cancellable);

  g_assert_null (mood_message_queue_recv (queue, NULL, cancellable, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_assert_cmpint (mood_message_queue_receive_into (queue, buffer, 64, NULL, cancellable, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_assert_cmpint (mood_message_queue_send (queue, buffer, 1, 0, cancellable, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 1);
}

/* A wake-up that somebody else's receive has stolen sends the call back to wait. */
static void
test_stolen_wake_up (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Waiter waiters[4];
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      waiters[i] = (Waiter){ .queue = queue, .cancellable = cancellable };
      threads[i] = start_waiting (&waiters[i], MOOD_TEST_POLL);
    }

  /* Each message wakes all that still wait, and only one of them can have it. */
  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    mood_test_send (queue, "one", 0);

  for (gsize i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      g_thread_join (threads[i]);
      g_assert_no_error (waiters[i].error);
      g_assert_cmpuint (waiters[i].length, ==, 3);
    }
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

static void
ignore_signal (int number)
{
}

typedef struct
{
  const char *name;
  gboolean sends;
  gboolean with_cancellable;
} SignalCase;

static const SignalCase signal_cases[] = {
  { "/close/signals-receive", FALSE, FALSE },
  { "/close/signals-receive-with-cancellable", FALSE, TRUE },
  { "/close/signals-send", TRUE, FALSE },
  { "/close/signals-send-with-cancellable", TRUE, TRUE },
};

/* A signal handler that runs while a call waits does not end it. */
static void
test_signals (gconstpointer data)
{
  const SignalCase *signal_case = data;
  g_autoptr (GCancellable) cancellable =
      signal_case->with_cancellable ? g_cancellable_new () : NULL;
  long in_kernel = signal_case->sends ? SYS_mq_timedsend : SYS_mq_timedreceive;
  long system_call = signal_case->with_cancellable ? MOOD_TEST_POLL : in_kernel;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Waiter waiter = { .queue = queue, .cancellable = cancellable, .sends = signal_case->sends };
  struct sigaction action = { .sa_handler = ignore_signal };
  GThread *thread;

  if (signal_case->sends)
    {
      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
    }

  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);
  thread = start_waiting (&waiter, system_call);
  for (guint i = 0; i < 100; i++)
    {
      g_assert_cmpint (tgkill (getpid (), waiter.thread_id, SIGUSR1), ==, 0);
      mood_test_wait_until_in_system_call (waiter.thread_id, system_call);
    }

  if (signal_case->sends)
    mood_test_assert_received (queue, "1", 0);
  else
    mood_test_send (queue, "x", 0);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
}

/* A call that waits goes on waiting when the mode is changed under it, also after it was woken. */
static void
test_mode_changed_while_waiting (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Waiter waiter = { .queue = queue, .cancellable = cancellable };
  struct sigaction action = { .sa_handler = ignore_signal };
  GThread *thread;

  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);
  thread = start_waiting (&waiter, MOOD_TEST_POLL);
  g_assert_true (mood_message_queue_set_nonblocking (queue, TRUE, NULL));
  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpint (tgkill (getpid (), waiter.thread_id, SIGUSR1), ==, 0);
      mood_test_wait_until_in_system_call (waiter.thread_id, MOOD_TEST_POLL);
    }

  mood_test_send (queue, "x", 0);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
  g_assert_cmpuint (waiter.length, ==, 1);
}

/* A way to call, in which a call ends with its message, because the queue is closed, or with one
 * other error. */
typedef struct
{
  gboolean is_plain; /* a call without a limit, which waits or not as the mode of the queue says */
  gint64 timeout_us;
  gboolean with_cancellable;
  GIOErrorEnum other_end; /* CLOSED if there is none */
} Way;

static const Way ways_at_once[] = {
  { .is_plain = TRUE, .other_end = G_IO_ERROR_WOULD_BLOCK },
};

/* Far more than a round takes: a call that runs into this limit was not woken, though it may find
 * the queue closed then. */
#define LIMIT_US (MOOD_TEST_LIMIT_SECONDS * G_USEC_PER_SEC)

static const Way ways_to_wait[] = {
  { .timeout_us = 0, .other_end = G_IO_ERROR_WOULD_BLOCK },
  { .timeout_us = 200, .other_end = G_IO_ERROR_TIMED_OUT },
  { .timeout_us = LIMIT_US, .with_cancellable = TRUE, .other_end = G_IO_ERROR_CANCELLED },
  { .timeout_us = LIMIT_US, .other_end = G_IO_ERROR_CLOSED },
};

typedef struct
{
  const char *name;
  MoodOpenFlags mode;
  const Way *ways;
  gsize n_ways;
} StormCase;

static const StormCase storm_cases[] = {
  { "/close/close-under-calls", MOOD_OPEN_NONBLOCK, ways_at_once, G_N_ELEMENTS (ways_at_once) },
  { "/close/close-under-waiting-calls", 0, ways_to_wait, G_N_ELEMENTS (ways_to_wait) },
};

#define N_ROUNDS  50
#define N_CALLERS 16

typedef struct
{
  MoodMessageQueue *queue;
  GCancellable *cancellable;
  const Way *way;
  gboolean sends;
  guint32 round; /* what the messages of its queue say */
  gint64 n_messages;
} Caller;

static gboolean
send_round (Caller *self, GError **error)
{
  const guint8 *message = (const guint8 *) &self->round;
  const gsize length = sizeof self->round;
  gssize sent;

  if (self->way->is_plain)
    sent = mood_message_queue_send (self->queue, message, length, 0, NULL, error);
  else
    sent = mood_message_queue_send_with_timeout (self->queue, message, length, 0,
                                                 self->way->timeout_us, self->cancellable, error);
  if (sent != -1)
    g_assert_cmpint (sent, ==, length);

  return sent != -1;
}

static gboolean
receive_round (Caller *self, GError **error)
{
  guint8 buffer[64];
  guint32 round;
  gssize length;

  if (self->way->is_plain)
    length =
        mood_message_queue_receive_into (self->queue, buffer, sizeof buffer, NULL, NULL, error);
  else
    length = mood_message_queue_receive_into_with_timeout (self->queue, buffer, sizeof buffer, NULL,
                                                           self->way->timeout_us, self->cancellable,
                                                           error);
  if (length == -1)
    return FALSE;

  g_assert_cmpint (length, ==, sizeof round);
  memcpy (&round, buffer, sizeof round);
  g_assert_cmpuint (round, ==, self->round);

  return TRUE;
}

static gpointer
call_until_closed (gpointer data)
{
  Caller *self = data;

  for (;;)
    {
      g_autoptr (GError) error = NULL;

      if (self->sends ? send_round (self, &error) : receive_round (self, &error))
        self->n_messages++;
      else if (error->domain != G_IO_ERROR ||
               (error->code != G_IO_ERROR_CLOSED && error->code != (int) self->way->other_end))
        g_error ("%s", error->message);
      else if (error->code == G_IO_ERROR_CLOSED || error->code == G_IO_ERROR_CANCELLED)
        return NULL;

      mood_message_queue_get_curmsgs (self->queue);
    }
}

typedef struct
{
  gboolean stop; /* atomic */
  guint n_foreign;
} Opener;

/* Takes every number that comes free at once, so that a call on a stale one would hit an eventfd
 * and fail with EBADF. */
static gpointer
open_furiously (gpointer data)
{
  Opener *self = data;

  while (!g_atomic_int_get (&self->stop))
    {
      int fds[4];

      for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
        fds[i] = eventfd (0, EFD_CLOEXEC);
      for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
        if (close (fds[i]) == -1)
          self->n_foreign++;
    }

  return NULL;
}

/* Closes a queue that sixteen threads use, half of them to send and half to receive. */
static void
run_round (const StormCase *storm_case, guint32 round)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | storm_case->mode);
  g_autoptr (MoodMessageQueue) other = mood_message_queue_reopen (queue, MOOD_OPEN_RDONLY, NULL);
  Caller callers[N_CALLERS];
  GThread *threads[N_CALLERS];
  gint64 n_left = 0;
  gint64 closed_at;

  mood_message_queue_unlink (queue, NULL);
  for (guint i = 0; i < N_CALLERS; i++)
    {
      const Way *way = &storm_case->ways[i / 2 % storm_case->n_ways];

      callers[i] = (Caller){
        .queue = queue,
        .cancellable = way->with_cancellable ? cancellable : NULL,
        .way = way,
        .sends = i % 2 == 0,
        .round = round,
      };
      threads[i] = g_thread_new ("caller", call_until_closed, &callers[i]);
    }

  for (gint32 i = g_random_int_range (0, 8); i > 0; i--)
    g_thread_yield ();
  if (round % 2 == 0)
    g_cancellable_cancel (cancellable);
  closed_at = g_get_monotonic_time ();
  g_assert_true (mood_message_queue_close (queue, NULL));

  for (gsize i = 0; i < N_CALLERS; i++)
    {
      g_thread_join (threads[i]);
      n_left += callers[i].sends ? callers[i].n_messages : -callers[i].n_messages;
    }
  g_assert_cmpint (g_get_monotonic_time () - closed_at, <, LIMIT_US / 2);
  g_assert_cmpint (mood_message_queue_get_curmsgs (other), ==, n_left);
}

static guint
count_open_descriptors (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  while (g_dir_read_name (directory) != NULL)
    count++;

  return count;
}

static void
test_close_under_calls (gconstpointer data)
{
  guint n_open = count_open_descriptors ();
  Opener opener = { 0 };
  GThread *thread = g_thread_new ("opener", open_furiously, &opener);

  for (guint32 round = 0; round < N_ROUNDS; round++)
    run_round (data, round);

  g_atomic_int_set (&opener.stop, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (opener.n_foreign, ==, 0);
  g_assert_cmpuint (count_open_descriptors (), ==, n_open);
}

/* Closes the child's copy: its descriptor goes, and none of those that were opened meanwhile is
 * closed or written to in the place of one of the parent's. */
static gboolean
child_closes_alone (MoodMessageQueue *queue)
{
  int fd = mood_message_queue_fileno (queue);
  int others[8];
  gboolean alone = TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);

  alone = mood_message_queue_close (queue, NULL) && !is_open (fd);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      eventfd_t count;

      alone = alone && eventfd_read (others[i], &count) == -1 && errno == EAGAIN;
    }

  return alone;
}

/* A child that closes its copy while threads of the parent wait: the child's descriptor is closed
 * at once, although the count of calls was not zero when it was copied, and nobody in the parent
 * notices. */
static void
test_fork (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Waiter polling = { .queue = queue, .cancellable = cancellable };
  Waiter blocking = { .queue = queue };
  GThread *threads[2] = {
    start_waiting (&polling, MOOD_TEST_POLL),
    start_waiting (&blocking, SYS_mq_timedreceive),
  };
  pid_t pid = fork ();

  if (pid == 0)
    {
      mood_test_exit_child (child_closes_alone (queue));
    }

  mood_test_await_child (pid);
  mood_test_wait_until_in_system_call (polling.thread_id, MOOD_TEST_POLL);
  mood_test_wait_until_in_system_call (blocking.thread_id, SYS_mq_timedreceive);

  /* A blocked receiver is served before one that polls. */
  mood_test_send (queue, "a", 0);
  g_thread_join (threads[1]);
  g_assert_no_error (blocking.error);
  mood_test_send (queue, "b", 0);
  g_thread_join (threads[0]);
  g_assert_no_error (polling.error);
}

/* A close that a call holds up in the parent is not held up in the child, which has no such call.
 */
static void
test_fork_while_closing (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_RDWR);
  int fd = mood_message_queue_fileno (queue);
  Waiter waiter = { .queue = queue };
  GThread *thread = start_waiting (&waiter, SYS_mq_timedreceive);
  pid_t pid;

  g_assert_true (mood_message_queue_close (queue, NULL));
  pid = fork ();
  if (pid == 0)
    mood_test_exit_child (!is_open (fd));
  mood_test_await_child (pid);

  g_assert_true (is_open (fd));
  mood_test_send (other, "last", 0);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
  g_assert_false (is_open (fd));
}

static volatile pid_t forked;

static void
fork_in_handler (int number)
{
  forked = fork ();
}

/* A signal handler may fork while a call waits: in the child, the call goes on, and the queue
 * works. */
static void
test_fork_within_call (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  struct sigaction action = { .sa_handler = fork_in_handler };
  struct itimerval timer = { .it_value = { .tv_usec = 1000 } };
  guint8 buffer[64] = { 0 };

  forked = -1;
  g_assert_cmpint (sigaction (SIGPROF, &action, NULL), ==, 0);
  g_assert_cmpint (setitimer (ITIMER_PROF, &timer, NULL), ==, 0);

  /* Somewhere in here the timer, which counts the time that this takes, runs out. Parent and child
   * then take from the same queue. Nothing here allocates memory: a handler must not fork in the
   * midst of that. */
  while (forked == -1)
    {
      mood_message_queue_send (queue, buffer, 1, 0, NULL, NULL);
      mood_message_queue_receive_into (queue, buffer, sizeof buffer, NULL, NULL, NULL);
    }

  if (forked == 0)
    {
      int fd = mood_message_queue_fileno (queue);

      mood_test_exit_child (fd != -1 && mood_message_queue_get_curmsgs (queue) != -1 &&
                            mood_message_queue_close (queue, NULL) && !is_open (fd));
    }
  mood_test_await_child (forked);
}

static gboolean
keep (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static gint busy; /* atomic */

static gpointer
run_context (gpointer data)
{
  while (g_atomic_int_get (&busy))
    g_main_context_iteration (data, FALSE);

  return NULL;
}

/* A main context of another thread may be locked when a process forks, and stays so in the child:
 * closing there must not touch it. */
static void
test_fork_with_busy_context (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  GSource *source = mood_message_queue_create_source (queue, G_IO_IN, NULL);
  GThread *thread;

  g_source_set_callback (source, (GSourceFunc) (GCallback) keep, NULL, NULL);
  g_source_attach (source, context);
  g_atomic_int_set (&busy, TRUE);
  thread = g_thread_new ("busy", run_context, context);

  for (guint i = 0; i < 100; i++)
    {
      pid_t pid = fork ();

      if (pid == 0)
        {
          alarm (MOOD_TEST_LIMIT_SECONDS);
          mood_test_exit_child (mood_message_queue_close (queue, NULL));
        }
      mood_test_await_child (pid);
    }

  g_atomic_int_set (&busy, FALSE);
  g_thread_join (thread);
  g_source_destroy (source);
  g_source_unref (source);
}

/* The child's copy works, and stays open when the parent closes. */
static void
test_fork_child_goes_on (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) answers = mood_test_queue_new (MOOD_OPEN_RDWR);
  pid_t pid = fork ();

  if (pid == 0)
    {
      mood_test_assert_received (queue, "question", 1);
      mood_test_send (answers, "answer", 2);
      mood_test_exit_child (TRUE);
    }

  mood_test_send (queue, "question", 1);
  g_assert_true (mood_message_queue_close (queue, NULL));
  mood_test_assert_received (answers, "answer", 2);
  mood_test_await_child (pid);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/close/idempotent", test_idempotent);
  g_test_add_func ("/close/finalize", test_finalize);
  g_test_add_func ("/close/blocking-call-ends-with-its-message",
                   test_blocking_call_ends_with_its_message);
  g_test_add_data_func ("/close/polling-receivers-are-woken", GINT_TO_POINTER (FALSE),
                        test_polling_calls_are_woken);
  g_test_add_data_func ("/close/polling-senders-are-woken", GINT_TO_POINTER (TRUE),
                        test_polling_calls_are_woken);
  g_test_add_data_func ("/close/cancel-receive", GINT_TO_POINTER (FALSE), test_cancel);
  g_test_add_data_func ("/close/cancel-send", GINT_TO_POINTER (TRUE), test_cancel);
  g_test_add_func ("/close/cancelled-before", test_cancelled_before);
  g_test_add_func ("/close/stolen-wake-up", test_stolen_wake_up);
  for (gsize i = 0; i < G_N_ELEMENTS (signal_cases); i++)
    g_test_add_data_func (signal_cases[i].name, &signal_cases[i], test_signals);
  g_test_add_func ("/close/mode-changed-while-waiting", test_mode_changed_while_waiting);
  for (gsize i = 0; i < G_N_ELEMENTS (storm_cases); i++)
    g_test_add_data_func (storm_cases[i].name, &storm_cases[i], test_close_under_calls);
  g_test_add_func ("/close/fork", test_fork);
  g_test_add_func ("/close/fork-while-closing", test_fork_while_closing);
  g_test_add_func ("/close/fork-within-call", test_fork_within_call);
  g_test_add_func ("/close/fork-with-busy-context", test_fork_with_busy_context);
  g_test_add_func ("/close/fork-child-goes-on", test_fork_child_goes_on);

  return g_test_run ();
}
