/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subscription: receivers on real main loops. */

#include "mood-test.h"

#include <string.h>

typedef struct
{
  GString *messages; /* each followed by its priority and a blank */
  guint calls;
  guint ends_after; /* how many calls until the callback removes the receiver; 0 for never */
  void (*in_callback) (MoodMessageQueue *queue);
  guint destroyed;
  guint id;
} Calls;

static gboolean
note_message (MoodMessageQueue *queue,
              const guint8 *message,
              gsize length,
              guint priority,
              gpointer user_data)
{
  Calls *calls = user_data;

  g_assert_true (MOOD_IS_MESSAGE_QUEUE (queue));
  g_assert_nonnull (message);
  calls->calls++;
  g_string_append_len (calls->messages, (const char *) message, (gssize) length);
  g_string_append_printf (calls->messages, "%u ", priority);
  if (calls->in_callback != NULL)
    calls->in_callback (queue);

  return calls->ends_after != calls->calls;
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  g_assert_cmpuint (message[length], ==, 0);

  return note_message (queue, message, length, priority, user_data);
}

static void
on_destroyed (gpointer user_data)
{
  Calls *calls = user_data;

  calls->destroyed++;
}

static MoodMessageQueue *
new_queue (gint64 maxmsg, MoodOpenFlags flags)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;

  queue = mood_message_queue_new (mood_test_queue_name (), flags | MOOD_OPEN_CREAT, 0600, maxmsg, 8,
                                  &error);
  g_assert_no_error (error);

  return queue;
}

static void
subscribe (MoodMessageQueue *queue, Calls *calls)
{
  calls->messages = g_string_new (NULL);
  calls->id = mood_message_queue_add_receiver_full (queue, G_PRIORITY_DEFAULT, on_message, calls,
                                                    on_destroyed);
  g_assert_cmpuint (calls->id, >, 0);
}

static void
assert_settles_with (Calls *calls, const char *messages)
{
  for (guint i = 0; g_main_context_iteration (NULL, FALSE); i++)
    g_assert_cmpuint (i, <, 16);

  g_assert_cmpstr (calls->messages->str, ==, messages);
}

static void
end (Calls *calls, gboolean is_there)
{
  if (is_there)
    g_assert_true (g_source_remove (calls->id));
  g_assert_cmpuint (calls->destroyed, ==, 1);
  g_assert_null (g_main_context_find_source_by_id (NULL, calls->id));
  g_string_free (calls->messages, TRUE);
}

/* Bytes and priorities, the most urgent first, empty ones too, in either mode of the queue. */
static void
test_messages (gconstpointer data)
{
  MoodOpenFlags mode = (MoodOpenFlags) GPOINTER_TO_UINT (data);
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR | mode);
  Calls calls = { 0 };

  subscribe (queue, &calls);
  assert_settles_with (&calls, "");

  mood_test_send (queue, "low", 0);
  mood_test_send (queue, "", 5);
  mood_test_send (queue, "high", 9);
  assert_settles_with (&calls, "high9 5 low0 ");
  mood_test_send (queue, "more", 1);
  assert_settles_with (&calls, "high9 5 low0 more1 ");
  end (&calls, TRUE);
}

/* A dispatch takes 16 messages and no more: the main loop gets its turn. */
static void
test_cap (void)
{
  const guint n_messages = 20;
  g_autoptr (MoodMessageQueue) queue = NULL;
  Calls calls = { 0 };

  if (!mood_test_in_ipc_namespace ())
    return;

  mood_test_write_limit ("msg_max", "20");
  queue = new_queue (n_messages, MOOD_OPEN_RDWR);
  subscribe (queue, &calls);
  for (guint i = 0; i < n_messages; i++)
    mood_test_send (queue, "x", 0);

  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 16);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 4);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 20);
  end (&calls, TRUE);
}

static void
refill (MoodMessageQueue *queue)
{
  mood_test_send (queue, "again", 0);
}

/* The same where the limits of this machine are all there is: a sender that is as fast as the
 * receiver does not keep the dispatch from ending. */
static void
test_fast_sender (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (2, MOOD_OPEN_RDWR);
  Calls calls = { .in_callback = refill };

  subscribe (queue, &calls);
  mood_test_send (queue, "first", 0);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 16);
  end (&calls, TRUE);
}

/* FALSE leaves what was not handed over in the queue. */
static void
test_returns_false (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR);
  Calls calls = { .ends_after = 2 };

  for (guint i = 0; i < 4; i++)
    mood_test_send (queue, "x", i);
  subscribe (queue, &calls);
  assert_settles_with (&calls, "x3 x2 ");
  end (&calls, FALSE);
  mood_test_assert_received (queue, "x", 1);
  mood_test_assert_received (queue, "x", 0);
}

