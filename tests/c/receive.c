/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Receiving. */

#include "mood-test.h"

#include <malloc.h>
#include <string.h>

/* NULL means an error and nothing else. */
static void
test_empty_message_is_a_buffer (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree guint8 *received = NULL;
  g_autofree guint8 *with_priority = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 99;
  guint priority = 99;

  mood_test_send (queue, "", 3);
  mood_test_send (queue, "", 3);

  received = mood_message_queue_recv (queue, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (received);
  g_assert_cmpuint (length, ==, 0);
  g_assert_cmpuint (received[0], ==, 0);

  with_priority = mood_message_queue_receive (queue, &priority, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (with_priority);
  g_assert_cmpuint (priority, ==, 3);
}

static void
test_receive_into (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  guint8 buffer[65];
  guint priority = 0;

  memset (buffer, '.', sizeof buffer);
  mood_test_send (queue, "short", 9);
  g_assert_cmpint (mood_message_queue_receive_into (queue, buffer, 64, &priority, NULL, &error), ==,
                   5);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, 6, "short.", 6);
  g_assert_cmpuint (priority, ==, 9);
  g_assert_cmpuint (buffer[64], ==, '.');

  mood_test_send (queue, "", 0);
  g_assert_cmpint (mood_message_queue_receive_into (queue, buffer, sizeof buffer, NULL, NULL,
                                                    &error),
                   ==, 0);
  g_assert_no_error (error);

  /* Nobody but the kernel writes to either. */
  memset (buffer, '.', sizeof buffer);
  priority = 99;
  g_assert_cmpint (mood_message_queue_receive_into_with_timeout (queue, buffer, sizeof buffer,
                                                                 &priority, 0, NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, NULL);
  g_assert_cmpuint (priority, ==, 99);
  g_assert_cmpuint (buffer[0], ==, '.');
}

/* The message stays in the queue, however short it is. */
static void
test_receive_into_too_little (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  guint8 buffer[63];
  guint priority = 99;

  mood_test_send (queue, "stays", 1);
  g_assert_cmpint (mood_message_queue_receive_into (queue, buffer, sizeof buffer, &priority, NULL,
                                                    &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_MESSAGE_TOO_LARGE, "64", "63",
                          mood_message_queue_get_name (queue), NULL);
  g_assert_cmpuint (priority, ==, 99);

  g_assert_cmpint (mood_message_queue_receive_into (queue, NULL, 64, NULL, NULL, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "buffer", NULL);

  mood_test_assert_received (queue, "stays", 1);
}

/* Above what fits on a stack, messages go another way: that needs a limit of one's own. */
static void
test_large_messages (void)
{
  const gint64 sizes[] = { 8191, 8192, 8193, 65536, 16 * 1024 * 1024 };

  if (!mood_test_in_ipc_namespace ())
    return;

  mood_test_write_limit ("msgsize_max", "16777216");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MoodMessageQueue) queue = NULL;
      gsize lengths[] = { 0, 1, 8192, (gsize) sizes[i] };

      queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT,
                                      0600, 1, sizes[i], &error);
      if (sizes[i] > 65536 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
        {
          g_test_message ("%s", error->message);
          continue;
        }
      g_assert_no_error (error);

      for (gsize j = 0; j < G_N_ELEMENTS (lengths); j++)
        {
          gsize length = MIN (lengths[j], (gsize) sizes[i]);
          g_autofree guint8 *message = g_malloc (length + 1);
          g_autofree guint8 *received = NULL;
          gsize received_length = 0;

          memset (message, 'a' + (int) j, length);
          g_assert_cmpint (mood_message_queue_send (queue, message, length, 0, NULL, &error), ==,
                           length);
          received = mood_message_queue_recv (queue, &received_length, NULL, &error);
          g_assert_no_error (error);
          g_assert_nonnull (received);
          g_assert_cmpmem (received, received_length, message, length);
          g_assert_cmpuint (received[received_length], ==, 0);
          /* It keeps no more memory than it needs. */
          g_assert_cmpuint (malloc_usable_size (received), <, length + 4096);
        }

      g_assert_true (mood_message_queue_unlink (queue, &error));
    }
}

/* An empty queue makes the receiver wait until somebody sends: in the kernel, or by poll if it can
 * be cancelled. */
static void
test_waits_for_message (gconstpointer data)
{
  gboolean with_cancellable = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = with_cancellable ? g_cancellable_new () : NULL;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodTestMeanwhile meanwhile = {
    .queue = queue,
    .waiter = mood_test_thread_id (),
    .system_call = with_cancellable ? MOOD_TEST_POLL : SYS_mq_timedreceive,
  };
  g_autofree guint8 *received = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("sender", mood_test_send_meanwhile, &meanwhile);
  guint priority = 0;
  gsize length = 0;

  received = mood_message_queue_receive (queue, &priority, &length, cancellable, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (received, length, "late", 4);
  g_assert_cmpuint (priority, ==, 4);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/receive/empty-message-is-a-buffer", test_empty_message_is_a_buffer);
  g_test_add_func ("/receive/receive-into", test_receive_into);
  g_test_add_func ("/receive/receive-into-too-little", test_receive_into_too_little);
  g_test_add_func ("/receive/large-messages", test_large_messages);
  g_test_add_data_func ("/receive/waits-for-message", GINT_TO_POINTER (FALSE),
                        test_waits_for_message);
  g_test_add_data_func ("/receive/waits-for-message-with-cancellable", GINT_TO_POINTER (TRUE),
                        test_waits_for_message);

  return g_test_run ();
}
