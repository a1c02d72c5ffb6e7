/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an open queue tells about itself, without a mounted file system of queues. */

#include "mood-test.h"

#include <mqueue.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_queued_bytes (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  gint64 queued_bytes = -2;

  g_assert_cmpint (mood_message_queue_get_queued_bytes (queue), ==, 0);
  mood_test_send (queue, "seven b", 1);
  g_assert_cmpint (mood_message_queue_get_queued_bytes (queue), ==, 7);
  mood_test_send (queue, "and five", 1);
  g_object_get (queue, "queued-bytes", &queued_bytes, NULL);
  g_assert_cmpint (queued_bytes, ==, 15);

  mood_test_assert_received (queue, "seven b", 1);
  g_assert_cmpint (mood_message_queue_get_queued_bytes (queue), ==, 8);
}

/* The kernel tells it to those alone who may receive. */
static void
test_send_only (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) sender =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_WRONLY);

  g_assert_cmpint (mood_message_queue_get_queued_bytes (sender), ==, -1);
  g_assert_cmpint (mood_message_queue_get_notify_pid (sender), ==, -1);
  g_assert_cmpint (mood_message_queue_get_uid (sender), ==, geteuid ());
}

static void
test_notify_pid (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  struct sigevent event = { .sigev_notify = SIGEV_NONE };
  int notify_pid = -2;

  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, 0);
  g_assert_cmpint (mq_notify (mood_message_queue_fileno (queue), &event), ==, 0);
  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, getpid ());
  g_object_get (queue, "notify-pid", &notify_pid, NULL);
  g_assert_cmpint (notify_pid, ==, getpid ());

  mood_test_send (queue, "fires", 0);
  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, 0);
}

static void
test_unlinked (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) another = NULL;
  gboolean unlinked = FALSE;

  g_assert_false (mood_message_queue_is_unlinked (queue));
  g_assert_true (mood_unlink (name, NULL));
  g_object_get (queue, "unlinked", &unlinked, NULL);
  g_assert_true (unlinked);

  /* That another queue has the name by now changes nothing. */
  another = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 2, 64, NULL);
  g_assert_nonnull (another);
  g_assert_true (mood_message_queue_is_unlinked (queue));
  g_assert_false (mood_message_queue_is_unlinked (another));
}

static void
test_owner (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  gint64 uid = -2, gid = -2;

  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, geteuid ());
  g_assert_cmpint (mood_message_queue_get_gid (queue), ==, getegid ());

  if (fchown (mood_message_queue_fileno (queue), 4711, 4712) == 0)
    {
      g_object_get (queue, "uid", &uid, "gid", &gid, NULL);
      g_assert_cmpint (uid, ==, 4711);
      g_assert_cmpint (gid, ==, 4712);
    }
}

static void
assert_time (GDateTime *time, gint64 unix_seconds)
{
  g_assert_nonnull (time);
  g_assert_cmpint (g_date_time_to_unix (time), ==, unix_seconds);
  g_assert_cmpint (g_date_time_get_utc_offset (time), ==, 0);
}

/* Two of them can be set to what nothing else would set them to. */
static void
test_times (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const struct timespec times[2] = { { .tv_sec = 1000000 }, { .tv_sec = 2000000 } };
  g_autoptr (GDateTime) atime = NULL;
  g_autoptr (GDateTime) mtime = NULL;
  g_autoptr (GDateTime) ctime = NULL;
  g_autoptr (GDateTime) sent = NULL;
  struct stat status;

  g_assert_cmpint (futimens (mood_message_queue_fileno (queue), times), ==, 0);
  g_object_get (queue, "atime", &atime, "mtime", &mtime, "ctime", &ctime, NULL);
  g_assert_cmpint (fstat (mood_message_queue_fileno (queue), &status), ==, 0);
  assert_time (atime, 1000000);
  assert_time (mtime, 2000000);
  assert_time (ctime, status.st_ctime);

  mood_test_send (queue, "now", 0);
  sent = mood_message_queue_get_mtime (queue);
  g_assert_cmpint (fstat (mood_message_queue_fileno (queue), &status), ==, 0);
  assert_time (sent, status.st_mtime);
  g_assert_cmpint (status.st_mtime, >, 2000000);
}

/* Whoever owns a queue may set its times to what no calendar has. */
static void
test_strange_times (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const struct timespec times[2] = { { .tv_sec = G_MININT64 / 2 }, { .tv_sec = G_MAXINT64 / 2 } };
  g_autoptr (GDateTime) atime = NULL;
  g_autoptr (GDateTime) mtime = NULL;

  if (sizeof times[0].tv_sec < sizeof (gint64))
    {
      g_test_skip ("the times of this machine are too narrow for it");
      return;
    }

  g_assert_cmpint (futimens (mood_message_queue_fileno (queue), times), ==, 0);
  atime = mood_message_queue_get_atime (queue);
  mtime = mood_message_queue_get_mtime (queue);
  g_assert_cmpint (g_date_time_get_year (atime), ==, 1);
  g_assert_cmpint (g_date_time_get_year (mtime), ==, 9999);
}

static void
assert_knows_nothing (MoodMessageQueue *queue)
{
  g_assert_cmpint (mood_message_queue_get_queued_bytes (queue), ==, -1);
  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, -1);
  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, -1);
  g_assert_cmpint (mood_message_queue_get_gid (queue), ==, -1);
  g_assert_false (mood_message_queue_is_unlinked (queue));
  g_assert_null (mood_message_queue_get_atime (queue));
  g_assert_null (mood_message_queue_get_mtime (queue));
  g_assert_null (mood_message_queue_get_ctime (queue));
}

static void
test_not_open (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  g_assert_true (mood_message_queue_close (queue, NULL));
  assert_knows_nothing (queue);
  assert_knows_nothing (uninitialized);
}

int
main (int argc, char *argv[])
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/status/queued-bytes", test_queued_bytes);
  g_test_add_func ("/status/send-only", test_send_only);
  g_test_add_func ("/status/notify-pid", test_notify_pid);
  g_test_add_func ("/status/unlinked", test_unlinked);
  g_test_add_func ("/status/owner", test_owner);
  g_test_add_func ("/status/times", test_times);
  g_test_add_func ("/status/strange-times", test_strange_times);
  g_test_add_func ("/status/not-open", test_not_open);

  return g_test_run ();
}
