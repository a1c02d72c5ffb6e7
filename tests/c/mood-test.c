/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests in C share: queues that are small, have names of their own and are gone when the
 * test is, and ways to wait for an event. */

#include "mood-test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static GPtrArray *names;
static pid_t names_owner;

static void
unlink_all (void)
{
  /* A forked child has the list, but not the queues. */
  if (getpid () != names_owner)
    return;

  for (guint i = 0; i < names->len; i++)
    mood_unlink (g_ptr_array_index (names, i), NULL);
}

/* A test that fails, hangs or is stopped leaves no queue behind either. */
static void
on_fatal_signal (int number)
{
  unlink_all ();
  signal (number, SIG_DFL);
  raise (number);
}

void
mood_test_init (int *argc, char ***argv)
{
  static const int fatal_signals[] = { SIGABRT, SIGALRM, SIGINT, SIGSEGV, SIGTERM, SIGTRAP };

  g_test_init (argc, argv, NULL);

  names = g_ptr_array_new_with_free_func (g_free);
  names_owner = getpid ();
  atexit (unlink_all);
  for (gsize i = 0; i < G_N_ELEMENTS (fatal_signals); i++)
    signal (fatal_signals[i], on_fatal_signal);

  alarm (5 * MOOD_TEST_LIMIT_SECONDS);
}

/* A name that no other test uses, unlinked when the test ends. */
const char *
mood_test_queue_name (void)
{
  char *name = g_strdup_printf ("/mood-test-%d-%u", (int) getpid (), names->len);

  /* A process of the same number that was killed may have left it. */
  mood_unlink (name, NULL);
  g_ptr_array_add (names, name);

  return name;
}

/* A new queue for two messages of at most 64 bytes. */
MoodMessageQueue *
mood_test_queue_new (MoodOpenFlags flags)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;

  queue = mood_message_queue_new (mood_test_queue_name (), flags | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL,
                                  0600, 2, 64, &error);
  g_assert_no_error (error);
  g_assert_true (MOOD_IS_MESSAGE_QUEUE (queue));

  return queue;
}

MoodMessageQueue *
mood_test_queue_open (const char *name, MoodOpenFlags flags)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue = mood_message_queue_new (name, flags, 0, -1, -1, &error);

  g_assert_no_error (error);
  g_assert_true (MOOD_IS_MESSAGE_QUEUE (queue));

  return queue;
}

void
mood_test_send (MoodMessageQueue *queue, const char *text, guint priority)
{
  g_autoptr (GError) error = NULL;
  gssize sent;

  sent =
      mood_message_queue_send (queue, (const guint8 *) text, strlen (text), priority, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sent, ==, strlen (text));
}

void
mood_test_assert_received (MoodMessageQueue *queue, const char *text, guint priority)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *message = NULL;
  guint received_priority = G_MAXUINT;
  gsize length = 0;

  message = mood_message_queue_receive (queue, &received_priority, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (message, length, text, strlen (text));
  g_assert_cmpuint (received_priority, ==, priority);
}

/* Checks the code and that the text has each of the strings given, and clears the error. */
void
mood_test_assert_error (GError **error, GIOErrorEnum code, ...)
{
  const char *part;
  va_list parts;

  g_assert_error (*error, G_IO_ERROR, (int) code);
  g_test_message ("%s", (*error)->message);
  g_assert_true (g_utf8_validate ((*error)->message, -1, NULL));
  for (const char *c = (*error)->message; *c != '\0'; c++)
    g_assert_false (g_ascii_iscntrl (*c));

  va_start (parts, code);
  while ((part = va_arg (parts, const char *)) != NULL)
    if (strstr ((*error)->message, part) == NULL)
      g_error ("“%s” does not say “%s”", (*error)->message, part);
  va_end (parts);

  g_clear_error (error);
}

/* Runs the rest of the test in a process of its own, when it changes what a process has only one
 * of: TRUE in that process, FALSE in the one that has waited for it. */
gboolean
mood_test_in_subprocess (void)
{
  if (g_test_subprocess ())
    return TRUE;

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();

  return FALSE;
}

static gboolean
write_file (const char *path, const char *contents)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean written =
      fd != -1 && write (fd, contents, strlen (contents)) == (ssize_t) strlen (contents);

  close (fd);

  return written;
}

/* Takes effective capabilities from the process, or gives back those that it is permitted. */
static gboolean
change_capabilities (guint64 to_clear, guint64 to_set)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

  if (syscall (SYS_capget, &header, data) == -1)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (data); i++)
    {
      data[i].effective &= ~(guint32) (to_clear >> (32 * i));
      data[i].effective |= (guint32) (to_set >> (32 * i)) & data[i].permitted;
    }

  return syscall (SYS_capset, &header, data) == 0;
}

