/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Several messages in one call. */

#include "mood-test.h"

#include <malloc.h>
#include <string.h>

/* What a call received. */
typedef struct
{
  guint8 *bytes;
  gsize length;
  gsize *sizes;
  gsize n_sizes;
  guint *priorities;
  gsize n_priorities;
} Received;

static void
received_clear (Received *received)
{
  g_clear_pointer (&received->bytes, g_free);
  g_clear_pointer (&received->sizes, g_free);
  g_clear_pointer (&received->priorities, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Received, received_clear)

static void
receive_many (MoodMessageQueue *queue,
              guint limit,
              gint64 timeout_us,
              GCancellable *cancellable,
              Received *received,
              GError **error)
{
  *received = (Received){ .length = 99, .n_sizes = 99, .n_priorities = 99 };
  received->bytes = mood_message_queue_receive_many (queue, limit, timeout_us, &received->sizes,
                                                     &received->n_sizes, &received->priorities,
                                                     &received->n_priorities, &received->length,
                                                     cancellable, error);
}

/* @text has for each message its bytes, its priority and a blank. */
static void
assert_received (const Received *received, const char *text)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const guint8 *message = received->bytes;

  g_assert_nonnull (received->bytes);
  g_assert_cmpuint (received->n_sizes, ==, received->n_priorities);
  for (gsize i = 0; i < received->n_sizes; i++)
    {
      g_string_append_len (all, (const char *) message, (gssize) received->sizes[i]);
      g_string_append_printf (all, "%u ", received->priorities[i]);
      message += received->sizes[i];
    }

  g_assert_cmpuint (message - received->bytes, ==, received->length);
  g_assert_cmpuint (received->bytes[received->length], ==, 0);
  g_assert_cmpstr (all->str, ==, text);
}

static void
assert_nothing_received (const Received *received)
{
  g_assert_null (received->bytes);
  g_assert_null (received->sizes);
  g_assert_null (received->priorities);
  g_assert_cmpuint (received->n_sizes, ==, 0);
  g_assert_cmpuint (received->n_priorities, ==, 0);
  g_assert_cmpuint (received->length, ==, 0);
}

/* A queue for eight messages of 64 bytes. */
static MoodMessageQueue *
new_queue (MoodOpenFlags flags)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue = mood_message_queue_new (mood_test_queue_name (),
                                                    flags | MOOD_OPEN_CREAT, 0600, 8, 64, &error);

  g_assert_no_error (error);

  return queue;
}

/* Sends @n messages of one byte each, all of which there must be room for. */
static void
send_bytes (MoodMessageQueue *queue, const char *bytes, const guint *priorities)
{
  g_autoptr (GError) error = NULL;
  gsize n = strlen (bytes);
  gsize sizes[8];

  for (gsize i = 0; i < n; i++)
    sizes[i] = 1;

  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) bytes, n, sizes, n,
                                                 priorities, priorities != NULL ? n : 0, 0, NULL,
                                                 &error),
                   ==, n);
  g_assert_no_error (error);
}

/* Bytes, empty messages and priorities arrive, in the order in which they would one by one, in
 * either mode of the queue. */
static void
test_there_and_back (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue =
      new_queue (MOOD_OPEN_RDWR | (MoodOpenFlags) GPOINTER_TO_UINT (data));
  const gsize sizes[] = { 3, 0, 4, 4 };
  const guint priorities[] = { 0, 32767, 9, 9 };
  g_autoptr (GError) error = NULL;
  g_auto (Received) received = { 0 };

  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) "lowhighmore", 11, sizes,
                                                 4, priorities, 4, -1, NULL, &error),
                   ==, 4);
  g_assert_no_error (error);

  receive_many (queue, 10, -1, NULL, &received, &error);
  g_assert_no_error (error);
  assert_received (&received, "32767 high9 more9 low0 ");
}

