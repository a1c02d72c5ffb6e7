/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue as a GDatagramBased, always by way of that interface, which checks its own rules. */

#include "mood-test.h"

#include <fcntl.h>
#include <gio/gunixcredentialsmessage.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/socket.h>

#define N_ROOM 2 /* how many messages the queue of mood_test_queue_new() holds */

/* A message to send, in up to three pieces. */
typedef struct
{
  const char *pieces[3];
  guint n_pieces;
  guint priority;
} Text;

/* Sends as many of @texts as there are, in as many pieces as they have, and checks what is told of
 * each: @n_expected were sent, or none with @error set if that is -1. */
static void
send_texts (MoodMessageQueue *queue,
            const Text *texts,
            guint n_texts,
            gint64 timeout_us,
            GCancellable *cancellable,
            int n_expected,
            GError **error)
{
  GOutputMessage messages[4] = { 0 };
  GOutputVector vectors[4][3];
  GSocketControlMessage *priorities[4] = { NULL };
  gsize lengths[4] = { 0 };

  g_assert_cmpuint (n_texts, <=, G_N_ELEMENTS (messages));
  for (guint i = 0; i < n_texts; i++)
    {
      for (guint j = 0; j < texts[i].n_pieces; j++)
        {
          vectors[i][j].buffer = texts[i].pieces[j];
          vectors[i][j].size = texts[i].pieces[j] != NULL ? strlen (texts[i].pieces[j]) : 0;
          lengths[i] += vectors[i][j].size;
        }
      priorities[i] = mood_priority_message_new (texts[i].priority);
      messages[i].vectors = vectors[i];
      messages[i].num_vectors = texts[i].n_pieces;
      messages[i].bytes_sent = 99;
      messages[i].control_messages = &priorities[i];
      /* No control message is priority 0. */
      messages[i].num_control_messages = texts[i].priority != 0 ? 1 : 0;
    }

  g_assert_cmpint (g_datagram_based_send_messages (G_DATAGRAM_BASED (queue), messages, n_texts, 0,
                                                   timeout_us, cancellable, error),
                   ==, n_expected);
  for (guint i = 0; i < n_texts; i++)
    {
      g_assert_cmpuint (messages[i].bytes_sent, ==, (int) i < n_expected ? lengths[i] : 99);
      g_object_unref (priorities[i]);
    }
}

/* Receives up to @n_messages, each into two pieces of memory, of which the first has @first_size
 * bytes. @expected has for each message its bytes, its priority and a blank. */
static void
receive_texts (MoodMessageQueue *queue,
               guint n_messages,
               gsize first_size,
               gint64 timeout_us,
               GCancellable *cancellable,
               const char *expected,
               GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  GInputMessage messages[4] = { 0 };
  GInputVector vectors[4][2];
  guint8 buffers[4][128];
  GSocketControlMessage **controls[4] = { NULL };
  guint n_controls[4] = { 0 };
  GSocketAddress *addresses[4];
  int n_received;

  g_assert_cmpuint (n_messages, <=, G_N_ELEMENTS (messages));
  for (guint i = 0; i < n_messages; i++)
    {
      vectors[i][0] = (GInputVector){ buffers[i], first_size };
      vectors[i][1] = (GInputVector){ buffers[i] + first_size, sizeof buffers[i] - first_size };
      addresses[i] = (GSocketAddress *) buffers;
      messages[i].address = &addresses[i];
      messages[i].vectors = vectors[i];
      messages[i].num_vectors = 2;
      messages[i].bytes_received = 99;
      messages[i].flags = 99;
      messages[i].control_messages = &controls[i];
      messages[i].num_control_messages = &n_controls[i];
    }

  n_received = g_datagram_based_receive_messages (G_DATAGRAM_BASED (queue), messages, n_messages, 0,
                                                  timeout_us, cancellable, error);
  for (guint i = 0; i < n_messages; i++)
    {
      if ((int) i >= n_received)
        {
          g_assert_cmpuint (messages[i].bytes_received, ==, 99);
          g_assert_null (controls[i]);
          continue;
        }

      g_assert_null (addresses[i]);
      g_assert_cmpint (messages[i].flags, ==, 0);
      g_assert_cmpuint (n_controls[i], ==, 1);
      g_assert_true (MOOD_IS_PRIORITY_MESSAGE (controls[i][0]));
      g_assert_null (controls[i][1]);
      g_string_append_len (all, (const char *) buffers[i], (gssize) messages[i].bytes_received);
      g_string_append_printf (all, "%u ",
                              mood_priority_message_get_priority (
                                  MOOD_PRIORITY_MESSAGE (controls[i][0])));
      g_object_unref (controls[i][0]);
      g_free (controls[i]);
    }

  if (expected != NULL)
    g_assert_cmpstr (all->str, ==, expected);
  else
    g_assert_cmpint (n_received, ==, -1);
}

