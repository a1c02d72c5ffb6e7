/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of a queue's name: kept, unlinked on close, or gone at once. */

#include "mood-test.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
exists (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new (name, MOOD_OPEN_RDONLY, 0, -1, -1, &error);

  if (queue == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  return queue != NULL;
}

static MoodMessageQueue *
queue_new_full (const char *name, MoodOpenFlags flags, MoodOwnership ownership)
{
  g_autoptr (GError) error = NULL;
  MoodMessageQueue *queue;

  queue = mood_message_queue_new_full (name, MOOD_OPEN_RDWR | flags, 0600, 2, 64, ownership,
                                       MOOD_GEOMETRY_POLICY_ACCEPT, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_ownership (queue), ==, ownership);

  return queue;
}

static MoodMessageQueue *
owned_queue_new (const char *name)
{
  return queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_UNLINK_ON_CLOSE);
}

static void
close_queue (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_no_error (error);
}

static void
test_created (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) first = queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);
  g_autoptr (MoodMessageQueue) second = queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);
  g_autoptr (MoodMessageQueue) third = mood_test_queue_open (name, MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) fourth = NULL;
  g_autoptr (MoodMessageQueue) exclusive = mood_test_queue_new (MOOD_OPEN_RDWR);
  gboolean created = FALSE;

  g_assert_true (mood_message_queue_is_created (first));
  g_assert_false (mood_message_queue_is_created (second));
  g_assert_false (mood_message_queue_is_created (third));
  g_assert_true (mood_message_queue_is_created (exclusive));

  g_object_get (first, "created", &created, NULL);
  g_assert_true (created);

  fourth = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", name, NULL);
  g_assert_false (mood_message_queue_is_created (fourth));
}

#define N_CREATORS 8
#define N_ROUNDS   2000

typedef struct
{
  const char *name;
  gint created; /* atomic */
} Race;

static gpointer
create_and_count (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (MoodMessageQueue) queue =
          queue_new_full (race->name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);

      if (mood_message_queue_is_created (queue))
        {
          g_atomic_int_inc (&race->created);
          mood_unlink (race->name, NULL);
        }
    }

  return NULL;
}

/* While others create and unlink it, opening with CREAT never fails, and each queue that there was
 * has one creator. */
static void
test_created_race (void)
{
  Race race = { .name = mood_test_queue_name () };
  GThread *threads[N_CREATORS];

  for (guint i = 0; i < N_CREATORS; i++)
    threads[i] = g_thread_new (NULL, create_and_count, &race);
  for (guint i = 0; i < N_CREATORS; i++)
    g_thread_join (threads[i]);

  g_test_message ("%d queues", race.created);
  g_assert_cmpint (race.created, >, 0);
  g_assert_false (exists (race.name));
}

static void
test_keep (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) queue = queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);

  close_queue (queue);
  g_assert_true (exists (name));
}

static void
test_unlink_on_close (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) queue = owned_queue_new (name);
  g_autoptr (MoodMessageQueue) user = mood_test_queue_open (name, MOOD_OPEN_RDWR);

  mood_test_send (queue, "last", 0);
  close_queue (queue);
  g_assert_false (exists (name));

  /* Whoever has it open keeps it, and what is in it. */
  mood_test_assert_received (user, "last", 0);
  close_queue (queue);
}

static void
test_unlink_on_last_reference (void)
{
  const char *name = mood_test_queue_name ();
  MoodMessageQueue *queue = owned_queue_new (name);

  g_assert_true (exists (name));
  g_object_unref (queue);
  g_assert_false (exists (name));
}

/* What was there before is not this object's to remove. */
static void
test_existing (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) creator =
      queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);
  g_autoptr (MoodMessageQueue) other = owned_queue_new (name);
  g_autoptr (MoodMessageQueue) opened = queue_new_full (name, 0, MOOD_OWNERSHIP_UNLINK_ON_CLOSE);

  g_assert_true (mood_message_queue_is_created (creator));
  close_queue (other);
  close_queue (opened);
  g_assert_true (exists (name));
}

/* The name leads to somebody else's queue by now. */
static void
test_another_queue (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) queue = owned_queue_new (name);
  g_autoptr (MoodMessageQueue) another = NULL;

  g_assert_true (mood_unlink (name, NULL));
  another = queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);
  g_assert_true (mood_message_queue_is_created (another));

  close_queue (queue);
  g_assert_true (exists (name));
}

