/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an interpreter needs to run its handlers of signals while a call waits. */

#include "mood-test.h"

#include <signal.h>
#include <unistd.h>

typedef enum
{
  RECEIVE,
  RECEIVE_MANY,
  SEND,
  SENDALL,
  WAIT,
} Call;

typedef struct
{
  const char *path;
  Call call;
  gboolean with_timeout;
  gboolean with_cancellable;
  long system_call; /* the one that it waits in */
} InterruptCase;

static const InterruptCase interrupt_cases[] = {
  { "/interrupt/receive", RECEIVE, FALSE, FALSE, SYS_mq_timedreceive },
  { "/interrupt/receive-with-cancellable", RECEIVE, FALSE, TRUE, MOOD_TEST_POLL },
  { "/interrupt/receive-with-timeout", RECEIVE, TRUE, FALSE, MOOD_TEST_POLL },
  { "/interrupt/receive-many", RECEIVE_MANY, FALSE, FALSE, SYS_mq_timedreceive },
  { "/interrupt/receive-many-with-timeout", RECEIVE_MANY, TRUE, FALSE, MOOD_TEST_POLL },
  { "/interrupt/send", SEND, FALSE, FALSE, SYS_mq_timedsend },
  { "/interrupt/send-with-cancellable", SEND, FALSE, TRUE, MOOD_TEST_POLL },
  { "/interrupt/send-with-timeout", SEND, TRUE, FALSE, MOOD_TEST_POLL },
  { "/interrupt/sendall", SENDALL, FALSE, FALSE, SYS_mq_timedsend },
  { "/interrupt/wait", WAIT, TRUE, FALSE, MOOD_TEST_POLL },
};

static const InterruptCase plain_receive = { NULL, RECEIVE, FALSE, FALSE, SYS_mq_timedreceive };
static const InterruptCase plain_send = { NULL, SEND, FALSE, FALSE, SYS_mq_timedsend };

/* A signal handler has to run in the thread that waits, whatever else runs there. */
static int waiter;     /* atomic */
static int n_asked;    /* atomic: how often the function was asked */
static int ends_after; /* how often it says that the wait goes on */

static void
ignore_signal (int number)
{
}

static gboolean
ask (void)
{
  g_assert_cmpint (mood_test_thread_id (), ==, g_atomic_int_get (&waiter));

  return g_atomic_int_add (&n_asked, 1) >= ends_after;
}

static gboolean
wait_in (MoodMessageQueue *queue, const InterruptCase *test, GError **error)
{
  static const guint8 byte[1] = { 'x' };
  g_autoptr (GCancellable) cancellable = test->with_cancellable ? g_cancellable_new () : NULL;
  gint64 timeout_us = test->with_timeout ? MOOD_TEST_LIMIT_SECONDS * G_USEC_PER_SEC : -1;
  g_autofree guint8 *message = NULL;
  g_autofree gsize *sizes = NULL;
  gsize length;

  switch (test->call)
    {
    case RECEIVE:
      message = test->with_timeout
                    ? mood_message_queue_receive_with_timeout (queue, NULL, NULL, timeout_us,
                                                               cancellable, error)
                    : mood_message_queue_recv (queue, NULL, cancellable, error);
      return message != NULL;

    case RECEIVE_MANY:
      message = mood_message_queue_receive_many (queue, 2, timeout_us, &sizes, &length, NULL, NULL,
                                                 NULL, cancellable, error);
      return message != NULL;

    case SEND:
      if (test->with_timeout)
        return mood_message_queue_send_with_timeout (queue, byte, 1, 0, timeout_us, cancellable,
                                                     error) == 1;
      return mood_message_queue_send (queue, byte, 1, 0, cancellable, error) == 1;

    case SENDALL:
      return mood_message_queue_sendall (queue, byte, 1, 0, NULL, cancellable, error);

    case WAIT:
      return g_datagram_based_condition_wait (G_DATAGRAM_BASED (queue), G_IO_IN, timeout_us,
                                              cancellable, error);

    default:
      g_assert_not_reached ();
    }
}

/* Sends signals, one each time that the other waits, until the function was asked @count times. */
static gpointer
send_signals (gpointer data)
{
  const InterruptCase *test = data;

  for (int i = 0; i <= ends_after; i++)
    {
      gint64 deadline = g_get_monotonic_time () + MOOD_TEST_LIMIT_SECONDS * G_USEC_PER_SEC;

      mood_test_wait_until_in_system_call (g_atomic_int_get (&waiter), test->system_call);
      g_assert_cmpint (tgkill (getpid (), g_atomic_int_get (&waiter), SIGUSR1), ==, 0);
      while (g_atomic_int_get (&n_asked) <= i)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, deadline);
          g_thread_yield ();
        }
    }

  return NULL;
}