static void
assert_receives (MoodMessageQueue *queue, guint n_messages, const char *expected)
{
  g_autoptr (GError) error = NULL;

  receive_texts (queue, n_messages, 64, 0, NULL, expected, &error);
  g_assert_no_error (error);
}

/* What is sent in pieces is one message, and what is received in pieces was. */
static void
test_pieces (void)
{
  static const Text texts[] = {
    { { "whole" }, 1, 0 },
    { { "in ", "three ", "pieces" }, 3, 7 },
    { { "", NULL, "last" }, 3, 7 },
    { { NULL }, 0, 32767 },
  };
  g_autoptr (GError) error = NULL;

  for (gsize first_size = 0; first_size <= 64; first_size += 8)
    {
      g_autoptr (MoodMessageQueue) queue =
          mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600,
                                  4, 64, &error);

      g_assert_no_error (error);
      send_texts (queue, texts, 4, -1, NULL, 4, &error);
      g_assert_no_error (error);
      receive_texts (queue, 4, first_size, -1, NULL, "32767 in three pieces7 last7 whole0 ",
                     &error);
      g_assert_no_error (error);
    }
}

/* Between this and the other ways to send and receive there is no difference. */
static void
test_is_the_same_queue (void)
{
  static const Text text = { { "there" }, 1, 5 };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GInputVector vector;
  GInputMessage message = { .vectors = &vector, .num_vectors = 1 };
  g_autoptr (GError) error = NULL;
  guint8 buffer[64];

  send_texts (queue, &text, 1, -1, NULL, 1, &error);
  g_assert_no_error (error);
  mood_test_assert_received (queue, "there", 5);

  /* In one piece, and with nothing asked for but the bytes. */
  mood_test_send (queue, "back", 9);
  vector = (GInputVector){ buffer, sizeof buffer };
  g_assert_cmpint (g_datagram_based_receive_messages (G_DATAGRAM_BASED (queue), &message, 1, 0, 0,
                                                      NULL, &error),
                   ==, 1);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, message.bytes_received, "back", 4);
}

/* With 0 there is no wait: what can be done is done, and only nothing at all is an error. */
static void
test_try (gconstpointer data)
{
  static const Text texts[] = { { { "1" }, 1, 0 }, { { "2" }, 1, 0 }, { { "3" }, 1, 0 } };
  g_autoptr (MoodMessageQueue) queue =
      mood_test_queue_new (MOOD_OPEN_RDWR | (MoodOpenFlags) GPOINTER_TO_UINT (data));
  g_autoptr (GError) error = NULL;

  receive_texts (queue, 2, 64, 0, NULL, NULL, &error);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "empty", NULL);
  send_texts (queue, texts, 3, 0, NULL, 2, &error);
  g_assert_no_error (error);
  send_texts (queue, texts, 1, 0, NULL, -1, &error);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "full", NULL);
  assert_receives (queue, 4, "10 20 ");
}