/* Messages of nothing at all are messages. */
static void
test_empty (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  const gsize sizes[] = { 0, 0 };
  g_autoptr (GError) error = NULL;
  g_auto (Received) received = { 0 };

  g_assert_cmpint (mood_message_queue_send_many (queue, NULL, 0, sizes, 2, NULL, 0, 0, NULL,
                                                 &error),
                   ==, 2);
  receive_many (queue, 10, 0, NULL, &received, &error);
  g_assert_no_error (error);
  assert_received (&received, "0 0 ");

  /* No message at all is none sent. */
  g_assert_cmpint (mood_message_queue_send_many (queue, NULL, 0, NULL, 0, NULL, 0, -1, NULL,
                                                 &error),
                   ==, 0);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

/* What is above the limit stays in the queue, the first in line being the first to go. */
static void
test_limit (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  const guint priorities[] = { 1, 2, 3, 4, 5 };
  g_autoptr (GError) error = NULL;

  send_bytes (queue, "abcde", priorities);
  for (guint limit = 1; limit <= 3; limit++)
    {
      static const char *const expected[] = { "e5 ", "d4 c3 ", "b2 a1 " };
      g_auto (Received) received = { 0 };

      receive_many (queue, limit, -1, NULL, &received, &error);
      g_assert_no_error (error);
      assert_received (&received, expected[limit - 1]);
    }
}

/* Who does not want to know something need not be told. */
static void
test_nothing_but_bytes (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  g_autofree guint8 *bytes = NULL;
  gsize n = 0;

  send_bytes (queue, "abc", NULL);
  bytes = mood_message_queue_receive_many (queue, 2, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  g_assert_cmpstr ((const char *) bytes, ==, "ab");
  g_free (bytes);
  bytes = mood_message_queue_receive_many (queue, 2, 0, NULL, &n, NULL, NULL, NULL, NULL, NULL);
  g_assert_cmpstr ((const char *) bytes, ==, "c");
  g_assert_cmpuint (n, ==, 1);
}

/* More messages than fit in the first piece of memory, up to the brim, and no more kept than is
 * needed. */
static void
test_full_messages (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  g_auto (Received) received = { 0 };
  guint8 messages[8 * 64];
  gsize sizes[8];

  for (gsize i = 0; i < sizeof messages; i++)
    messages[i] = (guint8) (i * 7);
  for (gsize i = 0; i < 8; i++)
    sizes[i] = 64;

  g_assert_cmpint (mood_message_queue_send_many (queue, messages, sizeof messages, sizes, 8, NULL,
                                                 0, 0, NULL, &error),
                   ==, 8);
  receive_many (queue, G_MAXUINT, 0, NULL, &received, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (received.n_sizes, ==, 8);
  g_assert_cmpmem (received.bytes, received.length, messages, sizeof messages);
}

static gpointer
send_one (gpointer data)
{
  mood_test_send (data, "w", 0);

  return NULL;
}

/* Others wait to send, and each message that is taken lets one of them in: a call takes no more
 * than the queue holds, or it might never end. */
static void
test_others_wait_to_send (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  GThread *threads[4];

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("sender", send_one, queue);

  for (int i = 0; i < 3; i++)
    {
      g_auto (Received) received = { 0 };

      /* The senders come when they come. */
      while (mood_message_queue_get_curmsgs (queue) < 2)
        g_thread_yield ();
      receive_many (queue, 100, -1, NULL, &received, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (received.n_sizes, ==, 2);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

static gboolean
append_message (MoodMessageQueue *queue,
                const guint8 *message,
                gsize length,
                guint priority,
                gpointer user_data)
{
  g_byte_array_append (user_data, message, (guint) length);

  return G_SOURCE_CONTINUE;
}

/* Of the longest messages there may be, one at a time: that needs a limit of one's own. */
static void
test_large_messages (void)
{
  const gsize msgsize = 100000;
  g_autofree guint8 *messages = g_malloc (2 * msgsize);
  const gsize sizes[] = { msgsize, 1, msgsize - 1 };
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) together = NULL;
  g_auto (Received) received = { 0 };

  if (!mood_test_in_ipc_namespace ())
    return;

  mood_test_write_limit ("msgsize_max", "16777216");
  queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600,
                                  3, (gint64) msgsize, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < 2 * msgsize; i++)
    messages[i] = (guint8) (i * 7);
  g_assert_cmpint (mood_message_queue_send_many (queue, messages, 2 * msgsize, sizes, 3, NULL, 0, 0,
                                                 NULL, &error),
                   ==, 3);
  receive_many (queue, 3, 0, NULL, &received, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (received.bytes, received.length, messages, 2 * msgsize);
  received_clear (&received);

  g_assert_cmpint (mood_message_queue_send_many (queue, messages, 2 * msgsize, sizes, 3, NULL, 0, 0,
                                                 NULL, &error),
                   ==, 3);
  together = g_byte_array_new ();
  g_assert_cmpint (mood_message_queue_receive_each (queue, 3, 0, append_message, together, NULL,
                                                    &error),
                   ==, 3);
  g_assert_no_error (error);
  g_assert_cmpmem (together->data, together->len, messages, 2 * msgsize);

  /* Short ones keep no more memory than they need. */
  g_assert_cmpint (mood_message_queue_send_many (queue, messages, 2, (gsize[]){ 1, 1 }, 2, NULL, 0,
                                                 0, NULL, &error),
                   ==, 2);
  receive_many (queue, 3, 0, NULL, &received, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (received.bytes, received.length, messages, 2);
  g_assert_cmpuint (malloc_usable_size (received.bytes), <, 4096);
}

/* The exact count of what went, which are the first ones, and the rest goes later. */
static void
test_partly_sent (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  const char *bytes = "abcdefghijkl";
  const gsize sizes[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  g_autoptr (GError) error = NULL;

  /* Room for one is waited for without end, and for the others not at all. */
  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) bytes, 12, sizes, 12, NULL,
                                                 0, -1, NULL, &error),
                   ==, 8);
  g_assert_no_error (error);
  mood_test_assert_received (queue, "a", 0);
  mood_test_assert_received (queue, "b", 0);
  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) bytes + 8, 4, sizes, 4,
                                                 NULL, 0, 1000000, NULL, &error),
                   ==, 2);
  g_assert_no_error (error);

  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) bytes + 10, 2, sizes, 2,
                                                 NULL, 0, 0, NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "full", NULL);
  for (gsize i = 2; i < 10; i++)
    mood_test_assert_received (queue, (char[]){ bytes[i], '\0' }, 0);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