static void
test_unlinked_before (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) queue = owned_queue_new (name);

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  g_assert_true (mood_message_queue_is_unlinked (queue));
  close_queue (queue);
}

/* The child has a copy of the object, and no right to the queue, also if libmood was not told of
 * the fork. */
static void
test_fork (void)
{
  static pid_t (*const forks[]) (void) = { fork, _Fork };

  for (gsize i = 0; i < G_N_ELEMENTS (forks); i++)
    {
      const char *name = mood_test_queue_name ();
      g_autoptr (MoodMessageQueue) queue = owned_queue_new (name);
      pid_t pid = forks[i]();

      if (pid == 0)
        mood_test_exit_child (mood_message_queue_close (queue, NULL));
      mood_test_await_child (pid);
      g_assert_true (exists (name));

      pid = forks[i]();
      if (pid == 0)
        {
          g_clear_object (&queue);
          mood_test_exit_child (TRUE);
        }
      mood_test_await_child (pid);
      g_assert_true (exists (name));

      close_queue (queue);
      g_assert_false (exists (name));
    }
}

/* In another PID namespace a child can have the same number as its parent. */
static void
test_fork_to_pid_namespace (void)
{
  const char *name = mood_test_queue_name ();
  pid_t pid = fork ();
  int status = -1;

  if (pid == 0)
    _exit (mood_test_unshare (CLONE_NEWPID) ? 0 : 1);

  g_assert_cmpint (TEMP_FAILURE_RETRY (waitpid (pid, &status, 0)), ==, pid);
  if (status != 0)
    {
      g_test_skip ("a PID namespace cannot be made here");
      return;
    }

  pid = fork ();
  if (pid == 0)
    {
      g_autoptr (MoodMessageQueue) queue = NULL;

      g_assert_true (mood_test_unshare (CLONE_NEWPID));
      pid = fork ();
      if (pid != 0)
        {
          mood_test_await_child (pid);
          mood_test_exit_child (TRUE);
        }

      queue = owned_queue_new (name);
      g_assert_cmpint (getpid (), ==, 1);
      g_assert_cmpint (unshare (CLONE_NEWPID), ==, 0);
      pid = fork ();
      if (pid == 0)
        {
          g_assert_cmpint (getpid (), ==, 1);
          mood_test_exit_child (mood_message_queue_close (queue, NULL));
        }
      mood_test_await_child (pid);
      g_assert_true (exists (name));
      close_queue (queue);
      mood_test_exit_child (!exists (name));
    }
  mood_test_await_child (pid);
}

/* After the process has moved to another IPC namespace, the name leads to nobody's queue, or to one
 * that has nothing to do with this. */
static void
test_other_namespace (void)
{
  const char *name = "/mood-test-other-namespace";
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) another = NULL;

  if (!mood_test_in_ipc_namespace ())
    return;

  queue = owned_queue_new (name);
  g_assert_cmpint (unshare (CLONE_NEWIPC), ==, 0);
  another = queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);
  g_assert_true (mood_message_queue_is_created (another));

  close_queue (queue);
  g_assert_true (exists (name));
}

/* A process that has changed its root directory does not know its namespace by /proc any more. */
static void
test_without_proc (void)
{
  const char *name = "/mood-test-without-proc";
  int root;

  /* Who may make the namespace is root in it, and may change his root directory. */
  if (!mood_test_in_ipc_namespace ())
    return;

  root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (root, !=, -1);

  for (int elsewhere = 0; elsewhere < 2; elsewhere++)
    {
      g_autoptr (MoodMessageQueue) owned = owned_queue_new (name);
      g_autoptr (MoodMessageQueue) another = NULL;

      /* Here the name leads to another queue. */
      if (elsewhere)
        {
          g_assert_cmpint (unshare (CLONE_NEWIPC), ==, 0);
          another = queue_new_full (name, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP);
        }

      g_assert_cmpint (chroot ("/dev"), ==, 0);
      close_queue (owned);
      /* A leak checker needs /proc when the process ends. */
      g_assert_cmpint (fchdir (root), ==, 0);
      g_assert_cmpint (chroot ("."), ==, 0);

      g_assert_true (exists (name) == (another != NULL));
      mood_unlink (name, NULL);
    }
  close (root);
}

