/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls with a time limit. */

#include "mood-test.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const guint8 byte[1] = { 'x' };

static const MoodOpenFlags modes[] = { 0, MOOD_OPEN_NONBLOCK };

static void
fill (MoodMessageQueue *queue)
{
  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
}

/* With 0 there is no wait, whatever the mode of the queue. */
static void
test_try (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | modes[i]);
      const char *name = mood_message_queue_get_name (queue);
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *message = NULL;
      guint8 buffer[64];
      guint priority = 99;
      gsize length = 99;

      g_assert_null (
          mood_message_queue_receive_with_timeout (queue, &priority, &length, 0, NULL, &error));
      mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, name, "empty", "not to wait", NULL);
      g_assert_cmpuint (priority, ==, 0);
      g_assert_cmpuint (length, ==, 0);
      g_assert_cmpint (mood_message_queue_receive_into_with_timeout (queue, buffer, sizeof buffer,
                                                                     NULL, 0, NULL, &error),
                       ==, -1);
      mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, name, "empty", NULL);

      g_assert_cmpint (mood_message_queue_send_with_timeout (queue, byte, 1, 3, 0, NULL, &error),
                       ==, 1);
      g_assert_no_error (error);
      message =
          mood_message_queue_receive_with_timeout (queue, &priority, &length, 0, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (message, length, byte, 1);
      g_assert_cmpuint (priority, ==, 3);

      fill (queue);
      g_assert_cmpint (mood_message_queue_send_with_timeout (queue, byte, 1, 0, 0, NULL, &error),
                       ==, -1);
      mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, name, "full", "not to wait", NULL);
    }
}

/* Not before its time, whatever the mode of the queue. */
static void
test_expiry (void)
{
  const gint64 timeout_us = 10000;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | modes[i]);
      const char *name = mood_message_queue_get_name (queue);
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time ();
      guint8 buffer[64];

      g_assert_null (
          mood_message_queue_receive_with_timeout (queue, NULL, NULL, timeout_us, NULL, &error));
      g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_us);
      mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, name, "empty", "10000", NULL);

      start = g_get_monotonic_time ();
      g_assert_cmpint (mood_message_queue_receive_into_with_timeout (queue, buffer, sizeof buffer,
                                                                     NULL, timeout_us, NULL,
                                                                     &error),
                       ==, -1);
      g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_us);
      mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, name, NULL);

      fill (queue);
      start = g_get_monotonic_time ();
      g_assert_cmpint (mood_message_queue_send_with_timeout (queue, byte, 1, 0, timeout_us, NULL,
                                                             &error),
                       ==, -1);
      g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_us);
      mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, name, "full", "10000", NULL);
      g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 2);
    }
}

/* Without end, and with an end so far away that counting to it would overflow. */
static void
test_waits (void)
{
  const gint64 timeouts_us[] = { -1, G_MININT64, G_MAXINT64, G_MAXINT64 / 2,
                                 3600 * (gint64) G_USEC_PER_SEC };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (timeouts_us); j++)
      {
        g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | modes[i]);
        gboolean in_kernel = modes[i] == 0 && timeouts_us[j] < 0;
        MoodTestMeanwhile meanwhile = {
          .queue = queue,
          .waiter = mood_test_thread_id (),
          .system_call = in_kernel ? SYS_mq_timedreceive : MOOD_TEST_POLL,
        };
        g_autoptr (GError) error = NULL;
        g_autofree guint8 *message = NULL;
        GThread *thread = g_thread_new ("sender", mood_test_send_meanwhile, &meanwhile);
        gsize length = 0;

        message = mood_message_queue_receive_with_timeout (queue, NULL, &length, timeouts_us[j],
                                                           NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpmem (message, length, "late", 4);
        g_thread_join (thread);
      }
}

