/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls that are not to wait, many of them on one queue: what the library does to make them fast is
 * to be seen in nothing but the descriptors of the process. */

#include "mood-test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than are needed for the library to take pains. */
#define MANY 100

#define HIGHEST_DESCRIPTOR 256

static gboolean
is_same_file (int fd, const struct stat *status)
{
  struct stat other;

  return fstat (fd, &other) == 0 && other.st_dev == status->st_dev &&
         other.st_ino == status->st_ino;
}

/* How many descriptors this process has of the queue. */
static guint
count_descriptors (const struct stat *queue)
{
  guint count = 0;

  for (int fd = 0; fd < HIGHEST_DESCRIPTOR; fd++)
    count += is_same_file (fd, queue);

  return count;
}

static struct stat
get_status (MoodMessageQueue *queue)
{
  struct stat status;

  g_assert_cmpint (fstat (mood_message_queue_fileno (queue), &status), ==, 0);

  return status;
}

static void
assert_empty (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "empty", "not to wait", NULL);
}

static void
assert_full (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mood_message_queue_send_with_timeout (queue, NULL, 0, 0, 0, NULL, &error), ==,
                   -1);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "full", "not to wait", NULL);
}

static void
try_often (MoodMessageQueue *queue)
{
  for (guint i = 0; i < MANY; i++)
    assert_empty (queue);
}

/* Every attempt has the answer that the first one had. */
static void
test_answers (void)
{
  static const MoodOpenFlags modes[] = { 0, MOOD_OPEN_NONBLOCK };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | modes[i]);

      for (guint j = 0; j < MANY; j++)
        {
          g_autofree char *text = g_strdup_printf ("message %u", j);

          assert_empty (queue);
          g_assert_cmpint (mood_message_queue_send_with_timeout (queue, (const guint8 *) text,
                                                                 strlen (text), j, 0, NULL, NULL),
                           ==, strlen (text));
          mood_test_send (queue, "after it", 0);
          assert_full (queue);
          mood_test_assert_received (queue, text, j);
          mood_test_assert_received (queue, "after it", 0);
        }
    }
}

/* The attempts have a descriptor of their own, which is no other program's, and goes with the
 * queue. */
static void
test_descriptor (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  struct stat status = get_status (queue);
  int queue_fd = mood_message_queue_fileno (queue);
  int fd = 0;

  assert_empty (queue);
  g_assert_cmpuint (count_descriptors (&status), ==, 1);

  try_often (queue);
  g_assert_cmpuint (count_descriptors (&status), ==, 2);
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, queue_fd);

  while (fd == queue_fd || !is_same_file (fd, &status))
    fd++;
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);

  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpuint (count_descriptors (&status), ==, 0);
}

/* Only what the queue was opened for is asked of the kernel. */
static void
test_access_modes (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  struct stat status = get_status (queue);

  for (guint i = 0; i < MANY; i++)
    {
      g_assert_cmpint (mood_message_queue_send_with_timeout (sender, (const guint8 *) "text", 4, 0,
                                                             0, NULL, NULL),
                       ==, 4);
      g_free (mood_message_queue_receive_with_timeout (receiver, NULL, NULL, 0, NULL, NULL));
      g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
    }

  g_assert_cmpuint (count_descriptors (&status), ==, 5);
  for (int fd = 0; fd < HIGHEST_DESCRIPTOR; fd++)
    if (is_same_file (fd, &status) && fd != mood_message_queue_fileno (queue))
      g_assert_cmpint (fcntl (fd, F_GETFL) & O_ACCMODE, !=, O_RDWR);
}

/* The mode of the queue is its own: calls that are to wait do so. */
static void
test_mode (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  MoodTestMeanwhile meanwhile = { queue, cancellable, mood_test_thread_id (), 0 };
  GCancellable *cancellables[] = { NULL, cancellable };
  long system_calls[] = { SYS_mq_timedreceive, MOOD_TEST_POLL };

  try_often (queue);
  g_assert_true (mood_message_queue_get_blocking (queue));
  for (gsize i = 0; i < G_N_ELEMENTS (cancellables); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *message = NULL;
      GThread *thread;

      meanwhile.system_call = system_calls[i];
      thread = g_thread_new ("sender", mood_test_send_meanwhile, &meanwhile);
      message = mood_message_queue_recv (queue, NULL, cancellables[i], &error);
      g_assert_no_error (error);
      g_thread_join (thread);
    }

  g_assert_true (mood_message_queue_set_nonblocking (queue, TRUE, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cancellables); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (mood_message_queue_recv (queue, NULL, cancellables[i], &error));
      mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, "nonblocking mode", NULL);
    }
}

/* To close any descriptor of a queue takes back the notification of the process: the attempts close
 * none. */
static void
test_notification (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other =
      mood_test_queue_open (mood_message_queue_get_name (queue), MOOD_OPEN_RDWR);

  g_assert_true (mood_message_queue_notify_by_signal (queue, SIGCONT, NULL));
  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, getpid ());
  try_often (queue);
  try_often (other);
  g_assert_cmpint (mood_message_queue_get_notify_pid (queue), ==, getpid ());
}

/* Of a queue that was unlinked, and whose name leads to another. */
static void
test_unlinked (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *name = g_strdup (mood_message_queue_get_name (queue));
  g_autoptr (MoodMessageQueue) other = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  other = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600, 2,
                                  64, &error);
  g_assert_no_error (error);
  mood_test_send (other, "for the other", 0);
  try_often (queue);
  mood_test_assert_received (other, "for the other", 0);
  g_assert_true (mood_message_queue_unlink (other, NULL));
}

