/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who may use a queue: its mode and its owner, changed by an open queue and by its name. */

#include "mood-test.h"

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER_USER 65534

/* At first, and not in a namespace that a test makes. */
static gboolean is_root;

static const char no_directory[] = "the process may neither mount the queues nor find them mounted";
static const char no_mount_namespace[] = "a mount namespace cannot be made here";

static struct stat
query (MoodMessageQueue *queue)
{
  struct stat status;

  g_assert_cmpint (fstat (mood_message_queue_fileno (queue), &status), ==, 0);

  return status;
}

static void
assert_permissions (MoodMessageQueue *queue, guint permissions)
{
  g_assert_cmphex (query (queue).st_mode, ==, S_IFREG | permissions);
}

static void
chmod_by_name (const char *name, guint mode)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_chmod (name, mode, &error));
  g_assert_no_error (error);
}

static void
chown_by_name (const char *name, gint64 uid, gint64 gid)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_chown (name, uid, gid, &error));
  g_assert_no_error (error);
}

/* A queue that exists and that the test has open past libmood, to look at it. */
static int
make_queue (const char *name)
{
  struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 64 };
  int fd = mq_open (name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes);

  g_assert_cmpint (fd, !=, -1);

  return fd;
}

/* The kernel's mode, and then no descriptor of the queue is left in this process. */
static void
set_mode_and_close (int fd, mode_t mode)
{
  g_assert_cmpint (fchmod (fd, mode), ==, 0);
  g_assert_cmpint (mq_close (fd), ==, 0);
}

