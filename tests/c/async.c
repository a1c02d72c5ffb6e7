/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asynchronous calls on real main loops. */

#include "mood-test.h"

#include <string.h>
#include <unistd.h>

/* What became of a call. */
typedef struct
{
  guint calls;
  char *text;
  guint priority;
  GError *error;
} Outcome;

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;
  gsize length = 99;
  guint8 *message;

  message = mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result,
                                               &outcome->priority, &length, &outcome->error);
  outcome->calls++;
  if (message != NULL)
    outcome->text = g_strndup ((const char *) message, length);
  else
    g_assert_cmpuint (length, ==, 0);
  g_free (message);
}

static void
on_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;
  gboolean sent;

  sent = mood_message_queue_send_finish (MOOD_MESSAGE_QUEUE (object), result, &outcome->error);
  g_assert_cmpint (sent, ==, outcome->error == NULL);
  outcome->calls++;
}

static void
receive (MoodMessageQueue *queue, GCancellable *cancellable, Outcome *outcome)
{
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, cancellable, on_received, outcome);
}

static void
send_text (MoodMessageQueue *queue, const char *text, Outcome *outcome)
{
  mood_message_queue_send_async (queue, (const guint8 *) text, strlen (text), 0, G_PRIORITY_DEFAULT,
                                 NULL, on_sent, outcome);
}

/* Dispatches what is ready, and nothing more. */
static void
settle (void)
{
  for (guint i = 0; g_main_context_iteration (NULL, FALSE); i++)
    g_assert_cmpuint (i, <, 64);
}

static void
assert_text (Outcome *outcome, const char *text)
{
  g_assert_no_error (outcome->error);
  g_assert_cmpuint (outcome->calls, ==, 1);
  g_assert_cmpstr (outcome->text, ==, text);
  g_clear_pointer (&outcome->text, g_free);
}

static void
assert_done (Outcome *outcome)
{
  g_assert_no_error (outcome->error);
  g_assert_cmpuint (outcome->calls, ==, 1);
}

static void
assert_failed (Outcome *outcome, GIOErrorEnum code, const char *part)
{
  g_assert_cmpuint (outcome->calls, ==, 1);
  mood_test_assert_error (&outcome->error, code, part, NULL);
}

static guint
count_threads (void)
{
  g_autoptr (GDir) threads = g_dir_open ("/proc/self/task", 0, NULL);
  guint result = 0;

  g_assert_nonnull (threads);
  while (g_dir_read_name (threads) != NULL)
    result++;

  return result;
}

/* A program with one thread still has one after its first calls: that its locks and references are
 * cheap depends on it. This has to be the first test. */
static void
test_no_thread (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  guint n_threads = count_threads ();
  Outcome at_once = { 0 };
  Outcome later = { 0 };

  send_text (queue, "x", &at_once);
  settle ();
  assert_done (&at_once);
  mood_test_assert_received (queue, "x", 0);
  receive (queue, NULL, &later);
  mood_test_send (queue, "x", 0);
  settle ();
  assert_text (&later, "x");
  g_assert_cmpuint (count_threads (), ==, n_threads);
}

static void
test_receive_at_once (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue =
      mood_test_queue_new (MOOD_OPEN_RDWR | (MoodOpenFlags) GPOINTER_TO_UINT (data));
  Outcome outcome = { 0 };
  Outcome empty = { 0 };

  mood_test_send (queue, "there", 6);
  mood_test_send (queue, "", 0);
  receive (queue, NULL, &outcome);
  receive (queue, NULL, &empty);

  /* Taken at once; told by the main loop. */
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
  g_assert_cmpuint (outcome.calls, ==, 0);
  settle ();
  g_assert_cmpuint (outcome.priority, ==, 6);
  assert_text (&outcome, "there");
  assert_text (&empty, "");
}

static void
test_receive_later (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue =
      mood_test_queue_new (MOOD_OPEN_RDWR | (MoodOpenFlags) GPOINTER_TO_UINT (data));
  Outcome outcome = { 0 };

  receive (queue, NULL, &outcome);
  settle ();
  g_assert_cmpuint (outcome.calls, ==, 0);
  g_assert_false (g_main_context_pending (NULL));

  mood_test_send (queue, "late", 2);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (outcome.priority, ==, 2);
  assert_text (&outcome, "late");
}

/* Who asked first is served first, whatever the priority in the main loop, and also while messages
 * are there to be had. */
static void
test_order (void)
{
  static const int io_priorities[] = { G_PRIORITY_LOW, G_PRIORITY_DEFAULT, G_PRIORITY_HIGH };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcomes[3] = { 0 };
  Outcome last = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    mood_message_queue_receive_async (queue, io_priorities[i], NULL, on_received, &outcomes[i]);

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  /* There are messages, but others stand in line. */
  receive (queue, NULL, &last);
  settle ();
  mood_test_send (queue, "3", 0);
  mood_test_send (queue, "4", 0);
  settle ();

  assert_text (&outcomes[0], "1");
  assert_text (&outcomes[1], "2");
  assert_text (&outcomes[2], "3");
  assert_text (&last, "4");
}

static void
test_cancel (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) head = g_cancellable_new ();
  g_autoptr (GCancellable) middle = g_cancellable_new ();
  Outcome outcomes[4] = { 0 };

  receive (queue, head, &outcomes[0]);
  receive (queue, NULL, &outcomes[1]);
  receive (queue, middle, &outcomes[2]);
  receive (queue, NULL, &outcomes[3]);

  g_cancellable_cancel (middle);
  settle ();
  assert_failed (&outcomes[2], G_IO_ERROR_CANCELLED, mood_message_queue_get_name (queue));
  g_assert_cmpuint (outcomes[0].calls, ==, 0);

  g_cancellable_cancel (head);
  mood_test_send (queue, "for the next", 0);
  mood_test_send (queue, "and the next", 0);
  settle ();
  assert_failed (&outcomes[0], G_IO_ERROR_CANCELLED, NULL);
  assert_text (&outcomes[1], "for the next");
  assert_text (&outcomes[3], "and the next");
}

