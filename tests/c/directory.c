/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directory of queues: what it lists and knows, and where it may be had. */

#include "mood-test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* All the queues of this test have it, and no others. */
static char *
get_prefix (void)
{
  return g_strdup_printf ("/mood-test-%d-", (int) getpid ());
}

static GPtrArray *
list_names (MoodQueueDirectory *directory, const char *prefix)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (directory));

  for (guint i = 0; i < n_items; i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);

      if (g_str_has_prefix (mood_queue_info_get_name (info), prefix))
        g_ptr_array_add (names, g_strdup (mood_queue_info_get_name (info)));
    }

  return names;
}

/* Also that it is in order. */
static void
assert_equals_fresh_listing (MoodQueueDirectory *directory)
{
  g_autofree char *prefix = get_prefix ();
  g_autoptr (GPtrArray) names = list_names (directory, prefix);
  g_autoptr (GPtrArray) expected = mood_test_list_queues (prefix);

  g_assert_cmpuint (names->len, ==, expected->len);
  for (guint i = 0; i < names->len; i++)
    g_assert_cmpstr (g_ptr_array_index (names, i), ==, g_ptr_array_index (expected, i));
}

static MoodQueueInfo *
lookup (MoodQueueDirectory *directory, MoodMessageQueue *queue)
{
  MoodQueueInfo *info =
      mood_queue_directory_lookup (directory, mood_message_queue_get_name (queue));

  g_assert_true (MOOD_IS_QUEUE_INFO (info));
  g_assert_cmpstr (mood_queue_info_get_name (info), ==, mood_message_queue_get_name (queue));

  return info;
}

static void
refresh (MoodQueueDirectory *directory)
{
  g_autoptr (GError) error = NULL;
  gboolean refreshed = mood_queue_directory_refresh (directory, &error);

  g_assert_no_error (error);
  g_assert_true (refreshed);
}

static void
assert_figures (MoodQueueInfo *info, gint64 curmsgs, gint64 maxmsg, gint64 msgsize, gint64 bytes)
{
  g_assert_cmpint (mood_queue_info_get_curmsgs (info), ==, curmsgs);
  g_assert_cmpint (mood_queue_info_get_maxmsg (info), ==, maxmsg);
  g_assert_cmpint (mood_queue_info_get_msgsize (info), ==, msgsize);
  g_assert_cmpint (mood_queue_info_get_queued_bytes (info), ==, bytes);
}

static void
assert_no_figures (MoodQueueInfo *info)
{
  assert_figures (info, -1, -1, -1, -1);
  g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, -1);
}

static void
test_list (void)
{
  g_autoptr (MoodMessageQueue) first = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) second = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, first);
  g_autoptr (MoodQueueInfo) other_info = lookup (directory, second);
  struct stat status;

  g_assert_nonnull (other_info);
  assert_equals_fresh_listing (directory);

  g_assert_cmpint (fstat (mood_message_queue_fileno (first), &status), ==, 0);
  g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG | 0600);
  g_assert_cmpuint (mood_queue_info_get_uid (info), ==, status.st_uid);
  g_assert_cmpuint (mood_queue_info_get_gid (info), ==, status.st_gid);
  g_assert_cmpuint (mood_queue_info_get_inode (info), ==, status.st_ino);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_mtime (info)), ==, status.st_mtime);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_atime (info)), ==, status.st_atime);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_ctime (info)), ==, status.st_ctime);
  g_assert_cmpint (g_date_time_get_utc_offset (mood_queue_info_get_mtime (info)), ==, 0);
  assert_no_figures (info);
}

static void
test_list_model (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  GListModel *model = G_LIST_MODEL (directory);
  guint n_items;

  g_assert_nonnull (info);
  g_assert_true (g_list_model_get_item_type (model) == MOOD_TYPE_QUEUE_INFO);
  g_object_get (directory, "n-items", &n_items, NULL);
  g_assert_cmpuint (n_items, ==, g_list_model_get_n_items (model));
  g_assert_cmpuint (n_items, >=, 1);
  g_assert_null (g_list_model_get_item (model, n_items));
  g_assert_null (g_list_model_get_item (model, G_MAXUINT));
}