/* Opens the queue whatever its mode, as a process with capabilities can. */
static mode_t
get_mode (const char *name)
{
  struct stat status;
  int fd = mq_open (name, O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (fd, !=, -1);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  mq_close (fd);

  return status.st_mode & 07777;
}

/* Whether this process is registered to be notified, as the kernel tells it. */
static gboolean
is_registered (int fd)
{
  char line[128] = "";
  const char *owner;

  g_assert_cmpint (pread (fd, line, sizeof line - 1, 0), >, 0);
  owner = strstr (line, "NOTIFY_PID:");
  g_assert_nonnull (owner);

  return atoi (owner + strlen ("NOTIFY_PID:")) == getpid ();
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n_descriptors = 0;

  g_assert_nonnull (directory);
  while (g_dir_read_name (directory) != NULL)
    n_descriptors++;

  return n_descriptors;
}

static void
count_notify (MoodMessageQueue *queue, GParamSpec *pspec, guint *n_notified)
{
  (*n_notified)++;
}

static void
test_chmod (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_RDONLY);
  mode_t former_umask = umask (0777);
  int fd;
  guint n_notified = 0;
  guint mode = 0;

  g_signal_connect (queue, "notify::mode", G_CALLBACK (count_notify), &n_notified);
  g_assert_true (mood_message_queue_chmod (queue, 0624, &error));
  umask (former_umask);
  g_assert_no_error (error);
  assert_permissions (queue, 0624);
  g_assert_cmphex (mood_message_queue_get_mode (queue), ==, S_IFREG | 0624);
  g_assert_cmpuint (n_notified, ==, 1);

  /* One bit after the other. */
  g_assert_true (
      mood_message_queue_chmod (queue, mood_message_queue_get_mode (queue) | 0040, NULL));
  g_assert_true (
      mood_message_queue_chmod (queue, mood_message_queue_get_mode (queue) | 0001, NULL));
  assert_permissions (queue, 0665);
  g_object_get (queue, "mode", &mode, NULL);
  g_assert_cmphex (mode, ==, S_IFREG | 0665);
  g_assert_cmpuint (n_notified, ==, 3);

  g_assert_true (mood_message_queue_chmod (queue, 0665, NULL));
  g_assert_cmpuint (n_notified, ==, 3);

  /* Others tell what they found. */
  g_assert_cmphex (mood_message_queue_get_mode (other), ==, S_IFREG | 0600);
  g_assert_true (mood_message_queue_chmod (other, 0, NULL));
  assert_permissions (queue, 0);

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  g_assert_true (mood_message_queue_chmod (queue, 01600, NULL));
  assert_permissions (queue, 01600);

  /* No call is left that would keep it open. */
  fd = mood_message_queue_fileno (queue);
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

static void
test_chown (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  /* What is there already anybody may ask for. */
  g_assert_true (mood_message_queue_chown (queue, -1, -1, &error));
  g_assert_true (mood_message_queue_chown (queue, geteuid (), -1, &error));
  g_assert_true (mood_message_queue_chown (queue, -1, getegid (), &error));
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, geteuid ());
  g_assert_cmpint (mood_message_queue_get_gid (queue), ==, getegid ());

  if (geteuid () != 0)
    {
      g_test_skip ("only root may give a queue away");
      return;
    }

  g_assert_true (mood_message_queue_chmod (queue, 04711, NULL));
  g_assert_true (mood_message_queue_chown (queue, 4711, -1, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, 4711);
  g_assert_cmpint (mood_message_queue_get_gid (queue), ==, getegid ());
  /* It took the bit for set-user-ID. */
  g_assert_cmphex (mood_message_queue_get_mode (queue), ==, query (queue).st_mode);
  g_assert_cmphex (query (queue).st_mode, ==, S_IFREG | 0711);

  g_assert_true (mood_message_queue_chown (queue, -1, 4712, &error));
  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, 4711);
  g_assert_cmpint (mood_message_queue_get_gid (queue), ==, 4712);
  g_assert_true (
      mood_message_queue_chown (queue, G_GINT64_CONSTANT (4294967294), 4294967294, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, G_GINT64_CONSTANT (4294967294));
  g_assert_cmpint (mood_message_queue_get_gid (queue), ==, G_GINT64_CONSTANT (4294967294));
}

static void
test_by_name (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *name = g_strdup (mood_message_queue_get_name (queue));
  const char *closed_name = mood_test_queue_name ();
  guint n_descriptors;
  mode_t former_umask;

  /* One that this process has open, and one that it has not. */
  set_mode_and_close (make_queue (closed_name), 0600);
  n_descriptors = count_descriptors ();
  former_umask = umask (0777);
  chmod_by_name (name, S_IFREG | 0642);
  chmod_by_name (closed_name, S_IFREG | 0642);
  umask (former_umask);
  assert_permissions (queue, 0642);
  g_assert_cmphex (get_mode (closed_name), ==, 0642);

  chown_by_name (name, geteuid (), getegid ());
  chown_by_name (closed_name, -1, -1);
  if (geteuid () == 0)
    {
      g_autoptr (MoodMessageQueue) opened = NULL;

      chown_by_name (name, 4711, -1);
      chown_by_name (name, -1, 4712);
      g_assert_cmpint (mood_message_queue_get_uid (queue), ==, 4711);
      g_assert_cmpint (mood_message_queue_get_gid (queue), ==, 4712);

      chown_by_name (closed_name, -1, 4712);
      chown_by_name (closed_name, 4711, -1);
      opened = mood_test_queue_open (closed_name, MOOD_OPEN_RDONLY);
      g_assert_cmpint (mood_message_queue_get_uid (opened), ==, 4711);
      g_assert_cmpint (mood_message_queue_get_gid (opened), ==, 4712);
    }
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
}

#define N_ROUNDS 3000

static gpointer
open_and_close (gpointer data)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_open (data, MOOD_OPEN_RDWR);

      g_assert_true (mood_message_queue_chmod (queue, 0600 + (i & 7), NULL));
      g_assert_true (mood_message_queue_close (queue, NULL));
    }

  return NULL;
}

/* What was found open by its name may be closed by its owner at any moment. */
static void
test_by_name_race (void)
{
  char *name = g_strdup (mood_test_queue_name ());
  GThread *threads[2];
  guint n_descriptors;

  set_mode_and_close (make_queue (name), 0600);
  n_descriptors = count_descriptors ();
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, open_and_close, name);
  for (guint i = 0; i < N_ROUNDS; i++)
    chmod_by_name (name, 0600 + (i & 7));
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
  g_assert_cmphex (get_mode (name) & ~07u, ==, 0600);
  g_free (name);
}

/* A name may lead to another queue than the one that is open. */
static void
test_another_queue (void)
{
  g_autoptr (MoodMessageQueue) unlinked = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (unlinked);

  g_assert_true (mood_unlink (name, NULL));
  set_mode_and_close (make_queue (name), 0600);
  chmod_by_name (name, 0644);
  g_assert_cmphex (get_mode (name), ==, 0644);
  assert_permissions (unlinked, 0600);
}