/* A call that was made ready for nothing does not push in. */
static void
test_no_pushing_in (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome first = { 0 };
  Outcome second = { 0 };

  receive (queue, NULL, &first);
  mood_message_queue_receive_async (queue, G_PRIORITY_HIGH, cancellable, on_received, &second);
  g_cancellable_cancel (cancellable);
  g_cancellable_reset (cancellable);
  mood_test_send (queue, "1", 0);
  settle ();
  assert_text (&first, "1");
  g_assert_cmpuint (second.calls, ==, 0);
  mood_test_send (queue, "2", 0);
  settle ();
  assert_text (&second, "2");
}

static void
test_cancelled_before (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome = { 0 };

  mood_test_send (queue, "stays", 0);
  g_cancellable_cancel (cancellable);
  receive (queue, cancellable, &outcome);
  settle ();
  assert_failed (&outcome, G_IO_ERROR_CANCELLED, NULL);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 1);
}

/* What was taken is delivered. */
static void
test_cancelled_after (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome = { 0 };

  mood_test_send (queue, "taken", 0);
  receive (queue, cancellable, &outcome);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
  g_cancellable_cancel (cancellable);
  settle ();
  assert_text (&outcome, "taken");
}

static void
test_close (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcomes[3] = { 0 };
  Outcome after = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    receive (queue, NULL, &outcomes[i]);
  settle ();
  g_assert_true (mood_message_queue_close (queue, NULL));
  receive (queue, NULL, &after);
  settle ();

  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    assert_failed (&outcomes[i], G_IO_ERROR_CLOSED, NULL);
  assert_failed (&after, G_IO_ERROR_CLOSED, NULL);
}

static void
test_errors (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  guint8 too_long[65] = { 0 };
  Outcome outcomes[6] = { 0 };

  receive (sender, NULL, &outcomes[0]);
  send_text (receiver, "x", &outcomes[1]);
  receive (uninitialized, NULL, &outcomes[2]);
  mood_message_queue_send_async (queue, too_long, 65, 0, G_PRIORITY_DEFAULT, NULL, on_sent,
                                 &outcomes[3]);
  mood_message_queue_send_async (queue, too_long, 1, 32768, G_PRIORITY_DEFAULT, NULL, on_sent,
                                 &outcomes[4]);
  mood_message_queue_send_async (queue, NULL, 1, 0, G_PRIORITY_DEFAULT, NULL, on_sent,
                                 &outcomes[5]);
  settle ();

  assert_failed (&outcomes[0], G_IO_ERROR_PERMISSION_DENIED, name);
  assert_failed (&outcomes[1], G_IO_ERROR_PERMISSION_DENIED, name);
  assert_failed (&outcomes[2], G_IO_ERROR_NOT_INITIALIZED, NULL);
  assert_failed (&outcomes[3], G_IO_ERROR_MESSAGE_TOO_LARGE, "65");
  assert_failed (&outcomes[4], G_IO_ERROR_INVALID_ARGUMENT, "32768");
  assert_failed (&outcomes[5], G_IO_ERROR_INVALID_ARGUMENT, "1 bytes");
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

/* Senders stand in line as well, with bytes that are theirs no longer. */
static void
test_send (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcomes[4] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    {
      char text[2] = { (char) ('1' + i), '\0' };

      send_text (queue, text, &outcomes[i]);
      text[0] = '?';
    }

  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 2);
  settle ();
  assert_done (&outcomes[0]);
  assert_done (&outcomes[1]);
  g_assert_cmpuint (outcomes[2].calls, ==, 0);

  mood_test_assert_received (queue, "1", 0);
  settle ();
  assert_done (&outcomes[2]);
  g_assert_cmpuint (outcomes[3].calls, ==, 0);
  mood_test_assert_received (queue, "2", 0);
  settle ();
  assert_done (&outcomes[3]);
  mood_test_assert_received (queue, "3", 0);
  mood_test_assert_received (queue, "4", 0);

  /* Nobody has to ask how it went. */
  mood_message_queue_send_async (queue, (const guint8 *) "5", 1, 0, G_PRIORITY_DEFAULT, NULL, NULL,
                                 NULL);
  settle ();
  mood_test_assert_received (queue, "5", 0);
}

/* Without a callback nobody would get the message: it stays. */
static void
test_no_callback (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  mood_test_send (queue, "stays", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  settle ();
  mood_test_assert_received (queue, "stays", 0);
}

static void
on_foreign_result (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->calls++;
  g_assert_null (mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result, NULL, NULL,
                                                    &outcome->error));
}

static void
test_result_of_another_call (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GTask) task = g_task_new (other, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  Outcome outcome = { 0 };

  mood_message_queue_send_async (queue, (const guint8 *) "x", 1, 0, G_PRIORITY_DEFAULT, NULL,
                                 on_foreign_result, &outcome);
  settle ();
  assert_failed (&outcome, G_IO_ERROR_INVALID_ARGUMENT, "another call");

  g_task_return_boolean (task, TRUE);
  g_assert_false (mood_message_queue_send_finish (queue, G_ASYNC_RESULT (task), &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "another call", NULL);
}

/* A wake-up whose message somebody else got sends the call back to wait. */
static void
test_stolen_wake_up (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) thief = mood_message_queue_reopen (queue, MOOD_OPEN_RDONLY, NULL);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  Outcome outcome = { 0 };
  GPollFD fds[8];
  int priority;
  int timeout;
  int n_fds;

  receive (queue, NULL, &outcome);
  mood_test_send (queue, "stolen", 0);

  /* An iteration by hand, with the theft between poll and dispatch. */
  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  n_fds = g_main_context_query (context, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_assert_cmpint (g_poll (fds, (guint) n_fds, 0), >=, 1);
  g_assert_true (g_main_context_check (context, priority, fds, n_fds));
  mood_test_assert_received (thief, "stolen", 0);
  g_main_context_dispatch (context);
  g_main_context_release (context);

  settle ();
  g_assert_cmpuint (outcome.calls, ==, 0);
  mood_test_send (queue, "kept", 0);
  settle ();
  assert_text (&outcome, "kept");
}

/* The call holds the queue, and lets it go. */
static void
test_holds_queue (void)
{
  MoodMessageQueue *queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodMessageQueue *held = queue;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome = { 0 };

  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &held);
  receive (queue, cancellable, &outcome);
  g_object_unref (queue);
  g_assert_nonnull (held);
  g_cancellable_cancel (cancellable);
  settle ();
  assert_failed (&outcome, G_IO_ERROR_CANCELLED, NULL);
  g_assert_null (held);
}