/* With a limit: not before its time, and not at all with 0, whatever the mode of the queue. */
static void
test_time_limit (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue =
      new_queue (MOOD_OPEN_RDWR | (MoodOpenFlags) GPOINTER_TO_UINT (data));
  const char *name = mood_message_queue_get_name (queue);
  const gsize one[] = { 1 };
  g_autoptr (GError) error = NULL;
  Received received;
  gint64 start;

  receive_many (queue, 8, 0, NULL, &received, &error);
  assert_nothing_received (&received);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, name, "empty", NULL);

  start = g_get_monotonic_time ();
  receive_many (queue, 8, 10000, NULL, &received, &error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 10000);
  assert_nothing_received (&received);
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, name, "empty", "10000", NULL);

  send_bytes (queue, "abcdefgh", NULL);
  start = g_get_monotonic_time ();
  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) "x", 1, one, 1, NULL, 0,
                                                 10000, NULL, &error),
                   ==, -1);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 10000);
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, name, "full", "10000", NULL);
}

static gpointer
receive_meanwhile (gpointer data)
{
  MoodTestMeanwhile *meanwhile = data;

  mood_test_wait_until_in_system_call (meanwhile->waiter, meanwhile->system_call);
  mood_test_assert_received (meanwhile->queue, "a", 0);

  return NULL;
}