/* Lets no mode and no owner of a file be in the way of the process, or lets them be. */
void
mood_test_override_permissions (gboolean override)
{
  const guint64 capabilities =
      G_GUINT64_CONSTANT (1) << CAP_DAC_OVERRIDE | G_GUINT64_CONSTANT (1) << CAP_DAC_READ_SEARCH;

  g_assert_true (change_capabilities (override ? 0 : capabilities, override ? capabilities : 0));
}

/* Leaves the process no more than an ordinary user has. */
gboolean
mood_test_give_up_capabilities (void)
{
  return change_capabilities (G_MAXUINT64, 0);
}

/* A process with CAP_SYS_RESOURCE is above the limits of its namespace. */
static gboolean
give_up_sys_resource (void)
{
  return change_capabilities (G_GUINT64_CONSTANT (1) << CAP_SYS_RESOURCE, 0);
}

/* Makes namespaces of its own for the process. Without privilege they are in a new user namespace,
 * where the process has it; an IPC and a mount namespace are among them then, because the parent's
 * are not to be changed from there, nor to be mounted. */
gboolean
mood_test_unshare (int flags)
{
  g_autofree char *uid_map = g_strdup_printf ("0 %u 1", geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("0 %u 1", getegid ());

  return unshare (flags) == 0 ||
         (unshare (CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWNS | flags) == 0 &&
          write_file ("/proc/self/setgroups", "deny") &&
          write_file ("/proc/self/uid_map", uid_map) && write_file ("/proc/self/gid_map", gid_map));
}

static gboolean
enter_ipc_namespace (void)
{
  return mood_test_unshare (CLONE_NEWIPC) && give_up_sys_resource () &&
         access ("/proc/sys/fs/mqueue/msg_max", W_OK) == 0;
}

/* Like mood_test_in_subprocess(), after @enter, such as what makes namespaces. Where that is not
 * possible, the test is skipped for the reason given. */
gboolean
mood_test_in_subprocess_after (gboolean (*enter) (void), const char *reason)
{
  pid_t pid;
  int status = -1;

  if (g_test_subprocess ())
    return enter ();

  pid = fork ();
  if (pid == 0)
    _exit (enter () ? 0 : 1);

  g_assert_cmpint (TEMP_FAILURE_RETRY (waitpid (pid, &status, 0)), ==, pid);
  if (status == 0)
    return mood_test_in_subprocess ();

  g_test_skip (reason);

  return FALSE;
}

/* Likewise, in an IPC namespace that has its own queues, and limits that the test may change. */
gboolean
mood_test_in_ipc_namespace (void)
{
  return mood_test_in_subprocess_after (
      enter_ipc_namespace, "an IPC namespace with limits of its own cannot be made here");
}

/* Where there is no folder to mount on, nobody outside shall get one. */
static gboolean
make_mount_point (void)
{
  const char *const devices[] = { "/dev/null", "/dev/urandom" };
  int fds[G_N_ELEMENTS (devices)];

  if (access ("/dev/mqueue", F_OK) == 0)
    return TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    fds[i] = open (devices[i], O_PATH | O_CLOEXEC);

  if (mount ("none", "/dev", "tmpfs", 0, "mode=755") == -1 || mkdir ("/dev/mqueue", 0755) == -1)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fds[i]);
      int file = open (devices[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

      close (file);
      if (mount (path, devices[i], "none", MS_BIND, NULL) == -1)
        return FALSE;
      close (fds[i]);
    }

  return TRUE;
}

/* Gives the process a mount namespace in which the queues are mounted at /dev/mqueue, or nothing
 * is; FALSE where it may not. */
gboolean
mood_test_enter_mount_namespace (gboolean mounted)
{
  return mood_test_unshare (CLONE_NEWNS) &&
         mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 && make_mount_point () &&
         (mount ("none", "/dev/mqueue", mounted ? "mqueue" : "tmpfs", 0, NULL) == 0 ||
          /* It is what is mounted there. */
          errno == EBUSY);
}

static gboolean
may_open_directory (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_queue_directory_new (NULL);

  return directory != NULL;
}

/* Whether there can be a directory of queues, in namespaces of the test's own if need be: an
 * ordinary user has none where the queues are not mounted, and valgrind does not know how to mount
 * them privately. */
gboolean
mood_test_allow_directory (void)
{
  return may_open_directory () || (mood_test_unshare (CLONE_NEWNS) && may_open_directory ()) ||
         (mood_test_enter_mount_namespace (TRUE) && may_open_directory ());
}

MoodQueueDirectory *
mood_test_directory_new (void)
{
  g_autoptr (GError) error = NULL;
  MoodQueueDirectory *directory = mood_queue_directory_new (&error);

  g_assert_no_error (error);
  g_assert_true (MOOD_IS_QUEUE_DIRECTORY (directory));

  return directory;
}

/* The root of the file system that the queues are files of, by a mount of the test's own if it may
 * have one. */
static int
open_queues (void)
{
  int context = (int) syscall (SYS_fsopen, "mqueue", FSOPEN_CLOEXEC);
  int mounted;
  int root;

  if (context == -1)
    return open ("/dev/mqueue", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_cmpint (syscall (SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), ==, 0);
  mounted = (int) syscall (SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
  g_assert_cmpint (mounted, !=, -1);
  root = openat (mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  close (mounted);
  close (context);

  return root;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names of the queues that exist and have the prefix, in order, as readdir(3) gives them. */
GPtrArray *
mood_test_list_queues (const char *prefix)
{
  GPtrArray *names_found = g_ptr_array_new_with_free_func (g_free);
  int root = open_queues ();
  DIR *stream = root != -1 ? fdopendir (root) : NULL;
  struct dirent *entry;

  g_assert_nonnull (stream);
  while ((entry = readdir (stream)) != NULL)
    {
      g_autofree char *name = g_strconcat ("/", entry->d_name, NULL);

      if (entry->d_type == DT_REG && g_str_has_prefix (name, prefix))
        g_ptr_array_add (names_found, g_steal_pointer (&name));
    }
  closedir (stream);
  g_ptr_array_sort (names_found, compare_strings);

  return names_found;
}

/* Sets a limit of the IPC namespace, which has to be the process's own. */
void
mood_test_write_limit (const char *name, const char *value)
{
  g_autofree char *path = g_build_filename ("/proc/sys/fs/mqueue", name, NULL);
  FILE *file = fopen (path, "w");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (value, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

int
mood_test_thread_id (void)
{
  return (int) syscall (SYS_gettid);
}

/* Waits until a thread of this process is inside one of the system calls. */
static void
wait_until_in_one_of (int thread_id, const long *numbers, gsize n_numbers)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/syscall", thread_id);
  gint64 deadline = g_get_monotonic_time () + MOOD_TEST_LIMIT_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *contents = NULL;

      if (g_file_get_contents (path, &contents, NULL, NULL))
        for (gsize i = 0; i < n_numbers; i++)
          {
            g_autofree char *prefix = g_strdup_printf ("%ld ", numbers[i]);

            if (g_str_has_prefix (contents, prefix))
              return;
          }

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      sched_yield ();
    }
}

/* Waits until a thread of this process is inside the system call @number. */
void
mood_test_wait_until_in_system_call (int thread_id, long number)
{
  wait_until_in_one_of (thread_id, &number, 1);
}

/* Waits until a thread of this process sleeps in its main loop, whichever system call its version
 * of GLib does that by. */
void
mood_test_wait_until_in_main_loop (int thread_id)
{
  const long numbers[] = {
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_ppoll,
  };

  wait_until_in_one_of (thread_id, numbers, G_N_ELEMENTS (numbers));
}

/* Functions of threads: each gets a MoodTestMeanwhile, and does one thing when the other waits. */
gpointer
mood_test_send_meanwhile (gpointer data)
{
  MoodTestMeanwhile *meanwhile = data;

  mood_test_wait_until_in_system_call (meanwhile->waiter, meanwhile->system_call);
  mood_test_send (meanwhile->queue, "late", 4);

  return NULL;
}

gpointer
mood_test_cancel_meanwhile (gpointer data)
{
  MoodTestMeanwhile *meanwhile = data;

  mood_test_wait_until_in_system_call (meanwhile->waiter, meanwhile->system_call);
  g_cancellable_cancel (meanwhile->cancellable);

  return NULL;
}

gpointer
mood_test_close_meanwhile (gpointer data)
{
  MoodTestMeanwhile *meanwhile = data;

  mood_test_wait_until_in_system_call (meanwhile->waiter, meanwhile->system_call);
  g_assert_true (mood_message_queue_close (meanwhile->queue, NULL));

  return NULL;
}

/* Opens descriptors until there are no more; returns the first, from which on all may be closed. */
int
mood_test_use_up_descriptors (void)
{
  struct rlimit limit;
  int first = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (first, !=, -1);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = 64;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  while (open ("/dev/null", O_RDONLY | O_CLOEXEC) != -1)
    ;
  g_assert_cmpint (errno, ==, EMFILE);

  return first;
}

/* Ends a forked child. It becomes another program, because a leak checker would blame this one for
 * what belongs to threads that only the parent has. */
void
mood_test_exit_child (gboolean success)
{
  const char *program = success ? "true" : "false";

  execlp (program, program, NULL);
  _exit (127);
}

/* Waits for a child, which has to end with status 0. */
void
mood_test_await_child (GPid pid)
{
  int status = -1;

  g_assert_cmpint (TEMP_FAILURE_RETRY (waitpid (pid, &status, 0)), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}
