/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Four threads that send and receive in every way there is on one object, cancel each other, time
 * out, and close the object under each other: at the end every message that was sent has been
 * received once, and none that was not. It lasts until there were enough turns, or as many seconds
 * as MOOD_TEST_STORM_SECONDS says. */

#include "mood-test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define N_THREADS 4
#define N_TURNS   5000u /* of each thread */

#define MAX_BATCH 3

/* More than a thread can send in an hour. Memory that is not touched costs nothing. */
#define MAX_NUMBERS (1u << 24)

#define LONGEST_WAIT_US 2000

typedef struct
{
  guint32 sender;
  guint32 number;
} Content;

typedef struct
{
  guint32 index;
  GRand *random;
  GCancellable *cancellable; /* under the lock of the storm: the one of the call under way */
  guint8 *seen;              /* atomic: how often each message of this thread was received */
  guint32 n_sent;
  guint n_received;
  guint n_cancelled;
  guint n_timed_out;
  guint n_closed;
} Member;

static struct
{
  const char *name;
  pthread_mutex_t lock;    /* of a kind that is known to thread checkers */
  MoodMessageQueue *queue; /* under the lock: the object that all use at this moment */
  Member members[N_THREADS];
  gint64 end; /* on the monotonic clock; 0 to count turns */
} storm = { .lock = PTHREAD_MUTEX_INITIALIZER };

static MoodMessageQueue *
get_queue (void)
{
  MoodMessageQueue *queue;

  pthread_mutex_lock (&storm.lock);
  queue = g_object_ref (storm.queue);
  pthread_mutex_unlock (&storm.lock);

  return queue;
}

static void
close_queue (void)
{
  MoodMessageQueue *queue = mood_test_queue_open (storm.name, MOOD_OPEN_RDWR);
  MoodMessageQueue *closed;

  pthread_mutex_lock (&storm.lock);
  closed = storm.queue;
  storm.queue = queue;
  pthread_mutex_unlock (&storm.lock);

  g_assert_true (mood_message_queue_close (closed, NULL));
  g_object_unref (closed);
}

static GCancellable *
begin_cancellable (Member *self)
{
  GCancellable *cancellable = g_cancellable_new ();

  pthread_mutex_lock (&storm.lock);
  g_set_object (&self->cancellable, cancellable);
  pthread_mutex_unlock (&storm.lock);

  return cancellable;
}

static void
cancel_another (Member *self)
{
  g_autoptr (GCancellable) cancellable = NULL;
  Member *other = &storm.members[g_rand_int_range (self->random, 0, N_THREADS)];

  pthread_mutex_lock (&storm.lock);
  if (other->cancellable != NULL)
    cancellable = g_object_ref (other->cancellable);
  pthread_mutex_unlock (&storm.lock);

  g_cancellable_cancel (cancellable);
}

static gint64
choose_timeout (Member *self)
{
  return g_rand_int_range (self->random, 0, LONGEST_WAIT_US);
}

static void
note_error (Member *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->n_cancelled++;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    self->n_closed++;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
           g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    self->n_timed_out++;
  else
    g_error ("%s", error->message);
}

static void
note_received (Member *self, const guint8 *message, gsize length)
{
  Content content;
  guint8 *seen;

  g_assert_cmpuint (length, ==, sizeof content);
  memcpy (&content, message, sizeof content);
  g_assert_cmpuint (content.sender, <, N_THREADS);
  g_assert_cmpuint (content.number, <, MAX_NUMBERS);
  seen = &storm.members[content.sender].seen[content.number];
  g_assert_cmpuint (__atomic_add_fetch (seen, 1, __ATOMIC_RELAXED), ==, 1);
  self->n_received++;
}

static void
send_one (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  Content content = { self->index, self->n_sent };
  g_autoptr (GError) error = NULL;

  if (mood_message_queue_send_with_timeout (queue, (const guint8 *) &content, sizeof content, 0,
                                            choose_timeout (self), cancellable, &error) != -1)
    self->n_sent++;
  else
    note_error (self, error);
}

