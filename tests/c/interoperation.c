/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Interoperation with a process that uses mq_open(), mq_send() and mq_receive() alone: the bytes
 * and the priority of a message are all there is, both ways. */

#include "mood-test.h"

#include <string.h>

static GSubprocess *
start_peer (const char *mode, const char *first, const char *second)
{
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "plain-peer", NULL);
  g_autoptr (GError) error = NULL;
  GSubprocess *peer;

  peer = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, path, mode, first, second, NULL);
  g_assert_no_error (error);

  return peer;
}

static void
assert_peer_succeeds (GSubprocess *peer)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check (peer, NULL, &error);
  g_assert_no_error (error);
}

static void
test_from_plain (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (GSubprocess) peer = start_peer ("create", name, NULL);
  g_autoptr (MoodMessageQueue) queue = NULL;

  assert_peer_succeeds (peer);
  queue = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_assert_cmpint (mood_message_queue_get_maxmsg (queue), ==, 4);
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, 256);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 4);

  mood_test_assert_received (queue, "highest", 32767);
  mood_test_assert_received (queue, "", 5);
  mood_test_assert_received (queue, "low", 0);
  mood_test_assert_received (queue, "low too", 0);
}

static MoodMessageQueue *
new_queue (void)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;

  queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600,
                                  4, 256, &error);
  g_assert_no_error (error);

  return queue;
}

static void
test_to_plain (void)
{
  g_autoptr (MoodMessageQueue) queue = new_queue ();
  g_autoptr (GSubprocess) peer = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  mood_test_send (queue, "low", 0);
  mood_test_send (queue, "highest", 32767);
  mood_test_send (queue, "", 5);
  mood_test_send (queue, "low too", 0);

  peer = start_peer ("print", mood_message_queue_get_name (queue), "4");
  g_subprocess_communicate_utf8 (peer, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "32767 7 highest\n5 0 \n0 3 low\n0 7 low too\n");
  assert_peer_succeeds (peer);
}

/* Messages of every length, made of every byte, with all kinds of priorities, there and back. */
static void
test_there_and_back (void)
{
  static const guint priorities[] = { 0, 1, 2, 255, 256, 32766, 32767 };
  g_autoptr (MoodMessageQueue) questions = new_queue ();
  g_autoptr (MoodMessageQueue) answers = new_queue ();
  g_autoptr (GSubprocess) peer = NULL;
  g_autoptr (GError) error = NULL;
  guint8 message[256];

  for (gsize i = 0; i < sizeof message; i++)
    message[i] = (guint8) (255 - i);

  peer = start_peer ("echo", mood_message_queue_get_name (questions),
                     mood_message_queue_get_name (answers));

  for (gsize length = sizeof message; length != G_MAXSIZE; length--)
    {
      g_autofree guint8 *answer = NULL;
      guint priority = length == 0 ? 0 : priorities[length % G_N_ELEMENTS (priorities)];
      guint answer_priority = G_MAXUINT;
      gsize answer_length = 0;

      g_assert_cmpint (mood_message_queue_send (questions, message, length, priority, NULL, &error),
                       ==, length);
      g_assert_no_error (error);
      answer = mood_message_queue_receive (answers, &answer_priority, &answer_length, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (answer, answer_length, message, length);
      g_assert_cmpuint (answer_priority, ==, priority);
    }

  assert_peer_succeeds (peer);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/interoperation/from-plain", test_from_plain);
  g_test_add_func ("/interoperation/to-plain", test_to_plain);
  g_test_add_func ("/interoperation/there-and-back", test_there_and_back);

  return g_test_run ();
}