/* The first message is waited for, in the kernel or by poll, and no second one. */
static void
test_waits_for_the_first (void)
{
  const gint64 timeouts_us[] = { -1, G_MAXINT64 };

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts_us); i++)
    {
      g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
      MoodTestMeanwhile meanwhile = {
        .queue = queue,
        .waiter = mood_test_thread_id (),
        .system_call = timeouts_us[i] < 0 ? SYS_mq_timedreceive : MOOD_TEST_POLL,
      };
      const gsize sizes[] = { 1, 1 };
      g_autoptr (GError) error = NULL;
      g_auto (Received) received = { 0 };
      GThread *thread = g_thread_new ("sender", mood_test_send_meanwhile, &meanwhile);

      receive_many (queue, 8, timeouts_us[i], NULL, &received, &error);
      g_assert_no_error (error);
      assert_received (&received, "late4 ");
      g_thread_join (thread);

      send_bytes (queue, "abcdefgh", NULL);
      meanwhile.system_call = timeouts_us[i] < 0 ? SYS_mq_timedsend : MOOD_TEST_POLL;
      thread = g_thread_new ("receiver", receive_meanwhile, &meanwhile);
      g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) "xy", 2, sizes, 2,
                                                     NULL, 0, timeouts_us[i], NULL, &error),
                       ==, 1);
      g_assert_no_error (error);
      g_thread_join (thread);
    }
}

/* A wait can be cancelled, and ended by closing. */
static void
test_ended (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  MoodTestMeanwhile meanwhile = {
    .queue = queue,
    .cancellable = cancellable,
    .waiter = mood_test_thread_id (),
    .system_call = MOOD_TEST_POLL,
  };
  const gsize one[] = { 1 };
  g_autoptr (GError) error = NULL;
  Received received;
  GThread *thread;

  thread = g_thread_new ("canceller", mood_test_cancel_meanwhile, &meanwhile);
  receive_many (queue, 8, -1, cancellable, &received, &error);
  assert_nothing_received (&received);
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_thread_join (thread);

  /* Cancelled before it began, a call touches nothing. */
  send_bytes (queue, "a", NULL);
  receive_many (queue, 8, -1, cancellable, &received, &error);
  assert_nothing_received (&received);
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) "x", 1, one, 1, NULL, 0, 0,
                                                 cancellable, &error),
                   ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  mood_test_assert_received (queue, "a", 0);

  thread = g_thread_new ("closer", mood_test_close_meanwhile, &meanwhile);
  receive_many (queue, 8, G_MAXINT64, NULL, &received, &error);
  assert_nothing_received (&received);
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, NULL);
  g_thread_join (thread);
}

typedef struct
{
  const guint8 *messages;
  gsize length;
  const gsize *sizes;
  gsize n_sizes;
  const guint *priorities;
  gsize n_priorities;
  GIOErrorEnum code;
  const char *part;
} BadBatch;

