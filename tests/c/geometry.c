/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happens to a queue that is to be created, and exists with another geometry. */

#include "mood-test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static MoodMessageQueue *
create (const char *name,
        MoodOpenFlags flags,
        gint64 maxmsg,
        gint64 msgsize,
        MoodGeometryPolicy policy,
        GError **error)
{
  return mood_message_queue_new_full (name, flags | MOOD_OPEN_CREAT, 0600, maxmsg, msgsize,
                                      MOOD_OWNERSHIP_KEEP, policy, FALSE, error);
}

/* Leaves a queue for two messages of 64 bytes, which nobody has open; returns its name. */
static const char *
leave_queue (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = g_intern_string (mood_message_queue_get_name (queue));

  return name;
}

static void
assert_geometry (MoodMessageQueue *queue, gint64 maxmsg, gint64 msgsize)
{
  g_assert_cmpint (mood_message_queue_get_maxmsg (queue), ==, maxmsg);
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, msgsize);
}

static void
test_accept (void)
{
  const char *name = leave_queue ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue =
      create (name, MOOD_OPEN_RDWR, 3, 48, MOOD_GEOMETRY_POLICY_ACCEPT, &error);

  g_assert_no_error (error);
  assert_geometry (queue, 2, 64);
  g_assert_false (mood_message_queue_is_created (queue));
}

static void
test_refuse (void)
{
  static const struct
  {
    gint64 maxmsg;
    gint64 msgsize;
    const char *asked;
  } rows[] = {
    { 3, 48, "maxmsg 3 and msgsize 48 was asked for" },
    { 3, 64, "maxmsg 3 and msgsize 64 was asked for" },
    { 2, 48, "maxmsg 2 and msgsize 48 was asked for" },
    { 3, -1, "and maxmsg 3 was asked for" },
    { -1, 48, "and msgsize 48 was asked for" },
  };
  const char *name = leave_queue ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (create (name, MOOD_OPEN_RDWR, rows[i].maxmsg, rows[i].msgsize,
                             MOOD_GEOMETRY_POLICY_REFUSE, &error));
      mood_test_assert_error (&error, G_IO_ERROR_EXISTS, name, "maxmsg 2 and msgsize 64",
                              rows[i].asked, NULL);
    }
}

/* The same geometry, or what was left to the default, is as asked for. */
static void
test_as_asked (void)
{
  static const MoodGeometryPolicy policies[] = { MOOD_GEOMETRY_POLICY_REFUSE,
                                                 MOOD_GEOMETRY_POLICY_REPLACE };
  static const struct
  {
    gint64 maxmsg;
    gint64 msgsize;
  } rows[] = { { 2, 64 }, { -1, 64 }, { 2, -1 }, { -1, -1 } };
  const char *name = leave_queue ();
  struct stat before, after;

  for (gsize p = 0; p < G_N_ELEMENTS (policies); p++)
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (MoodMessageQueue) first = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
        g_autoptr (MoodMessageQueue) queue = NULL;

        queue = create (name, MOOD_OPEN_RDWR, rows[i].maxmsg, rows[i].msgsize, policies[p], &error);
        g_assert_no_error (error);
        g_assert_false (mood_message_queue_is_created (queue));
        g_assert_cmpint (mood_message_queue_get_geometry_policy (queue), ==, policies[p]);
        g_assert_cmpint (fstat (mood_message_queue_fileno (first), &before), ==, 0);
        g_assert_cmpint (fstat (mood_message_queue_fileno (queue), &after), ==, 0);
        g_assert_cmpuint (before.st_ino, ==, after.st_ino);
      }
}

static void
test_replace (void)
{
  static const MoodOpenFlags flags[] = { MOOD_OPEN_RDWR, MOOD_OPEN_RDONLY, MOOD_OPEN_WRONLY };

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      const char *name = leave_queue ();
      g_autoptr (GError) error = NULL;
      g_autoptr (MoodMessageQueue) queue =
          create (name, flags[i], 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error);
      g_autoptr (MoodMessageQueue) again = NULL;

      g_assert_no_error (error);
      assert_geometry (queue, 3, 48);
      g_assert_true (mood_message_queue_is_created (queue));
      g_assert_false (mood_message_queue_is_unlinked (queue));

      again = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
      assert_geometry (again, 3, 48);
    }
}