/* Closing ends a wait with a limit, with a cancellable or without. */
static void
test_ended (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodTestMeanwhile meanwhile = {
    .queue = queue,
    .cancellable = g_cancellable_new (),
    .waiter = mood_test_thread_id (),
    .system_call = MOOD_TEST_POLL,
  };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  thread = g_thread_new ("canceller", mood_test_cancel_meanwhile, &meanwhile);
  g_assert_null (mood_message_queue_receive_with_timeout (queue, NULL, NULL, G_MAXINT64,
                                                          meanwhile.cancellable, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_thread_join (thread);
  g_object_unref (meanwhile.cancellable);

  thread = g_thread_new ("closer", mood_test_close_meanwhile, &meanwhile);
  g_assert_null (
      mood_message_queue_receive_with_timeout (queue, NULL, NULL, G_MAXINT64, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, NULL);
  g_thread_join (thread);
}

typedef struct
{
  int thread_id;
  gboolean stop; /* atomic */
} Pest;

static gpointer
send_signals (gpointer data)
{
  Pest *pest = data;

  while (!g_atomic_int_get (&pest->stop))
    {
      g_assert_cmpint (tgkill (getpid (), pest->thread_id, SIGUSR1), ==, 0);
      g_thread_yield ();
    }

  return NULL;
}

static void
ignore_signal (int number)
{
}

/* Signals that come all the time do not put the end off. */
static void
test_signals (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Pest pest = { .thread_id = mood_test_thread_id () };
  struct sigaction action = { .sa_handler = ignore_signal };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);
  thread = g_thread_new ("pest", send_signals, &pest);
  g_assert_null (mood_message_queue_receive_with_timeout (queue, NULL, NULL, 50000, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, NULL);
  g_atomic_int_set (&pest.stop, TRUE);
  g_thread_join (thread);
}

static void
test_bad_input (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  g_autoptr (GError) error = NULL;
  guint8 message[65] = { 0 };

  g_assert_cmpint (mood_message_queue_send_with_timeout (queue, message, 65, 0, 0, NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_MESSAGE_TOO_LARGE, "65 bytes", "64", NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
  g_assert_cmpint (mood_message_queue_send_with_timeout (queue, message, 1, 32768, 0, NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "32768", NULL);
  g_assert_cmpint (mood_message_queue_receive_into_with_timeout (queue, message, 63, NULL, 0, NULL,
                                                                 &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_MESSAGE_TOO_LARGE, "64", NULL);

  g_assert_null (
      mood_message_queue_receive_with_timeout (uninitialized, NULL, NULL, 0, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, NULL);
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpint (mood_message_queue_send_with_timeout (queue, message, 1, 0, 0, NULL, &error), ==,
                   -1);
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, NULL);
}

/* Where no descriptor is to be had to wait with, that is an error: GLib itself would end the
 * process. */
static void
test_no_descriptors (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int first;

  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  first = mood_test_use_up_descriptors ();

  g_assert_null (mood_message_queue_recv (queue, NULL, cancellable, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "descriptor", NULL);

  /* With room for the queue's own descriptor, and none for the cancellable's. */
  g_assert_cmpint (close (first), ==, 0);
  g_assert_null (mood_message_queue_receive_with_timeout (queue, NULL, NULL, 1, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, NULL);
  g_assert_null (mood_message_queue_recv (queue, NULL, cancellable, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "descriptor", NULL);

  /* What is there is received without any. */
  mood_test_send (queue, "x", 0);
  g_free (mood_message_queue_recv (queue, NULL, cancellable, &error));
  g_assert_no_error (error);
  g_assert_cmpint (close_range ((guint) first + 1, G_MAXINT, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/timeouts/try", test_try);
  g_test_add_func ("/timeouts/expiry", test_expiry);
  g_test_add_func ("/timeouts/waits", test_waits);
  g_test_add_func ("/timeouts/ended", test_ended);
  g_test_add_func ("/timeouts/signals", test_signals);
  g_test_add_func ("/timeouts/bad-input", test_bad_input);
  g_test_add_func ("/timeouts/no-descriptors", test_no_descriptors);

  return g_test_run ();
}