static void
remove_current_source (MoodMessageQueue *queue)
{
  g_source_destroy (g_main_current_source ());
}

static void
close_queue (MoodMessageQueue *queue)
{
  g_assert_true (mood_message_queue_close (queue, NULL));
}

/* Removed or closed in its own callback, that was its last message. */
static void
test_ends_in_callback (gconstpointer data)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_RDWR);
  Calls calls = { .in_callback = GPOINTER_TO_INT (data) ? close_queue : remove_current_source };

  mood_test_send (queue, "stays", 0);
  mood_test_send (queue, "taken", 1);
  subscribe (queue, &calls);
  assert_settles_with (&calls, "taken1 ");
  end (&calls, FALSE);
  mood_test_assert_received (other, "stays", 0);
  g_assert_cmpint (mood_message_queue_get_curmsgs (other), ==, 0);
}

/* Closing ends it, before or after it was made; so does a queue that never was opened. */
static void
test_closed (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  Calls calls[3] = { 0 };

  mood_test_send (queue, "stays", 0);
  subscribe (queue, &calls[0]);
  g_assert_true (mood_message_queue_close (queue, NULL));
  subscribe (queue, &calls[1]);
  subscribe (uninitialized, &calls[2]);

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      assert_settles_with (&calls[i], "");
      end (&calls[i], FALSE);
    }
}

static void
test_write_only (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) sender =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_WRONLY);
  Calls calls = { 0 };

  mood_test_send (queue, "x", 0);
  subscribe (sender, &calls);
  assert_settles_with (&calls, "");
  g_assert_true (mood_message_queue_close (sender, NULL));
  assert_settles_with (&calls, "");
  end (&calls, FALSE);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 1);
}

static void
test_cancelled (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) source = mood_message_queue_create_receiver_source (queue, cancellable);
  Calls calls = { .messages = g_string_new (NULL) };

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_message, &calls, on_destroyed);
  g_source_attach (source, context);
  mood_test_send (queue, "a", 0);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (calls.calls, ==, 1);

  mood_test_send (queue, "stays", 0);
  g_cancellable_cancel (cancellable);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (calls.calls, ==, 1);
  g_assert_cmpuint (calls.destroyed, ==, 1);
  g_assert_true (g_source_is_destroyed (source));
  mood_test_assert_received (queue, "stays", 0);
  g_string_free (calls.messages, TRUE);
}

static gboolean
on_closure (MoodMessageQueue *queue, GBytes *message, guint priority, gpointer user_data)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (message, &length);

  return note_message (queue, bytes != NULL ? bytes : (const guint8 *) "", length, priority,
                       user_data);
}

static void
test_closure (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue (4, MOOD_OPEN_RDWR);
  g_autoptr (GSource) source = mood_message_queue_create_receiver_source (queue, NULL);
  Calls calls = { .messages = g_string_new (NULL), .ends_after = 2 };

  g_source_set_closure (source, g_cclosure_new (G_CALLBACK (on_closure), &calls, NULL));
  g_source_attach (source, NULL);
  mood_test_send (queue, "a", 7);
  mood_test_send (queue, "", 3);
  assert_settles_with (&calls, "a7 3 ");
  g_assert_true (g_source_is_destroyed (source));
  g_string_free (calls.messages, TRUE);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_data_func ("/subscription/messages", GUINT_TO_POINTER (0), test_messages);
  g_test_add_data_func ("/subscription/messages-nonblocking", GUINT_TO_POINTER (MOOD_OPEN_NONBLOCK),
                        test_messages);
  g_test_add_func ("/subscription/cap", test_cap);
  g_test_add_func ("/subscription/fast-sender", test_fast_sender);
  g_test_add_func ("/subscription/returns-false", test_returns_false);
  g_test_add_data_func ("/subscription/removed-in-callback", GINT_TO_POINTER (FALSE),
                        test_ends_in_callback);
  g_test_add_data_func ("/subscription/closed-in-callback", GINT_TO_POINTER (TRUE),
                        test_ends_in_callback);
  g_test_add_func ("/subscription/closed", test_closed);
  g_test_add_func ("/subscription/write-only", test_write_only);
  g_test_add_func ("/subscription/cancelled", test_cancelled);
  g_test_add_func ("/subscription/closure", test_closure);

  return g_test_run ();
}