static void
test_lookup (void)
{
  const char *const strange[] = { "", "/", "no-slash", "/a/b", "/.", "/..", "/mood-test-none" };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  const char *name = mood_message_queue_get_name (queue);
  g_autofree char *without_slash = g_strdup (name);

  for (gsize i = 0; i < G_N_ELEMENTS (strange); i++)
    g_assert_null (mood_queue_directory_lookup (directory, strange[i]));
  g_assert_null (mood_queue_directory_lookup (directory, name + 1));
  without_slash[0] = 'x';
  g_assert_null (mood_queue_directory_lookup (directory, without_slash));

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (directory)); i++)
    {
      g_autoptr (MoodQueueInfo) item = g_list_model_get_item (G_LIST_MODEL (directory), i);
      g_autoptr (MoodQueueInfo) found =
          mood_queue_directory_lookup (directory, mood_queue_info_get_name (item));

      g_assert_true (found == item);
    }
}

static void
test_refresh (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodMessageQueue) newer = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  g_autoptr (MoodQueueInfo) newer_info = NULL;

  g_assert_null (mood_queue_directory_lookup (directory, mood_message_queue_get_name (newer)));
  mood_test_send (queue, "abc", 1);
  mood_test_send (queue, "de", 2);
  assert_no_figures (info);

  refresh (directory);
  assert_equals_fresh_listing (directory);
  assert_figures (info, 2, 2, 64, 5);
  g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, 0);
  newer_info = lookup (directory, newer);
  assert_figures (newer_info, 0, 2, 64, 0);

  /* It took no message. */
  mood_test_assert_received (queue, "de", 2);
  mood_test_assert_received (queue, "abc", 1);
  refresh (directory);
  assert_figures (info, 0, 2, 64, 0);

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  refresh (directory);
  assert_equals_fresh_listing (directory);
  g_assert_null (mood_queue_directory_lookup (directory, mood_message_queue_get_name (queue)));
  assert_figures (info, 0, 2, 64, 0);
}

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  /* All properties are in place when the first is told. */
  g_assert_cmpint (mood_queue_info_get_curmsgs (MOOD_QUEUE_INFO (object)), ==, 1);
  g_assert_cmpint (mood_queue_info_get_queued_bytes (MOOD_QUEUE_INFO (object)), ==, 3);
  g_assert_true (g_hash_table_add (user_data, (gpointer) pspec->name));
}

static void
set_times (MoodMessageQueue *queue, time_t seconds)
{
  const struct timespec times[] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

  g_assert_cmpint (futimens (mood_message_queue_fileno (queue), times), ==, 0);
}

static void
test_notify (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  g_autoptr (GHashTable) told = g_hash_table_new (g_str_hash, g_str_equal);
  const char *const at_sending[] = { "atime", "mtime", "curmsgs", "queued-bytes" };

  set_times (queue, 1000000);
  refresh (directory);
  g_signal_connect (info, "notify", G_CALLBACK (on_notify), told);

  mood_test_send (queue, "abc", 0);
  refresh (directory);
  for (gsize i = 0; i < G_N_ELEMENTS (at_sending); i++)
    g_assert_true (g_hash_table_remove (told, at_sending[i]));
  /* Its time may be in the second of the test's beginning. */
  g_hash_table_remove (told, "ctime");
  g_assert_cmpuint (g_hash_table_size (told), ==, 0);

  g_assert_cmpint (fchmod (mood_message_queue_fileno (queue), 0640), ==, 0);
  refresh (directory);
  g_assert_true (g_hash_table_remove (told, "mode"));
  g_hash_table_remove (told, "ctime");
  g_assert_cmpuint (g_hash_table_size (told), ==, 0);
  g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG | 0640);

  refresh (directory);
  g_assert_cmpuint (g_hash_table_size (told), ==, 0);
}