/* The time is that of the whole call, and what was done in it is a success. */
static void
test_time_limit (gconstpointer data)
{
  static const Text texts[] = { { { "1" }, 1, 0 }, { { "2" }, 1, 0 }, { { "3" }, 1, 0 } };
  const gint64 timeout_us = 10000;
  g_autoptr (MoodMessageQueue) queue =
      mood_test_queue_new (MOOD_OPEN_RDWR | (MoodOpenFlags) GPOINTER_TO_UINT (data));
  g_autoptr (GError) error = NULL;
  gint64 start;

  start = g_get_monotonic_time ();
  receive_texts (queue, 2, 64, timeout_us, NULL, NULL, &error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_us);
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, "empty", NULL);

  start = g_get_monotonic_time ();
  send_texts (queue, texts, 3, timeout_us, NULL, 2, &error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_us);
  g_assert_no_error (error);
  send_texts (queue, texts, 3, timeout_us, NULL, -1, &error);
  mood_test_assert_error (&error, G_IO_ERROR_TIMED_OUT, "full", NULL);

  start = g_get_monotonic_time ();
  receive_texts (queue, 4, 64, timeout_us, NULL, "10 20 ", &error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_us);
  g_assert_no_error (error);
}

static gpointer
trickle (gpointer data)
{
  static const char *const texts[] = { "1", "2", "3" };
  MoodTestMeanwhile *meanwhile = data;

  /* Each message is sent when it is waited for, so that none is there by chance. */
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      gint64 deadline = g_get_monotonic_time () + MOOD_TEST_LIMIT_SECONDS * G_USEC_PER_SEC;

      while (mood_message_queue_get_curmsgs (meanwhile->queue) > 0)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, deadline);
          g_thread_yield ();
        }
      mood_test_wait_until_in_system_call (meanwhile->waiter, meanwhile->system_call);
      mood_test_send (meanwhile->queue, texts[i], 0);
    }

  return NULL;
}

/* A negative time waits for all messages that were asked for, in the kernel where nothing else can
 * end the wait. */
static void
test_waits_for_all (gconstpointer data)
{
  gboolean with_cancellable = GPOINTER_TO_INT (data);
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = with_cancellable ? g_cancellable_new () : NULL;
  MoodTestMeanwhile meanwhile = {
    .queue = queue,
    .waiter = mood_test_thread_id (),
    .system_call = with_cancellable ? MOOD_TEST_POLL : SYS_mq_timedreceive,
  };
  GThread *thread = g_thread_new ("sender", trickle, &meanwhile);
  g_autoptr (GError) error = NULL;

  receive_texts (queue, 3, 64, -1, cancellable, "10 20 30 ", &error);
  g_assert_no_error (error);
  g_thread_join (thread);
}

static gpointer
receive_three (gpointer data)
{
  MoodMessageQueue *queue = data;

  mood_test_assert_received (queue, "1", 0);
  mood_test_assert_received (queue, "2", 0);
  mood_test_assert_received (queue, "3", 0);

  return NULL;
}

