/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does one thing with a queue, over and over, for its system calls to be counted. Only those of the
 * first thread are: what another one does, to end the waits of the first, is no part of it. */

#include <mood.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No more than every user may have. */
#define MAXMSG 8

/* How many messages a receiver takes in one dispatch if there are enough. */
#define MESSAGES_PER_DISPATCH 16

/* How often the thing is done before its system calls count: by then all is made that is made once.
 */
#define WARM_UP_ROUNDS 20

/* What ends this program if nothing else does. */
#define LIMIT_SECONDS 60

typedef struct _Scenario Scenario;

typedef void (*Action) (const Scenario *scenario, MoodMessageQueue *queue);

struct _Scenario
{
  const char *name;
  Action perform;

  /* The queue: */
  gboolean is_nonblocking;
  gboolean is_full;                         /* at first; else it is empty */
  void (*attach) (MoodMessageQueue *queue); /* what the main loop has for it, if anything */

  /* Each call: */
  const gint64 *timeout_us; /* NULL for the call that has none */
  gboolean is_cancellable;
  int error; /* what it fails with; 0 if it does not */

  /* What another thread does with @plain once the call waits; NULL if it does not wait. */
  Action end_wait;
};

/* Calls that are no scenario of their own. */
static const Scenario plain = { .name = "plain" };

static const gint64 no_time = 0;
static const gint64 short_time = 1000;
static const gint64 long_time = 120 * G_USEC_PER_SEC;

static const guint8 message[8] = { 0 };
static GCancellable *the_cancellable;

/* Which time the scenario is performed, for the other thread. */
static guint current_round; /* atomic */

static void
check_error (const Scenario *self, GError *error)
{
  if (self->error == 0 ? error != NULL : !g_error_matches (error, G_IO_ERROR, self->error))
    g_error ("%s: %s", self->name, error != NULL ? error->message : "there was no error");
}

static void
send_one (const Scenario *self, MoodMessageQueue *queue)
{
  GCancellable *cancellable = self->is_cancellable ? the_cancellable : NULL;
  g_autoptr (GError) error = NULL;

  if (self->timeout_us == NULL)
    mood_message_queue_send (queue, message, sizeof message, 1, cancellable, &error);
  else
    mood_message_queue_send_with_timeout (queue, message, sizeof message, 1, *self->timeout_us,
                                          cancellable, &error);
  check_error (self, error);
}

static void
receive_one (const Scenario *self, MoodMessageQueue *queue)
{
  GCancellable *cancellable = self->is_cancellable ? the_cancellable : NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *received = NULL;
  guint priority;
  gsize length;

  if (self->timeout_us == NULL)
    received = mood_message_queue_receive (queue, &priority, &length, cancellable, &error);
  else
    received = mood_message_queue_receive_with_timeout (queue, &priority, &length,
                                                        *self->timeout_us, cancellable, &error);
  check_error (self, error);
}

static void
send_and_receive (const Scenario *self, MoodMessageQueue *queue)
{
  send_one (self, queue);
  receive_one (self, queue);
}

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *received = NULL;
  gboolean *done = user_data;

  received =
      mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result, NULL, NULL, &error);
  if (received == NULL)
    g_error ("%s", error->message);

  *done = TRUE;
}

static void
send_and_await (const Scenario *self, MoodMessageQueue *queue)
{
  gboolean done = FALSE;

  send_one (self, queue);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static guint n_awaited;

static void
on_received_again (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MoodMessageQueue *queue = MOOD_MESSAGE_QUEUE (object);

  g_free (mood_message_queue_receive_finish (queue, result, NULL, NULL, NULL));
  n_awaited++;
  send_one (user_data, queue);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_again, user_data);
}

/* Each call is made by the callback of the one before. */
static void
send_and_await_in_callback (const Scenario *self, MoodMessageQueue *queue)
{
  guint n_before = n_awaited;

  if (n_before == 0)
    {
      send_one (self, queue);
      mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_again,
                                        (gpointer) self);
    }
  while (n_awaited == n_before)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_received_and_wait_again (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MoodMessageQueue *queue = MOOD_MESSAGE_QUEUE (object);

  g_free (mood_message_queue_receive_finish (queue, result, NULL, NULL, NULL));
  n_awaited++;
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_and_wait_again,
                                    user_data);
}

/* Likewise, and has to wait for what is sent then. */
static void
await_in_callback_and_send (const Scenario *self, MoodMessageQueue *queue)
{
  guint n_before = n_awaited;

  if (n_before == 0)
    mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_and_wait_again,
                                      NULL);
  send_one (self, queue);
  while (n_awaited == n_before)
    g_main_context_iteration (NULL, TRUE);
}