/* Each call is served by the context of who made it, and the line is common to all. */
static void
test_contexts (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Outcome first = { 0 };
  Outcome second = { 0 };

  receive (queue, NULL, &first);
  g_main_context_push_thread_default (context);
  receive (queue, NULL, &second);
  g_main_context_pop_thread_default (context);

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpuint (second.calls, ==, 0);
  settle ();
  assert_text (&first, "1");
  g_assert_cmpuint (second.calls, ==, 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  assert_text (&second, "2");
}

typedef struct
{
  Outcome first;
  Outcome second;
  gboolean begins_second; /* else it was begun before */
} Nested;

static void
on_received_first (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Nested *nested = user_data;

  on_received (object, result, &nested->first);
  if (nested->begins_second)
    receive (MOOD_MESSAGE_QUEUE (object), NULL, &nested->second);
  settle ();
  assert_text (&nested->second, "2");
}

/* A callback may run the main loop until another call is served, whether it was at once or is
 * later.
 */
static void
test_nested_loop (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Nested nested = { .begins_second = GPOINTER_TO_INT (data) };

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_first, &nested);
  if (!nested.begins_second)
    receive (queue, NULL, &nested.second);
  settle ();
  assert_text (&nested.first, "1");
}

static gboolean
count_call (gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->calls++;

  return G_SOURCE_REMOVE;
}

/* The same for a call that had to wait: by the time of its callback it stands in nobody's way. */
static void
test_nested_loop_after_wait (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Nested nested = { .begins_second = GPOINTER_TO_INT (data) };

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_first, &nested);
  if (!nested.begins_second)
    receive (queue, NULL, &nested.second);
  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  settle ();
  assert_text (&nested.first, "1");
}

/* What was served at once is told when its priority in the main loop is the highest. */
static void
test_priorities_when_served_at_once (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome low = { 0 };
  Outcome high = { 0 };
  Outcome other = { 0 };

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_LOW, NULL, on_received, &low);
  mood_message_queue_receive_async (queue, G_PRIORITY_HIGH, NULL, on_received, &high);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  assert_text (&high, "2");

  g_idle_add_full (G_PRIORITY_DEFAULT, count_call, &other, NULL);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (other.calls, ==, 1);
  g_assert_cmpuint (low.calls, ==, 0);
  settle ();
  assert_text (&low, "1");
}

typedef struct
{
  MoodMessageQueue *queue;
  Outcome outcome;
  int main_thread;
} Elsewhere;

static gpointer
receive_elsewhere (gpointer data)
{
  Elsewhere *elsewhere = data;

  mood_test_wait_until_in_main_loop (elsewhere->main_thread);
  receive (elsewhere->queue, NULL, &elsewhere->outcome);

  return NULL;
}

/* A thread that has no main context of its own leaves its calls to the default one, which may be
 * asleep: also the second time, when all that delivery takes is there. */
static void
test_from_another_thread (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  for (guint i = 0; i < 2; i++)
    {
      Elsewhere elsewhere = { .queue = queue, .main_thread = mood_test_thread_id () };
      GThread *thread;

      mood_test_send (queue, "x", 0);
      thread = g_thread_new ("elsewhere", receive_elsewhere, &elsewhere);
      while (elsewhere.outcome.calls == 0)
        g_main_context_iteration (NULL, TRUE);
      g_thread_join (thread);
      assert_text (&elsewhere.outcome, "x");
    }
}

static void
on_received_again (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_clear_pointer (&outcome->text, g_free);
  on_received (object, result, outcome);
  mood_test_send (MOOD_MESSAGE_QUEUE (object), "again", 0);
  if (outcome->calls < 100)
    mood_message_queue_receive_async (MOOD_MESSAGE_QUEUE (object), G_PRIORITY_DEFAULT, NULL,
                                      on_received_again, outcome);
}

/* However fast the messages come, each turn of the main loop tells of one. */
static void
test_does_not_keep_the_loop (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcome = { 0 };

  mood_test_send (queue, "first", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_again, &outcome);
  for (guint i = 1; i <= 100; i++)
    {
      g_assert_true (g_main_context_iteration (NULL, FALSE));
      g_assert_cmpuint (outcome.calls, ==, i);
    }
  g_assert_no_error (outcome.error);
  g_clear_pointer (&outcome.text, g_free);
}

/* The ID that the default main context gives next; each is one above the last. */
static guint
get_next_source_id (void)
{
  guint id = g_idle_add (count_call, NULL);

  g_source_remove (id);

  return id + 1;
}

/* A call that was served at once holds the queue as well, until its callback has returned. Then
 * nothing is left in the main context. */
static void
test_holds_queue_when_served_at_once (void)
{
  guint first_id = get_next_source_id ();
  guint next_id;
  MoodMessageQueue *queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodMessageQueue *held = queue;
  Outcome outcome = { 0 };

  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &held);
  mood_test_send (queue, "last", 0);
  receive (queue, NULL, &outcome);
  g_object_unref (queue);
  g_assert_nonnull (held);
  settle ();
  assert_text (&outcome, "last");
  g_assert_null (held);
  next_id = get_next_source_id ();
  for (guint id = first_id; id < next_id; id++)
    g_assert_null (g_main_context_find_source_by_id (NULL, id));
}

