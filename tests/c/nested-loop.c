/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Callbacks of watches and receivers that run the main loop themselves: they are not called from
 * within themselves, nothing spins, and nothing that comes meanwhile is missed. */

#include "mood-test.h"

typedef struct _Nested Nested;

struct _Nested
{
  MoodMessageQueue *queue;
  GCancellable *cancellable;
  GSource *source;
  void (*meanwhile) (Nested *self); /* in the main loop that the first callback runs; or NULL */
  guint depth;
  GString *told;
  gboolean is_destroyed;
};

/* As long as there is something to do: a source that stays ready would never let this end. */
static void
run_until_settled (void)
{
  for (guint i = 0; g_main_context_iteration (NULL, FALSE); i++)
    g_assert_cmpuint (i, <, 16);
}

static void
note_call (Nested *self, const char *what)
{
  gboolean is_first = self->told->len == 0;

  g_assert_cmpuint (self->depth, ==, 0);
  g_string_append (self->told, what);

  self->depth++;
  run_until_settled ();
  if (is_first && self->meanwhile != NULL)
    {
      self->meanwhile (self);
      run_until_settled ();
    }
  self->depth--;
}

static gboolean
on_ready (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Nested *self = user_data;

  if (condition == G_IO_IN)
    {
      g_autofree guint8 *message =
          mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, NULL);

      note_call (self, (const char *) message);
      return G_SOURCE_CONTINUE;
    }

  note_call (self, condition == G_IO_NVAL ? "closed" : "cancelled");

  return G_SOURCE_REMOVE;
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  note_call (user_data, (const char *) message);

  return G_SOURCE_CONTINUE;
}

static void
on_destroyed (gpointer user_data)
{
  Nested *self = user_data;

  self->is_destroyed = TRUE;
}

static void
send_message (Nested *self)
{
  mood_test_send (self->queue, "c", 0);
}

static void
close_queue (Nested *self)
{
  g_assert_true (mood_message_queue_close (self->queue, NULL));
}

static void
cancel (Nested *self)
{
  g_cancellable_cancel (self->cancellable);
}

static void
destroy_source (Nested *self)
{
  g_source_destroy (self->source);
}

typedef struct
{
  const char *name;
  gboolean is_receiver;
  void (*meanwhile) (Nested *self);
  const char *told;
} Case;

static const Case cases[] = {
  { "watch/nothing", FALSE, NULL, "ab" },
  { "watch/message", FALSE, send_message, "abc" },
  { "watch/close", FALSE, close_queue, "aclosed" },
  { "watch/cancel", FALSE, cancel, "acancelled" },
  { "watch/destroy", FALSE, destroy_source, "a" },
  { "receiver/nothing", TRUE, NULL, "ab" },
  { "receiver/message", TRUE, send_message, "abc" },
  { "receiver/close", TRUE, close_queue, "a" },
  { "receiver/cancel", TRUE, cancel, "a" },
  { "receiver/destroy", TRUE, destroy_source, "a" },
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GString) told = g_string_new (NULL);
  Nested nested = { .queue = queue,
                    .cancellable = cancellable,
                    .meanwhile = test->meanwhile,
                    .told = told };

  if (test->is_receiver)
    {
      nested.source = mood_message_queue_create_receiver_source (queue, cancellable);
      g_source_set_callback (nested.source, (GSourceFunc) (GCallback) on_message, &nested,
                             on_destroyed);
    }
  else
    {
      nested.source = mood_message_queue_create_source (queue, G_IO_IN, cancellable);
      g_source_set_callback (nested.source, (GSourceFunc) (GCallback) on_ready, &nested,
                             on_destroyed);
    }
  g_source_attach (nested.source, NULL);
  mood_test_send (queue, "a", 0);
  /* Who is told of a message is not told of a cancellation besides. */
  if (test->is_receiver || test->meanwhile != cancel)
    mood_test_send (queue, "b", 0);

  run_until_settled ();
  g_assert_cmpstr (told->str, ==, test->told);

  if (test->meanwhile == NULL || test->meanwhile == send_message)
    {
      /* It is polled again. */
      mood_test_send (queue, "z", 0);
      run_until_settled ();
      g_assert_true (g_str_has_suffix (told->str, "z"));
      g_source_destroy (nested.source);
    }
  g_assert_true (nested.is_destroyed);
  g_source_unref (nested.source);
}

static gboolean
on_cancelled (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  guint *calls = user_data;

  g_assert_cmpuint (condition, ==, 0);
  g_assert_cmpuint (++*calls, ==, 1);

  mood_test_send (queue, "m", 0);
  run_until_settled ();
  mood_test_assert_received (queue, "m", 0);

  return G_SOURCE_CONTINUE;
}

/* Who was told of a cancellation is not told again, whatever its main loop was ready for. */
static void
test_cancelled_before (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GSource *source = mood_message_queue_create_source (queue, G_IO_IN, cancellable);
  guint calls = 0;

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_cancelled, &calls, NULL);
  g_source_attach (source, NULL);
  g_cancellable_cancel (cancellable);

  run_until_settled ();
  g_assert_cmpuint (calls, ==, 1);
  g_source_destroy (source);
  g_source_unref (source);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/nested-loop/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  g_test_add_func ("/nested-loop/watch/cancelled-before", test_cancelled_before);

  return g_test_run ();
}