static void
await_and_send (const Scenario *self, MoodMessageQueue *queue)
{
  gboolean done = FALSE;

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received, &done);
  send_one (self, queue);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* How many messages the main loop has handed over. */
static guint n_handed_over;

/* Lets the main loop do one round. */
static void
dispatch (guint n_messages)
{
  n_handed_over = 0;
  g_main_context_iteration (NULL, TRUE);
  if (n_handed_over != n_messages)
    g_error ("%u messages came in one dispatch instead of %u", n_handed_over, n_messages);
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *bytes,
            gsize length,
            guint priority,
            gpointer user_data)
{
  n_handed_over++;

  return G_SOURCE_CONTINUE;
}

static void
attach_receiver (MoodMessageQueue *queue)
{
  mood_message_queue_add_receiver (queue, on_message, NULL);
}

static void
fill_and_dispatch (const Scenario *self, MoodMessageQueue *queue)
{
  for (guint i = 0; i < MAXMSG; i++)
    send_one (self, queue);
  dispatch (MAXMSG);
}

/* The queue holds less than one dispatch takes: for each message another one is sent. */
static gboolean
on_message_refill (MoodMessageQueue *queue,
                   const guint8 *bytes,
                   gsize length,
                   guint priority,
                   gpointer user_data)
{
  send_one (&plain, queue);
  n_handed_over++;

  return G_SOURCE_CONTINUE;
}

static void
attach_refilling_receiver (MoodMessageQueue *queue)
{
  mood_message_queue_add_receiver (queue, on_message_refill, NULL);
}

static void
dispatch_most (const Scenario *self, MoodMessageQueue *queue)
{
  dispatch (MESSAGES_PER_DISPATCH);
}

static gboolean
on_ready (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  receive_one (&plain, queue);
  n_handed_over++;

  return G_SOURCE_CONTINUE;
}

static void
attach_watch (MoodMessageQueue *queue)
{
  mood_message_queue_add_watch (queue, G_IO_IN, on_ready, NULL);
}

static void
attach_notification (MoodMessageQueue *queue)
{
  mood_message_queue_add_notification (queue, TRUE, on_ready, NULL, NULL);
}

static void
send_and_dispatch (const Scenario *self, MoodMessageQueue *queue)
{
  send_one (self, queue);
  dispatch (1);
}

static const Scenario scenarios[] = {
  { .name = "exchange", .perform = send_and_receive },
  { .name = "exchange-cancellable", .perform = send_and_receive, .is_cancellable = TRUE },
  { .name = "exchange-timeout", .perform = send_and_receive, .timeout_us = &long_time },
  { .name = "exchange-nonblocking", .perform = send_and_receive, .is_nonblocking = TRUE },

  { .name = "try-receive",
    .perform = receive_one,
    .timeout_us = &no_time,
    .error = G_IO_ERROR_WOULD_BLOCK },
  { .name = "try-send",
    .perform = send_one,
    .timeout_us = &no_time,
    .is_full = TRUE,
    .error = G_IO_ERROR_WOULD_BLOCK },
  { .name = "try-receive-nonblocking",
    .perform = receive_one,
    .is_nonblocking = TRUE,
    .error = G_IO_ERROR_WOULD_BLOCK },
  { .name = "try-send-nonblocking",
    .perform = send_one,
    .is_nonblocking = TRUE,
    .is_full = TRUE,
    .error = G_IO_ERROR_WOULD_BLOCK },

  { .name = "expire-receive",
    .perform = receive_one,
    .timeout_us = &short_time,
    .error = G_IO_ERROR_TIMED_OUT },
  { .name = "expire-send",
    .perform = send_one,
    .timeout_us = &short_time,
    .is_full = TRUE,
    .error = G_IO_ERROR_TIMED_OUT },

  { .name = "wait-receive", .perform = receive_one, .end_wait = send_one },
  { .name = "wait-receive-timeout",
    .perform = receive_one,
    .timeout_us = &long_time,
    .end_wait = send_one },
  { .name = "wait-receive-timeout-nonblocking",
    .perform = receive_one,
    .timeout_us = &long_time,
    .is_nonblocking = TRUE,
    .end_wait = send_one },
  { .name = "wait-receive-cancellable",
    .perform = receive_one,
    .is_cancellable = TRUE,
    .end_wait = send_one },
  { .name = "wait-send", .perform = send_one, .is_full = TRUE, .end_wait = receive_one },
  { .name = "wait-send-timeout",
    .perform = send_one,
    .timeout_us = &long_time,
    .is_full = TRUE,
    .end_wait = receive_one },
  { .name = "wait-send-cancellable",
    .perform = send_one,
    .is_cancellable = TRUE,
    .is_full = TRUE,
    .end_wait = receive_one },

  { .name = "async", .perform = send_and_await },
  { .name = "async-in-callback", .perform = send_and_await_in_callback },
  { .name = "async-wait", .perform = await_and_send },
  { .name = "async-wait-in-callback", .perform = await_in_callback_and_send },
  { .name = "receiver", .perform = fill_and_dispatch, .attach = attach_receiver },
  { .name = "receiver-most",
    .perform = dispatch_most,
    .is_full = TRUE,
    .attach = attach_refilling_receiver },
  { .name = "notification", .perform = send_and_dispatch, .attach = attach_notification },
  { .name = "watch", .perform = send_and_dispatch, .attach = attach_watch },
};