/* Each main context tells its own callers, and no other one has to run for that. */
static void
test_contexts_when_served_at_once (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Outcome outcomes[2] = { 0 };

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  g_main_context_push_thread_default (context);
  receive (queue, NULL, &outcomes[0]);
  g_main_context_pop_thread_default (context);
  receive (queue, NULL, &outcomes[1]);

  settle ();
  assert_text (&outcomes[1], "2");
  g_assert_cmpuint (outcomes[0].calls, ==, 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  assert_text (&outcomes[0], "1");
}

/* A main context that comes and goes takes with it what it had to deliver with, also if the next
 * one is where it was. */
static void
test_context_goes (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GMainContext) context = g_main_context_new ();
      Outcome outcome = { 0 };

      mood_test_send (queue, "x", 0);
      g_main_context_push_thread_default (context);
      receive (queue, NULL, &outcome);
      while (g_main_context_iteration (context, FALSE))
        ;
      g_main_context_pop_thread_default (context);
      assert_text (&outcome, "x");
    }
}

static void
on_received_then_destroy (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcomes = user_data;

  on_received (object, result, &outcomes[0]);
  receive (MOOD_MESSAGE_QUEUE (object), NULL, &outcomes[1]);
  g_source_destroy (g_main_current_source ());
}

/* A callback that destroys what calls it back may take the call that it makes with it, and no
 * other. */
static void
test_destroyed_source (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcomes[2] = { 0 };
  Outcome after = { 0 };

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_then_destroy,
                                    outcomes);
  mood_test_send (queue, "1", 0);
  settle ();
  assert_text (&outcomes[0], "1");

  receive (queue, NULL, &after);
  mood_test_send (queue, "2", 0);
  settle ();
  g_assert_cmpuint (outcomes[1].calls, ==, 0);
  assert_text (&after, "2");
}

static void
on_sent_and_asked_twice (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;
  Outcome again = { 0 };

  on_sent (object, result, outcome);
  on_sent (object, result, &again);
  assert_failed (&again, G_IO_ERROR_INVALID_ARGUMENT, "was taken before");
}

static void
on_received_and_asked_twice (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;
  Outcome again = { 0 };

  on_received (object, result, outcome);
  on_received (object, result, &again);
  assert_failed (&again, G_IO_ERROR_INVALID_ARGUMENT, "was taken before");
}

/* A result is given once; whoever asks again gets an error, and no critical. */
static void
test_result_asked_for_twice (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome sent = { 0 };
  Outcome received = { 0 };

  mood_message_queue_send_async (queue, (const guint8 *) "x", 1, 0, G_PRIORITY_DEFAULT, NULL,
                                 on_sent_and_asked_twice, &sent);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_and_asked_twice,
                                    &received);
  settle ();
  assert_done (&sent);
  assert_text (&received, "x");
}

/* One that has to stand in line is refused like any other: there is no memory for a copy of it. */
static void
test_too_long_in_line (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree guint8 *bytes = g_malloc0 ((gsize) mood_message_queue_get_msgsize (queue));
  Outcome waits = { 0 };
  Outcome too_long = { 0 };

  while (mood_message_queue_send_with_timeout (queue, bytes, 1, 0, 0, NULL, NULL) != -1)
    ;
  send_text (queue, "x", &waits);
  mood_message_queue_send_async (queue, bytes, G_MAXSSIZE, 0, G_PRIORITY_DEFAULT, NULL, on_sent,
                                 &too_long);
  g_free (mood_message_queue_recv (queue, NULL, NULL, NULL));
  settle ();
  assert_done (&waits);
  g_free (mood_message_queue_recv (queue, NULL, NULL, NULL));
  settle ();
  assert_failed (&too_long, G_IO_ERROR_MESSAGE_TOO_LARGE, "the message has");
}

typedef struct
{
  GSource parent;

  MoodMessageQueue *queue;
  Outcome outcome;
  gboolean asked;
} AskingSource;

static gboolean
asking_source_prepare (GSource *source, int *timeout)
{
  AskingSource *self = (AskingSource *) source;

  *timeout = -1;
  if (!self->asked)
    send_text (self->queue, "y", &self->outcome);
  self->asked = TRUE;

  return FALSE;
}

static gboolean
asking_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs asking_source_funcs = {
  .prepare = asking_source_prepare,
  .dispatch = asking_source_dispatch,
};

/* A call that is made while the main loop gets ready to sleep, when the source that delivers was
 * looked at before. */
static void
test_called_while_preparing (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GSource *source = g_source_new (&asking_source_funcs, sizeof (AskingSource));
  AskingSource *asking = (AskingSource *) source;
  Outcome outcome = { 0 };

  send_text (queue, "x", &outcome);
  settle ();
  assert_done (&outcome);

  asking->queue = queue;
  g_source_attach (source, NULL);
  while (asking->outcome.calls == 0)
    g_main_context_iteration (NULL, TRUE);
  assert_done (&asking->outcome);

  g_source_destroy (source);
  g_source_unref (source);
}

static gpointer
call_without_context (gpointer data)
{
  MoodMessageQueue *queue = data;

  for (guint i = 0; i < 20000; i++)
    {
      mood_message_queue_send_async (queue, (const guint8 *) "x", 1, 0, G_PRIORITY_DEFAULT, NULL,
                                     NULL, NULL);
      g_free (mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, NULL));
    }
  g_atomic_int_set ((gint *) g_object_get_data (G_OBJECT (queue), "done"), 1);

  return NULL;
}

/* A call in another thread never takes the main context from the one that runs it. */
static void
test_context_is_not_taken (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  gint done = 0;
  GThread *thread;

  g_object_set_data (G_OBJECT (queue), "done", &done);
  thread = g_thread_new ("caller", call_without_context, queue);
  while (!g_atomic_int_get (&done))
    {
      g_assert_true (g_main_context_acquire (NULL));
      g_main_context_release (NULL);
      g_main_context_iteration (NULL, FALSE);
    }
  g_thread_join (thread);
  settle ();
}

#define N_CONTEXTS 400
#define N_SOURCES  3000