static gpointer
close_in_thread (gpointer data)
{
  mood_message_queue_close (data, NULL);

  return NULL;
}

/* Another creator takes the name at once: of all the threads that close, one unlinks, and once. */
static void
test_close_race (void)
{
  const char *name = mood_test_queue_name ();

  for (guint round = 0; round < 200; round++)
    {
      g_autoptr (MoodMessageQueue) queue = owned_queue_new (name);
      GThread *threads[4];

      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new (NULL, close_in_thread, queue);
      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);

      g_assert_false (exists (name));
    }
}

/* A sticky directory lets only the owner remove a name; by then the process may be another user. */
static void
test_may_not_unlink (void)
{
  const char *name;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root may become another user");
      return;
    }

  name = mood_test_queue_name ();
  queue = owned_queue_new (name);
  g_assert_cmpint (seteuid (65534), ==, 0);
  g_assert_false (mood_message_queue_close (queue, &error));
  g_assert_cmpint (seteuid (0), ==, 0);

  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "closed all the same", NULL);
  g_assert_true (mood_message_queue_is_closed (queue));
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, -1);
  g_assert_true (exists (name));
  g_assert_true (mood_unlink (name, NULL));
}

static void
test_killed (void)
{
  const char *name = mood_test_queue_name ();
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      g_autoptr (MoodMessageQueue) queue = owned_queue_new (name);
      g_autoptr (MoodMessageQueue) anonymous = NULL;

      anonymous = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 2, 64, NULL);
      g_assert_nonnull (anonymous);
      g_assert_nonnull (queue);
      kill (getpid (), SIGKILL);
    }
  g_assert_cmpint (TEMP_FAILURE_RETRY (waitpid (pid, &status, 0)), ==, pid);
  g_assert_true (WIFSIGNALED (status));

  /* As every page about it says. */
  g_assert_true (exists (name));
}

static void
test_temporary (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) first = NULL;
  g_autoptr (MoodMessageQueue) second = NULL;
  g_autoptr (MoodMessageQueue) user = NULL;
  g_autofree char *name = NULL;

  first = mood_message_queue_new_temporary (MOOD_OPEN_RDWR, 0640, 3, 48, &error);
  g_assert_no_error (error);
  second =
      mood_message_queue_new_temporary (MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK, 0600, 3, 48, &error);
  g_assert_no_error (error);

  name = g_strdup (mood_message_queue_get_name (first));
  g_assert_true (g_str_has_prefix (name, "/mood-"));
  g_assert_cmpstr (name, !=, mood_message_queue_get_name (second));
  g_assert_true (mood_message_queue_is_created (first));
  g_assert_cmpint (mood_message_queue_get_maxmsg (first), ==, 3);
  g_assert_cmpint (mood_message_queue_get_msgsize (first), ==, 48);
  g_assert_cmpint (mood_message_queue_get_ownership (first), ==, MOOD_OWNERSHIP_UNLINK_ON_CLOSE);

  user = mood_test_queue_open (name, MOOD_OPEN_RDWR);
  mood_test_send (user, "to a temporary one", 1);
  mood_test_assert_received (first, "to a temporary one", 1);

  close_queue (first);
  g_assert_false (exists (name));
}

static void
test_anonymous (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) again = NULL;

  queue = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 3, 48, &error);
  g_assert_no_error (error);
  g_assert_true (mood_message_queue_is_unlinked (queue));
  g_assert_true (mood_message_queue_is_created (queue));
  g_assert_cmpint (mood_message_queue_get_ownership (queue), ==, MOOD_OWNERSHIP_ANONYMOUS);
  g_assert_true (g_str_has_prefix (mood_message_queue_get_name (queue), "/mood-"));
  g_assert_false (exists (mood_message_queue_get_name (queue)));

  again = mood_message_queue_reopen (queue, MOOD_OPEN_WRONLY, &error);
  g_assert_no_error (error);
  mood_test_send (again, "from nowhere", 1);
  mood_test_assert_received (queue, "from nowhere", 1);
  close_queue (queue);
}

