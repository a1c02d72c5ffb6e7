/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Queues from descriptors, and descriptors from queues. */

#include "mood-test.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixconnection.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static MoodMessageQueue *
new_from_fd (int fd)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue = mood_message_queue_new_from_fd (fd, &error);

  g_assert_no_error (error);
  g_assert_true (MOOD_IS_MESSAGE_QUEUE (queue));

  return queue;
}

static int
dup_fd (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;
  int fd = mood_message_queue_dup_fd (queue, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, !=, -1);

  return fd;
}

static void
assert_not_open (int fd)
{
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
}

static void
test_new_from_fd (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) same = NULL;
  int fd = dup_fd (queue);

  same = new_from_fd (fd);
  g_assert_cmpint (mood_message_queue_fileno (same), ==, fd);
  g_assert_cmpstr (mood_message_queue_get_name (same), ==, mood_message_queue_get_name (queue));
  g_assert_cmpint (mood_message_queue_get_flags (same), ==, MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC);
  g_assert_cmpuint (mood_message_queue_get_mode (same), ==, S_IFREG | 0600);
  g_assert_cmpint (mood_message_queue_get_maxmsg (same), ==, 2);
  g_assert_cmpint (mood_message_queue_get_msgsize (same), ==, 64);
  g_assert_false (mood_message_queue_is_created (same));
  g_assert_cmpint (mood_message_queue_get_ownership (same), ==, MOOD_OWNERSHIP_KEEP);

  mood_test_send (same, "by descriptor", 3);
  mood_test_assert_received (queue, "by descriptor", 3);

  g_assert_true (mood_message_queue_close (same, NULL));
  assert_not_open (fd);
  g_assert_cmpint (fcntl (mood_message_queue_fileno (queue), F_GETFD), !=, -1);
}

/* What the descriptor may do is found out from it. */
static void
test_flags (void)
{
  static const MoodOpenFlags rows[] = {
    MOOD_OPEN_RDONLY | MOOD_OPEN_CLOEXEC,
    MOOD_OPEN_WRONLY | MOOD_OPEN_CLOEXEC,
    MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC,
    MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC | MOOD_OPEN_NONBLOCK,
  };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MoodMessageQueue) opened =
          mood_test_queue_open (mood_message_queue_get_name (queue), rows[i]);
      g_autoptr (MoodMessageQueue) same = new_from_fd (dup_fd (opened));
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (mood_message_queue_get_flags (same), ==, rows[i]);
      g_assert_cmpint (mood_message_queue_get_blocking (same), ==,
                       (rows[i] & MOOD_OPEN_NONBLOCK) == 0);

      if ((rows[i] & MOOD_OPEN_WRONLY) == 0)
        {
          g_assert_cmpint (mood_message_queue_send (same, NULL, 0, 0, NULL, &error), ==, -1);
          mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, "receive only", NULL);
        }
      if ((rows[i] & MOOD_OPEN_RDONLY) == 0)
        {
          gsize length;

          g_assert_null (mood_message_queue_recv (same, &length, NULL, &error));
          mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, "send only", NULL);
        }
    }
}

/* It must not leak into the programs that the process executes, wherever it comes from. */
static void
test_close_on_exec (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) same = NULL;
  int fd = dup_fd (queue);

  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_SETFD, 0), ==, 0);
  same = new_from_fd (fd);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
}

/* An unlinked queue is as good as any, and its name is still told; and “ (deleted)” at the end of a
 * name is not mistaken for what the kernel says of such a queue. */
static void
test_unlinked (void)
{
  g_autofree char *odd_name = g_strdup_printf ("/mood-test-%d (deleted)", (int) getpid ());
  const char *names[] = { mood_test_queue_name (), odd_name };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MoodMessageQueue) queue = NULL;
      g_autoptr (MoodMessageQueue) before = NULL;
      g_autoptr (MoodMessageQueue) after = NULL;

      queue =
          mood_message_queue_new (names[i], MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 2, 64, &error);
      g_assert_no_error (error);

      before = new_from_fd (dup_fd (queue));
      g_assert_cmpstr (mood_message_queue_get_name (before), ==, names[i]);
      g_assert_false (mood_message_queue_is_unlinked (before));

      g_assert_true (mood_message_queue_unlink (queue, NULL));
      after = new_from_fd (dup_fd (queue));
      g_assert_cmpstr (mood_message_queue_get_name (after), ==, names[i]);
      g_assert_true (mood_message_queue_is_unlinked (before));
      g_assert_true (mood_message_queue_is_unlinked (after));

      mood_test_send (after, "still here", 0);
      mood_test_assert_received (before, "still here", 0);
    }
}

/* A refused descriptor still belongs to the caller. */
static void
assert_refused (int fd, const char *what, const char *what_else)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *number = g_strdup_printf ("descriptor %d:", fd);

  g_assert_null (mood_message_queue_new_from_fd (fd, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, number, what, what_else, NULL);
  if (fd >= 0 && strstr (what, "not open") == NULL)
    {
      g_assert_cmpint (fcntl (fd, F_GETFD), !=, -1);
      close (fd);
    }
}

static void
test_other_kinds (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", mood_message_queue_fileno (queue));
  int pipes[2];
  int fd;

  g_assert_cmpint (pipe (pipes), ==, 0);
  assert_refused (pipes[0], "a pipe", "pipe:[");
  close (pipes[1]);
  assert_refused (socket (AF_UNIX, SOCK_DGRAM, 0), "a socket", "socket:[");
  assert_refused (open ("/", O_RDONLY), "a directory", "(/)");
  assert_refused (open ("/dev/null", O_RDWR), "a character device", "/dev/null");
  assert_refused (open ("/proc/self/exe", O_RDONLY), "a file", "descriptors");
  assert_refused (epoll_create1 (0), "something else", "eventpoll");
  assert_refused (open (path, O_PATH), "O_PATH", mood_message_queue_get_name (queue));
  assert_refused (-1, "not open", "message queue");

  fd = dup_fd (queue);
  close (fd);
  assert_refused (fd, "not open", "message queue");
}