typedef struct
{
  MoodMessageQueue *queue;
  gint phase; /* atomic */
} GoingContext;

static gpointer
call_and_release_context (gpointer data)
{
  GoingContext *self = data;
  GMainContext *context = g_main_context_new ();
  Outcome outcome = { 0 };

  /* For the context to take its time when it goes. */
  for (guint i = 0; i < N_SOURCES; i++)
    {
      GSource *source = g_timeout_source_new_seconds (1000);

      g_source_attach (source, context);
      g_source_unref (source);
    }

  g_main_context_push_thread_default (context);
  send_text (self->queue, "x", &outcome);
  while (outcome.calls == 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  g_atomic_int_set (&self->phase, 1);
  while (g_atomic_int_get (&self->phase) != 2)
    ;
  g_main_context_unref (context);

  return NULL;
}

/* One thread releases the main context that calls were made in, and another the queue. */
static void
test_context_goes_with_queue (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);

  for (guint i = 0; i < N_CONTEXTS; i++)
    {
      GoingContext going = { .queue = mood_test_queue_open (name, MOOD_OPEN_RDWR) };
      GThread *thread = g_thread_new ("context", call_and_release_context, &going);
      gint64 until;

      while (g_atomic_int_get (&going.phase) != 1)
        ;
      g_atomic_int_set (&going.phase, 2);
      for (until = g_get_monotonic_time () + i; g_get_monotonic_time () < until;)
        ;
      g_object_unref (going.queue);
      g_thread_join (thread);
      g_free (mood_message_queue_recv (queue, NULL, NULL, NULL));
    }
}

/* In the child, nobody serves the calls of the parent: a new one does not wait behind them. */
static void
test_fork_leaves_the_line (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcome = { 0 };
  pid_t pid;

  receive (queue, NULL, &outcome);
  pid = fork ();
  if (pid == 0)
    {
      GMainContext *context = g_main_context_new ();
      Outcome own = { 0 };

      alarm (MOOD_TEST_LIMIT_SECONDS);
      g_main_context_push_thread_default (context);
      mood_test_send (queue, "own", 0);
      receive (queue, NULL, &own);
      while (own.calls == 0)
        g_main_context_iteration (context, TRUE);
      mood_test_exit_child (g_strcmp0 (own.text, "own") == 0);
    }
  mood_test_await_child (pid);

  mood_test_send (queue, "parent's", 0);
  settle ();
  assert_text (&outcome, "parent's");
}

/* The result that a callback was given. */
typedef struct
{
  GAsyncResult *kept; /* referred to */
  GAsyncResult *seen; /* NULL once it is gone */
  guint n_calls;
} Results;

static void
on_result_kept (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Results *results = user_data;

  results->kept = g_object_ref (result);
  results->n_calls++;
}

static void
on_result_seen (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Results *results = user_data;

  results->seen = result;
  g_object_add_weak_pointer (G_OBJECT (result), (gpointer *) &results->seen);
  results->n_calls++;
}

/* A result that is kept stays what it is when its queue is closed, and whatever calls come after
 * it. */
static void
test_result_is_kept (void)
{
  MoodMessageQueue *queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodMessageQueue *held = queue;
  g_autoptr (GObject) source_object = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *message = NULL;
  Results results = { 0 };
  Outcome outcome = { 0 };
  gsize length;

  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &held);
  mood_test_send (queue, "kept", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_result_kept, &results);
  settle ();
  g_assert_cmpuint (results.n_calls, ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      mood_test_send (queue, "after", 0);
      outcome = (Outcome){ 0 };
      receive (queue, NULL, &outcome);
      settle ();
      assert_text (&outcome, "after");
    }
  g_assert_true (mood_message_queue_close (queue, NULL));

  source_object = g_async_result_get_source_object (results.kept);
  g_assert_true (source_object == G_OBJECT (queue));
  g_assert_true (g_async_result_get_user_data (results.kept) == &results);
  g_assert_true (
      g_async_result_is_tagged (results.kept, (gpointer) mood_message_queue_receive_async));
  g_assert_false (
      g_async_result_is_tagged (results.kept, (gpointer) mood_message_queue_send_async));
  message = mood_message_queue_receive_finish (queue, results.kept, NULL, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (message, length, "kept", 4);

  g_clear_object (&source_object);
  g_object_unref (queue);
  g_assert_nonnull (held);
  g_object_unref (results.kept);
  g_assert_null (held);
}

/* A result that nobody keeps goes, for who looks at it from afar; as do its cancellable and, if
 * nobody asked for it, its message. */
static void
test_result_goes (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GCancellable *cancellable = g_cancellable_new ();
  Results results = { 0 };

  g_object_add_weak_pointer (G_OBJECT (cancellable), (gpointer *) &cancellable);
  mood_test_send (queue, "x", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, cancellable, on_result_seen,
                                    &results);
  g_object_unref (cancellable);
  g_assert_nonnull (cancellable);
  settle ();
  g_assert_cmpuint (results.n_calls, ==, 1);
  g_assert_null (results.seen);
  g_assert_null (cancellable);

  /* Likewise with nobody looking. */
  cancellable = g_cancellable_new ();
  g_object_add_weak_pointer (G_OBJECT (cancellable), (gpointer *) &cancellable);
  mood_message_queue_send_async (queue, (const guint8 *) "x", 1, 0, G_PRIORITY_DEFAULT, cancellable,
                                 NULL, NULL);
  g_object_unref (cancellable);
  settle ();
  g_assert_null (cancellable);
}

/* Not even a task of GIO's that says it is of the same queue and function. */
static void
test_foreign_task (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GTask) task = g_task_new (queue, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  Results results = { 0 };
  Outcome outcome = { 0 };

  g_task_set_source_tag (task, (gpointer) mood_message_queue_receive_async);
  g_task_return_boolean (task, TRUE);
  on_received (G_OBJECT (queue), G_ASYNC_RESULT (task), &outcome);
  assert_failed (&outcome, G_IO_ERROR_INVALID_ARGUMENT, "another call");

  mood_test_send (queue, "x", 0);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_result_kept, &results);
  settle ();
  outcome.calls = 0;
  on_received (G_OBJECT (other), results.kept, &outcome);
  assert_failed (&outcome, G_IO_ERROR_INVALID_ARGUMENT, "another call");
  outcome.calls = 0;
  on_received (G_OBJECT (queue), results.kept, &outcome);
  assert_text (&outcome, "x");
  g_object_unref (results.kept);
}