static void
test_sends_all (void)
{
  static const Text texts[] = { { { "1" }, 1, 0 }, { { "2" }, 1, 0 }, { { "3" }, 1, 0 } };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GThread *thread = g_thread_new ("receiver", receive_three, queue);
  g_autoptr (GError) error = NULL;

  send_texts (queue, texts, 3, -1, NULL, 3, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
}

/* Ended in its midst, a call tells what it has done; the next one tells what ended it. */
static void
test_ended (gconstpointer data)
{
  gboolean closes = GPOINTER_TO_INT (data);
  GThreadFunc end = closes ? mood_test_close_meanwhile : mood_test_cancel_meanwhile;
  GIOErrorEnum code = closes ? G_IO_ERROR_CLOSED : G_IO_ERROR_CANCELLED;
  static const Text texts[] = { { { "1" }, 1, 0 }, { { "2" }, 1, 0 }, { { "3" }, 1, 0 } };

  for (guint n_before = 0; n_before <= 1; n_before++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      MoodTestMeanwhile meanwhile = {
        .queue = queue,
        .cancellable = cancellable,
        .waiter = mood_test_thread_id (),
        .system_call = MOOD_TEST_POLL,
      };
      GThread *thread = g_thread_new ("ends", end, &meanwhile);
      g_autoptr (GError) error = NULL;

      if (n_before == 1)
        mood_test_send (queue, "1", 0);
      receive_texts (queue, 2, 64, -1, cancellable, n_before == 1 ? "10 " : NULL, &error);
      g_thread_join (thread);

      if (n_before == 1)
        {
          g_assert_no_error (error);
          receive_texts (queue, 2, 64, -1, cancellable, NULL, &error);
        }
      mood_test_assert_error (&error, code, NULL);
      send_texts (queue, texts, 1, -1, cancellable, -1, &error);
      mood_test_assert_error (&error, code, NULL);
    }

  for (guint n_before = 0; n_before <= N_ROOM; n_before += N_ROOM)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      MoodTestMeanwhile meanwhile = {
        .queue = queue,
        .cancellable = cancellable,
        .waiter = mood_test_thread_id (),
        .system_call = MOOD_TEST_POLL,
      };
      GThread *thread;
      g_autoptr (GError) error = NULL;

      send_texts (queue, texts, n_before, -1, NULL, (int) n_before, &error);
      g_assert_no_error (error);
      thread = g_thread_new ("ends", end, &meanwhile);
      send_texts (queue, texts, 3, -1, cancellable, n_before == 0 ? N_ROOM : -1, &error);
      g_thread_join (thread);
      if (n_before == 0)
        g_assert_no_error (error);
      else
        mood_test_assert_error (&error, code, NULL);
    }
}

/* A message that cannot be sent is an error of its own, after those before it. */
static void
test_bad_messages (void)
{
  char too_long[66] = "";
  const Text bad_texts[] = {
    { { too_long }, 1, 0 },
    { { too_long, "x" }, 2, 0 },
    { { "x", "x", too_long }, 3, 0 },
    { { "x" }, 1, 32768 },
  };
  static const GIOErrorEnum codes[] = {
    G_IO_ERROR_MESSAGE_TOO_LARGE,
    G_IO_ERROR_MESSAGE_TOO_LARGE,
    G_IO_ERROR_MESSAGE_TOO_LARGE,
    G_IO_ERROR_INVALID_ARGUMENT,
  };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  memset (too_long, 'x', 65);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_texts); i++)
    {
      const Text texts[] = { { { "good" }, 1, 3 }, bad_texts[i], { { "never" }, 1, 0 } };
      g_autoptr (GError) error = NULL;

      send_texts (queue, texts, 3, -1, NULL, 1, &error);
      g_assert_no_error (error);
      assert_receives (queue, 2, "good3 ");
      send_texts (queue, texts + 1, 2, -1, NULL, -1, &error);
      mood_test_assert_error (&error, codes[i], mood_message_queue_get_name (queue), NULL);
      g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
    }
}

