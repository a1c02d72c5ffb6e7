/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two processes with a main loop each send each other numbered messages as fast as they can: none
 * may be lost, doubled or out of order. */

#include "mood-test.h"

#include <string.h>

#define N_MESSAGES 100000u

/* One side of the exchange, the same in both processes. */
typedef struct
{
  GMainLoop *loop;
  MoodMessageQueue *outgoing;
  MoodMessageQueue *incoming;
  guint32 n_sent;
  guint32 n_received;
} Side;

static void
quit_when_done (Side *side)
{
  if (side->n_sent == N_MESSAGES && side->n_received == N_MESSAGES)
    g_main_loop_quit (side->loop);
}

static gboolean
on_room (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Side *side = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (condition, ==, G_IO_OUT);
  if (mood_message_queue_send (queue, (const guint8 *) &side->n_sent, sizeof side->n_sent, 0, NULL,
                               &error) == -1)
    {
      /* Ready, and full all the same: nobody else sends, so that this must not happen. */
      g_error ("%s", error->message);
    }

  side->n_sent++;
  quit_when_done (side);

  return side->n_sent < N_MESSAGES;
}

static gboolean
on_message (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Side *side = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *message = NULL;
  guint32 number;
  gsize length = 0;

  g_assert_cmpuint (condition, ==, G_IO_IN);
  message = mood_message_queue_recv (queue, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, sizeof number);
  memcpy (&number, message, sizeof number);
  g_assert_cmpuint (number, ==, side->n_received);

  side->n_received++;
  quit_when_done (side);

  return side->n_received < N_MESSAGES;
}

static gboolean
on_limit (gpointer user_data)
{
  Side *side = user_data;

  g_error ("sent %u and received %u of %u messages", side->n_sent, side->n_received, N_MESSAGES);

  return G_SOURCE_REMOVE;
}

static void
run_side (MoodMessageQueue *outgoing, MoodMessageQueue *incoming)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Side side = { .loop = loop, .outgoing = outgoing, .incoming = incoming };
  guint limit = g_timeout_add_seconds (MOOD_TEST_LIMIT_SECONDS * 4, on_limit, &side);

  mood_message_queue_add_watch (outgoing, G_IO_OUT, on_room, &side);
  mood_message_queue_add_watch (incoming, G_IO_IN, on_message, &side);
  g_main_loop_run (loop);

  g_source_remove (limit);
  g_assert_cmpuint (side.n_sent, ==, N_MESSAGES);
  g_assert_cmpuint (side.n_received, ==, N_MESSAGES);
}

static const char *program;

static void
test_exchange (void)
{
  g_autoptr (MoodMessageQueue) outgoing = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  g_autoptr (MoodMessageQueue) incoming = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  g_autoptr (GSubprocess) peer = NULL;
  g_autoptr (GError) error = NULL;

  peer = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, program, "--peer",
                           mood_message_queue_get_name (incoming),
                           mood_message_queue_get_name (outgoing), NULL);
  g_assert_no_error (error);

  run_side (outgoing, incoming);

  g_subprocess_wait_check (peer, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_curmsgs (outgoing), ==, 0);
  g_assert_cmpint (mood_message_queue_get_curmsgs (incoming), ==, 0);
}

int
main (int argc, char **argv)
{
  program = argv[0];

  if (argc == 4 && g_str_equal (argv[1], "--peer"))
    {
      g_autoptr (MoodMessageQueue) outgoing =
          mood_test_queue_open (argv[2], MOOD_OPEN_WRONLY | MOOD_OPEN_NONBLOCK);
      g_autoptr (MoodMessageQueue) incoming =
          mood_test_queue_open (argv[3], MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK);

      run_side (outgoing, incoming);
      return 0;
    }

  mood_test_init (&argc, &argv);
  g_test_add_func ("/exchange/two-main-loops", test_exchange);

  return g_test_run ();
}
