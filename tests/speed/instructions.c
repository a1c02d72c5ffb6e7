/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does one thing with a queue, over and over, for its instructions to be counted: those inside the
 * functions that instructions.py names, whatever is done around them. */

#include <mood.h>

#include <errno.h>
#include <mqueue.h>
#include <stdlib.h>
#include <unistd.h>

/* No more than every user may have. */
#define MAXMSG 10

/* How many messages a receiver takes in one dispatch if there are enough. */
#define MESSAGES_PER_DISPATCH 16

/* How often the thing is done before its instructions count: by then all is made that is made once,
 * and symbols are resolved. */
#define WARM_UP_ROUNDS 100

typedef struct
{
  const char *name;
  void (*perform) (MoodMessageQueue *queue);
  void (*prepare) (MoodMessageQueue *queue); /* NULL where the queue is to be empty at first */
} Scenario;

static const gint64 long_time = 120 * G_USEC_PER_SEC;

static guint8 message[64];
static GCancellable *the_cancellable;

/* How many messages the main loop has handed over. */
static guint n_handed_over;

static void
check (gboolean is_as_expected, const GError *error)
{
  if (!is_as_expected)
    g_error ("%s", error != NULL ? error->message : "this went otherwise than expected");
}

static void
send_one (MoodMessageQueue *queue, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  check (mood_message_queue_send (queue, message, sizeof message, 1, cancellable, &error) ==
             sizeof message,
         error);
}

static void
receive_one (MoodMessageQueue *queue, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *received = NULL;
  guint priority;
  gsize length;

  received = mood_message_queue_receive (queue, &priority, &length, cancellable, &error);
  check (received != NULL, error);
}

static void
receive_one_into (MoodMessageQueue *queue, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  guint priority;

  check (mood_message_queue_receive_into (queue, message, sizeof message, &priority, cancellable,
                                          &error) == sizeof message,
         error);
}

static void
exchange_with_timeout (MoodMessageQueue *queue, gint64 timeout_us)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *received = NULL;
  guint priority;
  gsize length;

  check (mood_message_queue_send_with_timeout (queue, message, sizeof message, 1, timeout_us, NULL,
                                               &error),
         error);
  received =
      mood_message_queue_receive_with_timeout (queue, &priority, &length, timeout_us, NULL, &error);
  check (received != NULL, error);
}

static void
exchange_into (MoodMessageQueue *queue)
{
  send_one (queue, NULL);
  receive_one_into (queue, NULL);
}

static void
exchange_into_cancellable (MoodMessageQueue *queue)
{
  send_one (queue, the_cancellable);
  receive_one_into (queue, the_cancellable);
}

static void
exchange (MoodMessageQueue *queue)
{
  send_one (queue, NULL);
  receive_one (queue, NULL);
}

static void
exchange_cancellable (MoodMessageQueue *queue)
{
  send_one (queue, the_cancellable);
  receive_one (queue, the_cancellable);
}

static void
exchange_now (MoodMessageQueue *queue)
{
  exchange_with_timeout (queue, 0);
}

static void
exchange_in_time (MoodMessageQueue *queue)
{
  exchange_with_timeout (queue, long_time);
}

static void
send_many (MoodMessageQueue *queue)
{
  static const guint8 messages[MAXMSG * sizeof message];
  static const guint priorities[MAXMSG];
  g_autoptr (GError) error = NULL;
  gsize sizes[MAXMSG];

  for (gsize i = 0; i < MAXMSG; i++)
    sizes[i] = sizeof message;
  check (mood_message_queue_send_many (queue, messages, sizeof messages, sizes, MAXMSG, priorities,
                                       MAXMSG, 0, NULL, &error) == MAXMSG,
         error);
}

/* Without libmood, so that nothing of it counts. */
static void
send_plain (MoodMessageQueue *queue)
{
  if (mq_send (mood_message_queue_fileno (queue), (char *) message, sizeof message, 1) == -1)
    g_error ("%s", g_strerror (errno));
}

static void
receive_plain (MoodMessageQueue *queue)
{
  if (mq_receive (mood_message_queue_fileno (queue), (char *) message, sizeof message, NULL) == -1)
    g_error ("%s", g_strerror (errno));
}

static void
fill (MoodMessageQueue *queue)
{
  for (guint i = 0; i < MAXMSG; i++)
    send_plain (queue);
}

static void
send_many_and_empty (MoodMessageQueue *queue)
{
  send_many (queue);
  for (guint i = 0; i < MAXMSG; i++)
    receive_plain (queue);
}

static void
fill_and_receive_many (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *bytes = NULL;
  g_autofree gsize *sizes = NULL;
  g_autofree guint *priorities = NULL;
  gsize n_sizes, n_priorities, length;

  fill (queue);
  bytes = mood_message_queue_receive_many (queue, MAXMSG, 0, &sizes, &n_sizes, &priorities,
                                           &n_priorities, &length, NULL, &error);
  check (bytes != NULL && n_sizes == MAXMSG, error);
}