static void
assert_output_refused (MoodMessageQueue *queue,
                       GOutputMessage *message,
                       GIOErrorEnum code,
                       const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_datagram_based_send_messages (G_DATAGRAM_BASED (queue), message, 1, 0, -1,
                                                   NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, code, mood_message_queue_get_name (queue), "send to", part, NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

/* What a message queue has not is refused, and not passed over. */
static void
test_bad_output (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new ("/nowhere");
  g_autoptr (GSocketControlMessage) credentials = g_unix_credentials_message_new ();
  g_autoptr (GSocketControlMessage) priority = mood_priority_message_new (1);
  GSocketControlMessage *two[] = { priority, priority };
  GSocketControlMessage *none[] = { NULL };
  GOutputVector vector = { "x", 1 };
  GOutputVector huge[] = { { "x", G_MAXSIZE } };
  GOutputVector overflowing[] = { { "x", 1 }, { "x", G_MAXSIZE } };
  GOutputVector nothing[] = { { NULL, 1 }, { "x", 1 } };
  GOutputMessage message = { .vectors = &vector, .num_vectors = 1 };
  /* Not what the sum would be if it overflowed. */
  g_autofree char *too_many = g_strdup_printf ("%" G_GSIZE_FORMAT " bytes", G_MAXSIZE);

  message.address = address;
  assert_output_refused (queue, &message, G_IO_ERROR_NOT_SUPPORTED, "an address");
  message.address = NULL;

  message.control_messages = &credentials;
  message.num_control_messages = 1;
  assert_output_refused (queue, &message, G_IO_ERROR_NOT_SUPPORTED, "MoodPriorityMessage");
  message.control_messages = two;
  message.num_control_messages = 2;
  assert_output_refused (queue, &message, G_IO_ERROR_NOT_SUPPORTED, "2 control messages");
  message.control_messages = none;
  message.num_control_messages = 1;
  assert_output_refused (queue, &message, G_IO_ERROR_NOT_SUPPORTED, "MoodPriorityMessage");
  message.control_messages = NULL;
  assert_output_refused (queue, &message, G_IO_ERROR_NOT_SUPPORTED, "MoodPriorityMessage");
  message.num_control_messages = 0;

  message.vectors = huge;
  assert_output_refused (queue, &message, G_IO_ERROR_MESSAGE_TOO_LARGE, "at most 64");
  message.vectors = nothing;
  assert_output_refused (queue, &message, G_IO_ERROR_INVALID_ARGUMENT, "no message was given");
  message.num_vectors = 2;
  assert_output_refused (queue, &message, G_IO_ERROR_INVALID_ARGUMENT, "no message was given");
  message.vectors = overflowing;
  assert_output_refused (queue, &message, G_IO_ERROR_MESSAGE_TOO_LARGE, too_many);
}

static void
assert_input_refused (MoodMessageQueue *queue,
                      GInputVector *vectors,
                      guint n_vectors,
                      GIOErrorEnum code,
                      const char *part)
{
  GInputMessage message = { .vectors = vectors, .num_vectors = n_vectors };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_datagram_based_receive_messages (G_DATAGRAM_BASED (queue), &message, 1, 0, -1,
                                                      NULL, &error),
                   ==, -1);
  mood_test_assert_error (&error, code, mood_message_queue_get_name (queue), "receive from", part,
                          NULL);
}

/* Room for less than a message may have is refused, however short the next one is, which stays. */
static void
test_bad_input (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  guint8 buffer[64];
  GInputVector vectors[] = { { buffer, 63 } };
  GInputVector two[] = { { buffer, 32 }, { buffer + 32, 31 } };
  GInputVector nothing[] = { { NULL, 64 } };
  GInputVector partly_nothing[] = { { buffer, 64 }, { NULL, 64 } };
  GInputVector endless[] = { { NULL, G_MAXSIZE }, { NULL, G_MAXSIZE } };

  mood_test_send (queue, "stays", 2);
  assert_input_refused (queue, vectors, 1, G_IO_ERROR_MESSAGE_TOO_LARGE, "only 63");
  assert_input_refused (queue, two, 2, G_IO_ERROR_MESSAGE_TOO_LARGE, "only 63");
  assert_input_refused (queue, NULL, 0, G_IO_ERROR_MESSAGE_TOO_LARGE, "only 0");
  assert_input_refused (queue, nothing, 1, G_IO_ERROR_INVALID_ARGUMENT, "no buffer");
  assert_input_refused (queue, partly_nothing, 2, G_IO_ERROR_INVALID_ARGUMENT, "no buffer");
  assert_input_refused (queue, endless, 2, G_IO_ERROR_INVALID_ARGUMENT, "no buffer");
  assert_receives (queue, 2, "stays2 ");
}

/* Sizes that overflow if they are added up are room enough. */
static void
test_more_room_than_memory (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  guint8 buffer[64];
  GInputVector vectors[] = { { buffer, G_MAXSIZE }, { buffer, 1 } };
  GInputMessage message = { .vectors = vectors, .num_vectors = 2 };
  g_autoptr (GError) error = NULL;

  mood_test_send (queue, "x", 0);
  g_assert_cmpint (g_datagram_based_receive_messages (G_DATAGRAM_BASED (queue), &message, 1, 0, 0,
                                                      NULL, &error),
                   ==, 1);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, message.bytes_received, "x", 1);
}