/* To look at a queue sets times of it, but shall not look like use. */
static void
test_times (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = NULL;
  gint64 now;

  set_times (queue, 1000000);
  for (int i = 0; i < 3; i++)
    {
      refresh (directory);
      g_clear_object (&info);
      info = lookup (directory, queue);
      g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_atime (info)), ==, 1000000);
      g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_mtime (info)), ==, 1000000);
    }

  /* Somebody else looks. */
  set_times (queue, 2000000);
  refresh (directory);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_atime (info)), ==, 2000000);

  now = g_get_real_time () / G_USEC_PER_SEC;
  mood_test_send (queue, "used", 0);
  refresh (directory);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_atime (info)), >=, now - 1);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_mtime (info)), >=, now - 1);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_ctime (info)), >=, now - 1);
}

/* A queue beside it that is new has to be told of between looking at the one and at the other. */
static void
test_times_beside_change (void)
{
  g_autoptr (MoodMessageQueue) before = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;

  /* Where nobody's queue is between the two. */
  if (!mood_test_in_ipc_namespace ())
    return;

  queue =
      mood_message_queue_new ("/mood-test-b", MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 1, NULL);
  set_times (queue, 1000000);
  directory = mood_test_directory_new ();
  before =
      mood_message_queue_new ("/mood-test-a", MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 1, NULL);
  refresh (directory);
  info = lookup (directory, queue);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_atime (info)), ==, 1000000);
}

/* Whoever owns a queue may set its times to what no calendar has. */
static void
test_strange_times (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;

  if (sizeof (time_t) < sizeof (gint64))
    {
      g_test_skip ("the times of this machine are too narrow for it");
      return;
    }

  set_times (queue, (time_t) (G_MAXINT64 / 2));
  directory = mood_test_directory_new ();
  info = lookup (directory, queue);
  g_assert_cmpint (g_date_time_get_year (mood_queue_info_get_mtime (info)), ==, 9999);

  set_times (queue, (time_t) (G_MININT64 / 2));
  refresh (directory);
  g_assert_cmpint (g_date_time_get_year (mood_queue_info_get_mtime (info)), ==, 1);

  set_times (queue, 1000000);
  refresh (directory);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_mtime (info)), ==, 1000000);
}

static void
test_unreadable (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  int fd = mood_message_queue_fileno (queue);

  mood_test_override_permissions (FALSE);

  g_assert_cmpint (fchmod (fd, 0), ==, 0);
  refresh (directory);
  assert_no_figures (info);
  g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG);

  g_assert_cmpint (fchmod (fd, 0400), ==, 0);
  refresh (directory);
  assert_figures (info, 0, 2, 64, 0);

  /* What was known is so no longer. */
  g_assert_cmpint (fchmod (fd, 0200), ==, 0);
  refresh (directory);
  assert_no_figures (info);

  mood_test_override_permissions (TRUE);
}