static void
test_not_empty (void)
{
  const char *name = leave_queue ();
  g_autoptr (GError) error = NULL;

  {
    g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);

    mood_test_send (sender, "precious", 5);
  }

  g_assert_null (create (name, MOOD_OPEN_RDWR, 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error));
  mood_test_assert_error (&error, G_IO_ERROR_BUSY, name, "maxmsg 2 and msgsize 64",
                          "maxmsg 3 and msgsize 48", "messages", NULL);

  {
    g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);

    mood_test_assert_received (receiver, "precious", 5);
  }
}

/* Whoever has it open, for whatever, in this process or another, keeps it. */
static void
test_open_elsewhere (void)
{
  static const MoodOpenFlags flags[] = { MOOD_OPEN_RDWR, MOOD_OPEN_RDONLY, MOOD_OPEN_WRONLY };
  const char *name = leave_queue ();

  for (gsize mine = 0; mine < G_N_ELEMENTS (flags); mine++)
    for (gsize theirs = 0; theirs < G_N_ELEMENTS (flags); theirs++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (MoodMessageQueue) user = mood_test_queue_open (name, flags[theirs]);

        g_assert_null (create (name, flags[mine], 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error));
        mood_test_assert_error (&error, G_IO_ERROR_BUSY, name, "somebody has it open", NULL);
        g_assert_false (mood_message_queue_is_unlinked (user));
      }
}

static void
test_open_in_another_process (void)
{
  const char *name = leave_queue ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) user = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) queue = NULL;
  int pipes[2];
  pid_t pid;
  char byte;

  /* The child has a copy of the descriptor until it is told to end. */
  g_assert_cmpint (pipe (pipes), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      close (pipes[1]);
      mood_test_exit_child (read (pipes[0], &byte, 1) == 0);
    }
  close (pipes[0]);
  g_assert_true (mood_message_queue_close (user, NULL));

  g_assert_null (create (name, MOOD_OPEN_RDWR, 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error));
  mood_test_assert_error (&error, G_IO_ERROR_BUSY, name, "somebody has it open", NULL);

  close (pipes[1]);
  mood_test_await_child (pid);
  queue = create (name, MOOD_OPEN_RDWR, 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error);
  g_assert_no_error (error);
  assert_geometry (queue, 3, 48);
}

static void
test_other_owner (void)
{
  const char *name;
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root may become another user");
      return;
    }

  name = leave_queue ();
  {
    g_autoptr (MoodMessageQueue) queue = mood_test_queue_open (name, MOOD_OPEN_RDONLY);

    g_assert_cmpint (fchmod (mood_message_queue_fileno (queue), 0666), ==, 0);
  }

  g_assert_cmpint (seteuid (65534), ==, 0);
  g_assert_null (create (name, MOOD_OPEN_RDWR, 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error));
  g_assert_cmpint (seteuid (0), ==, 0);
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "only its owner", NULL);
}

/* EXCL comes first: what exists is refused, whatever it is like. */
static void
test_exclusive (void)
{
  const char *name = leave_queue ();
  g_autoptr (GError) error = NULL;

  g_assert_null (
      create (name, MOOD_OPEN_RDWR | MOOD_OPEN_EXCL, 3, 48, MOOD_GEOMETRY_POLICY_REPLACE, &error));
  mood_test_assert_error (&error, G_IO_ERROR_EXISTS, name, "EXCL", NULL);
}

typedef struct
{
  const char *name;
  gint replaced; /* atomic */
  gint is_over;  /* atomic */
} Race;

#define N_REPLACERS    3
#define N_OPENERS      2
#define N_REPLACEMENTS 500