static void
assert_calls_fail (MoodMessageQueue *queue, int flags, GIOErrorEnum sends, GIOErrorEnum receives)
{
  GOutputVector output_vector = { "x", 1 };
  GOutputMessage output = { .vectors = &output_vector, .num_vectors = 1 };
  guint8 buffer[64];
  GInputVector input_vector = { buffer, sizeof buffer };
  GInputMessage input = { .vectors = &input_vector, .num_vectors = 1 };
  g_autoptr (GError) error = NULL;

  for (guint n_messages = 0; n_messages <= 1; n_messages++)
    {
      if (sends != (GIOErrorEnum) -1)
        {
          g_assert_cmpint (g_datagram_based_send_messages (G_DATAGRAM_BASED (queue), &output,
                                                           n_messages, flags, -1, NULL, &error),
                           ==, -1);
          mood_test_assert_error (&error, sends, NULL);
        }
      if (receives != (GIOErrorEnum) -1)
        {
          g_assert_cmpint (g_datagram_based_receive_messages (G_DATAGRAM_BASED (queue), &input,
                                                              n_messages, flags, -1, NULL, &error),
                           ==, -1);
          mood_test_assert_error (&error, receives, NULL);
        }
    }
}

static void
test_refused (void)
{
  const GIOErrorEnum none = (GIOErrorEnum) -1;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);

  assert_calls_fail (queue, MSG_PEEK, G_IO_ERROR_NOT_SUPPORTED, G_IO_ERROR_NOT_SUPPORTED);
  assert_calls_fail (sender, 0, none, G_IO_ERROR_PERMISSION_DENIED);
  assert_calls_fail (receiver, 0, G_IO_ERROR_PERMISSION_DENIED, none);
  assert_calls_fail (uninitialized, 0, G_IO_ERROR_NOT_INITIALIZED, G_IO_ERROR_NOT_INITIALIZED);
  g_assert_true (mood_message_queue_close (queue, NULL));
  assert_calls_fail (queue, 0, G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED);
}

/* Nothing is asked for, and nothing done, without an error or a wait. */
static void
test_no_messages (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GDatagramBased *datagram_based = G_DATAGRAM_BASED (queue);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_datagram_based_receive_messages (datagram_based, NULL, 0, 0, -1, NULL, &error),
                   ==, 0);
  g_assert_no_error (error);
  g_assert_cmpint (g_datagram_based_send_messages (datagram_based, NULL, 0, 0, -1, NULL, &error),
                   ==, 0);
  g_assert_no_error (error);
}

#define BOTH (G_IO_IN | G_IO_OUT)

/* What holds now, within what was asked for and what the queue was opened for. */
static void
test_condition_check (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  const struct
  {
    guint n_messages;
    GIOCondition queue;
    GIOCondition sender;
    GIOCondition receiver;
  } rows[] = {
    { 0, G_IO_OUT, G_IO_OUT, 0 },
    { 1, BOTH, G_IO_OUT, G_IO_IN },
    { N_ROOM, G_IO_IN, 0, G_IO_IN },
  };
  int fd;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      while (mood_message_queue_get_curmsgs (queue) < rows[i].n_messages)
        mood_test_send (queue, "x", 0);

      g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (queue), BOTH), ==,
                        rows[i].queue);
      g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (queue), G_IO_IN), ==,
                        rows[i].queue & G_IO_IN);
      g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (queue), G_IO_OUT), ==,
                        rows[i].queue & G_IO_OUT);
      g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (queue), 0), ==, 0);
      g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (sender), BOTH), ==,
                        rows[i].sender);
      g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (receiver), BOTH), ==,
                        rows[i].receiver);
    }

  fd = mood_message_queue_fileno (queue);
  g_assert_true (mood_message_queue_close (queue, NULL));
  /* None of the checks still holds it. */
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (queue), BOTH), ==,
                    G_IO_HUP);
  g_assert_cmpuint (g_datagram_based_condition_check (G_DATAGRAM_BASED (uninitialized), BOTH), ==,
                    G_IO_HUP);
}

