/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cancelling at any moment: a message is either delivered or still in the queue, never lost
 * between. */

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

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/cancel/no-message-is-lost", test_no_message_is_lost);

  return g_test_run ();
}