/* Everything is looked at before anything is sent. */
static void
test_bad_batches (void)
{
  static const guint8 bytes[70] = { 0 };
  static const gsize sizes[] = { 1, 2, 3 };
  static const gsize too_large[] = { 1, 65 };
  static const gsize huge[] = { 3, G_MAXSIZE - 1, 2 };
  static const guint priorities[] = { 1, 2, 32768 };
  const BadBatch bad[] = {
    { bytes, 5, sizes, 3, NULL, 0, G_IO_ERROR_INVALID_ARGUMENT, "6 bytes, but there are 5" },
    { bytes, 7, sizes, 3, NULL, 0, G_IO_ERROR_INVALID_ARGUMENT, "6 bytes, but there are 7" },
    { bytes, 1, sizes, 0, NULL, 0, G_IO_ERROR_INVALID_ARGUMENT, "0 bytes, but there are 1" },
    { bytes, 6, sizes, 3, priorities, 2, G_IO_ERROR_INVALID_ARGUMENT, "3 sizes, but 2" },
    { bytes, 6, sizes, 3, priorities, 3, G_IO_ERROR_INVALID_ARGUMENT, "message 3 of 3" },
    { bytes, 66, too_large, 2, NULL, 0, G_IO_ERROR_MESSAGE_TOO_LARGE, "message 2 of 2" },
    { bytes, 4, huge, 3, NULL, 0, G_IO_ERROR_MESSAGE_TOO_LARGE, "message 2 of 3" },
    { NULL, 6, sizes, 3, NULL, 0, G_IO_ERROR_INVALID_ARGUMENT, "the messages" },
    { bytes, 6, NULL, 3, NULL, 0, G_IO_ERROR_INVALID_ARGUMENT, "the sizes" },
    { bytes, 6, sizes, 3, NULL, 3, G_IO_ERROR_INVALID_ARGUMENT, "the priorities" },
  };
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (mood_message_queue_send_many (queue, bad[i].messages, bad[i].length,
                                                     bad[i].sizes, bad[i].n_sizes,
                                                     bad[i].priorities, bad[i].n_priorities, -1,
                                                     NULL, &error),
                       ==, -1);
      mood_test_assert_error (&error, bad[i].code, bad[i].part, mood_message_queue_get_name (queue),
                              NULL);
      g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
    }
}

static void
assert_refused (MoodMessageQueue *queue, gboolean sends, gboolean receives, GIOErrorEnum code)
{
  const gsize one[] = { 1 };
  g_autoptr (GError) error = NULL;
  Received received;

  if (!receives)
    {
      receive_many (queue, 8, -1, NULL, &received, &error);
      assert_nothing_received (&received);
      mood_test_assert_error (&error, code, NULL);
    }
  if (!sends)
    {
      g_assert_cmpint (mood_message_queue_send_many (queue, (const guint8 *) "x", 1, one, 1, NULL,
                                                     0, -1, NULL, &error),
                       ==, -1);
      mood_test_assert_error (&error, code, NULL);
    }
}

static void
test_refused (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  g_autoptr (GError) error = NULL;
  Received received;

  receive_many (queue, 0, -1, NULL, &received, &error);
  assert_nothing_received (&received);
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "limit", NULL);

  assert_refused (sender, TRUE, FALSE, G_IO_ERROR_PERMISSION_DENIED);
  assert_refused (receiver, FALSE, TRUE, G_IO_ERROR_PERMISSION_DENIED);
  assert_refused (uninitialized, FALSE, FALSE, G_IO_ERROR_NOT_INITIALIZED);
  g_assert_true (mood_message_queue_close (queue, NULL));
  assert_refused (queue, FALSE, FALSE, G_IO_ERROR_CLOSED);
}

/* What is handed over one after the other, in the form of assert_received(), and what is done when
 * a message has come. */
typedef struct _Each Each;

struct _Each
{
  MoodMessageQueue *queue;
  GCancellable *cancellable;
  void (*meanwhile) (Each *self); /* or NULL */
  guint n_wanted;
  guint n_received;
  GString *text;
};