static void
assert_wait_fails (MoodMessageQueue *queue,
                   GIOCondition condition,
                   gint64 timeout_us,
                   GCancellable *cancellable,
                   GIOErrorEnum code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (g_datagram_based_condition_wait (G_DATAGRAM_BASED (queue), condition, timeout_us,
                                                   cancellable, &error));
  mood_test_assert_error (&error, code, NULL);
}

static void
assert_wait_succeeds (MoodMessageQueue *queue, GIOCondition condition, gint64 timeout_us)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_datagram_based_condition_wait (G_DATAGRAM_BASED (queue), condition, timeout_us,
                                                  NULL, &error));
  g_assert_no_error (error);
}

static void
test_condition_wait (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  gint64 start = g_get_monotonic_time ();
  int fd = mood_message_queue_fileno (queue);

  assert_wait_fails (queue, G_IO_IN, 0, NULL, G_IO_ERROR_TIMED_OUT);
  assert_wait_fails (queue, G_IO_IN, 10000, NULL, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 10000);
  assert_wait_succeeds (queue, G_IO_OUT, 0);
  assert_wait_succeeds (queue, BOTH, -1);

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  assert_wait_succeeds (queue, G_IO_IN, 0);
  assert_wait_succeeds (queue, G_IO_IN | G_IO_ERR | G_IO_HUP, -1);
  assert_wait_fails (queue, G_IO_OUT, 0, NULL, G_IO_ERROR_TIMED_OUT);
  assert_wait_fails (queue, G_IO_OUT, 1, NULL, G_IO_ERROR_TIMED_OUT);

  g_cancellable_cancel (cancelled);
  assert_wait_fails (queue, G_IO_IN, -1, cancelled, G_IO_ERROR_CANCELLED);

  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

/* What would never come is not waited for. */
static void
test_condition_wait_refused (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);

  assert_wait_fails (queue, 0, -1, NULL, G_IO_ERROR_INVALID_ARGUMENT);
  assert_wait_fails (queue, G_IO_HUP, -1, NULL, G_IO_ERROR_INVALID_ARGUMENT);
  assert_wait_fails (sender, G_IO_IN, -1, NULL, G_IO_ERROR_PERMISSION_DENIED);
  assert_wait_fails (receiver, G_IO_OUT, -1, NULL, G_IO_ERROR_PERMISSION_DENIED);
  assert_wait_succeeds (sender, BOTH, -1);
  assert_wait_fails (receiver, BOTH, 1, NULL, G_IO_ERROR_TIMED_OUT);
  assert_wait_fails (uninitialized, G_IO_IN, -1, NULL, G_IO_ERROR_NOT_INITIALIZED);
  g_assert_true (mood_message_queue_close (queue, NULL));
  assert_wait_fails (queue, G_IO_IN, -1, NULL, G_IO_ERROR_CLOSED);
}

static void
test_condition_wait_ends (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  MoodTestMeanwhile meanwhile = {
    .queue = queue,
    .cancellable = cancellable,
    .waiter = mood_test_thread_id (),
    .system_call = MOOD_TEST_POLL,
  };
  GThread *thread;

  thread = g_thread_new ("sender", mood_test_send_meanwhile, &meanwhile);
  assert_wait_succeeds (queue, G_IO_IN, -1);
  g_thread_join (thread);
  mood_test_assert_received (queue, "late", 4);

  thread = g_thread_new ("canceller", mood_test_cancel_meanwhile, &meanwhile);
  assert_wait_fails (queue, G_IO_IN, -1, cancellable, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);

  thread = g_thread_new ("closer", mood_test_close_meanwhile, &meanwhile);
  assert_wait_fails (queue, G_IO_IN, -1, NULL, G_IO_ERROR_CLOSED);
  g_thread_join (thread);
}