/* Whoever replaces a queue has a lease on it for an instant, which keeps others from opening it. */
static void
test_lease (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  int fd;

  /* Where nobody else opens it. */
  if (!mood_test_in_ipc_namespace ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  directory = mood_test_directory_new ();
  info = lookup (directory, queue);
  fd = mood_message_queue_fileno (queue);
  g_assert_cmpint (fcntl (fd, F_SETSIG, SIGURG), ==, 0);
  g_assert_cmpint (fcntl (fd, F_SETLEASE, F_WRLCK), ==, 0);
  refresh (directory);
  assert_no_figures (info);

  g_assert_cmpint (fcntl (fd, F_SETLEASE, F_UNLCK), ==, 0);
  refresh (directory);
  assert_figures (info, 0, 2, 64, 0);
}

/* That a queue cannot be looked at does not mean that it is gone. */
static void
test_not_to_be_searched (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  if (!mood_test_in_ipc_namespace ())
    return;

  if (!mood_test_enter_mount_namespace (TRUE))
    {
      g_test_skip ("the process may not mount the queues");
      return;
    }

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  directory = mood_test_directory_new ();
  g_assert_cmpint (chmod ("/dev/mqueue", 0400), ==, 0);
  mood_test_override_permissions (FALSE);

  g_assert_false (mood_queue_directory_refresh (directory, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, mood_message_queue_get_name (queue),
                          NULL);
  info = lookup (directory, queue);

  mood_test_override_permissions (TRUE);
  refresh (directory);
  assert_figures (info, 0, 2, 64, 0);
}

static void
test_name_without_text (void)
{
  g_autofree char *name =
      g_strdup_printf ("/mood-test-%d-\xff\x01\xc2\x9b\u202e\u2028\u00e9", (int) getpid ());
  g_autofree char *shown = g_strdup_printf ("/mood-test-%d-\uFFFD????\u00e9", (int) getpid ());
  g_autofree char *display_name = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 1, NULL);
  g_assert_nonnull (queue);
  directory = mood_test_directory_new ();
  refresh (directory);
  info = lookup (directory, queue);
  g_assert_true (mood_message_queue_unlink (queue, NULL));

  assert_figures (info, 0, 1, 1, 0);
  g_assert_cmpstr (mood_queue_info_get_name (info), ==, name);
  g_object_get (info, "display-name", &display_name, NULL);
  g_assert_cmpstr (display_name, ==, shown);
}

static int
register_silently (MoodMessageQueue *queue)
{
  struct sigevent event = { .sigev_notify = SIGEV_NONE };

  return mq_notify (mood_message_queue_fileno (queue), &event);
}

static void
assert_is_registered (MoodMessageQueue *queue)
{
  g_assert_cmpint (register_silently (queue), ==, -1);
  g_assert_cmpint (errno, ==, EBUSY);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (folder) != NULL)
    n++;

  return n;
}

/* To close a descriptor of a queue takes back the registration of the process. */
static void
test_own_notification (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  guint n_descriptors = count_descriptors ();

  g_assert_cmpint (register_silently (queue), ==, 0);
  for (int i = 0; i < 3; i++)
    {
      refresh (directory);
      g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, getpid ());
      assert_is_registered (queue);
      g_assert_cmpuint (count_descriptors (), ==, n_descriptors + 1);
    }

  /* The registration outlives the name and the directory. */
  g_assert_true (mood_message_queue_unlink (queue, NULL));
  refresh (directory);
  g_clear_object (&info);
  g_clear_object (&directory);
  assert_is_registered (queue);

  directory = mood_test_directory_new ();
  n_descriptors = count_descriptors ();
  refresh (directory);
  assert_is_registered (queue);
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);

  g_assert_cmpint (mq_notify (mood_message_queue_fileno (queue), NULL), ==, 0);
  refresh (directory);
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors - 1);
}

/* What was kept for the sake of a registration does not keep the queue when that has ended. */
static void
test_notification_until_close (void)
{
  guint n_descriptors = count_descriptors ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  MoodQueueDirectory *directory = mood_test_directory_new ();

  g_assert_cmpint (register_silently (queue), ==, 0);
  refresh (directory);
  g_object_unref (directory);
  assert_is_registered (queue);

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
}

/* Of each queue one descriptor is used after the other. */
static void
test_notification_that_ended (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  guint n_descriptors = count_descriptors ();

  for (int i = 0; i < 3; i++)
    {
      g_assert_cmpint (register_silently (queue), ==, 0);
      refresh (directory);
      g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, getpid ());
      /* The notification comes, which ends it. */
      mood_test_send (queue, "arrived", 0);
      mood_test_assert_received (queue, "arrived", 0);
      refresh (directory);
      g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, 0);
      g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
    }
}

static void
test_notification_of_another (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueInfo) info = lookup (directory, queue);
  guint n_descriptors;
  int ready[2];
  int end[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (ready), ==, 0);
  g_assert_cmpint (pipe (end), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      gboolean success = register_silently (queue) == 0;

      success = write (ready[1], "", 1) == 1 && success;
      /* Until the test ends, however it does. */
      close (end[1]);
      success = read (end[0], &byte, 1) == 0 && success;
      mood_test_exit_child (success);
    }
  close (end[0]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  close (ready[1]);

  n_descriptors = count_descriptors ();
  refresh (directory);
  g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, pid);
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
  refresh (directory);
  g_assert_cmpint (mood_queue_info_get_notify_pid (info), ==, pid);

  close (end[1]);
  mood_test_await_child (pid);
}