typedef struct
{
  Outcome outcome;
  GMainContext *context; /* the thread-default one in the callback */
  GInputStream *stream;  /* read in the callback */
  gssize n_read;
} InContext;

static void
on_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  InContext *self = user_data;

  self->n_read = g_input_stream_read_finish (G_INPUT_STREAM (object), result, NULL);
}

static void
on_received_and_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  InContext *self = user_data;
  static char buffer[8];

  on_received (object, result, &self->outcome);
  self->context = g_main_context_get_thread_default ();
  g_input_stream_read_async (self->stream, buffer, sizeof buffer, G_PRIORITY_DEFAULT, NULL, on_read,
                             self);
}

/* In the callback, the main context of the call is the thread-default one, also where it is run
 * without being that: what the callback begins comes back to it. */
static void
test_thread_default_context (gconstpointer data)
{
  gboolean waits = GPOINTER_TO_INT (data);
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data ("1234", 4, NULL);
  InContext in_context = { .stream = stream };

  if (!waits)
    mood_test_send (queue, "x", 0);
  g_main_context_push_thread_default (context);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_and_read,
                                    &in_context);
  g_main_context_pop_thread_default (context);
  if (waits)
    mood_test_send (queue, "x", 0);

  while (g_main_context_iteration (context, FALSE))
    ;
  assert_text (&in_context.outcome, "x");
  g_assert_true (in_context.context == context);
  g_assert_null (g_main_context_get_thread_default ());
  g_assert_cmpint (in_context.n_read, ==, 4);
}

/* What a callback does before it returns. */
typedef struct
{
  Outcome first;
  Outcome next;
  MoodMessageQueue *queue; /* for the next call */
  GCancellable *cancellable;
  int io_priority;
  GMainContext *context;
} Next;

static void
on_received_then_next (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Next *self = user_data;

  on_received (object, result, &self->first);
  if (self->context != NULL)
    g_main_context_push_thread_default (self->context);
  mood_message_queue_receive_async (self->queue, self->io_priority, self->cancellable, on_received,
                                    &self->next);
  if (self->context != NULL)
    g_main_context_pop_thread_default (self->context);
}

/* Has a call wait, be served, and its callback make the next one, which waits. */
static void
serve_then_next (MoodMessageQueue *queue, Next *self)
{
  if (self->queue == NULL)
    self->queue = queue;
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_then_next, self);
  settle ();
  mood_test_send (queue, "first", 0);
  settle ();
  assert_text (&self->first, "first");
  g_assert_cmpuint (self->next.calls, ==, 0);
}

static void
test_next_of_other_priority (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Next next = { .io_priority = G_PRIORITY_LOW };
  Outcome other = { 0 };

  serve_then_next (queue, &next);
  mood_test_send (queue, "next", 0);
  g_idle_add_full (G_PRIORITY_DEFAULT, count_call, &other, NULL);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (other.calls, ==, 1);
  g_assert_cmpuint (next.next.calls, ==, 0);
  settle ();
  assert_text (&next.next, "next");
}

static void
test_next_with_cancellable (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Next next = { .cancellable = cancellable };

  serve_then_next (queue, &next);
  g_cancellable_cancel (cancellable);
  settle ();
  assert_failed (&next.next, G_IO_ERROR_CANCELLED, NULL);
}

static void
test_next_on_other_queue (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other = mood_test_queue_new (MOOD_OPEN_RDWR);
  Next next = { .queue = other };

  serve_then_next (queue, &next);
  mood_test_send (other, "next", 0);
  settle ();
  assert_text (&next.next, "next");
}

static void
test_next_in_other_context (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Next next = { .context = context };

  serve_then_next (queue, &next);
  mood_test_send (queue, "next", 0);
  settle ();
  g_assert_cmpuint (next.next.calls, ==, 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  assert_text (&next.next, "next");
}

static void
on_received_then_send (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Next *self = user_data;

  on_received (object, result, &self->first);
  mood_test_send (MOOD_MESSAGE_QUEUE (object), "fills", 0);
  mood_test_send (MOOD_MESSAGE_QUEUE (object), "it", 0);
  send_text (MOOD_MESSAGE_QUEUE (object), "next", &self->next);
}

/* A call that sends waits for something else than one that receives. */
static void
test_next_sends (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Next next = { 0 };

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_then_send, &next);
  mood_test_send (queue, "first", 0);
  settle ();
  assert_text (&next.first, "first");
  g_assert_cmpuint (next.next.calls, ==, 0);
  g_assert_false (g_main_context_pending (NULL));
  mood_test_assert_received (queue, "fills", 0);
  settle ();
  assert_done (&next.next);
  mood_test_assert_received (queue, "it", 0);
  mood_test_assert_received (queue, "next", 0);
}

/* The next call stands behind one that another main context is to serve: while that does not run,
 * nothing is to be done here for the message that waits. */
static void
test_next_behind_another (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Next next = { .queue = queue };
  Outcome before = { 0 };

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_then_next, &next);
  g_main_context_push_thread_default (context);
  receive (queue, NULL, &before);
  g_main_context_pop_thread_default (context);
  mood_test_send (queue, "first", 0);
  mood_test_send (queue, "before", 0);
  settle ();
  assert_text (&next.first, "first");
  g_assert_false (g_main_context_pending (NULL));

  while (g_main_context_iteration (context, FALSE))
    ;
  assert_text (&before, "before");
  mood_test_send (queue, "next", 0);
  settle ();
  assert_text (&next.next, "next");
}