static gboolean
on_ready (GDatagramBased *datagram_based, GIOCondition condition, gpointer user_data)
{
  GIOCondition *seen = user_data;

  g_assert_true (MOOD_IS_MESSAGE_QUEUE (datagram_based));
  *seen = condition;

  return condition == G_IO_NVAL ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
test_source (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GSource) source =
      g_datagram_based_create_source (G_DATAGRAM_BASED (queue), G_IO_IN, NULL);
  GIOCondition seen = 0;

  g_source_set_callback (source, G_SOURCE_FUNC (on_ready), &seen, NULL);
  g_source_attach (source, NULL);
  g_assert_false (g_main_context_iteration (NULL, FALSE));

  mood_test_send (queue, "x", 0);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (seen, ==, G_IO_IN);

  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (seen, ==, G_IO_NVAL);
  g_assert_true (g_source_is_destroyed (source));
}

/* The control message by itself: as GSocket's machinery asks for it. */
static void
test_priority_message (void)
{
  g_autoptr (GSocketControlMessage) message = mood_priority_message_new (1234);
  g_autoptr (GSocketControlMessage) copy = NULL;
  int level = g_socket_control_message_get_level (message);
  int type = g_socket_control_message_get_msg_type (message);
  gsize size = g_socket_control_message_get_size (message);
  g_autofree guint8 *data = g_malloc (size);
  guint priority = 0;

  g_object_get (message, "priority", &priority, NULL);
  g_assert_cmpuint (priority, ==, 1234);

  g_socket_control_message_serialize (message, data);
  copy = g_socket_control_message_deserialize (level, type, size, data);
  g_assert_true (MOOD_IS_PRIORITY_MESSAGE (copy));
  g_assert_cmpuint (mood_priority_message_get_priority (MOOD_PRIORITY_MESSAGE (copy)), ==, 1234);

  g_assert_null (g_socket_control_message_deserialize (level, type + 1, size, data));
  g_assert_null (g_socket_control_message_deserialize (level + 1, type, size, data));
  g_assert_null (g_socket_control_message_deserialize (level, type, size - 1, data));
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/datagram/pieces", test_pieces);
  g_test_add_func ("/datagram/is-the-same-queue", test_is_the_same_queue);
  g_test_add_data_func ("/datagram/try", GUINT_TO_POINTER (0), test_try);
  g_test_add_data_func ("/datagram/try-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_try);
  g_test_add_data_func ("/datagram/time-limit", GUINT_TO_POINTER (0), test_time_limit);
  g_test_add_data_func ("/datagram/time-limit-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_time_limit);
  g_test_add_data_func ("/datagram/waits-for-all", GINT_TO_POINTER (FALSE), test_waits_for_all);
  g_test_add_data_func ("/datagram/waits-for-all-with-cancellable", GINT_TO_POINTER (TRUE),
                        test_waits_for_all);
  g_test_add_func ("/datagram/sends-all", test_sends_all);
  g_test_add_data_func ("/datagram/cancelled", GINT_TO_POINTER (FALSE), test_ended);
  g_test_add_data_func ("/datagram/closed", GINT_TO_POINTER (TRUE), test_ended);
  g_test_add_func ("/datagram/bad-messages", test_bad_messages);
  g_test_add_func ("/datagram/bad-output", test_bad_output);
  g_test_add_func ("/datagram/bad-input", test_bad_input);
  g_test_add_func ("/datagram/more-room-than-memory", test_more_room_than_memory);
  g_test_add_func ("/datagram/refused", test_refused);
  g_test_add_func ("/datagram/no-messages", test_no_messages);
  g_test_add_func ("/datagram/condition-check", test_condition_check);
  g_test_add_func ("/datagram/condition-wait", test_condition_wait);
  g_test_add_func ("/datagram/condition-wait-refused", test_condition_wait_refused);
  g_test_add_func ("/datagram/condition-wait-ends", test_condition_wait_ends);
  g_test_add_func ("/datagram/source", test_source);
  g_test_add_func ("/datagram/priority-message", test_priority_message);

  return g_test_run ();
}