static void
test_refused (void)
{
  const struct
  {
    const char *name;
    MoodOpenFlags flags;
    MoodOwnership ownership;
    GIOErrorEnum code;
    const char *text;
  } rows[] = {
    { "/mood-test-named", MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, MOOD_OWNERSHIP_ANONYMOUS,
      G_IO_ERROR_INVALID_ARGUMENT, "anonymous" },
    { NULL, MOOD_OPEN_RDWR, MOOD_OWNERSHIP_ANONYMOUS, G_IO_ERROR_INVALID_ARGUMENT, "CREAT" },
    { NULL, MOOD_OPEN_RDWR, MOOD_OWNERSHIP_UNLINK_ON_CLOSE, G_IO_ERROR_INVALID_ARGUMENT, "CREAT" },
    { NULL, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, MOOD_OWNERSHIP_KEEP, G_IO_ERROR_INVALID_FILENAME,
      "no name" },
    { NULL, MOOD_OPEN_CREAT, MOOD_OWNERSHIP_ANONYMOUS, G_IO_ERROR_INVALID_ARGUMENT, "access mode" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (mood_message_queue_new_full (rows[i].name, rows[i].flags, 0600, 2, 64,
                                                  rows[i].ownership, MOOD_GEOMETRY_POLICY_ACCEPT,
                                                  FALSE, &error));
      mood_test_assert_error (&error, rows[i].code, rows[i].text, NULL);
    }
}

/* What the umask strips is there all the same, if asked for. */
static void
test_exact_mode (void)
{
  static const struct
  {
    gboolean exact_mode;
    mode_t mode;
  } rows[] = { { FALSE, 0640 }, { TRUE, 0666 } };

  if (!mood_test_in_subprocess ())
    return;

  umask (0027);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *name = mood_test_queue_name ();
      g_autoptr (GError) error = NULL;
      g_autoptr (MoodMessageQueue) queue = NULL;
      g_autoptr (MoodMessageQueue) again = NULL;
      struct stat status;

      queue = mood_message_queue_new_full (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0666, 2, 64,
                                           MOOD_OWNERSHIP_KEEP, MOOD_GEOMETRY_POLICY_ACCEPT,
                                           rows[i].exact_mode, &error);
      g_assert_no_error (error);
      g_assert_cmpint (mood_message_queue_get_exact_mode (queue), ==, rows[i].exact_mode);
      g_assert_cmpuint (mood_message_queue_get_mode (queue), ==, S_IFREG | rows[i].mode);
      g_assert_cmpint (fstat (mood_message_queue_fileno (queue), &status), ==, 0);
      g_assert_cmpuint (status.st_mode, ==, S_IFREG | rows[i].mode);

      /* One that exists keeps its own. */
      again = mood_message_queue_new_full (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 2, 64,
                                           MOOD_OWNERSHIP_KEEP, MOOD_GEOMETRY_POLICY_ACCEPT, TRUE,
                                           &error);
      g_assert_no_error (error);
      g_assert_cmpuint (mood_message_queue_get_mode (again), ==, S_IFREG | rows[i].mode);
    }
}

int
main (int argc, char *argv[])
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/ownership/created", test_created);
  g_test_add_func ("/ownership/created-race", test_created_race);
  g_test_add_func ("/ownership/keep", test_keep);
  g_test_add_func ("/ownership/unlink-on-close", test_unlink_on_close);
  g_test_add_func ("/ownership/unlink-on-last-reference", test_unlink_on_last_reference);
  g_test_add_func ("/ownership/existing", test_existing);
  g_test_add_func ("/ownership/another-queue", test_another_queue);
  g_test_add_func ("/ownership/unlinked-before", test_unlinked_before);
  g_test_add_func ("/ownership/fork", test_fork);
  g_test_add_func ("/ownership/fork-to-pid-namespace", test_fork_to_pid_namespace);
  g_test_add_func ("/ownership/other-namespace", test_other_namespace);
  g_test_add_func ("/ownership/without-proc", test_without_proc);
  g_test_add_func ("/ownership/close-race", test_close_race);
  g_test_add_func ("/ownership/may-not-unlink", test_may_not_unlink);
  g_test_add_func ("/ownership/killed", test_killed);
  g_test_add_func ("/ownership/temporary", test_temporary);
  g_test_add_func ("/ownership/anonymous", test_anonymous);
  g_test_add_func ("/ownership/refused", test_refused);
  g_test_add_func ("/ownership/exact-mode", test_exact_mode);

  return g_test_run ();
}