static void
on_received_then_iterate (GObject *object, GAsyncResult *result, gpointer user_data)
{
  on_received (object, result, user_data);
  mood_test_send (MOOD_MESSAGE_QUEUE (object), "stays", 0);
  settle ();
}

/* A callback that makes no other call leaves nothing that would be ready for the messages that come
 * meanwhile. */
static void
test_no_next (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  guint first_id = get_next_source_id ();
  Outcome outcome = { 0 };
  guint next_id;

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_then_iterate,
                                    &outcome);
  mood_test_send (queue, "x", 0);
  settle ();
  assert_text (&outcome, "x");
  g_assert_false (g_main_context_pending (NULL));
  mood_test_assert_received (queue, "stays", 0);
  next_id = get_next_source_id ();
  for (guint id = first_id; id < next_id; id++)
    {
      GSource *source = g_main_context_find_source_by_id (NULL, id);

      /* What wakes the main context when a queue is closed stays there. */
      g_assert_true (source == NULL ||
                     g_str_equal (g_source_get_name (source), "MoodMessageQueue keeper"));
    }
}

/* Likewise one that was served at once, and that the source of the others does not tell of. */
static void
test_nested_loop_of_other_priority (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome other = { 0 };
  Outcome low = { 0 };

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  receive (queue, NULL, &other);
  mood_message_queue_receive_async (queue, G_PRIORITY_LOW, NULL, on_received_then_iterate, &low);
  settle ();
  assert_text (&other, "1");
  assert_text (&low, "2");
  g_assert_false (g_main_context_pending (NULL));
  mood_test_assert_received (queue, "stays", 0);
}

static void
on_failed_then_next (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Next *self = user_data;

  on_received (object, result, &self->first);
  receive (MOOD_MESSAGE_QUEUE (object), NULL, &self->next);
}

/* Whoever is told that the queue is closed, and asks again, is told again: also while another main
 * context, whose call stands before that, does not run. */
static void
test_next_when_closed (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Outcome between = { 0 };
  Next next = { 0 };

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_failed_then_next, &next);
  g_main_context_push_thread_default (context);
  receive (queue, NULL, &between);
  g_main_context_pop_thread_default (context);
  settle ();

  g_assert_true (mood_message_queue_close (queue, NULL));
  settle ();
  assert_failed (&next.first, G_IO_ERROR_CLOSED, NULL);
  assert_failed (&next.next, G_IO_ERROR_CLOSED, NULL);
  while (g_main_context_iteration (context, FALSE))
    ;
  assert_failed (&between, G_IO_ERROR_CLOSED, NULL);
}

static void
on_received_then_two (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcomes = user_data;

  on_received (object, result, &outcomes[0]);
  receive (MOOD_MESSAGE_QUEUE (object), NULL, &outcomes[1]);
  receive (MOOD_MESSAGE_QUEUE (object), NULL, &outcomes[2]);
}

/* A callback may make several calls. */
static void
test_next_two (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcomes[3] = { 0 };
  char text[] = "0";

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_then_two,
                                    outcomes);
  settle ();
  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    {
      mood_test_send (queue, text, 0);
      settle ();
      assert_text (&outcomes[i], text);
      text[0]++;
    }
}

static void
on_received_then_iterate_and_next (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MoodMessageQueue *queue = MOOD_MESSAGE_QUEUE (object);
  Next *self = user_data;

  on_received_then_iterate (object, result, &self->first);
  mood_test_assert_received (queue, "stays", 0);
  receive (queue, NULL, &self->next);
}

/* One that runs a main loop, in which a message comes, and makes the call after that. */
static void
test_next_after_nested_loop (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Next next = { 0 };

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL,
                                    on_received_then_iterate_and_next, &next);
  mood_test_send (queue, "first", 0);
  settle ();
  assert_text (&next.first, "first");
  mood_test_send (queue, "next", 0);
  settle ();
  assert_text (&next.next, "next");
}

static void
on_received_and_waits_again (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_clear_pointer (&outcome->text, g_free);
  on_received (object, result, outcome);
  if (outcome->error == NULL)
    mood_message_queue_receive_async (MOOD_MESSAGE_QUEUE (object), G_PRIORITY_DEFAULT, NULL,
                                      on_received_and_waits_again, outcome);
}

/* Calls that wait, each made by the callback of the one before, have one source; it goes on until
 * the queue is closed. */
static void
test_one_after_the_other (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcome = { 0 };
  guint id;

  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received_and_waits_again,
                                    &outcome);
  settle ();
  id = get_next_source_id ();
  for (guint i = 1; i <= 20; i++)
    {
      mood_test_send (queue, "x", 0);
      settle ();
      g_assert_cmpuint (outcome.calls, ==, i);
      g_assert_false (g_main_context_pending (NULL));
    }
  g_assert_cmpuint (get_next_source_id (), ==, id + 1);

  g_assert_true (mood_message_queue_close (queue, NULL));
  settle ();
  mood_test_assert_error (&outcome.error, G_IO_ERROR_CLOSED, NULL);
}

static guint n_running; /* atomic */

#define N_THREADS  4
#define N_RECEIVES 2000

typedef struct
{
  MoodMessageQueue *queue;
  guint n_received;
  guint n_cancelled;
  guint n_left;
} StormThread;

static void
on_storm_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  StormThread *self = user_data;
  g_autoptr (GError) error = NULL;
  guint8 *message;

  message =
      mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result, NULL, NULL, &error);
  if (message != NULL)
    self->n_received++;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->n_cancelled++;
  else
    g_error ("%s", error->message);
  g_free (message);
  self->n_left--;
}

static gpointer
receive_and_cancel (gpointer data)
{
  StormThread *self = data;
  GMainContext *context = g_main_context_new ();

  self->n_left = N_RECEIVES;
  g_main_context_push_thread_default (context);

  for (guint i = 0; i < N_RECEIVES; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      mood_message_queue_receive_async (self->queue, G_PRIORITY_DEFAULT, cancellable,
                                        on_storm_received, self);
      if (i % 3 == 0)
        g_main_context_iteration (context, FALSE);
      if (i % 2 == 0)
        g_cancellable_cancel (cancellable);
    }
  while (self->n_left > 0)
    g_main_context_iteration (context, TRUE);

  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_atomic_int_add (&n_running, -1);

  return NULL;
}