static void
send_several (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  Content contents[MAX_BATCH];
  gsize sizes[MAX_BATCH];
  g_autoptr (GError) error = NULL;
  gssize n_sent;

  for (guint32 i = 0; i < MAX_BATCH; i++)
    {
      contents[i] = (Content){ self->index, self->n_sent + i };
      sizes[i] = sizeof contents[i];
    }
  n_sent =
      mood_message_queue_send_many (queue, (const guint8 *) contents, sizeof contents, sizes,
                                    MAX_BATCH, NULL, 0, choose_timeout (self), cancellable, &error);
  if (n_sent != -1)
    self->n_sent += (guint32) n_sent;
  else
    note_error (self, error);
}

static void
send_datagrams (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  Content contents[MAX_BATCH];
  GOutputVector vectors[MAX_BATCH];
  GOutputMessage messages[MAX_BATCH] = { 0 };
  g_autoptr (GError) error = NULL;
  int n_sent;

  for (guint32 i = 0; i < MAX_BATCH; i++)
    {
      contents[i] = (Content){ self->index, self->n_sent + i };
      vectors[i] = (GOutputVector){ &contents[i], sizeof contents[i] };
      messages[i].vectors = &vectors[i];
      messages[i].num_vectors = 1;
    }
  n_sent = g_datagram_based_send_messages (G_DATAGRAM_BASED (queue), messages, MAX_BATCH, 0,
                                           choose_timeout (self), cancellable, &error);
  if (n_sent != -1)
    self->n_sent += (guint32) n_sent;
  else
    note_error (self, error);
}

static void
receive_one (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *message = NULL;
  gsize length;

  message = mood_message_queue_receive_with_timeout (queue, NULL, &length, choose_timeout (self),
                                                     cancellable, &error);
  if (message != NULL)
    note_received (self, message, length);
  else
    note_error (self, error);
}

static void
receive_several (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  g_autofree gsize *sizes = NULL;
  g_autofree guint8 *messages = NULL;
  g_autoptr (GError) error = NULL;
  const guint8 *message;
  gsize n;

  messages = mood_message_queue_receive_many (queue, MAX_BATCH, choose_timeout (self), &sizes, &n,
                                              NULL, NULL, NULL, cancellable, &error);
  if (messages == NULL)
    note_error (self, error);

  message = messages;
  for (gsize i = 0; i < n; i++)
    {
      note_received (self, message, sizes[i]);
      message += sizes[i];
    }
}

static void
receive_datagrams (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  guint8 buffers[MAX_BATCH][64];
  GInputVector vectors[MAX_BATCH];
  GInputMessage messages[MAX_BATCH] = { 0 };
  g_autoptr (GError) error = NULL;
  int n;

  for (gsize i = 0; i < MAX_BATCH; i++)
    {
      vectors[i] = (GInputVector){ buffers[i], sizeof buffers[i] };
      messages[i].vectors = &vectors[i];
      messages[i].num_vectors = 1;
    }
  n = g_datagram_based_receive_messages (G_DATAGRAM_BASED (queue), messages, MAX_BATCH, 0,
                                         choose_timeout (self), cancellable, &error);
  if (n == -1)
    note_error (self, error);
  for (int i = 0; i < n; i++)
    note_received (self, buffers[i], messages[i].bytes_received);
}

typedef struct
{
  Member *member;
  gboolean done;
} Awaited;

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Awaited *awaited = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *message = NULL;
  gsize length;

  message = mood_message_queue_receive_finish (MOOD_MESSAGE_QUEUE (object), result, NULL, &length,
                                               &error);
  if (message != NULL)
    note_received (awaited->member, message, length);
  else
    note_error (awaited->member, error);
  awaited->done = TRUE;
}