static void
test_never_opened (void)
{
  g_autoptr (MoodQueueDirectory) directory = g_object_new (MOOD_TYPE_QUEUE_DIRECTORY, NULL);
  g_autoptr (MoodQueueInfo) info = g_object_new (MOOD_TYPE_QUEUE_INFO, NULL);
  g_autoptr (GSource) source = mood_queue_directory_create_source (directory, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (directory)), ==, 0);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (directory), 0));
  g_assert_null (mood_queue_directory_lookup (directory, "/jobs"));
  g_assert_false (mood_queue_directory_refresh (directory, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, "never opened", NULL);

  g_source_attach (source, NULL);
  g_assert_false (g_main_context_pending (NULL));
  g_source_destroy (source);

  g_assert_cmpstr (mood_queue_info_get_name (info), ==, "");
  assert_no_figures (info);
  g_assert_cmpint (g_date_time_to_unix (mood_queue_info_get_atime (info)), ==, 0);
}

static void
test_initable (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueDirectory) other = g_object_new (MOOD_TYPE_QUEUE_DIRECTORY, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (g_initable_init (G_INITABLE (directory), NULL, &error));
  g_assert_no_error (error);

  g_cancellable_cancel (cancellable);
  g_assert_false (g_initable_init (G_INITABLE (other), cancellable, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, NULL);
  g_assert_true (g_initable_init (G_INITABLE (other), NULL, &error));
  g_assert_no_error (error);
}

static void
test_descriptors (void)
{
  guint n_descriptors = count_descriptors ();

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();

      g_assert_cmpuint (count_descriptors (), ==, n_descriptors + 2);
      for (int fd = 3; fd < 256; fd++)
        if (fcntl (fd, F_GETFD) != -1)
          {
            g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
            g_autofree char *target = g_file_read_link (path, NULL);

            if (g_strcmp0 (target, "/") == 0 || g_strcmp0 (target, "anon_inode:inotify") == 0)
              g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
          }
      refresh (directory);
      g_assert_cmpuint (count_descriptors (), ==, n_descriptors + 2);
    }

  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
}

static void
test_no_descriptor_left (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) newer = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  int spare;

  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  directory = mood_test_directory_new ();
  newer = mood_test_queue_new (MOOD_OPEN_RDWR);
  spare = mood_test_use_up_descriptors ();

  /* The list is right even so. */
  g_assert_false (mood_queue_directory_refresh (directory, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "inspect", "ulimit -n", NULL);
  info = lookup (directory, newer);
  assert_no_figures (info);

  g_assert_null (mood_queue_directory_new (&error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "RLIMIT_NOFILE", NULL);

  /* With some, but not with all that it takes. */
  for (int n = 1; n < 3; n++)
    {
      for (int fd = spare; fd < spare + n; fd++)
        close (fd);
      g_assert_null (mood_queue_directory_new (&error));
      mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "RLIMIT_NOFILE", NULL);
    }

  refresh (directory);
  assert_figures (info, 0, 2, 64, 0);
}

/* In a user namespace of its own, where the limit is the test's to set. */
static void
test_no_inotify_left (void)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      g_autoptr (GError) error = NULL;
      FILE *limit;

      if (!mood_test_unshare (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC) ||
          (limit = fopen ("/proc/sys/user/max_inotify_instances", "w")) == NULL ||
          fputs ("0", limit) < 0 || fclose (limit) != 0 || inotify_init () != -1)
        mood_test_exit_child (TRUE);

      g_assert_null (mood_queue_directory_new (&error));
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED))
        mood_test_exit_child (TRUE);
      mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                              "/proc/sys/fs/inotify/max_user_instances", NULL);
      mood_test_exit_child (TRUE);
    }

  mood_test_await_child (pid);
}

typedef struct
{
  const char *path;
  gboolean mounted;
  gboolean in_another_namespace; /* than what is mounted */
  gboolean without_bytes;        /* to make a queue of */
  const char *const expected[3]; /* in the error; nothing if there is none */
} Mount;