static void
test_out_of_range (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  const guint modes[] = { 010000, S_IFDIR | 0600, S_IFREG | S_IFDIR | 0600, 0200600, G_MAXUINT };
  const gint64 ids[] = { -2, G_MININT64, G_MAXUINT32, G_GINT64_CONSTANT (1) << 32, G_MAXINT64 };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_false (mood_message_queue_chmod (queue, modes[i], &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "0 to 07777", NULL);
      g_assert_false (mood_chmod (name, modes[i], &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "0 to 07777", NULL);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_assert_false (mood_message_queue_chown (queue, ids[i], -1, &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "user", "-1 to 4294967294",
                              NULL);
      g_assert_false (mood_message_queue_chown (queue, -1, ids[i], &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "group",
                              "-1 to 4294967294", NULL);
      g_assert_false (mood_chown (name, ids[i], -1, &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "user", "-1 to 4294967294",
                              NULL);
      g_assert_false (mood_chown (name, -1, ids[i], &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "group",
                              "-1 to 4294967294", NULL);
    }

  assert_permissions (queue, 0600);
  g_assert_cmpint (mood_message_queue_get_uid (queue), ==, geteuid ());
}

static void
test_not_open (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) closed = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  const char *name = mood_message_queue_get_name (closed);
  const char *missing = mood_test_queue_name ();

  g_assert_true (mood_message_queue_close (closed, NULL));
  g_assert_false (mood_message_queue_chmod (closed, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, name, "change the mode", NULL);
  g_assert_false (mood_message_queue_chown (closed, -1, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, name, "change the owner", NULL);

  g_assert_false (mood_message_queue_chmod (uninitialized, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, "never opened", NULL);
  g_assert_false (mood_message_queue_chown (uninitialized, -1, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, "never opened", NULL);

  g_assert_false (mood_chmod (missing, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, missing, "no such queue", NULL);
  g_assert_false (mood_chown (missing, -1, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, missing, "no such queue", NULL);
}

static void
test_bad_names (void)
{
  const char *const names[] = { NULL, "", "jobs", "/", "/a/b", "/..", "/." };
  g_autofree char *long_name = g_strdup_printf ("/%0256d", 0);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_false (mood_chmod (names[i], 0600, &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_FILENAME, "change the mode", NULL);
      g_assert_false (mood_chown (names[i], -1, -1, &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_FILENAME, "change the owner", NULL);
    }
  g_assert_false (mood_chmod (long_name, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_FILENAME_TOO_LONG, "256", NULL);
}

static void
test_other_user (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  const char *name;

  if (geteuid () != 0)
    {
      g_test_skip ("only root may become another user");
      return;
    }

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  name = mood_message_queue_get_name (queue);
  g_assert_true (mood_message_queue_chmod (queue, 0666, NULL));
  g_assert_cmpint (seteuid (OTHER_USER), ==, 0);

  g_assert_false (mood_message_queue_chmod (queue, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "owner", "CAP_FOWNER", NULL);
  g_assert_false (mood_message_queue_chown (queue, OTHER_USER, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "CAP_CHOWN", NULL);

  for (int is_open = 1; is_open >= 0; is_open--)
    {
      g_assert_false (mood_chmod (name, 0600, &error));
      mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "owner", "CAP_FOWNER",
                              NULL);
      g_assert_false (mood_chown (name, OTHER_USER, -1, &error));
      mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "CAP_CHOWN", NULL);
      g_assert_true (mood_message_queue_close (queue, NULL));
    }

  g_assert_cmpint (seteuid (0), ==, 0);
  chmod_by_name (name, 0600);
  g_assert_cmpint (seteuid (OTHER_USER), ==, 0);
  g_assert_false (mood_chmod (name, 0666, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "owner", NULL);

  g_assert_cmpint (seteuid (0), ==, 0);
  g_assert_cmphex (get_mode (name), ==, 0600);
}

static gboolean
enter_user_namespace (void)
{
  return unshare (CLONE_NEWUSER) == 0;
}

/* What a user namespace has no number for there is no asking for in it. */
static void
test_unknown_user (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  if (!mood_test_in_subprocess_after (enter_user_namespace, "a user namespace cannot be made here"))
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_assert_false (mood_message_queue_chown (queue, 4711, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "user namespace", NULL);
}

/* An owner may not open his own queue if its mode does not let him, but he may change the mode. */
static void
test_not_allowed_to_open (void)
{
  const guint modes[] = { 0400, 0200, 0000, 0077 };
  struct stat status;
  guint n_descriptors;

  if (!mood_test_in_subprocess_after (mood_test_allow_directory, no_directory))
    return;

  mood_test_override_permissions (FALSE);
  n_descriptors = count_descriptors ();
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      const char *name = mood_test_queue_name ();

      set_mode_and_close (make_queue (name), modes[i]);
      chown_by_name (name, geteuid (), getegid ());
      chmod_by_name (name, 0640);
      g_assert_cmphex (get_mode (name), ==, 0640);

      chmod_by_name (name, 0);
      if (is_root)
        {
          int fd;

          chown_by_name (name, 4711, 4712);
          mood_test_override_permissions (TRUE);
          fd = mq_open (name, O_RDONLY | O_CLOEXEC);
          mood_test_override_permissions (FALSE);
          g_assert_cmpint (fstat (fd, &status), ==, 0);
          g_assert_cmpint (mq_close (fd), ==, 0);
          g_assert_cmpuint (status.st_uid, ==, 4711);
          g_assert_cmpuint (status.st_gid, ==, 4712);
        }
    }
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
}

/* The mount point has nothing of the queues, and the process may not mount them. */
static gboolean
hide_directory (void)
{
  return mood_test_enter_mount_namespace (FALSE) && mood_test_give_up_capabilities ();
}

static gboolean
mount_directory (void)
{
  return mood_test_enter_mount_namespace (TRUE);
}

static void
test_without_directory (void)
{
  const guint modes[] = { 0600, 0400, 0200 };
  const char *name;
  g_autoptr (GError) error = NULL;
  int fd;

  if (!mood_test_in_subprocess_after (hide_directory, no_mount_namespace))
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      name = mood_test_queue_name ();
      set_mode_and_close (make_queue (name), modes[i]);
      chmod_by_name (name, 0640);
      g_assert_cmphex (get_mode (name), ==, 0640);
    }

  name = mood_test_queue_name ();
  fd = make_queue (name);
  g_assert_cmpint (fchmod (fd, 0), ==, 0);
  g_assert_false (mood_chmod (name, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "neither to receive",
                          "mount -t mqueue", NULL);
  g_assert_false (mood_chown (name, -1, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "neither to receive",
                          "mount -t mqueue", NULL);
  g_assert_cmpint (mq_close (fd), ==, 0);
}

/* Its file is within reach, and not his. */
static void
test_file_of_another_user (void)
{
  const char *name;
  g_autoptr (GError) error = NULL;

  if (!is_root)
    {
      g_test_skip ("only root may become another user");
      return;
    }

  if (!mood_test_in_subprocess_after (mount_directory, no_mount_namespace))
    return;

  name = mood_test_queue_name ();
  set_mode_and_close (make_queue (name), 0600);
  g_assert_cmpint (seteuid (OTHER_USER), ==, 0);
  g_assert_false (mood_chmod (name, 0666, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "CAP_FOWNER", NULL);
  g_assert_false (mood_chown (name, OTHER_USER, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "CAP_CHOWN", NULL);
  g_assert_cmpint (seteuid (0), ==, 0);
  g_assert_cmphex (get_mode (name), ==, 0600);
}

/* Whose queues are mounted cannot be told without room for one more: then it is none of them that
 * is changed. */
static void
test_without_room (void)
{
  const struct rlimit none = { 0, 0 };
  const char *name;
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  if (!mood_test_in_subprocess_after (mount_directory, no_mount_namespace))
    return;

  g_assert_true (mood_test_give_up_capabilities ());
  name = mood_test_queue_name ();
  set_mode_and_close (make_queue (name), 0);
  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_assert_cmpint (setrlimit (RLIMIT_MSGQUEUE, &none), ==, 0);

  g_assert_false (mood_chmod (name, 0600, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "no room", NULL);

  chmod_by_name (mood_message_queue_get_name (queue), 0640);
  assert_permissions (queue, 0640);
}

/* The first of two, which is gone after the test with the queue that keeps its name there. */
static gboolean
enter_own_ipc_namespace (void)
{
  return mood_test_unshare (CLONE_NEWIPC) && mount_directory ();
}

/* What the process has open, and what is mounted, is of the namespace that it was in before; the
 * name is one of that it is in now. */
static void
test_other_namespace (void)
{
  const char *name = "/mood-test-permissions";
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) former = NULL;

  if (!mood_test_in_subprocess_after (enter_own_ipc_namespace, no_mount_namespace))
    return;

  former = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 2, 64, NULL);
  g_assert_nonnull (former);
  g_assert_cmpint (unshare (CLONE_NEWIPC), ==, 0);

  g_assert_false (mood_chmod (name, 0640, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, name, NULL);
  set_mode_and_close (make_queue (name), 0600);
  chmod_by_name (name, 0644);
  g_assert_cmphex (get_mode (name), ==, 0644);
  assert_permissions (former, 0600);

  chmod_by_name (name, 0);
  g_assert_true (mood_test_give_up_capabilities ());
  g_assert_false (mood_chmod (name, 0640, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "another IPC namespace",
                          NULL);
  assert_permissions (former, 0600);
}

/* Likewise of what is kept for the sake of a notification. */
static void
test_other_namespace_past_libmood (void)
{
  const struct sigevent event = { .sigev_notify = SIGEV_NONE };
  const char *name = "/mood-test-permissions";
  struct stat status;
  int former;

  if (!mood_test_in_subprocess_after (enter_own_ipc_namespace, no_mount_namespace))
    return;

  former = make_queue (name);
  g_assert_cmpint (mq_notify (former, &event), ==, 0);
  chmod_by_name (name, 0600);
  g_assert_cmpint (unshare (CLONE_NEWIPC), ==, 0);

  set_mode_and_close (make_queue (name), 0600);
  chmod_by_name (name, 0644);
  g_assert_cmphex (get_mode (name), ==, 0644);
  g_assert_cmpint (fstat (former, &status), ==, 0);
  g_assert_cmphex (status.st_mode, ==, S_IFREG | 0600);
  g_assert_cmpint (mq_close (former), ==, 0);
}

/* A message came to the empty queue. */
static gboolean
on_notified (MoodMessageQueue *queue, GIOCondition condition, gpointer data)
{
  guint *n_notified = data;

  (*n_notified)++;

  return G_SOURCE_REMOVE;
}

/* Sends, and waits for what the process has registered for. */
static void
assert_still_registered (MoodMessageQueue *queue, guint *n_notified)
{
  guint before = *n_notified;

  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, getpid ());
  mood_test_send (queue, "arrives", 0);
  while (*n_notified == before)
    g_main_context_iteration (NULL, TRUE);
  mood_test_assert_received (queue, "arrives", 0);
}

/* Closing any descriptor of the queue would take it back. */
static void
test_keeps_notification (void)
{
  const guint modes[] = { 0600, 0400, 0200, 0000 };
  g_autoptr (MoodMessageQueue) queue = NULL;
  const char *name;
  guint n_descriptors = 0;
  guint n_notified = 0;

  /* Without a way to the file there is a last one, which would not keep it. */
  if (!mood_test_in_subprocess_after (hide_directory, no_mount_namespace))
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  name = mood_message_queue_get_name (queue);
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_cmpuint (mood_message_queue_add_notification (queue, FALSE, on_notified, &n_notified,
                                                             NULL),
                        >, 0);
      n_descriptors = count_descriptors ();
      chmod_by_name (name, modes[i]);
      chown_by_name (name, -1, -1);
      assert_permissions (queue, modes[i]);
      g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
      assert_still_registered (queue, &n_notified);
    }
}

/* One that the program has asked for past libmood. */
static void
test_keeps_notification_past_libmood (void)
{
  const struct sigevent event = { .sigev_notify = SIGEV_NONE };
  const char *name = mood_test_queue_name ();
  const char *other_name = mood_test_queue_name ();
  int fd = make_queue (name);
  struct stat status;
  g_autoptr (MoodMessageQueue) viewer = NULL;
  guint n_descriptors;

  set_mode_and_close (make_queue (other_name), 0600);
  g_assert_cmpint (mq_notify (fd, &event), ==, 0);
  n_descriptors = count_descriptors ();
  chmod_by_name (name, 0640);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmphex (status.st_mode, ==, S_IFREG | 0640);
  g_assert_true (is_registered (fd));
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors + 1);

  /* The one that was kept serves again. */
  chmod_by_name (name, 0644);
  chown_by_name (name, geteuid (), -1);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmphex (status.st_mode, ==, S_IFREG | 0644);
  g_assert_true (is_registered (fd));
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors + 1);

  /* But for no other queue, whatever its name. */
  chmod_by_name (other_name, 0606);
  g_assert_cmphex (get_mode (other_name), ==, 0606);
  g_assert_cmpint (mq_unlink (name), ==, 0);
  set_mode_and_close (make_queue (name), 0600);
  chmod_by_name (name, 0604);
  g_assert_cmphex (get_mode (name), ==, 0604);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmphex (status.st_mode, ==, S_IFREG | 0644);
  g_assert_true (is_registered (fd));

  /* With the registration goes the descriptor that was kept for it. */
  g_assert_cmpint (mq_close (fd), ==, 0);
  viewer = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_assert_cmpint (mood_message_queue_get_notify_pid (viewer), ==, 0);
  g_assert_true (mood_message_queue_close (viewer, NULL));
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors - 1);
}

/* Likewise of a queue that may not be opened: its file is changed, and nothing opened. */
static void
test_keeps_notification_by_file (void)
{
  const struct sigevent event = { .sigev_notify = SIGEV_NONE };
  const guint modes[] = { 0200, 0000 };

  if (!mood_test_in_subprocess_after (mood_test_allow_directory, no_directory))
    return;

  mood_test_override_permissions (FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      const char *name = mood_test_queue_name ();
      int fd = make_queue (name);
      struct stat status;

      g_assert_cmpint (fchmod (fd, modes[i]), ==, 0);
      g_assert_cmpint (mq_notify (fd, &event), ==, 0);
      chmod_by_name (name, 0040);
      chown_by_name (name, geteuid (), -1);
      g_assert_cmpint (fstat (fd, &status), ==, 0);
      g_assert_cmphex (status.st_mode, ==, S_IFREG | 0040);
      g_assert_true (is_registered (fd));
      g_assert_cmpint (mq_close (fd), ==, 0);
    }
}

static void
test_too_many_descriptors (void)
{
  g_autoptr (GError) error = NULL;
  const char *name;
  gboolean changed;
  int first;

  if (!mood_test_in_subprocess ())
    return;

  name = mood_test_queue_name ();
  set_mode_and_close (make_queue (name), 0600);
  first = mood_test_use_up_descriptors ();
  changed = mood_chmod (name, 0640, &error);
  g_assert_cmpint (close_range ((guint) first, G_MAXINT, 0), ==, 0);
  g_assert_false (changed);
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, name, "RLIMIT_NOFILE", NULL);
}

int
main (int argc, char **argv)
{
  is_root = geteuid () == 0;
  mood_test_init (&argc, &argv);

  g_test_add_func ("/permissions/chmod", test_chmod);
  g_test_add_func ("/permissions/chown", test_chown);
  g_test_add_func ("/permissions/by-name", test_by_name);
  g_test_add_func ("/permissions/by-name-race", test_by_name_race);
  g_test_add_func ("/permissions/another-queue", test_another_queue);
  g_test_add_func ("/permissions/out-of-range", test_out_of_range);
  g_test_add_func ("/permissions/not-open", test_not_open);
  g_test_add_func ("/permissions/bad-names", test_bad_names);
  g_test_add_func ("/permissions/other-user", test_other_user);
  g_test_add_func ("/permissions/unknown-user", test_unknown_user);
  g_test_add_func ("/permissions/not-allowed-to-open", test_not_allowed_to_open);
  g_test_add_func ("/permissions/without-directory", test_without_directory);
  g_test_add_func ("/permissions/file-of-another-user", test_file_of_another_user);
  g_test_add_func ("/permissions/without-room", test_without_room);
  g_test_add_func ("/permissions/other-namespace", test_other_namespace);
  g_test_add_func ("/permissions/other-namespace-past-libmood", test_other_namespace_past_libmood);
  g_test_add_func ("/permissions/keeps-notification", test_keeps_notification);
  g_test_add_func ("/permissions/keeps-notification-past-libmood",
                   test_keeps_notification_past_libmood);
  g_test_add_func ("/permissions/keeps-notification-by-file", test_keeps_notification_by_file);
  g_test_add_func ("/permissions/too-many-descriptors", test_too_many_descriptors);

  return g_test_run ();
}