/* The directory of the queues is in the same file system as they are. */
static void
test_directory (void)
{
  int context;
  int mount;

  if (!mood_test_in_ipc_namespace ())
    return;

  context = fsopen ("mqueue", FSOPEN_CLOEXEC);
  g_assert_cmpint (context, !=, -1);
  g_assert_cmpint (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), ==, 0);
  mount = fsmount (context, FSMOUNT_CLOEXEC, 0);
  g_assert_cmpint (mount, !=, -1);
  assert_refused (openat (mount, ".", O_RDONLY), "a directory", NULL);

  /* One that is opened by its path there is a queue like any other. */
  {
    g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
    g_autoptr (MoodMessageQueue) same = NULL;

    same = new_from_fd (openat (mount, mood_message_queue_get_name (queue) + 1, O_RDWR));
    g_assert_cmpstr (mood_message_queue_get_name (same), ==, mood_message_queue_get_name (queue));
    mood_test_send (queue, "by path", 1);
    mood_test_assert_received (same, "by path", 1);
  }

  close (mount);
  close (context);
}

static void
test_dup_fd (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  int fd = dup_fd (queue);

  g_assert_cmpint (fd, !=, mood_message_queue_fileno (queue));
  /* The same open file description: the mode is shared. */
  g_assert_true (mood_message_queue_set_nonblocking (queue, TRUE, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);

  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), !=, -1);
  close (fd);

  g_assert_cmpint (mood_message_queue_dup_fd (queue, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, mood_message_queue_get_name (queue), NULL);
}

static void
test_dup_fd_without_descriptors (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit limit;
  int first;

  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  first = mood_test_use_up_descriptors ();
  g_assert_cmpint (mood_message_queue_dup_fd (queue, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                          mood_message_queue_get_name (queue), "ulimit -n", NULL);
  g_assert_null (mood_message_queue_reopen (queue, MOOD_OPEN_RDWR, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                          mood_message_queue_get_name (queue), "ulimit -n", NULL);

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpint (mood_message_queue_dup_fd (queue, &error), ==, -1);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  close_range ((guint) first, ~0u, 0);
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                          mood_message_queue_get_name (queue), "ulimit -n", NULL);
}

/* Without /proc a queue has no name, and is otherwise the same. */
static void
test_without_proc (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) same = NULL;
  g_autoptr (GError) error = NULL;
  int root;

  /* Who may make the namespace is root in it, and may change his root directory. */
  if (!mood_test_in_ipc_namespace ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (root, !=, -1);
  g_assert_cmpint (chroot ("/dev"), ==, 0);
  same = new_from_fd (dup_fd (queue));
  g_assert_null (mood_message_queue_get_name (same));
  mood_test_send (queue, "nameless", 1);
  mood_test_assert_received (same, "nameless", 1);

  g_assert_false (mood_message_queue_unlink (same, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_FILENAME, "without a name", NULL);

  /* A leak checker needs /proc when the process ends. */
  g_assert_cmpint (fchdir (root), ==, 0);
  g_assert_cmpint (chroot ("."), ==, 0);
  close (root);
}

/* The child takes the queue out of the socket, and answers by it. */
static gboolean
answer_by_passed_queue (GUnixConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  int fd = g_unix_connection_receive_fd (connection, NULL, &error);

  g_assert_no_error (error);
  queue = new_from_fd (fd);
  mood_test_assert_received (queue, "question", 1);
  mood_test_send (queue, "answer", 2);

  return TRUE;
}

static GUnixConnection *
connection_new (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);

  return G_UNIX_CONNECTION (g_socket_connection_factory_create_connection (socket));
}

/* A queue that has no name reaches another process through a Unix socket. */
static void
test_pass (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GUnixConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  int sockets[2];
  pid_t pid;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      close (sockets[0]);
      connection = connection_new (sockets[1]);
      mood_test_exit_child (answer_by_passed_queue (connection));
    }

  close (sockets[1]);
  connection = connection_new (sockets[0]);
  queue = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 2, 64, &error);
  g_assert_no_error (error);
  mood_test_send (queue, "question", 1);
  g_assert_true (
      g_unix_connection_send_fd (connection, mood_message_queue_fileno (queue), NULL, &error));
  g_assert_no_error (error);
  mood_test_await_child (pid);
  mood_test_assert_received (queue, "answer", 2);
}

int
main (int argc, char *argv[])
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/descriptors/new-from-fd", test_new_from_fd);
  g_test_add_func ("/descriptors/flags", test_flags);
  g_test_add_func ("/descriptors/close-on-exec", test_close_on_exec);
  g_test_add_func ("/descriptors/unlinked", test_unlinked);
  g_test_add_func ("/descriptors/other-kinds", test_other_kinds);
  g_test_add_func ("/descriptors/directory", test_directory);
  g_test_add_func ("/descriptors/dup-fd", test_dup_fd);
  g_test_add_func ("/descriptors/dup-fd-without-descriptors", test_dup_fd_without_descriptors);
  g_test_add_func ("/descriptors/without-proc", test_without_proc);
  g_test_add_func ("/descriptors/pass", test_pass);

  return g_test_run ();
}
