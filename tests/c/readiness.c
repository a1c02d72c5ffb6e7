/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Readiness: sources and watches on real main loops. */

#include "mood-test.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct
{
  guint calls;
  GIOCondition condition;
  gboolean keep;
  MoodMessageQueue *queue;
  GMainLoop *loop;
  guint destroyed;
} Calls;

static gboolean
on_ready (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Calls *calls = user_data;

  g_assert_true (MOOD_IS_MESSAGE_QUEUE (queue));
  calls->calls++;
  calls->condition = condition;
  calls->queue = queue;
  if (calls->loop != NULL)
    g_main_loop_quit (calls->loop);

  return calls->keep;
}

static void
on_destroyed (gpointer user_data)
{
  Calls *calls = user_data;

  calls->destroyed++;
}

static GSource *
attach_source (MoodMessageQueue *queue,
               GIOCondition condition,
               GCancellable *cancellable,
               Calls *calls)
{
  GSource *source = mood_message_queue_create_source (queue, condition, cancellable);

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_ready, calls, on_destroyed);
  g_source_attach (source, NULL);

  return source;
}

/* Dispatches what is ready, and nothing more: a source that is ready without end would never let
 * this return. */
static void
assert_settles_after (Calls *calls, guint n_calls)
{
  for (guint i = 0; g_main_context_iteration (NULL, FALSE); i++)
    g_assert_cmpuint (i, <, 16);

  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (calls->calls, ==, n_calls);
}

static void
end_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
test_in (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source = attach_source (queue, G_IO_IN, NULL, &calls);

  assert_settles_after (&calls, 0);

  mood_test_send (queue, "x", 0);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  g_assert_true (calls.queue == queue);

  /* Ready as long as the message is there. */
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 2);
  mood_test_assert_received (queue, "x", 0);
  assert_settles_after (&calls, 2);

  end_source (source);
  g_assert_cmpuint (calls.destroyed, ==, 1);
}

static void
test_out (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source;

  mood_test_send (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  source = attach_source (queue, G_IO_OUT, NULL, &calls);
  assert_settles_after (&calls, 0);

  mood_test_assert_received (queue, "1", 0);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_OUT);
  end_source (source);
}

static void
test_both (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source = attach_source (queue, G_IO_IN | G_IO_OUT, NULL, &calls);

  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (calls.condition, ==, G_IO_OUT);
  mood_test_send (queue, "1", 0);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN | G_IO_OUT);
  mood_test_send (queue, "2", 0);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  g_assert_cmpuint (calls.calls, ==, 3);
  end_source (source);
}

static void
test_remove (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_REMOVE };
  GSource *source = attach_source (queue, G_IO_IN, NULL, &calls);

  mood_test_send (queue, "x", 0);
  assert_settles_after (&calls, 1);
  g_assert_true (g_source_is_destroyed (source));
  g_assert_cmpuint (calls.destroyed, ==, 1);
  g_source_unref (source);
}

/* The kernel reports IN and OUT whatever the queue was opened for. */
static void
test_masked (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  Calls sender_calls = { .keep = G_SOURCE_CONTINUE };
  Calls receiver_calls = { .keep = G_SOURCE_CONTINUE };
  Calls nothing_calls = { .keep = G_SOURCE_CONTINUE };
  GSource *sender_source;
  GSource *receiver_source;
  GSource *nothing_source;

  /* There is a message and there is room. */
  mood_test_send (queue, "x", 0);
  sender_source = attach_source (sender, G_IO_IN, NULL, &sender_calls);
  receiver_source = attach_source (receiver, G_IO_OUT, NULL, &receiver_calls);
  nothing_source = attach_source (queue, 0, NULL, &nothing_calls);
  assert_settles_after (&sender_calls, 0);
  assert_settles_after (&receiver_calls, 0);
  assert_settles_after (&nothing_calls, 0);

  /* Closing is told all the same. */
  mood_message_queue_close (sender, NULL);
  mood_message_queue_close (receiver, NULL);
  mood_message_queue_close (queue, NULL);
  assert_settles_after (&sender_calls, 1);
  assert_settles_after (&receiver_calls, 1);
  assert_settles_after (&nothing_calls, 1);
  g_assert_cmpuint (sender_calls.condition, ==, G_IO_NVAL);
  g_assert_cmpuint (receiver_calls.condition, ==, G_IO_NVAL);
  g_assert_cmpuint (nothing_calls.condition, ==, G_IO_NVAL);

  end_source (sender_source);
  end_source (receiver_source);
  end_source (nothing_source);
}

/* A full queue, an empty one and an unlinked one: none is ready for what it cannot do. */
static void
test_no_spinning (void)
{
  g_autoptr (MoodMessageQueue) full = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) empty = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) unlinked = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *sources[3];

  mood_test_send (full, "1", 0);
  mood_test_send (full, "2", 0);
  g_assert_true (mood_message_queue_unlink (unlinked, NULL));

  sources[0] = attach_source (full, G_IO_OUT | G_IO_ERR | G_IO_HUP, NULL, &calls);
  sources[1] = attach_source (empty, G_IO_IN | G_IO_PRI, NULL, &calls);
  sources[2] = attach_source (unlinked, G_IO_IN | G_IO_HUP, NULL, &calls);
  assert_settles_after (&calls, 0);

  mood_test_send (unlinked, "still works", 0);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  mood_test_assert_received (unlinked, "still works", 0);
  assert_settles_after (&calls, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    end_source (sources[i]);
}