static gpointer
replace_often (gpointer data)
{
  Race *race = data;

  for (gint64 i = 0; i < N_REPLACEMENTS; i++)
    {
      gint64 maxmsg = 1 + i % 3;
      g_autoptr (GError) error = NULL;
      g_autoptr (MoodMessageQueue) queue =
          create (race->name, MOOD_OPEN_RDWR, maxmsg, 16, MOOD_GEOMETRY_POLICY_REPLACE, &error);

      if (queue == NULL)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
          continue;
        }

      assert_geometry (queue, maxmsg, 16);
      /* Nobody replaces what is open here. What somebody else has created may just have been about
       * to be replaced when it was opened. */
      if (mood_message_queue_is_created (queue))
        {
          g_assert_false (mood_message_queue_is_unlinked (queue));
          g_atomic_int_inc (&race->replaced);
        }
    }

  return NULL;
}

static gpointer
open_often (gpointer data)
{
  Race *race = data;

  for (guint i = 0; !g_atomic_int_get (&race->is_over); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MoodMessageQueue) queue =
          mood_message_queue_new (race->name,
                                  MOOD_OPEN_RDONLY | (i % 2 == 0 ? MOOD_OPEN_NONBLOCK : 0), 0, -1,
                                  -1, &error);

      if (queue == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      else
        g_assert_cmpint (mood_message_queue_get_blocking (queue), ==, i % 2 != 0);
    }

  return NULL;
}

/* Those who all want the same name for another geometry get it or are told that it is busy. Nobody
 * loses a queue that he has created and has open, or is kept waiting, those neither who just open
 * it, and no signal that belongs to how it is found out does harm. */
static void
test_replace_race (void)
{
  Race race = { .name = mood_test_queue_name () };
  GThread *replacers[N_REPLACERS];
  GThread *openers[N_OPENERS];

  for (gsize i = 0; i < N_REPLACERS; i++)
    replacers[i] = g_thread_new (NULL, replace_often, &race);
  for (gsize i = 0; i < N_OPENERS; i++)
    openers[i] = g_thread_new (NULL, open_often, &race);
  for (gsize i = 0; i < N_REPLACERS; i++)
    g_thread_join (replacers[i]);
  g_atomic_int_set (&race.is_over, TRUE);
  for (gsize i = 0; i < N_OPENERS; i++)
    g_thread_join (openers[i]);

  g_test_message ("%d queues", race.replaced);
  g_assert_cmpint (race.replaced, >, 0);
}

static gpointer
give_back_when_asked (gpointer data)
{
  sigset_t signals;
  int number;

  sigemptyset (&signals);
  sigaddset (&signals, SIGURG);
  g_assert_cmpint (sigwait (&signals, &number), ==, 0);
  g_assert_cmpint (fcntl (GPOINTER_TO_INT (data), F_SETLEASE, F_UNLCK), ==, 0);

  return NULL;
}

/* Who replaces a queue has a lease on it for an instant, which makes the kernel refuse to open it
 * in nonblocking mode. */
static void
test_open_meanwhile (void)
{
  static const MoodOpenFlags flags[] = { 0, MOOD_OPEN_CREAT };
  sigset_t signals;

  if (!mood_test_in_subprocess ())
    return;

  sigemptyset (&signals);
  sigaddset (&signals, SIGURG);
  g_assert_cmpint (pthread_sigmask (SIG_BLOCK, &signals, NULL), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      const char *name = leave_queue ();
      g_autoptr (MoodMessageQueue) holder = mood_test_queue_open (name, MOOD_OPEN_RDWR);
      g_autoptr (MoodMessageQueue) queue = NULL;
      int fd = mood_message_queue_fileno (holder);
      GThread *thread;

      g_assert_cmpint (fcntl (fd, F_SETSIG, SIGURG), ==, 0);
      g_assert_cmpint (fcntl (fd, F_SETLEASE, F_WRLCK), ==, 0);
      thread = g_thread_new (NULL, give_back_when_asked, GINT_TO_POINTER (fd));
      queue = mood_test_queue_open (name, MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK | flags[i]);
      g_thread_join (thread);

      g_assert_false (mood_message_queue_get_blocking (queue));
      /* Asked twice, by the attempt that fails and by the one that waits. */
      while (sigtimedwait (&signals, NULL, &(struct timespec){ 0 }) == SIGURG)
        ;
    }
}