static void
test_end (gconstpointer data)
{
  const InterruptCase *test = data;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  gboolean sends = test->call == SEND || test->call == SENDALL;
  g_autoptr (GError) error = NULL;
  GThread *thread;

  if (sends)
    {
      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
    }

  g_atomic_int_set (&waiter, mood_test_thread_id ());
  g_atomic_int_set (&n_asked, 0);
  ends_after = 2;
  mood_set_interrupt_func (ask);
  thread = g_thread_new ("signals", send_signals, (gpointer) test);

  g_assert_false (wait_in (queue, test, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, mood_message_queue_get_name (queue),
                          "signal", NULL);
  g_thread_join (thread);
  mood_set_interrupt_func (NULL);

  /* Not a message less, and not one more. */
  g_assert_cmpint (g_atomic_int_get (&n_asked), ==, ends_after + 1);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, sends ? 2 : 0);
}

typedef struct
{
  MoodMessageQueue *queue;
  const InterruptCase *test;
} Meanwhile;

static gpointer
close_and_send_signal (gpointer data)
{
  Meanwhile *meanwhile = data;
  int thread_id = g_atomic_int_get (&waiter);

  mood_test_wait_until_in_system_call (thread_id, meanwhile->test->system_call);
  g_assert_true (mood_message_queue_close (meanwhile->queue, NULL));
  g_assert_cmpint (tgkill (getpid (), thread_id, SIGUSR1), ==, 0);

  return NULL;
}

/* Waits in a call, while another thread does what is to be done then. */
static gboolean
wait_meanwhile (gconstpointer data, GThreadFunc func, GError **error)
{
  Meanwhile meanwhile = { .test = data };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GThread *thread;
  gboolean result;

  if (meanwhile.test->call == SEND)
    {
      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
    }

  meanwhile.queue = queue;
  g_atomic_int_set (&waiter, mood_test_thread_id ());
  thread = g_thread_new ("meanwhile", func, &meanwhile);
  result = wait_in (queue, meanwhile.test, error);
  g_thread_join (thread);

  return result;
}

/* Closing cannot wake a call that waits inside the kernel. A signal does, that of a handler which
 * closes the queue for instance, and then the call does not wait on. */
static void
test_closed (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (wait_meanwhile (data, close_and_send_signal, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, NULL);
}

static gpointer
change_mode_and_send_signal (gpointer data)
{
  Meanwhile *meanwhile = data;
  int thread_id = g_atomic_int_get (&waiter);

  mood_test_wait_until_in_system_call (thread_id, meanwhile->test->system_call);
  g_assert_true (mood_message_queue_set_nonblocking (meanwhile->queue, TRUE, NULL));
  g_assert_cmpint (tgkill (getpid (), thread_id, SIGUSR1), ==, 0);
  mood_test_wait_until_in_system_call (thread_id, MOOD_TEST_POLL);
  if (meanwhile->test->call == SEND)
    mood_test_assert_received (meanwhile->queue, "1", 0);
  else
    mood_test_send (meanwhile->queue, "late", 0);

  return NULL;
}

/* A call that has begun to wait goes on when the mode is changed, also after a signal. */
static void
test_mode_changed (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (wait_meanwhile (data, change_mode_and_send_signal, &error));
  g_assert_no_error (error);
}

/* Nothing is asked where no signal came. */
static void
test_no_signal (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;

  g_atomic_int_set (&n_asked, 0);
  mood_set_interrupt_func (ask);
  mood_test_send (queue, "1", 0);
  mood_test_assert_received (queue, "1", 0);
  g_assert_null (mood_message_queue_receive_with_timeout (queue, NULL, NULL, 1, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, NULL);
  mood_set_interrupt_func (NULL);

  g_assert_cmpint (g_atomic_int_get (&n_asked), ==, 0);
}

int
main (int argc, char *argv[])
{
  struct sigaction action = { .sa_handler = ignore_signal };

  mood_test_init (&argc, &argv);
  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (interrupt_cases); i++)
    g_test_add_data_func (interrupt_cases[i].path, &interrupt_cases[i], test_end);
  g_test_add_data_func ("/interrupt/closed-receive", &plain_receive, test_closed);
  g_test_add_data_func ("/interrupt/closed-send", &plain_send, test_closed);
  g_test_add_data_func ("/interrupt/mode-changed-receive", &plain_receive, test_mode_changed);
  g_test_add_data_func ("/interrupt/mode-changed-send", &plain_send, test_mode_changed);
  g_test_add_func ("/interrupt/no-signal", test_no_signal);

  return g_test_run ();
}