static gboolean
note_message (MoodMessageQueue *queue,
              const guint8 *message,
              gsize length,
              guint priority,
              gpointer user_data)
{
  Each *self = user_data;

  g_assert_true (queue == self->queue);
  g_assert_cmpuint (message[length], ==, 0);
  g_string_append_len (self->text, (const char *) message, (gssize) length);
  g_string_append_printf (self->text, "%u ", priority);
  self->n_received++;
  if (self->meanwhile != NULL)
    self->meanwhile (self);

  return self->n_received < self->n_wanted ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Has @text handed over, as one call gives it. */
static void
assert_each (Each *each, guint limit, const char *text)
{
  g_autoptr (GError) error = NULL;
  gssize n_received;

  each->text = g_string_new (NULL);
  each->n_received = 0;
  n_received = mood_message_queue_receive_each (each->queue, limit, 0, note_message, each,
                                                each->cancellable, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n_received, ==, each->n_received);
  g_assert_cmpstr (each->text->str, ==, text);
  g_string_free (g_steal_pointer (&each->text), TRUE);
}

static void
assert_each_fails (MoodMessageQueue *queue, guint limit, gint64 timeout_us, GIOErrorEnum code)
{
  Each each = { .queue = queue };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mood_message_queue_receive_each (queue, limit, timeout_us, note_message, &each,
                                                    NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, code, NULL);
  g_assert_cmpuint (each.n_received, ==, 0);
}

/* One after the other, of the highest priority first: as many as there are, as the call asks for,
 * or as the callback wants. What is left is for the next call. */
static void
test_each (void)
{
  const guint priorities[] = { 1, 2, 3, 4, 5 };
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  Each each = { .queue = queue, .n_wanted = 99 };

  send_bytes (queue, "abcde", priorities);
  assert_each (&each, 100, "e5 d4 c3 b2 a1 ");

  send_bytes (queue, "abcde", priorities);
  assert_each (&each, 1, "e5 ");
  assert_each (&each, 2, "d4 c3 ");
  each.n_wanted = 1;
  assert_each (&each, 2, "b2 ");
  assert_each (&each, 2, "a1 ");

  send_bytes (queue, "abcde", priorities);
  each.n_wanted = 2;
  assert_each (&each, 100, "e5 d4 ");
  each.n_wanted = 99;
  assert_each (&each, 100, "c3 b2 a1 ");

  mood_test_send (queue, "", 7);
  assert_each (&each, 100, "7 ");
}

static void
send_one_more (Each *self)
{
  mood_test_send (self->queue, "more", 0);
}

/* What comes in meanwhile is for the next call: a queue holds eight, and does not keep this one. */
static void
test_each_ends (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  Each each = { .queue = queue, .n_wanted = 99, .meanwhile = send_one_more };

  send_bytes (queue, "a", NULL);
  assert_each (&each, 100, "a0 more0 more0 more0 more0 more0 more0 more0 ");
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 1);
}

static void
close_after_first (Each *self)
{
  g_assert_true (mood_message_queue_close (self->queue, NULL));
}

static void
close_after_second (Each *self)
{
  if (self->n_received == 2)
    g_assert_true (mood_message_queue_close (self->queue, NULL));
}

static void
cancel_after_second (Each *self)
{
  if (self->n_received == 2)
    g_cancellable_cancel (self->cancellable);
}

/* The callback may end the call: what was taken was handed over, and the rest is still there. */
static void
test_each_ended (void)
{
  static const struct
  {
    void (*meanwhile) (Each *self);
    const char *text;
    gboolean closes;
  } rows[] = {
    { close_after_first, "a0 ", TRUE },
    { close_after_second, "a0 b0 ", TRUE },
    { cancel_after_second, "a0 b0 ", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
      g_autoptr (MoodMessageQueue) other =
          mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_RDWR);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Each each = {
        .queue = queue,
        .cancellable = cancellable,
        .meanwhile = rows[i].meanwhile,
        .n_wanted = 99,
      };

      send_bytes (queue, "abcd", NULL);
      assert_each (&each, 100, rows[i].text);
      g_assert_cmpint (mood_message_queue_get_curmsgs (other), ==, 4 - each.n_received);
      g_assert_cmpint (mood_message_queue_is_closed (queue), ==, rows[i].closes);
      if (rows[i].closes)
        {
          g_assert_cmpint (mood_message_queue_fileno (queue), ==, -1);
          assert_each_fails (queue, 1, 0, G_IO_ERROR_CLOSED);
        }
      g_assert_true (mood_message_queue_unlink (queue, NULL));
    }
}

