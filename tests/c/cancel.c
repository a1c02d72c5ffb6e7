/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cancelling at any moment, and many calls at once: a message is either delivered or still in the
 * queue, never lost between. */

#include "mood-test.h"

#include <pthread.h>
#include <string.h>

#define N_MESSAGES  100000u
#define N_RECEIVERS 2

typedef struct
{
  MoodMessageQueue *queue;
  GCancellable *cancellable; /* under lock: the one of the call that is under way */
  pthread_mutex_t lock;      /* and no GMutex, which ThreadSanitizer cannot see */
  gboolean done;             /* atomic */
  guint8 *seen;              /* how often each message was received; each is in one place only */
  guint n_received;
  guint n_cancelled;
} Receiver;

static gpointer
receive_all (gpointer data)
{
  Receiver *self = data;

  for (;;)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      guint32 number = 0;
      guint8 buffer[64];
      gssize length;

      pthread_mutex_lock (&self->lock);
      g_set_object (&self->cancellable, cancellable);
      pthread_mutex_unlock (&self->lock);

      length = mood_message_queue_receive_into (self->queue, buffer, sizeof buffer, NULL,
                                                cancellable, &error);
      if (length == 0)
        break;

      if (length == -1)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          self->n_cancelled++;
          continue;
        }

      g_assert_cmpint (length, ==, sizeof number);
      memcpy (&number, buffer, sizeof number);
      g_assert_cmpuint (number, <, N_MESSAGES);
      self->seen[number]++;
      self->n_received++;
    }

  g_atomic_int_set (&self->done, TRUE);

  return NULL;
}

static gpointer
cancel_at_random (gpointer data)
{
  Receiver *self = data;

  while (!g_atomic_int_get (&self->done))
    {
      g_autoptr (GCancellable) cancellable = NULL;

      for (gint32 i = g_random_int_range (0, 20); i > 0; i--)
        g_thread_yield ();

      pthread_mutex_lock (&self->lock);
      if (self->cancellable != NULL)
        cancellable = g_object_ref (self->cancellable);
      pthread_mutex_unlock (&self->lock);

      if (cancellable != NULL)
        g_cancellable_cancel (cancellable);
    }

  return NULL;
}

static void
test_no_message_is_lost (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree guint8 *seen = g_malloc0 (N_MESSAGES);
  Receiver receivers[N_RECEIVERS] = { 0 };
  GThread *threads[N_RECEIVERS];
  GThread *cancellers[N_RECEIVERS];
  g_autoptr (GError) error = NULL;
  guint n_received = 0;
  guint n_cancelled = 0;

  for (gsize i = 0; i < N_RECEIVERS; i++)
    {
      pthread_mutex_init (&receivers[i].lock, NULL);
      receivers[i].queue = queue;
      receivers[i].seen = seen;
      threads[i] = g_thread_new ("receiver", receive_all, &receivers[i]);
      cancellers[i] = g_thread_new ("canceller", cancel_at_random, &receivers[i]);
    }

  for (guint32 number = 0; number < N_MESSAGES; number++)
    g_assert_cmpint (mood_message_queue_send (queue, (const guint8 *) &number, sizeof number, 1,
                                              NULL, &error),
                     ==, sizeof number);
  g_assert_no_error (error);

  /* An empty message for each, of a lower priority than all others, is the end. */
  for (gsize i = 0; i < N_RECEIVERS; i++)
    mood_test_send (queue, "", 0);

  for (gsize i = 0; i < N_RECEIVERS; i++)
    {
      g_thread_join (threads[i]);
      g_thread_join (cancellers[i]);
      n_received += receivers[i].n_received;
      n_cancelled += receivers[i].n_cancelled;
      g_clear_object (&receivers[i].cancellable);
      pthread_mutex_destroy (&receivers[i].lock);
    }

  g_test_message ("%u received, %u calls cancelled", n_received, n_cancelled);
  g_assert_cmpuint (n_received, ==, N_MESSAGES);
  g_assert_cmpuint (n_cancelled, >, 0);
  for (guint32 number = 0; number < N_MESSAGES; number++)
    g_assert_cmpuint (seen[number], ==, 1);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
}

typedef gboolean (*Call) (MoodMessageQueue *queue, GCancellable *cancellable, GError **error);

static const gsize one_byte[] = { 1 };

static gboolean
call_receive (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return mood_message_queue_receive (queue, NULL, NULL, cancellable, error) != NULL;
}

static gboolean
call_receive_with_timeout (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return mood_message_queue_receive_with_timeout (queue, NULL, NULL, G_MAXINT64, cancellable,
                                                  error) != NULL;
}

static gboolean
call_receive_many (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return mood_message_queue_receive_many (queue, 2, -1, NULL, NULL, NULL, NULL, NULL, cancellable,
                                          error) != NULL;
}