static gint n_signals; /* atomic */

static void
on_signal (int number)
{
  g_atomic_int_inc (&n_signals);
}

typedef struct
{
  int fd;
  pthread_t opener;
  int opener_id;
} Interruption;

/* Whether a signal was sent to a thread that has not been given it yet. When its handler runs is
 * another matter: a sanitizer may put that off. */
static gboolean
is_pending (int thread_id, int number)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/status", thread_id);
  g_autofree char *contents = NULL;
  const char *pending;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  pending = strstr (contents, "\nSigPnd:");
  g_assert_nonnull (pending);

  return (g_ascii_strtoull (pending + strlen ("\nSigPnd:\t"), NULL, 16) >> (number - 1) & 1) != 0;
}

static gpointer
interrupt_when_asked (gpointer data)
{
  Interruption *self = data;
  sigset_t signals;
  int number;

  sigemptyset (&signals);
  sigaddset (&signals, SIGURG);
  g_assert_cmpint (sigwait (&signals, &number), ==, 0);
  g_assert_cmpint (pthread_kill (self->opener, SIGUSR1), ==, 0);
  while (is_pending (self->opener_id, SIGUSR1))
    g_thread_yield ();
  g_assert_cmpint (fcntl (self->fd, F_SETLEASE, F_UNLCK), ==, 0);

  return NULL;
}

/* A signal that comes while opening waits for who replaces the queue is no failure to open it. */
static void
test_interrupted_meanwhile (void)
{
  const struct sigaction action = { .sa_handler = on_signal };
  Interruption interruption;
  const char *name;
  g_autoptr (MoodMessageQueue) holder = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  GThread *thread;
  sigset_t signals;

  if (!mood_test_in_subprocess ())
    return;

  sigemptyset (&signals);
  sigaddset (&signals, SIGURG);
  g_assert_cmpint (pthread_sigmask (SIG_BLOCK, &signals, NULL), ==, 0);
  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);

  name = leave_queue ();
  holder = mood_test_queue_open (name, MOOD_OPEN_RDWR);
  interruption = (Interruption){ .fd = mood_message_queue_fileno (holder),
                                 .opener = pthread_self (),
                                 .opener_id = mood_test_thread_id () };
  g_assert_cmpint (fcntl (interruption.fd, F_SETSIG, SIGURG), ==, 0);
  g_assert_cmpint (fcntl (interruption.fd, F_SETLEASE, F_WRLCK), ==, 0);
  thread = g_thread_new (NULL, interrupt_when_asked, &interruption);
  queue = mood_test_queue_open (name, MOOD_OPEN_RDWR);
  g_thread_join (thread);
  g_assert_cmpint (g_atomic_int_get (&n_signals), ==, 1);
}

int
main (int argc, char *argv[])
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/geometry/accept", test_accept);
  g_test_add_func ("/geometry/refuse", test_refuse);
  g_test_add_func ("/geometry/as-asked", test_as_asked);
  g_test_add_func ("/geometry/replace", test_replace);
  g_test_add_func ("/geometry/not-empty", test_not_empty);
  g_test_add_func ("/geometry/open-elsewhere", test_open_elsewhere);
  g_test_add_func ("/geometry/open-in-another-process", test_open_in_another_process);
  g_test_add_func ("/geometry/other-owner", test_other_owner);
  g_test_add_func ("/geometry/exclusive", test_exclusive);
  g_test_add_func ("/geometry/open-meanwhile", test_open_meanwhile);
  g_test_add_func ("/geometry/interrupted-meanwhile", test_interrupted_meanwhile);
  g_test_add_func ("/geometry/replace-race", test_replace_race);

  return g_test_run ();
}
