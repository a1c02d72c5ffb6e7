/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sending. */

#include "mood-test.h"

#include <string.h>

static void
test_empty_message (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  gsize bytes_sent = 99;

  /* An empty array is NULL in some bindings. */
  g_assert_cmpint (mood_message_queue_send (queue, NULL, 0, 2, NULL, &error), ==, 0);
  g_assert_no_error (error);
  g_assert_true (
      mood_message_queue_sendall (queue, (const guint8 *) "", 0, 1, &bytes_sent, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (bytes_sent, ==, 0);

  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 2);
  mood_test_assert_received (queue, "", 2);
  mood_test_assert_received (queue, "", 1);
}

static void
test_all_bytes (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autofree guint8 *received = NULL;
  guint8 message[256];
  gsize length;

  for (gsize i = 0; i < sizeof message; i++)
    message[i] = (guint8) i;

  queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600,
                                  1, sizeof message, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_send (queue, message, sizeof message, 0, NULL, &error), ==,
                   sizeof message);
  received = mood_message_queue_recv (queue, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (received, length, message, sizeof message);
}

static void
test_priorities (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  mood_test_send (queue, "low", 0);
  mood_test_send (queue, "high", 32767);
  mood_test_assert_received (queue, "high", 32767);
  mood_test_send (queue, "low again", 0);
  mood_test_assert_received (queue, "low", 0);
  mood_test_assert_received (queue, "low again", 0);
}

static void
test_priority_out_of_range (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mood_message_queue_send (queue, (const guint8 *) "x", 1, 32768, NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "32768", "32767",
                          mood_message_queue_get_name (queue), NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

static void
test_null_with_length (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  gsize bytes_sent = 99;

  g_assert_cmpint (mood_message_queue_send (queue, NULL, 3, 0, NULL, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "3 bytes", NULL);
  g_assert_false (mood_message_queue_sendall (queue, NULL, 3, 0, &bytes_sent, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "3 bytes", NULL);
  g_assert_cmpuint (bytes_sent, ==, 0);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

/* Of a message that is too long, as much is sent as there is room for, and the count says so. */
static void
test_short_count (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *message = g_strnfill (65, 'a');
  g_autofree char *expected = g_strnfill (64, 'a');
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mood_message_queue_send (queue, (const guint8 *) message, 65, 0, NULL, &error),
                   ==, 64);
  g_assert_no_error (error);
  mood_test_assert_received (queue, expected, 0);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);

  g_assert_cmpint (mood_message_queue_send (queue, (const guint8 *) message, 64, 0, NULL, &error),
                   ==, 64);
  g_assert_no_error (error);
}

/* What a binding hands over that takes -1 for the length of an empty string. */
static void
test_negative_length (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  g_autoptr (GError) error = NULL;
  const guint8 *message = (const guint8 *) "";
  gsize bytes_sent = 99;

  g_assert_cmpint (mood_message_queue_send (queue, message, G_MAXSIZE, 0, NULL, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_MESSAGE_TOO_LARGE, "at most", NULL);
  g_assert_false (
      mood_message_queue_sendall (queue, message, G_MAXSIZE, 0, &bytes_sent, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_MESSAGE_TOO_LARGE, "at most", NULL);
  g_assert_cmpuint (bytes_sent, ==, 0);
  g_assert_cmpint (mood_message_queue_send (queue, message, (gsize) G_MAXSSIZE + 1, 0, NULL,
                                            &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_MESSAGE_TOO_LARGE, "at most", NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

static void
test_short_form (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree guint8 *received = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_assert_cmpint (mood_send (queue, (const guint8 *) "low", 3, 0, &error), ==, 3);
  g_assert_no_error (error);
  g_assert_cmpint (mood_send (queue, (const guint8 *) "high", 4, 9, &error), ==, 4);
  g_assert_no_error (error);

  received = mood_recv (queue, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (received, length, "high", 4);
  mood_test_assert_received (queue, "low", 0);

  mood_message_queue_close (queue, NULL);
  g_assert_cmpint (mood_send (queue, (const guint8 *) "late", 4, 0, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (mood_recv (queue, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_sendall (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *first = g_strnfill (64, 'a');
  g_autofree char *all = g_strconcat (first, "bc", NULL);
  g_autoptr (GError) error = NULL;
  gsize bytes_sent = 0;

  g_assert_true (
      mood_message_queue_sendall (queue, (const guint8 *) all, 66, 5, &bytes_sent, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (bytes_sent, ==, 66);
  mood_test_assert_received (queue, first, 5);
  mood_test_assert_received (queue, "bc", 5);

  /* What fits exactly is one message, not one and an empty one. */
  g_assert_true (
      mood_message_queue_sendall (queue, (const guint8 *) first, 64, 5, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 1);
}

static void
test_sendall_tells_how_far_it_came (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  g_autofree char *message = g_strnfill (200, 'a');
  g_autoptr (GError) error = NULL;
  gsize bytes_sent = 0;

  g_assert_false (mood_message_queue_sendall (queue, (const guint8 *) message, 200, 0, &bytes_sent,
                                              NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "full", NULL);
  g_assert_cmpuint (bytes_sent, ==, 2 * 64);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 2);
}

typedef struct
{
  MoodMessageQueue *queue;
  int sender;
  long system_call;
} ReceiveLater;

static gpointer
receive_later (gpointer data)
{
  ReceiveLater *later = data;

  mood_test_wait_until_in_system_call (later->sender, later->system_call);
  mood_test_assert_received (later->queue, "first", 0);

  return NULL;
}

/* A full queue makes the sender wait until somebody receives: in the kernel, or by poll if it can
 * be cancelled. */
static void
test_waits_for_room (gconstpointer data)
{
  gboolean with_cancellable = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = with_cancellable ? g_cancellable_new () : NULL;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  ReceiveLater later = {
    .queue = queue,
    .sender = mood_test_thread_id (),
    .system_call = with_cancellable ? MOOD_TEST_POLL : SYS_mq_timedsend,
  };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  mood_test_send (queue, "first", 0);
  mood_test_send (queue, "second", 0);
  thread = g_thread_new ("receiver", receive_later, &later);

  g_assert_cmpint (mood_message_queue_send (queue, (const guint8 *) "third", 5, 0, cancellable,
                                            &error),
                   ==, 5);
  g_assert_no_error (error);
  g_thread_join (thread);
  mood_test_assert_received (queue, "second", 0);
  mood_test_assert_received (queue, "third", 0);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/send/empty-message", test_empty_message);
  g_test_add_func ("/send/all-bytes", test_all_bytes);
  g_test_add_func ("/send/priorities", test_priorities);
  g_test_add_func ("/send/priority-out-of-range", test_priority_out_of_range);
  g_test_add_func ("/send/null-with-length", test_null_with_length);
  g_test_add_func ("/send/short-count", test_short_count);
  g_test_add_func ("/send/negative-length", test_negative_length);
  g_test_add_func ("/send/short-form", test_short_form);
  g_test_add_func ("/send/sendall", test_sendall);
  g_test_add_func ("/send/sendall-tells-how-far-it-came", test_sendall_tells_how_far_it_came);
  g_test_add_data_func ("/send/waits-for-room", GINT_TO_POINTER (FALSE), test_waits_for_room);
  g_test_add_data_func ("/send/waits-for-room-with-cancellable", GINT_TO_POINTER (TRUE),
                        test_waits_for_room);

  return g_test_run ();
}