/* A child that becomes a daemon closes what it does not know of, and opens other things: it does
 * not send to those. */
static void
test_daemon (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  int fd = mood_message_queue_fileno (queue);
  pid_t pid;

  try_often (queue);
  pid = fork ();
  g_assert_cmpint (pid, !=, -1);
  if (pid == 0)
    {
      MoodMessageQueue *others[4];
      gboolean is_right;

      if (fd > 3)
        close_range (3, (guint) fd - 1, 0);
      close_range ((guint) fd + 1, G_MAXINT, 0);
      for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
        others[i] = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 2, 64, NULL);

      is_right = mood_message_queue_send_with_timeout (queue, (const guint8 *) "text", 4, 0, 0,
                                                       NULL, NULL) == 4 &&
                 mood_message_queue_get_curmsgs (queue) == 1;
      for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
        is_right = is_right && mood_message_queue_get_curmsgs (others[i]) == 0;
      mood_test_exit_child (is_right);
    }
  mood_test_await_child (pid);
  mood_test_assert_received (queue, "text", 0);
}

/* Where somebody closed it behind the queue's back, the attempts do without, and what has its
 * number by then stays open. */
static void
test_closed_by_others (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  struct stat status = get_status (queue);
  int fd = 0;

  try_often (queue);
  while (fd == mood_message_queue_fileno (queue) || !is_same_file (fd, &status))
    fd++;

  for (guint i = 0; i < 2; i++)
    {
      int null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

      g_assert_cmpint (dup2 (null_fd, fd), ==, fd);
      close (null_fd);
      try_often (queue);
      mood_test_send (queue, "text", 1);
      mood_test_assert_received (queue, "text", 1);
    }
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpint (close (fd), ==, 0);
}

/* The child's are closed with its copy of the queue, and the parent's stay. */
static void
test_fork (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  struct stat status = get_status (queue);
  pid_t pid;

  try_often (queue);
  pid = fork ();
  g_assert_cmpint (pid, !=, -1);
  if (pid == 0)
    {
      gboolean is_empty =
          mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, NULL) == NULL;

      mood_message_queue_close (queue, NULL);
      mood_test_exit_child (is_empty && count_descriptors (&status) == 0);
    }
  mood_test_await_child (pid);

  assert_empty (queue);
  g_assert_cmpuint (count_descriptors (&status), ==, 2);
}

/* Where there is no descriptor to be had, the attempts do without. */
static void
test_no_descriptors (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  int first;

  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  first = mood_test_use_up_descriptors ();
  try_often (queue);
  g_assert_cmpint (close_range ((guint) first, G_MAXINT, 0), ==, 0);
  try_often (queue);
}

static void
test_without_proc (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  struct stat status;
  int root;

  if (!mood_test_in_ipc_namespace ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  status = get_status (queue);
  root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (root, !=, -1);
  g_assert_cmpint (chroot ("/dev"), ==, 0);
  try_often (queue);
  g_assert_cmpuint (count_descriptors (&status), ==, 1);
  g_assert_cmpint (fchdir (root), ==, 0);
  g_assert_cmpint (chroot ("."), ==, 0);
  close (root);
}

/* The first thread's descriptors are what /proc shows: one of another thread that has its own may
 * be another file there. */
static gpointer
try_with_own_descriptors (gpointer data)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;
  struct stat status;

  g_assert_cmpint (unshare (CLONE_FILES), ==, 0);
  /* The queue gets the number here that is another file's there. */
  g_assert_cmpint (close (GPOINTER_TO_INT (data)), ==, 0);
  queue = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 2, 64, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, GPOINTER_TO_INT (data));
  status = get_status (queue);
  try_often (queue);
  g_assert_cmpuint (count_descriptors (&status), ==, 1);
  g_object_unref (queue);

  return NULL;
}

static void
test_own_descriptors (void)
{
  int fd;

  if (!mood_test_in_subprocess ())
    return;

  fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, !=, -1);
  g_thread_join (g_thread_new ("own descriptors", try_with_own_descriptors, GINT_TO_POINTER (fd)));
  close (fd);
}

static gpointer
try_in_thread (gpointer data)
{
  try_often (data);

  return NULL;
}

/* However many threads come to need the descriptor at once, it is one. */
static void
test_threads (void)
{
  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      struct stat status = get_status (queue);
      GThread *threads[4];

      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("attempts", try_in_thread, queue);
      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);

      g_assert_cmpuint (count_descriptors (&status), ==, 2);
      g_assert_true (mood_message_queue_close (queue, NULL));
      g_assert_cmpuint (count_descriptors (&status), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/attempts/answers", test_answers);
  g_test_add_func ("/attempts/descriptor", test_descriptor);
  g_test_add_func ("/attempts/access-modes", test_access_modes);
  g_test_add_func ("/attempts/mode", test_mode);
  g_test_add_func ("/attempts/notification", test_notification);
  g_test_add_func ("/attempts/unlinked", test_unlinked);
  g_test_add_func ("/attempts/daemon", test_daemon);
  g_test_add_func ("/attempts/closed-by-others", test_closed_by_others);
  g_test_add_func ("/attempts/fork", test_fork);
  g_test_add_func ("/attempts/no-descriptors", test_no_descriptors);
  g_test_add_func ("/attempts/without-proc", test_without_proc);
  g_test_add_func ("/attempts/own-descriptors", test_own_descriptors);
  g_test_add_func ("/attempts/threads", test_threads);

  return g_test_run ();
}