static void
test_each_refused (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) sender =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);

  assert_each_fails (queue, 1, 0, G_IO_ERROR_WOULD_BLOCK);
  assert_each_fails (queue, 1, 1, G_IO_ERROR_TIMED_OUT);
  assert_each_fails (queue, 0, -1, G_IO_ERROR_INVALID_ARGUMENT);
  assert_each_fails (sender, 1, -1, G_IO_ERROR_PERMISSION_DENIED);
  assert_each_fails (uninitialized, 1, -1, G_IO_ERROR_NOT_INITIALIZED);
}

#define N_MESSAGES 50000u

static gpointer
send_numbers (gpointer data)
{
  MoodMessageQueue *queue = data;
  guint32 next = 0;

  while (next < N_MESSAGES)
    {
      g_autoptr (GError) error = NULL;
      guint32 numbers[20];
      gsize sizes[G_N_ELEMENTS (numbers)];
      gsize n = MIN (N_MESSAGES - next, G_N_ELEMENTS (numbers));
      gssize n_sent;

      for (gsize i = 0; i < n; i++)
        {
          numbers[i] = next + (guint32) i;
          sizes[i] = sizeof numbers[i];
        }
      n_sent = mood_message_queue_send_many (queue, (const guint8 *) numbers, n * sizeof numbers[0],
                                             sizes, n, NULL, 0, -1, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (n_sent, >=, 1);
      g_assert_cmpint (n_sent, <=, n);
      next += (guint32) n_sent;
    }

  return NULL;
}

/* A fast sender and a fast receiver: every message once and in order, with counts that are exact.
 */
static void
test_nothing_is_lost (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (MOOD_OPEN_RDWR);
  GThread *thread = g_thread_new ("sender", send_numbers, queue);
  guint32 expected = 0;

  while (expected < N_MESSAGES)
    {
      g_autoptr (GError) error = NULL;
      g_auto (Received) received = { 0 };

      receive_many (queue, 5, -1, NULL, &received, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (received.n_sizes, >=, 1);
      g_assert_cmpuint (received.n_sizes, <=, 5);
      g_assert_cmpuint (received.length, ==, received.n_sizes * sizeof expected);
      for (gsize i = 0; i < received.n_sizes; i++, expected++)
        g_assert_cmpmem (received.bytes + i * sizeof expected, sizeof expected, &expected,
                         sizeof expected);
    }

  g_thread_join (thread);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_data_func ("/many/there-and-back", GUINT_TO_POINTER (0), test_there_and_back);
  g_test_add_data_func ("/many/there-and-back-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_there_and_back);
  g_test_add_func ("/many/empty", test_empty);
  g_test_add_func ("/many/limit", test_limit);
  g_test_add_func ("/many/others-wait-to-send", test_others_wait_to_send);
  g_test_add_func ("/many/nothing-but-bytes", test_nothing_but_bytes);
  g_test_add_func ("/many/full-messages", test_full_messages);
  g_test_add_func ("/many/large-messages", test_large_messages);
  g_test_add_func ("/many/partly-sent", test_partly_sent);
  g_test_add_data_func ("/many/time-limit", GUINT_TO_POINTER (0), test_time_limit);
  g_test_add_data_func ("/many/time-limit-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_time_limit);
  g_test_add_func ("/many/waits-for-the-first", test_waits_for_the_first);
  g_test_add_func ("/many/ended", test_ended);
  g_test_add_func ("/many/bad-batches", test_bad_batches);
  g_test_add_func ("/many/refused", test_refused);
  g_test_add_func ("/many/each", test_each);
  g_test_add_func ("/many/each-ends", test_each_ends);
  g_test_add_func ("/many/each-ended", test_each_ended);
  g_test_add_func ("/many/each-refused", test_each_refused);
  g_test_add_func ("/many/nothing-is-lost", test_nothing_is_lost);

  return g_test_run ();
}