static gboolean
on_time_is_over (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static void
receive_asynchronously (Member *self, MoodMessageQueue *queue, GCancellable *cancellable)
{
  GMainContext *context = g_main_context_get_thread_default ();
  g_autoptr (GSource) timeout = g_timeout_source_new (LONGEST_WAIT_US / 1000);
  Awaited awaited = { .member = self };

  g_source_set_callback (timeout, on_time_is_over, cancellable, NULL);
  g_source_attach (timeout, context);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, cancellable, on_received, &awaited);
  while (!awaited.done)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (timeout);
}

static void
take_turn (Member *self)
{
  static void (*const calls[]) (Member *, MoodMessageQueue *, GCancellable *) = {
    send_one,    send_several,    send_datagrams,    send_one,
    receive_one, receive_several, receive_datagrams, receive_asynchronously,
  };
  guint32 choice = (guint32) g_rand_int_range (self->random, 0, 100);

  if (choice == 0)
    {
      close_queue ();
    }
  else if (choice < 20)
    {
      cancel_another (self);
    }
  else
    {
      g_autoptr (MoodMessageQueue) queue = get_queue ();
      g_autoptr (GCancellable) cancellable = begin_cancellable (self);

      calls[choice % G_N_ELEMENTS (calls)](self, queue, cancellable);
    }
}

static gpointer
run_member (gpointer data)
{
  Member *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint turn = 0; storm.end != 0 ? g_get_monotonic_time () < storm.end : turn < N_TURNS;
       turn++)
    take_turn (self);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
receive_what_is_left (Member *self)
{
  g_autoptr (MoodMessageQueue) queue = get_queue ();

  while (mood_message_queue_get_curmsgs (queue) > 0)
    {
      g_autofree guint8 *message = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      message = mood_message_queue_receive_with_timeout (queue, NULL, &length, 0, NULL, &error);
      g_assert_no_error (error);
      note_received (self, message, length);
    }
}

static void
assert_all_seen (const Member *self)
{
  for (guint32 number = 0; number < self->n_sent; number++)
    g_assert_cmpuint (self->seen[number], ==, 1);

  /* What was told to have failed has not been sent. */
  for (guint32 i = 0; i < MAX_BATCH; i++)
    g_assert_cmpuint (self->seen[self->n_sent + i], ==, 0);
}

static void
test_storm (void)
{
  const char *seconds = g_getenv ("MOOD_TEST_STORM_SECONDS");
  GThread *threads[N_THREADS];

  if (seconds != NULL)
    {
      alarm ((guint) atoi (seconds) + 5 * MOOD_TEST_LIMIT_SECONDS);
      storm.end = g_get_monotonic_time () + atoi (seconds) * (gint64) G_USEC_PER_SEC;
    }

  storm.queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  storm.name = g_strdup (mood_message_queue_get_name (storm.queue));

  for (guint32 i = 0; i < N_THREADS; i++)
    {
      Member *member = &storm.members[i];

      member->index = i;
      member->random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
      member->seen = g_malloc0 (MAX_NUMBERS);
    }
  for (gsize i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("member", run_member, &storm.members[i]);
  for (gsize i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  receive_what_is_left (&storm.members[0]);
  for (gsize i = 0; i < N_THREADS; i++)
    {
      Member *member = &storm.members[i];

      g_test_message ("sent %u, received %u; %u calls cancelled, %u timed out, %u ended by closing",
                      member->n_sent, member->n_received, member->n_cancelled, member->n_timed_out,
                      member->n_closed);
      assert_all_seen (member);
      g_assert_cmpuint (member->n_cancelled, >, 0);
      g_assert_cmpuint (member->n_timed_out, >, 0);
      g_assert_cmpuint (member->n_sent, >, 0);

      g_clear_object (&member->cancellable);
      g_rand_free (member->random);
      g_free (member->seen);
    }

  g_object_unref (storm.queue);
  g_free ((char *) storm.name);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/storm/every-message-is-accounted-for", test_storm);

  return g_test_run ();
}