static gboolean
ignore_message (MoodMessageQueue *queue,
                const guint8 *received,
                gsize length,
                guint priority,
                gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
fill_and_receive_each (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;
  gssize n_received;

  fill (queue);
  n_received =
      mood_message_queue_receive_each (queue, MAXMSG, 0, ignore_message, NULL, NULL, &error);
  check (n_received == MAXMSG, error);
}

static void
on_received (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MoodMessageQueue *queue = MOOD_MESSAGE_QUEUE (object);
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *received = NULL;

  received = mood_message_queue_receive_finish (queue, result, NULL, NULL, &error);
  check (received != NULL, error);
  n_handed_over++;
}

/* Lets the main loop do one round. */
static void
dispatch (guint n_messages)
{
  n_handed_over = 0;
  g_main_context_iteration (NULL, TRUE);
  check (n_handed_over == n_messages, NULL);
}

static void
send_and_await (MoodMessageQueue *queue)
{
  send_plain (queue);
  mood_message_queue_receive_async (queue, G_PRIORITY_DEFAULT, NULL, on_received, NULL);
  dispatch (1);
}

/* For each message another one is sent, as the queue holds less than one dispatch takes. */
static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *bytes,
            gsize length,
            guint priority,
            gpointer user_data)
{
  mq_send (GPOINTER_TO_INT (user_data), (const char *) bytes, length, priority);
  n_handed_over++;

  return G_SOURCE_CONTINUE;
}

static void
fill_and_add_receiver (MoodMessageQueue *queue)
{
  fill (queue);
  mood_message_queue_add_receiver (queue, on_message,
                                   GINT_TO_POINTER (mood_message_queue_fileno (queue)));
}

static void
dispatch_receiver (MoodMessageQueue *queue)
{
  dispatch (MESSAGES_PER_DISPATCH);
}

static gboolean
on_ready (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  mq_receive (GPOINTER_TO_INT (user_data), (char *) message, sizeof message, NULL);
  n_handed_over++;

  return G_SOURCE_CONTINUE;
}

static void
add_watch (MoodMessageQueue *queue)
{
  mood_message_queue_add_watch (queue, G_IO_IN, on_ready,
                                GINT_TO_POINTER (mood_message_queue_fileno (queue)));
}

static void
send_and_dispatch_watch (MoodMessageQueue *queue)
{
  send_plain (queue);
  dispatch (1);
}

static void
try_receive (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, &error);
  check (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK), error);
}

static void
try_receive_without_error (MoodMessageQueue *queue)
{
  check (mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, NULL) == NULL, NULL);
}

static void
close_queue (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  check (mood_message_queue_close (queue, &error), error);
}

static void
send_closed (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  mood_message_queue_send (queue, message, sizeof message, 1, NULL, &error);
  check (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED), error);
}

static const Scenario scenarios[] = {
  { .name = "exchange-into", .perform = exchange_into },
  { .name = "exchange-into-cancellable", .perform = exchange_into_cancellable },
  { .name = "exchange", .perform = exchange },
  { .name = "exchange-cancellable", .perform = exchange_cancellable },
  { .name = "exchange-now", .perform = exchange_now },
  { .name = "exchange-in-time", .perform = exchange_in_time },
  { .name = "send-many", .perform = send_many_and_empty },
  { .name = "receive-many", .perform = fill_and_receive_many },
  { .name = "receive-each", .perform = fill_and_receive_each },
  { .name = "receiver", .perform = dispatch_receiver, .prepare = fill_and_add_receiver },
  { .name = "watch", .perform = send_and_dispatch_watch, .prepare = add_watch },
  { .name = "try-receive", .perform = try_receive },
  { .name = "try-receive-without-error", .perform = try_receive_without_error },
  { .name = "send-closed", .perform = send_closed, .prepare = close_queue },
  { .name = "async", .perform = send_and_await },
};

static const Scenario *
find_scenario (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (scenarios); i++)
    if (g_str_equal (scenarios[i].name, name))
      return &scenarios[i];

  g_error ("there is no scenario “%s”", name);
}

static MoodMessageQueue *
make_queue (const char *name)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600,
                                  MAXMSG, sizeof message, &error);
  check (queue != NULL && mood_message_queue_unlink (queue, &error), error);

  return queue;
}

/* A function that nothing else calls: at each call, the counts up to there are written down. */
static void
mark (void)
{
  getppid ();
}

static void
perform (const Scenario *scenario, MoodMessageQueue *queue, guint n_rounds)
{
  for (guint i = 0; i < n_rounds; i++)
    scenario->perform (queue);
}

int
main (int argc, char **argv)
{
  const Scenario *scenario;
  MoodMessageQueue *queue;

  if (argc != 4)
    return 2;

  scenario = find_scenario (argv[2]);
  the_cancellable = g_cancellable_new ();
  queue = make_queue (argv[1]);
  if (scenario->prepare != NULL)
    scenario->prepare (queue);

  perform (scenario, queue, WARM_UP_ROUNDS);
  mark ();
  perform (scenario, queue, (guint) atoi (argv[3]));
  mark ();

  return 0;
}