static const Mount mounts[] = {
  { "/directory/mount/none",
    FALSE,
    FALSE,
    FALSE,
    { "not mounted", "mkdir -p /dev/mqueue && mount -t mqueue none /dev/mqueue", NULL } },
  { "/directory/mount/own", TRUE, FALSE, FALSE, { NULL } },
  { "/directory/mount/own-without-check", TRUE, FALSE, TRUE, { NULL } },
  { "/directory/mount/another",
    TRUE,
    TRUE,
    FALSE,
    { "another IPC namespace", "mkdir -p /dev/mqueue && mount -t mqueue none /dev/mqueue", NULL } },
};

static void
test_mount_unprivileged (gconstpointer data)
{
  const struct rlimit nothing = { 0, 0 };
  const Mount *mount_case = data;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      pid_t pid = fork ();
      int status = -1;

      if (pid == 0)
        _exit (mood_test_enter_mount_namespace (TRUE) ? 0 : 1);

      g_assert_cmpint (TEMP_FAILURE_RETRY (waitpid (pid, &status, 0)), ==, pid);
      if (status == 0)
        mood_test_in_subprocess ();
      else
        g_test_skip ("a mount namespace cannot be made here");
      return;
    }

  g_assert_true (mood_test_enter_mount_namespace (mount_case->mounted));
  if (mount_case->in_another_namespace)
    g_assert_cmpint (unshare (CLONE_NEWIPC), ==, 0);

  /* In a user namespace there is no other user to become. */
  if (setresuid (12345, 12345, 12345) == -1)
    g_assert_true (mood_test_give_up_capabilities ());

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  if (mount_case->without_bytes)
    g_assert_cmpint (setrlimit (RLIMIT_MSGQUEUE, &nothing), ==, 0);

  directory = mood_queue_directory_new (&error);
  if (mount_case->expected[0] != NULL)
    {
      g_assert_null (directory);
      mood_test_assert_error (&error, G_IO_ERROR_NOT_MOUNTED, mount_case->expected[0],
                              mount_case->expected[1], NULL);
      return;
    }

  g_assert_no_error (error);
  info = lookup (directory, queue);
  g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG | 0600);
  refresh (directory);
}

static void
add_tests (void)
{
  g_test_add_func ("/directory/list", test_list);
  g_test_add_func ("/directory/list-model", test_list_model);
  g_test_add_func ("/directory/lookup", test_lookup);
  g_test_add_func ("/directory/refresh", test_refresh);
  g_test_add_func ("/directory/notify", test_notify);
  g_test_add_func ("/directory/times", test_times);
  g_test_add_func ("/directory/times-beside-change", test_times_beside_change);
  g_test_add_func ("/directory/strange-times", test_strange_times);
  g_test_add_func ("/directory/unreadable", test_unreadable);
  g_test_add_func ("/directory/lease", test_lease);
  g_test_add_func ("/directory/not-to-be-searched", test_not_to_be_searched);
  g_test_add_func ("/directory/name-without-text", test_name_without_text);
  g_test_add_func ("/directory/notification/own", test_own_notification);
  g_test_add_func ("/directory/notification/until-close", test_notification_until_close);
  g_test_add_func ("/directory/notification/ended", test_notification_that_ended);
  g_test_add_func ("/directory/notification/of-another", test_notification_of_another);
  g_test_add_func ("/directory/never-opened", test_never_opened);
  g_test_add_func ("/directory/initable", test_initable);
  g_test_add_func ("/directory/descriptors", test_descriptors);
  g_test_add_func ("/directory/no-descriptor-left", test_no_descriptor_left);
  g_test_add_func ("/directory/no-inotify-left", test_no_inotify_left);
}

static void
test_impossible (void)
{
  g_test_skip ("the process may neither mount the queues nor find them mounted");
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  if (mood_test_allow_directory ())
    add_tests ();
  else
    g_test_add_func ("/directory", test_impossible);

  /* These have mounts of their own. */
  for (gsize i = 0; i < G_N_ELEMENTS (mounts); i++)
    g_test_add_data_func (mounts[i].path, &mounts[i], test_mount_unprivileged);

  return g_test_run ();
}