typedef struct
{
  const Scenario *scenario;
  MoodMessageQueue *queue;
  guint n_rounds;
  int stat_fd; /* the first thread's /proc/…/stat */
} WaitEnder;

/* Whether the first thread sleeps, inside whichever system call: while strace holds a thread up
 * before and after one, the kernel says “t” for it and not “S”. */
static gboolean
first_thread_sleeps (int stat_fd)
{
  char contents[256];
  ssize_t size = pread (stat_fd, contents, sizeof contents - 1, 0);
  const char *after_name;

  if (size <= 0)
    g_error ("/proc does not tell what a thread does");

  contents[size] = '\0';
  after_name = strrchr (contents, ')');

  return after_name != NULL && g_str_has_prefix (after_name, ") S");
}

/* Allocates nothing: that could make the first thread wait for a lock of the allocator's. */
static void *
end_waits (void *data)
{
  WaitEnder *self = data;

  for (guint i = 1; i <= self->n_rounds; i++)
    {
      /* Asked in this order: in a new round, the first thread has left the wait of the last one. */
      while ((guint) g_atomic_int_get (&current_round) != i || !first_thread_sleeps (self->stat_fd))
        sched_yield ();
      self->scenario->end_wait (&plain, self->queue);
    }

  return NULL;
}

static void
start_ending_waits (WaitEnder *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%ld/stat", syscall (SYS_gettid));
  pthread_t thread;

  self->stat_fd = open (path, O_RDONLY | O_CLOEXEC);
  if (self->stat_fd == -1 || pthread_create (&thread, NULL, end_waits, self) != 0)
    g_error ("there is no %s, or no second thread", path);
}

static MoodMessageQueue *
make_queue (const char *name, const Scenario *scenario)
{
  MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL;
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;

  if (scenario->is_nonblocking)
    flags |= MOOD_OPEN_NONBLOCK;
  queue = mood_message_queue_new (name, flags, 0600, MAXMSG, sizeof message, &error);
  if (queue == NULL || !mood_message_queue_unlink (queue, &error))
    g_error ("%s", error->message);

  if (scenario->is_full)
    for (guint i = 0; i < MAXMSG; i++)
      send_one (&plain, queue);
  if (scenario->attach != NULL)
    scenario->attach (queue);

  return queue;
}

/* A system call that nothing else makes: what counts is between the first and the second. */
static void
mark (void)
{
  syscall (SYS_getppid);
}

static void
perform (const Scenario *scenario, MoodMessageQueue *queue, guint n_rounds)
{
  for (guint i = 0; i < n_rounds; i++)
    {
      g_atomic_int_inc (&current_round);
      scenario->perform (scenario, queue);
    }
}

static const Scenario *
find_scenario (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (scenarios); i++)
    if (g_str_equal (scenarios[i].name, name))
      return &scenarios[i];

  g_error ("there is no scenario “%s”", name);
}

int
main (int argc, char **argv)
{
  static WaitEnder wait_ender;
  const Scenario *scenario;
  MoodMessageQueue *queue;
  guint n_rounds;

  if (argc != 4)
    return 2;

  alarm (LIMIT_SECONDS);
  scenario = find_scenario (argv[2]);
  n_rounds = (guint) atoi (argv[3]);
  the_cancellable = g_cancellable_new ();
  queue = make_queue (argv[1], scenario);

  if (scenario->end_wait != NULL)
    {
      wait_ender.scenario = scenario;
      wait_ender.queue = queue;
      wait_ender.n_rounds = WARM_UP_ROUNDS + n_rounds;
      start_ending_waits (&wait_ender);
    }

  perform (scenario, queue, WARM_UP_ROUNDS);
  mark ();
  perform (scenario, queue, n_rounds);
  mark ();

  /* The queue is not freed: the other thread may still hold it. */
  return 0;
}