/* One last call, for a source that its callback keeps. */
static void
test_closed_once (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  int fd = mood_message_queue_fileno (queue);
  GSource *source;

  mood_test_send (queue, "x", 0);
  source = attach_source (queue, G_IO_IN, NULL, &calls);
  g_assert_true (mood_message_queue_close (queue, NULL));
  /* A source does not keep the descriptor. */
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  g_assert_false (g_source_is_destroyed (source));
  end_source (source);
}

/* The descriptor was closed behind the queue's back: no spinning then either. */
static void
test_foreign_close (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source = attach_source (queue, G_IO_IN, NULL, &calls);

  g_assert_cmpint (close (mood_message_queue_fileno (queue)), ==, 0);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  end_source (source);
  g_assert_false (mood_message_queue_close (queue, NULL));
}

static void
test_made_after_close (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source;

  g_assert_true (mood_message_queue_close (queue, NULL));
  source = attach_source (queue, G_IO_IN, NULL, &calls);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  end_source (source);

  source = attach_source (uninitialized, G_IO_IN | G_IO_OUT, NULL, &calls);
  assert_settles_after (&calls, 2);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  end_source (source);
}

static gboolean
close_in_callback (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  on_ready (queue, condition, user_data);
  g_assert_true (mood_message_queue_close (queue, NULL));

  return G_SOURCE_CONTINUE;
}

static void
test_close_in_callback (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  guint id;

  mood_test_send (queue, "x", 0);
  id = mood_message_queue_add_watch (queue, G_IO_IN, close_in_callback, &calls);
  assert_settles_after (&calls, 2);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  g_assert_true (g_source_remove (id));
}

static gpointer
close_when_loop_waits (gpointer data)
{
  gpointer *arguments = data;

  mood_test_wait_until_in_main_loop (GPOINTER_TO_INT (arguments[1]));
  g_assert_true (mood_message_queue_close (arguments[0], NULL));

  return NULL;
}

/* The loop sleeps in poll when another thread closes: it has to wake up. */
static void
test_closed_from_another_thread (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Calls calls = { .loop = loop };
  GSource *source = attach_source (queue, G_IO_IN, NULL, &calls);
  gpointer arguments[2] = { queue, GINT_TO_POINTER (mood_test_thread_id ()) };
  GThread *thread = g_thread_new ("closer", close_when_loop_waits, arguments);

  g_main_loop_run (loop);
  g_thread_join (thread);
  g_assert_cmpuint (calls.calls, ==, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  g_source_unref (source);
}

static void
test_cancelled (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source = attach_source (queue, G_IO_IN, cancellable, &calls);

  assert_settles_after (&calls, 0);
  g_cancellable_cancel (cancellable);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, 0);
  end_source (source);

  /* Cancelled before. */
  source = attach_source (queue, G_IO_IN, cancellable, &calls);
  assert_settles_after (&calls, 2);
  g_assert_cmpuint (calls.condition, ==, 0);
  end_source (source);
}

static void
test_other_context (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GMainContext) context = g_main_context_new ();
  Calls calls = { .keep = G_SOURCE_REMOVE };
  g_autoptr (GSource) source = mood_message_queue_create_source (queue, G_IO_IN, NULL);

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_ready, &calls, NULL);
  g_source_attach (source, context);
  mood_test_send (queue, "x", 0);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (calls.calls, ==, 1);
}

static void
test_never_attached (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  GSource *source = mood_message_queue_create_source (queue, G_IO_IN, NULL);
  GSource *other = mood_message_queue_create_source (queue, G_IO_IN, NULL);

  g_source_unref (source);
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_source_unref (other);
}

/* A source without a callback does not stay ready for ever. */
static void
test_without_callback (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GSource) source = mood_message_queue_create_source (queue, G_IO_OUT, NULL);
  Calls calls = { 0 };

  g_source_attach (source, NULL);
  assert_settles_after (&calls, 0);
  g_assert_true (g_source_is_destroyed (source));
}

/* The source keeps the queue alive, and lets it go when it is destroyed. */
static void
test_holds_queue (void)
{
  MoodMessageQueue *queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodMessageQueue *watched = queue;
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  guint id;

  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &watched);
  id = mood_message_queue_add_watch_full (queue, G_PRIORITY_HIGH, G_IO_OUT, on_ready, &calls,
                                          on_destroyed);
  g_assert_cmpint (g_source_get_priority (g_main_context_find_source_by_id (NULL, id)), ==,
                   G_PRIORITY_HIGH);
  g_object_unref (queue);
  g_assert_nonnull (watched);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (calls.calls, ==, 1);

  g_assert_true (g_source_remove (id));
  g_assert_cmpuint (calls.destroyed, ==, 1);
  g_assert_null (watched);
}