static gboolean
call_condition_wait (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return g_datagram_based_condition_wait (G_DATAGRAM_BASED (queue), G_IO_IN, -1, cancellable,
                                          error);
}

static gboolean
call_send (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return mood_message_queue_send (queue, (const guint8 *) "x", 1, 0, cancellable, error) != -1;
}

static gboolean
call_sendall (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return mood_message_queue_sendall (queue, (const guint8 *) "x", 1, 0, NULL, cancellable, error);
}

static gboolean
call_send_many (MoodMessageQueue *queue, GCancellable *cancellable, GError **error)
{
  return mood_message_queue_send_many (queue, (const guint8 *) "x", 1, one_byte, 1, NULL, 0, -1,
                                       cancellable, error) != -1;
}

typedef struct
{
  MoodMessageQueue *queue;
  GCancellable *cancellable;
  Call call;
  int thread_id; /* atomic */
  GError *error;
} Caller;

static gpointer
run_call (gpointer data)
{
  Caller *caller = data;

  g_atomic_int_set (&caller->thread_id, mood_test_thread_id ());
  g_assert_false (caller->call (caller->queue, caller->cancellable, &caller->error));

  return NULL;
}

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_assert_null (mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result, NULL, NULL,
                                                    user_data));
}

static void
on_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_assert_false (mood_message_queue_send_finish (MOOD_MESSAGE_QUEUE (object), result, user_data));
}

static gboolean
on_watch (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  guint *n_calls = user_data;

  g_assert_cmpuint (condition, ==, 0);
  (*n_calls)++;

  return G_SOURCE_REMOVE;
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  g_assert_not_reached ();
}

/* One cancellable for calls of every kind, in threads and on the main loop: it ends all of them,
 * and no message has moved. */
static void
test_shared (void)
{
  static const Call receiving[] = { call_receive, call_receive_with_timeout, call_receive_many,
                                    call_condition_wait };
  static const Call sending[] = { call_send, call_sendall, call_send_many };
  const gsize n_receiving = G_N_ELEMENTS (receiving);
  g_autoptr (MoodMessageQueue) empty = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) full = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) watch = NULL;
  g_autoptr (GSource) receiver = NULL;
  Caller callers[G_N_ELEMENTS (receiving) + G_N_ELEMENTS (sending)] = { 0 };
  GThread *threads[G_N_ELEMENTS (callers)];
  GError *async_errors[2] = { NULL, NULL };
  guint n_watch_calls = 0;

  mood_test_send (full, "1", 0);
  mood_test_send (full, "2", 0);

  for (gsize i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      callers[i].queue = i < n_receiving ? empty : full;
      callers[i].call = i < n_receiving ? receiving[i] : sending[i - n_receiving];
      callers[i].cancellable = cancellable;
      threads[i] = g_thread_new ("caller", run_call, &callers[i]);
      while (g_atomic_int_get (&callers[i].thread_id) == 0)
        g_thread_yield ();
      mood_test_wait_until_in_system_call (callers[i].thread_id, MOOD_TEST_POLL);
    }

  mood_message_queue_receive_async (empty, G_PRIORITY_DEFAULT, cancellable, on_received,
                                    &async_errors[0]);
  mood_message_queue_send_async (full, (const guint8 *) "x", 1, 0, G_PRIORITY_DEFAULT, cancellable,
                                 on_sent, &async_errors[1]);
  watch = mood_message_queue_create_source (empty, G_IO_IN, cancellable);
  g_source_set_callback (watch, (GSourceFunc) (GCallback) on_watch, &n_watch_calls, NULL);
  g_source_attach (watch, NULL);
  receiver = mood_message_queue_create_receiver_source (empty, cancellable);
  g_source_set_callback (receiver, (GSourceFunc) (GCallback) on_message, NULL, NULL);
  g_source_attach (receiver, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (async_errors[0]);
  g_assert_null (async_errors[1]);

  g_cancellable_cancel (cancellable);
  for (gsize i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      g_thread_join (threads[i]);
      mood_test_assert_error (&callers[i].error, G_IO_ERROR_CANCELLED,
                              mood_message_queue_get_name (callers[i].queue), NULL);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  for (gsize i = 0; i < G_N_ELEMENTS (async_errors); i++)
    mood_test_assert_error (&async_errors[i], G_IO_ERROR_CANCELLED, NULL);
  g_assert_cmpuint (n_watch_calls, ==, 1);
  g_assert_true (g_source_is_destroyed (receiver));

  g_assert_cmpint (mood_message_queue_get_curmsgs (empty), ==, 0);
  mood_test_assert_received (full, "1", 0);
  mood_test_assert_received (full, "2", 0);
  g_assert_cmpint (mood_message_queue_get_curmsgs (full), ==, 0);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/cancel/no-message-is-lost", test_no_message_is_lost);
  g_test_add_func ("/cancel/shared", test_shared);

  return g_test_run ();
}