/* Threads that receive, half of it cancelled at once, against a sender: every message is either
 * received or still in the queue. */
static void
test_storm (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  StormThread threads[N_THREADS] = { 0 };
  GThread *handles[N_THREADS];
  gint64 n_sent = 0;
  gint64 n_received = 0;

  n_running = N_THREADS;
  for (gsize i = 0; i < N_THREADS; i++)
    {
      threads[i].queue = queue;
      handles[i] = g_thread_new ("receiver", receive_and_cancel, &threads[i]);
    }

  while (g_atomic_int_get (&n_running) > 0)
    {
      g_autoptr (GError) error = NULL;

      if (mood_message_queue_send_with_timeout (queue, (const guint8 *) "x", 1, 0, 10000, NULL,
                                                &error) == 1)
        n_sent++;
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }

  for (gsize i = 0; i < N_THREADS; i++)
    {
      g_thread_join (handles[i]);
      n_received += threads[i].n_received;
      g_assert_cmpuint (threads[i].n_received + threads[i].n_cancelled, ==, N_RECEIVES);
    }

  g_assert_cmpint (n_sent, ==, n_received + mood_message_queue_get_curmsgs (queue));
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/async/no-thread", test_no_thread);
  g_test_add_data_func ("/async/receive-at-once", GUINT_TO_POINTER (0), test_receive_at_once);
  g_test_add_data_func ("/async/receive-at-once-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_receive_at_once);
  g_test_add_data_func ("/async/receive-later", GUINT_TO_POINTER (0), test_receive_later);
  g_test_add_data_func ("/async/receive-later-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_receive_later);
  g_test_add_func ("/async/order", test_order);
  g_test_add_func ("/async/cancel", test_cancel);
  g_test_add_func ("/async/no-pushing-in", test_no_pushing_in);
  g_test_add_func ("/async/cancelled-before", test_cancelled_before);
  g_test_add_func ("/async/cancelled-after", test_cancelled_after);
  g_test_add_func ("/async/close", test_close);
  g_test_add_func ("/async/errors", test_errors);
  g_test_add_func ("/async/send", test_send);
  g_test_add_func ("/async/no-callback", test_no_callback);
  g_test_add_func ("/async/result-of-another-call", test_result_of_another_call);
  g_test_add_func ("/async/stolen-wake-up", test_stolen_wake_up);
  g_test_add_func ("/async/holds-queue", test_holds_queue);
  g_test_add_func ("/async/contexts", test_contexts);
  g_test_add_data_func ("/async/nested-loop", GINT_TO_POINTER (FALSE), test_nested_loop);
  g_test_add_data_func ("/async/nested-loop-begun-in-callback", GINT_TO_POINTER (TRUE),
                        test_nested_loop);
  g_test_add_data_func ("/async/nested-loop-after-wait", GINT_TO_POINTER (FALSE),
                        test_nested_loop_after_wait);
  g_test_add_data_func ("/async/nested-loop-after-wait-begun-in-callback", GINT_TO_POINTER (TRUE),
                        test_nested_loop_after_wait);
  g_test_add_func ("/async/priorities-when-served-at-once", test_priorities_when_served_at_once);
  g_test_add_func ("/async/from-another-thread", test_from_another_thread);
  g_test_add_func ("/async/does-not-keep-the-loop", test_does_not_keep_the_loop);
  g_test_add_func ("/async/holds-queue-when-served-at-once", test_holds_queue_when_served_at_once);
  g_test_add_func ("/async/contexts-when-served-at-once", test_contexts_when_served_at_once);
  g_test_add_func ("/async/context-goes", test_context_goes);
  g_test_add_func ("/async/destroyed-source", test_destroyed_source);
  g_test_add_func ("/async/storm", test_storm);
  g_test_add_func ("/async/result-asked-for-twice", test_result_asked_for_twice);
  g_test_add_func ("/async/too-long-in-line", test_too_long_in_line);
  g_test_add_func ("/async/called-while-preparing", test_called_while_preparing);
  g_test_add_func ("/async/context-is-not-taken", test_context_is_not_taken);
  g_test_add_func ("/async/context-goes-with-queue", test_context_goes_with_queue);
  g_test_add_func ("/async/fork-leaves-the-line", test_fork_leaves_the_line);
  g_test_add_func ("/async/result-is-kept", test_result_is_kept);
  g_test_add_func ("/async/result-goes", test_result_goes);
  g_test_add_func ("/async/foreign-task", test_foreign_task);
  g_test_add_data_func ("/async/thread-default-context-when-served-at-once",
                        GINT_TO_POINTER (FALSE), test_thread_default_context);
  g_test_add_data_func ("/async/thread-default-context-after-wait", GINT_TO_POINTER (TRUE),
                        test_thread_default_context);
  g_test_add_func ("/async/next-of-other-priority", test_next_of_other_priority);
  g_test_add_func ("/async/next-with-cancellable", test_next_with_cancellable);
  g_test_add_func ("/async/next-on-other-queue", test_next_on_other_queue);
  g_test_add_func ("/async/next-in-other-context", test_next_in_other_context);
  g_test_add_func ("/async/next-sends", test_next_sends);
  g_test_add_func ("/async/next-behind-another", test_next_behind_another);
  g_test_add_func ("/async/next-when-closed", test_next_when_closed);
  g_test_add_func ("/async/next-two", test_next_two);
  g_test_add_func ("/async/next-after-nested-loop", test_next_after_nested_loop);
  g_test_add_func ("/async/no-next", test_no_next);
  g_test_add_func ("/async/nested-loop-of-other-priority", test_nested_loop_of_other_priority);
  g_test_add_func ("/async/one-after-the-other", test_one_after_the_other);

  return g_test_run ();
}