static gboolean
on_closure (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  return on_ready (queue, condition, user_data);
}

/* As bindings connect: a closure that gets the queue and the condition. */
static void
test_closure (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GSource) source = mood_message_queue_create_source (queue, G_IO_IN, NULL);
  Calls calls = { .keep = G_SOURCE_REMOVE };

  g_source_set_closure (source, g_cclosure_new (G_CALLBACK (on_closure), &calls, NULL));
  g_source_attach (source, NULL);
  mood_test_send (queue, "x", 0);
  assert_settles_after (&calls, 1);
  g_assert_true (calls.queue == queue);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  g_assert_true (g_source_is_destroyed (source));
}

#define N_WATCHERS     4
#define N_CLOSE_ROUNDS 300

typedef struct
{
  MoodMessageQueue *queue;
  guint n_started; /* atomic */
} Watched;

/* Makes sources and drops them until one is told that the queue is closed, which it is told once.
 */
static gpointer
watch_until_closed (gpointer data)
{
  Watched *watched = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  Calls calls = { .keep = G_SOURCE_CONTINUE };

  g_atomic_int_inc (&watched->n_started);
  while (calls.calls == 0)
    {
      GSource *source = mood_message_queue_create_source (watched->queue, G_IO_IN, NULL);

      g_source_set_callback (source, (GSourceFunc) (GCallback) on_ready, &calls, NULL);
      g_source_attach (source, context);
      g_main_context_iteration (context, FALSE);
      if (mood_message_queue_is_closed (watched->queue))
        while (calls.calls == 0)
          g_main_context_iteration (context, TRUE);
      end_source (source);
    }

  g_assert_cmpuint (calls.calls, ==, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);

  return NULL;
}

/* A main context that goes with its source while the queue is closed. */
static gpointer
let_context_go (gpointer data)
{
  Watched *watched = data;
  GMainContext *context = g_main_context_new ();
  Calls calls = { .keep = G_SOURCE_CONTINUE };
  GSource *source = mood_message_queue_create_source (watched->queue, G_IO_IN, NULL);

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_ready, &calls, NULL);
  g_source_attach (source, context);
  g_source_unref (source);
  /* It takes its time to go. */
  for (guint i = 0; i < 500; i++)
    {
      GSource *other = g_timeout_source_new_seconds (MOOD_TEST_LIMIT_SECONDS);

      g_source_attach (other, context);
      g_source_unref (other);
    }
  g_main_context_iteration (context, FALSE);
  g_atomic_int_inc (&watched->n_started);
  g_main_context_unref (context);

  return NULL;
}

static void
test_context_goes_while_closing (void)
{
  for (guint round = 0; round < N_CLOSE_ROUNDS; round++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      Watched watched = { .queue = queue };
      GThread *thread;

      g_assert_true (mood_message_queue_unlink (queue, NULL));
      thread = g_thread_new ("goes", let_context_go, &watched);
      while (g_atomic_int_get (&watched.n_started) == 0)
        ;
      for (guint i = 0; i < round; i++)
        g_atomic_int_get (&watched.n_started);
      g_assert_true (mood_message_queue_close (queue, NULL));
      g_thread_join (thread);
    }
}

/* A close that comes at any moment in the life of a source is told, and meets none that is gone. */
static void
test_sources_while_closing (void)
{
  for (guint round = 0; round < N_CLOSE_ROUNDS; round++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      Watched watched = { .queue = queue };
      GThread *threads[N_WATCHERS];

      g_assert_true (mood_message_queue_unlink (queue, NULL));
      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("watcher", watch_until_closed, &watched);
      while (g_atomic_int_get (&watched.n_started) < N_WATCHERS)
        g_thread_yield ();

      g_assert_true (mood_message_queue_close (queue, NULL));
      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    }
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/readiness/in", test_in);
  g_test_add_func ("/readiness/out", test_out);
  g_test_add_func ("/readiness/both", test_both);
  g_test_add_func ("/readiness/remove", test_remove);
  g_test_add_func ("/readiness/masked", test_masked);
  g_test_add_func ("/readiness/no-spinning", test_no_spinning);
  g_test_add_func ("/readiness/closed-once", test_closed_once);
  g_test_add_func ("/readiness/foreign-close", test_foreign_close);
  g_test_add_func ("/readiness/made-after-close", test_made_after_close);
  g_test_add_func ("/readiness/close-in-callback", test_close_in_callback);
  g_test_add_func ("/readiness/closed-from-another-thread", test_closed_from_another_thread);
  g_test_add_func ("/readiness/sources-while-closing", test_sources_while_closing);
  g_test_add_func ("/readiness/context-goes-while-closing", test_context_goes_while_closing);
  g_test_add_func ("/readiness/cancelled", test_cancelled);
  g_test_add_func ("/readiness/other-context", test_other_context);
  g_test_add_func ("/readiness/never-attached", test_never_attached);
  g_test_add_func ("/readiness/without-callback", test_without_callback);
  g_test_add_func ("/readiness/holds-queue", test_holds_queue);
  g_test_add_func ("/readiness/closure", test_closure);

  return g_test_run ();
}
