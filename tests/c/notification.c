/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Notification: who is told that a message has come to the empty queue, when, and how often. */

#include "mood-test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  guint calls;
  GIOCondition condition;
  gboolean drop; /* whether the callback ends the source */
  guint arrived; /* how often the signal had come at the last call */
  guint destroyed;
} Calls;

static guint arrived;

static void
on_arrived (MoodMessageQueue *queue, gpointer user_data)
{
  arrived++;
}

static gboolean
on_notified (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Calls *calls = user_data;

  g_assert_true (MOOD_IS_MESSAGE_QUEUE (queue));
  calls->calls++;
  calls->condition = condition;
  calls->arrived = arrived;

  return calls->drop ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
on_destroyed (gpointer user_data)
{
  Calls *calls = user_data;

  calls->destroyed++;
}

static GSource *
create_source (MoodMessageQueue *queue, gboolean rearm, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  GSource *source =
      mood_message_queue_create_notification_source (queue, rearm, cancellable, &error);

  g_assert_no_error (error);
  g_assert_nonnull (source);

  return source;
}

static GSource *
attach_to (GMainContext *context,
           MoodMessageQueue *queue,
           gboolean rearm,
           GCancellable *cancellable,
           Calls *calls)
{
  GSource *source = create_source (queue, rearm, cancellable);

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_notified, calls, on_destroyed);
  g_source_attach (source, context);

  return source;
}

static GSource *
attach (MoodMessageQueue *queue, gboolean rearm, Calls *calls)
{
  return attach_to (NULL, queue, rearm, NULL, calls);
}

static void
end_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* A source that has ended by itself. */
static void
assert_ended (GSource *source)
{
  g_assert_true (g_source_is_destroyed (source));
  g_source_unref (source);
}

/* Dispatches what is ready, and nothing more: a source that is ready without end would never let
 * this return. */
static void
assert_settles_after (Calls *calls, guint n_calls)
{
  for (guint i = 0; g_main_context_iteration (NULL, FALSE); i++)
    g_assert_cmpuint (i, <, 16);

  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (calls->calls, ==, n_calls);
}

static void
wait_for_call (Calls *calls)
{
  guint n_calls = calls->calls;

  while (calls->calls == n_calls)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (calls->calls, ==, n_calls + 1);
}

/* Nobody is registered: another can be, and is not for long. */
static void
assert_free (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  mood_message_queue_reserve_notification (queue, &error);
  g_assert_no_error (error);
  g_assert_true (mood_message_queue_cancel_notification (queue, &error));
  g_assert_no_error (error);
}

static void
assert_busy (MoodMessageQueue *queue, const char *part, const char *other_part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mood_message_queue_reserve_notification (queue, &error));
  mood_test_assert_error (&error, G_IO_ERROR_BUSY, mood_message_queue_get_name (queue), part,
                          other_part, NULL);
}

static void
assert_busy_here (MoodMessageQueue *queue)
{
  g_autofree char *pid = g_strdup_printf ("this process, %d,", (int) getpid ());

  assert_busy (queue, pid, "mood_message_queue_cancel_notification()");
}

static MoodMessageQueue *
open_again (MoodMessageQueue *queue, MoodOpenFlags flags)
{
  return mood_test_queue_open (mood_message_queue_get_name (queue), flags);
}

/* What makes the kernel take the registration of the process away. */
static void
close_another (MoodMessageQueue *queue)
{
  g_object_unref (open_again (queue, MOOD_OPEN_RDONLY));
}

/* Forks a child that does one thing, and stays until it is told to go. */
typedef struct
{
  pid_t pid;
  int go;
} Child;

static Child
start_child (MoodMessageQueue *queue, gboolean (*function) (MoodMessageQueue *queue))
{
  Child child;
  int done[2], go[2];
  char byte = 0;

  g_assert_cmpint (pipe (done), ==, 0);
  g_assert_cmpint (pipe (go), ==, 0);
  child.pid = fork ();
  if (child.pid == 0)
    {
      gboolean success = function (queue);

      close (done[0]);
      close (go[1]);
      success = write (done[1], &byte, 1) == 1 && read (go[0], &byte, 1) == 0 && success;
      mood_test_exit_child (success);
    }

  close (done[1]);
  close (go[0]);
  child.go = go[1];
  g_assert_cmpint (TEMP_FAILURE_RETRY (read (done[0], &byte, 1)), ==, 1);
  close (done[0]);

  return child;
}

static void
end_child (Child child)
{
  close (child.go);
  mood_test_await_child (child.pid);
}

static gboolean
reserve (MoodMessageQueue *queue)
{
  return mood_message_queue_reserve_notification (queue, NULL);
}

static void
test_plain_sender (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "plain-peer", NULL);
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) peer = NULL;
  Calls calls = { 0 };
  GSource *source = attach (queue, FALSE, &calls);

  peer = g_subprocess_new (0, &error, path, "send", mood_message_queue_get_name (queue), "hello",
                           NULL);
  g_assert_no_error (error);
  wait_for_call (&calls);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  mood_test_assert_received (queue, "hello", 0);
  g_subprocess_wait_check (peer, NULL, &error);
  g_assert_no_error (error);
  assert_ended (source);
}

static void
test_one_shot (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = attach (queue, FALSE, &calls);

  assert_settles_after (&calls, 0);
  mood_test_send (queue, "1", 0);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  g_assert_cmpuint (calls.destroyed, ==, 1);
  assert_ended (source);

  mood_test_assert_received (queue, "1", 0);
  mood_test_send (queue, "2", 0);
  assert_settles_after (&calls, 1);
  assert_free (queue);
}

static void
test_rearm (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = attach (queue, TRUE, &calls);

  assert_settles_after (&calls, 0);
  for (guint round = 1; round <= 3; round++)
    {
      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
      assert_settles_after (&calls, round);
      g_assert_cmpuint (calls.condition, ==, G_IO_IN);
      mood_test_assert_received (queue, "1", 0);
      mood_test_assert_received (queue, "2", 0);
    }

  /* Not as long as there is one. */
  mood_test_send (queue, "stays", 0);
  assert_settles_after (&calls, 4);
  mood_test_send (queue, "comes", 0);
  assert_settles_after (&calls, 4);

  calls.drop = TRUE;
  mood_test_assert_received (queue, "stays", 0);
  mood_test_assert_received (queue, "comes", 0);
  mood_test_send (queue, "last", 0);
  assert_settles_after (&calls, 5);
  g_assert_cmpuint (calls.destroyed, ==, 1);
  assert_ended (source);
  assert_free (queue);
}

/* Takes what is there, and then lets another message come. */
static gboolean
take_and_send (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  guint *rounds = user_data;

  mood_test_assert_received (queue, "x", 0);
  if (++*rounds < 100)
    mood_test_send (queue, "x", 0);

  return G_SOURCE_CONTINUE;
}

/* What comes while the callback runs is announced in its turn. */
static void
test_during_callback (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  guint rounds = 0;
  guint id = mood_message_queue_add_notification (queue, TRUE, take_and_send, &rounds, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (id, >, 0);
  mood_test_send (queue, "x", 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (rounds, ==, 100);
  g_assert_true (g_source_remove (id));
  assert_free (queue);
}

static void
test_waiting_in_queue (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls once = { 0 };
  Calls rearmed = { 0 };
  GSource *source;

  /* Without re-arming it is as in POSIX. */
  mood_test_send (queue, "x", 0);
  source = attach (queue, FALSE, &once);
  assert_settles_after (&once, 0);
  mood_test_send (queue, "y", 0);
  assert_settles_after (&once, 0);
  end_source (source);

  source = attach (queue, TRUE, &rearmed);
  assert_settles_after (&rearmed, 1);
  g_assert_cmpuint (rearmed.condition, ==, G_IO_IN);
  mood_test_assert_received (queue, "x", 0);
  mood_test_assert_received (queue, "y", 0);
  assert_settles_after (&rearmed, 1);
  mood_test_send (queue, "z", 0);
  assert_settles_after (&rearmed, 2);
  end_source (source);
}

typedef struct
{
  MoodMessageQueue *queue;
  int thread_id; /* atomic */
} Receiver;

static gpointer
receive_one (gpointer data)
{
  Receiver *receiver = data;

  g_atomic_int_set (&receiver->thread_id, mood_test_thread_id ());
  mood_test_assert_received (receiver->queue, "taken", 0);

  return NULL;
}

static GThread *
start_receiver (Receiver *receiver)
{
  GThread *thread = g_thread_new ("receiver", receive_one, receiver);

  while (g_atomic_int_get (&receiver->thread_id) == 0)
    sched_yield ();
  mood_test_wait_until_in_system_call (g_atomic_int_get (&receiver->thread_id),
                                       SYS_mq_timedreceive);

  return thread;
}

/* The kernel hands a message to who waits for one, and tells nobody. */
static void
test_waiting_receiver (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Receiver receiver = { .queue = queue };
  Calls calls = { 0 };
  GSource *source = attach (queue, FALSE, &calls);
  GThread *thread = start_receiver (&receiver);

  mood_test_send (queue, "taken", 0);
  g_thread_join (thread);
  assert_settles_after (&calls, 0);

  mood_test_send (queue, "told", 0);
  assert_settles_after (&calls, 1);
  assert_ended (source);
}

/* Another object, and a copy of the descriptor. */
static void
close_in_some_way (MoodMessageQueue *queue, guint way)
{
  if (way % 2 == 0)
    close_another (queue);
  else
    close (dup (mood_message_queue_fileno (queue)));
}

/* The registration is taken away, and the source makes it anew. */
static void
test_removed (void)
{
  for (guint way = 0; way < 4; way++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      gboolean rearm = way / 2;
      Calls calls = { 0 };
      GSource *source = attach (queue, rearm, &calls);

      for (guint round = 0; round < 3; round++)
        {
          close_in_some_way (queue, way);
          assert_settles_after (&calls, 0);
          assert_busy_here (queue);
        }
      mood_test_send (queue, "x", 0);
      assert_settles_after (&calls, 1);
      g_assert_cmpuint (calls.condition, ==, G_IO_IN);

      if (rearm)
        {
          mood_test_assert_received (queue, "x", 0);
          mood_test_send (queue, "y", 0);
          assert_settles_after (&calls, 2);
          end_source (source);
        }
      else
        assert_ended (source);
    }
}

static gboolean
register_in_callback (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  on_notified (queue, condition, user_data);
  assert_free (queue);

  return G_SOURCE_CONTINUE;
}

/* A message came while there was no registration. */
static void
test_arrived_while_removed (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = create_source (queue, FALSE, NULL);

  g_source_set_callback (source, (GSourceFunc) (GCallback) register_in_callback, &calls, NULL);
  g_source_attach (source, NULL);
  close_another (queue);
  mood_test_send (queue, "x", 0);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  assert_ended (source);

  mood_test_assert_received (queue, "x", 0);
  source = attach (queue, TRUE, &calls);
  close_another (queue);
  mood_test_send (queue, "y", 0);
  assert_settles_after (&calls, 2);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN);
  mood_test_assert_received (queue, "y", 0);
  mood_test_send (queue, "z", 0);
  assert_settles_after (&calls, 3);
  end_source (source);
  assert_free (queue);
}

/* Another process is faster. */
static void
test_lost (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = attach (queue, TRUE, &calls);
  Child child;

  /* After the registration was taken away. */
  close_another (queue);
  child = start_child (queue, reserve);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_ERR);
  assert_ended (source);
  end_child (child);

  /* After a message, which it tells about all the same. */
  source = attach (queue, TRUE, &calls);
  mood_test_send (queue, "x", 0);
  child = start_child (queue, reserve);
  assert_settles_after (&calls, 2);
  g_assert_cmpuint (calls.condition, ==, G_IO_IN | G_IO_ERR);
  assert_ended (source);

  /* It does not take away what is the other's. */
  g_assert_true (mood_message_queue_cancel_notification (queue, NULL));
  assert_busy (queue, "process ", NULL);
  end_child (child);
  assert_free (queue);
}

static void
test_busy (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) sender = open_again (queue, MOOD_OPEN_WRONLY);
  g_autoptr (GError) error = NULL;
  g_autofree char *pid = NULL;
  GSource *source = create_source (queue, FALSE, NULL);
  Calls calls = { 0 };
  Child child;

  g_assert_null (mood_message_queue_create_notification_source (queue, TRUE, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_BUSY, "this process", NULL);
  g_assert_cmpuint (mood_message_queue_add_notification_full (queue, 0, TRUE, on_notified, &calls,
                                                              on_destroyed, &error),
                    ==, 0);
  mood_test_assert_error (&error, G_IO_ERROR_BUSY, "this process", NULL);
  g_assert_cmpuint (calls.destroyed, ==, 1);
  g_assert_false (mood_message_queue_notify_by_signal (queue, SIGUSR1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_BUSY, "this process", NULL);
  assert_busy_here (queue);
  /* One that cannot read who it is. */
  assert_busy_here (sender);
  end_source (source);

  child = start_child (queue, reserve);
  pid = g_strdup_printf ("process %d is registered", (int) child.pid);
  assert_busy (queue, pid, "mood_message_queue_add_watch()");
  assert_busy (sender, "the RDONLY or the RDWR flag tells which", NULL);

  /* With the process its registration ends. */
  end_child (child);
  assert_free (queue);
  assert_free (sender);
}

static gboolean
enter_pid_namespace (void)
{
  return unshare (CLONE_NEWPID) == 0 || unshare (CLONE_NEWUSER | CLONE_NEWPID) == 0;
}

static gboolean
child_finds_it_busy_out_of_sight (MoodMessageQueue *queue)
{
  assert_busy (queue, "cannot be seen from here", "mood_message_queue_add_watch()");

  return TRUE;
}

/* The first child of a process that has unshared its PID namespace is in the new one. */
static void
test_busy_out_of_sight (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  gboolean has_namespace = FALSE;
  int result[2];
  pid_t pid;

  g_assert_true (reserve (queue));
  g_assert_cmpint (pipe (result), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      has_namespace = enter_pid_namespace ();
      if (has_namespace)
        end_child (start_child (queue, child_finds_it_busy_out_of_sight));
      mood_test_exit_child (write (result[1], &has_namespace, sizeof has_namespace) ==
                            sizeof has_namespace);
    }

  mood_test_await_child (pid);
  g_assert_cmpint (read (result[0], &has_namespace, sizeof has_namespace), ==,
                   sizeof has_namespace);
  close (result[0]);
  close (result[1]);
  if (!has_namespace)
    g_test_skip ("a PID namespace cannot be made here");
}

static void
assert_signal (int signal_number, int fd)
{
  struct timespec limit = { .tv_sec = MOOD_TEST_LIMIT_SECONDS };
  siginfo_t info;
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, signal_number);
  g_assert_cmpint (sigtimedwait (&set, &info, &limit), ==, signal_number);
  g_assert_cmpint (info.si_code, ==, SI_MESGQ);
  g_assert_cmpint (info.si_pid, ==, getpid ());
  g_assert_cmpint (info.si_value.sival_int, ==, fd);
}

static void
assert_no_signal (int signal_number)
{
  struct timespec limit = { 0 };
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, signal_number);
  g_assert_cmpint (sigtimedwait (&set, NULL, &limit), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
}

static void
test_signal (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  /* Without SIGRTMAX, which valgrind keeps for itself. */
  int signals[] = { SIGUSR1, SIGRTMIN };
  sigset_t set;

  /* The threads that GLib started for other tests do not block the signals. */
  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  sigemptyset (&set);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaddset (&set, signals[i]);
  g_assert_cmpint (pthread_sigmask (SIG_BLOCK, &set, NULL), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr (GError) error = NULL;

      mood_message_queue_notify_by_signal (queue, signals[i], &error);
      g_assert_no_error (error);
      assert_busy_here (queue);
      mood_test_send (queue, "x", 0);
      assert_signal (signals[i], mood_message_queue_fileno (queue));
      assert_free (queue);

      mood_test_assert_received (queue, "x", 0);
      mood_test_send (queue, "x", 0);
      assert_no_signal (signals[i]);
      mood_test_assert_received (queue, "x", 0);
    }
}

static void
test_no_signals (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *range = g_strdup_printf ("1 to 31 and %d to %d", SIGRTMIN, SIGRTMAX);
  int numbers[] = { 0, -1, 32, SIGRTMAX + 1, G_MAXINT, G_MININT };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *number = g_strdup_printf ("%d is no signal", numbers[i]);

      g_assert_false (mood_message_queue_notify_by_signal (queue, numbers[i], &error));
      mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, number, range, NULL);
    }
  assert_free (queue);
}

static void
test_reserve (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;

  mood_message_queue_reserve_notification (queue, &error);
  g_assert_no_error (error);
  assert_busy_here (queue);

  /* Until the message comes. */
  mood_test_send (queue, "x", 0);
  assert_free (queue);
}

/* By another object, and whatever the source is at. */
static void
test_cancel (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other = open_again (queue, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) unrelated = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  Calls unrelated_calls = { 0 };
  GSource *unrelated_source = attach (unrelated, FALSE, &unrelated_calls);

  /* Nobody is registered. */
  g_assert_true (mood_message_queue_cancel_notification (queue, &error));
  g_assert_no_error (error);

  for (guint state = 0; state < 4; state++)
    {
      Calls calls = { 0 };
      GSource *source = attach (queue, TRUE, &calls);

      if (state == 1)
        mood_test_send (queue, "announced", 0);
      else if (state == 2)
        close_another (queue);
      else if (state == 3)
        assert_settles_after (&calls, 0);

      g_assert_true (mood_message_queue_cancel_notification (other, &error));
      g_assert_no_error (error);
      assert_free (queue);
      assert_settles_after (&calls, 0);
      g_assert_cmpuint (calls.destroyed, ==, 1);
      assert_ended (source);
      assert_free (queue);
      if (state == 1)
        mood_test_assert_received (queue, "announced", 0);
    }

  mood_test_send (unrelated, "x", 0);
  assert_settles_after (&unrelated_calls, 1);
  assert_ended (unrelated_source);
}

static void
test_destroy (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  Calls calls = { 0 };
  GSource *source = attach (queue, TRUE, &calls);
  guint id;

  g_source_destroy (source);
  assert_free (queue);
  g_assert_cmpuint (calls.destroyed, ==, 1);
  g_source_unref (source);

  /* Made, never attached, and dropped. */
  source = create_source (queue, TRUE, NULL);
  assert_busy_here (queue);
  g_source_unref (source);
  assert_free (queue);

  id = mood_message_queue_add_notification (queue, FALSE, on_notified, &calls, &error);
  g_assert_no_error (error);
  assert_busy_here (queue);
  g_assert_true (g_source_remove (id));
  assert_free (queue);

  /* With its main context. */
  {
    g_autoptr (GMainContext) context = g_main_context_new ();

    g_source_unref (attach_to (context, queue, TRUE, NULL, &calls));
    assert_busy_here (queue);
  }
  assert_free (queue);
  g_assert_cmpuint (calls.calls, ==, 0);
}

/* The registration that the process has by then is another one. */
static void
test_destroy_later (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = attach (queue, TRUE, &calls);

  mood_test_send (queue, "x", 0);
  g_assert_true (reserve (queue));
  end_source (source);
  assert_busy_here (queue);
  g_assert_true (mood_message_queue_cancel_notification (queue, NULL));
  mood_test_assert_received (queue, "x", 0);

  source = attach (queue, TRUE, &calls);
  close_another (queue);
  g_assert_true (reserve (queue));
  end_source (source);
  assert_busy_here (queue);
  g_assert_cmpuint (calls.calls, ==, 0);
}

static void
test_close (void)
{
  g_autoptr (MoodMessageQueue) other = mood_test_queue_new (MOOD_OPEN_RDWR);

  for (guint rearm = 0; rearm < 2; rearm++)
    {
      g_autoptr (MoodMessageQueue) queue = open_again (other, MOOD_OPEN_RDWR);
      g_autoptr (GError) error = NULL;
      Calls calls = { 0 };
      GSource *source = attach (queue, rearm, &calls);

      g_assert_true (mood_message_queue_close (queue, NULL));
      assert_free (other);
      assert_settles_after (&calls, 1);
      g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
      assert_ended (source);

      g_assert_null (mood_message_queue_create_notification_source (queue, rearm, NULL, &error));
      mood_test_assert_error (&error, G_IO_ERROR_CLOSED, NULL);
    }
}

/* A call that waits keeps the descriptor open for a while. */
static void
test_close_while_receiving (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other = open_again (queue, MOOD_OPEN_RDWR);
  Receiver receiver = { .queue = queue };
  Calls calls = { 0 };
  GSource *source = attach (queue, TRUE, &calls);
  GThread *thread = start_receiver (&receiver);

  g_assert_true (mood_message_queue_close (queue, NULL));
  assert_free (other);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  assert_ended (source);

  mood_test_send (other, "taken", 0);
  g_thread_join (thread);
}

static void
assert_refused (MoodMessageQueue *queue, GIOErrorEnum code)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (mood_message_queue_add_notification (queue, FALSE, NULL, NULL, &error), ==, 0);
  mood_test_assert_error (&error, code, "register for notification by", NULL);
  g_assert_false (mood_message_queue_notify_by_signal (queue, SIGUSR1, &error));
  mood_test_assert_error (&error, code, "register for notification by", NULL);
  g_assert_false (mood_message_queue_reserve_notification (queue, &error));
  mood_test_assert_error (&error, code, "register for notification by", NULL);
  g_assert_false (mood_message_queue_cancel_notification (queue, &error));
  mood_test_assert_error (&error, code, "cancel the notification by", NULL);
}

static void
test_not_open (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);

  g_assert_true (mood_message_queue_close (queue, NULL));
  assert_refused (queue, G_IO_ERROR_CLOSED);
  assert_refused (uninitialized, G_IO_ERROR_NOT_INITIALIZED);
}

static void
test_cancellable (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  for (guint rearm = 0; rearm < 2; rearm++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Calls calls = { 0 };
      GSource *source = attach_to (NULL, queue, rearm, cancellable, &calls);

      assert_settles_after (&calls, 0);
      g_cancellable_cancel (cancellable);
      assert_settles_after (&calls, 1);
      g_assert_cmpuint (calls.condition, ==, 0);
      assert_ended (source);
      assert_free (queue);
    }
}

typedef struct
{
  guint calls;
  guint limit;
} Sequence;

static gboolean
take_and_register_next (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Sequence *sequence = user_data;
  g_autoptr (GError) error = NULL;

  mood_test_assert_received (queue, "x", 0);
  if (++sequence->calls < sequence->limit)
    {
      mood_message_queue_add_notification (queue, FALSE, take_and_register_next, sequence, &error);
      g_assert_no_error (error);
    }

  return G_SOURCE_CONTINUE;
}

/* As programs written to POSIX do it: each notification makes the next registration. */
static void
test_sequence (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Sequence sequence = { .limit = 10 };
  g_autoptr (GError) error = NULL;

  mood_message_queue_add_notification (queue, FALSE, take_and_register_next, &sequence, &error);
  g_assert_no_error (error);
  for (guint i = 1; i <= sequence.limit; i++)
    {
      mood_test_send (queue, "x", 0);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpuint (sequence.calls, ==, i);
    }
  assert_free (queue);
}

static GSource *source_of_parent;
static Calls *calls_of_parent;

/* What comes is the parent's. */
static gboolean
child_uses_source (MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;

  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_destroy (source_of_parent);
  g_source_unref (source_of_parent);
  g_assert_true (mood_message_queue_cancel_notification (queue, &error));
  g_assert_no_error (error);
  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_no_error (error);

  return calls_of_parent->calls == 0;
}

static void
test_fork (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);

  for (guint is_announced = 0; is_announced < 2; is_announced++)
    {
      Calls calls = { 0 };

      source_of_parent = attach (queue, FALSE, &calls);
      calls_of_parent = &calls;

      if (is_announced)
        mood_test_send (queue, "x", 0);
      end_child (start_child (queue, child_uses_source));
      if (!is_announced)
        {
          assert_busy_here (queue);
          assert_settles_after (&calls, 0);
          mood_test_send (queue, "x", 0);
        }

      assert_settles_after (&calls, 1);
      g_assert_cmpuint (calls.condition, ==, G_IO_IN);
      assert_ended (source_of_parent);
      mood_test_assert_received (queue, "x", 0);
    }
}

static gboolean
child_is_refused (MoodMessageQueue *queue)
{
  g_autofree char *pid = g_strdup_printf ("process %d is registered", (int) getppid ());

  assert_busy (queue, pid, NULL);

  return TRUE;
}

static gboolean
child_is_notified (MoodMessageQueue *queue)
{
  Calls calls = { 0 };
  GSource *source = attach (queue, FALSE, &calls);

  mood_test_send (queue, "x", 0);
  assert_settles_after (&calls, 1);
  assert_ended (source);

  return TRUE;
}

/* A child has what it registers itself. */
static void
test_fork_registers (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = attach (queue, FALSE, &calls);

  end_child (start_child (queue, child_is_refused));
  end_source (source);
  end_child (start_child (queue, child_is_notified));
  g_assert_cmpuint (calls.calls, ==, 0);
}

static void
test_no_descriptors (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;
  int first;

  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  first = mood_test_use_up_descriptors ();
  g_assert_cmpuint (mood_message_queue_add_notification (queue, TRUE, NULL, NULL, &error), ==, 0);
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "RLIMIT_NOFILE", NULL);

  /* Signals take none. */
  mood_message_queue_notify_by_signal (queue, SIGUSR1, &error);
  g_assert_no_error (error);
  close (first);
  g_assert_true (mood_message_queue_cancel_notification (queue, NULL));
}

/* As the RestrictAddressFamilies= of systemd does it. */
static gboolean
forbid_netlink (void)
{
  struct sock_filter instructions[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[0]) +
                                            (G_BYTE_ORDER == G_BIG_ENDIAN ? sizeof (guint32) : 0)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { G_N_ELEMENTS (instructions), instructions };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void
test_no_netlink (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;

  if (!mood_test_in_subprocess ())
    return;

  queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  /* Valgrind and some containers have no filters. */
  if (!forbid_netlink ())
    return;

  g_assert_cmpuint (mood_message_queue_add_notification (queue, TRUE, NULL, NULL, &error), ==, 0);
  mood_test_assert_error (&error, G_IO_ERROR_NOT_SUPPORTED, "AF_NETLINK",
                          "RestrictAddressFamilies=", "mood_message_queue_add_watch()", NULL);
  assert_free (queue);
}

static void
test_access_modes (void)
{
  MoodOpenFlags modes[] = { MOOD_OPEN_RDONLY, MOOD_OPEN_WRONLY };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      g_autoptr (MoodMessageQueue) other = open_again (queue, modes[i]);
      Calls calls = { 0 };
      GSource *source;

      mood_test_send (queue, "x", 0);
      source = attach (other, TRUE, &calls);
      assert_settles_after (&calls, 1);
      mood_test_assert_received (queue, "x", 0);
      mood_test_send (queue, "x", 0);
      assert_settles_after (&calls, 2);
      end_source (source);
      assert_free (other);
    }
}

static void
test_unlinked (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source;

  g_assert_true (mood_message_queue_unlink (queue, NULL));
  source = attach (queue, FALSE, &calls);
  mood_test_send (queue, "x", 0);
  assert_settles_after (&calls, 1);
  assert_ended (source);
}

static void
remove_source (MoodMessageQueue *queue, gpointer source)
{
  g_source_destroy (source);
}

static void
test_signal_arrived (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  Calls calls = { 0 };
  GSource *source;

  arrived = 0;
  g_signal_connect (queue, "arrived", G_CALLBACK (on_arrived), NULL);

  /* Without a callback. */
  g_assert_cmpuint (mood_message_queue_add_notification_full (queue, G_PRIORITY_HIGH, FALSE, NULL,
                                                              &calls, on_destroyed, &error),
                    >, 0);
  g_assert_no_error (error);
  mood_test_send (queue, "1", 0);
  assert_settles_after (&calls, 0);
  g_assert_cmpuint (arrived, ==, 1);
  g_assert_cmpuint (calls.destroyed, ==, 1);

  /* Before the callback, and for a message alone. */
  source = attach (queue, TRUE, &calls);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.arrived, ==, 2);
  mood_test_assert_received (queue, "1", 0);

  /* Whose source it was that is removed meanwhile. */
  g_signal_connect (queue, "arrived", G_CALLBACK (remove_source), source);
  mood_test_send (queue, "2", 0);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (arrived, ==, 3);
  assert_ended (source);
  g_signal_handlers_disconnect_by_func (queue, remove_source, source);

  source = attach (queue, FALSE, &calls);
  mood_message_queue_close (queue, NULL);
  assert_settles_after (&calls, 2);
  g_assert_cmpuint (calls.condition, ==, G_IO_NVAL);
  g_assert_cmpuint (arrived, ==, 3);
  assert_ended (source);
}

static void
cancel_notification (MoodMessageQueue *queue, gpointer user_data)
{
  g_assert_true (mood_message_queue_cancel_notification (queue, NULL));
}

/* A handler of the signal that cancels the notification has the last word. */
static void
test_cancel_in_signal (void)
{
  static const gboolean rearms[] = { FALSE, TRUE };

  for (gsize i = 0; i < G_N_ELEMENTS (rearms); i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      Calls calls = { 0 };
      GSource *source = attach (queue, rearms[i], &calls);

      g_signal_connect (queue, "arrived", G_CALLBACK (cancel_notification), NULL);
      mood_test_send (queue, "x", 0);
      assert_settles_after (&calls, 0);
      g_assert_cmpuint (calls.destroyed, ==, 1);
      assert_ended (source);
      assert_free (queue);
    }
}

static void
close_queue (MoodMessageQueue *queue, gpointer user_data)
{
  g_assert_true (mood_message_queue_close (queue, NULL));
}

/* If one closes the queue, the callback is told that, once, and not that there is a message. */
static void
test_close_in_signal (void)
{
  static const gboolean rearms[] = { FALSE, TRUE };

  for (gsize i = 0; i < G_N_ELEMENTS (rearms); i++)
    {
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
      Calls calls = { 0 };
      GSource *source = attach (queue, rearms[i], &calls);

      g_signal_connect (queue, "arrived", G_CALLBACK (close_queue), NULL);
      mood_test_send (queue, "x", 0);
      assert_settles_after (&calls, 1);
      g_assert_cmpint (calls.condition, ==, G_IO_NVAL);
      g_assert_cmpuint (calls.destroyed, ==, 1);
      assert_ended (source);
    }
}

static int
find_netlink_socket (void)
{
  for (int fd = 0; fd < 1024; fd++)
    {
      int domain = -1;
      socklen_t size = sizeof domain;

      if (getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK)
        return fd;
    }

  return -1;
}

/* The socket was closed behind the source's back: no spinning then. */
static void
test_foreign_close (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Calls calls = { 0 };
  GSource *source = attach (queue, TRUE, &calls);
  int fd = find_netlink_socket ();

  g_assert_true ((fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0);
  g_assert_cmpint (close (fd), ==, 0);
  assert_settles_after (&calls, 1);
  g_assert_cmpuint (calls.condition, ==, G_IO_ERR);
  assert_ended (source);
  assert_free (queue);
  /* None is left behind by all the tests before. */
  g_assert_cmpint (find_netlink_socket (), ==, -1);
}

/* A main loop in a thread of its own. */
typedef struct
{
  GMainLoop *loop;
  GThread *thread;
  int thread_id; /* atomic */
} Loop;

static gpointer
run_loop (gpointer data)
{
  Loop *loop = data;

  g_atomic_int_set (&loop->thread_id, mood_test_thread_id ());
  g_main_loop_run (loop->loop);

  return NULL;
}

static void
start_loop (Loop *loop)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  loop->loop = g_main_loop_new (context, FALSE);
  loop->thread = g_thread_new ("loop", run_loop, loop);
  while (g_atomic_int_get (&loop->thread_id) == 0)
    sched_yield ();
}

static void
end_loop (Loop *loop)
{
  g_main_loop_quit (loop->loop);
  g_thread_join (loop->thread);
  g_main_loop_unref (loop->loop);
}

static gboolean
count_atomically (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  g_atomic_int_inc ((int *) user_data);

  return G_SOURCE_CONTINUE;
}

/* The loop sleeps when another thread ends its source. */
static void
test_other_thread (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) other = open_again (queue, MOOD_OPEN_RDWR);
  Loop loop = { 0 };
  int counter = 0;

  start_loop (&loop);
  for (guint way = 0; way < 3; way++)
    {
      GSource *source = create_source (queue, TRUE, NULL);

      g_source_set_callback (source, (GSourceFunc) (GCallback) count_atomically, &counter, NULL);
      g_source_attach (source, g_main_loop_get_context (loop.loop));
      mood_test_wait_until_in_main_loop (loop.thread_id);
      assert_busy_here (other);
      if (way == 0)
        g_source_destroy (source);
      else if (way == 1)
        g_assert_true (mood_message_queue_cancel_notification (other, NULL));
      else
        g_assert_true (mood_message_queue_close (queue, NULL));
      assert_free (other);

      while (!g_source_is_destroyed (source))
        sched_yield ();
      g_source_unref (source);
      g_assert_cmpint (g_atomic_int_get (&counter), ==, way == 2);
    }
  end_loop (&loop);
}

/* Sources that one thread makes, uses and ends, while another dispatches them, and a third closes
 * what they are about. */
static void
test_storm (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (MoodMessageQueue) sender =
      mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 2, 64, NULL);
  Loop loops[2] = { 0 };
  int counter = 0;

  g_assert_nonnull (sender);
  start_loop (&loops[0]);
  start_loop (&loops[1]);
  for (guint round = 0; round < 2000; round++)
    {
      Loop *loop = &loops[round % 2];
      g_autoptr (MoodMessageQueue) queue = mood_test_queue_open (name, MOOD_OPEN_RDWR);
      GSource *source =
          mood_message_queue_create_notification_source (queue, round % 3 != 0, NULL, NULL);

      /* One that was kept may have been faster. */
      if (source == NULL)
        {
          g_assert_true (mood_message_queue_cancel_notification (sender, NULL));
          continue;
        }

      g_source_set_callback (source, (GSourceFunc) (GCallback) count_atomically, &counter, NULL);
      g_source_attach (source, g_main_loop_get_context (loop->loop));
      mood_message_queue_send_with_timeout (sender, (const guint8 *) "x", 1, 0, 0, NULL, NULL);
      if (round % 5 == 0)
        close_another (queue);
      g_free (mood_message_queue_receive_with_timeout (sender, NULL, NULL, 0, NULL, NULL));

      switch (round % 4)
        {
        case 0:
          g_source_destroy (source);
          break;
        case 1:
          mood_message_queue_close (queue, NULL);
          break;
        case 2:
          mood_message_queue_cancel_notification (sender, NULL);
          break;
        default:
          break;
        }
      g_source_unref (source);
    }
  g_assert_true (mood_message_queue_cancel_notification (sender, NULL));
  end_loop (&loops[0]);
  end_loop (&loops[1]);
  assert_free (sender);
}

/* A test of many rounds in which each message has to be announced, or nothing goes on. */
typedef struct
{
  GMainLoop *loop;
  const char *name;
  guint64 rounds; /* how many times the callback was called */
  guint64 seen_rounds;
  guint64 next; /* the number that the next message has */
  guint64 limit;
  int acknowledgements; /* a pipe to write to, a byte for each message that was taken, or -1 */
  gboolean is_over;     /* atomic */
} Rounds;

static guint64
n_rounds (guint64 n)
{
  /* Valgrind and the sanitizers run each of them many times slower. */
  return g_getenv ("G_SLICE") != NULL ? n / 10 : n;
}

static void
send_number (MoodMessageQueue *queue, guint64 number)
{
  gssize sent =
      mood_message_queue_send (queue, (const guint8 *) &number, sizeof number, 0, NULL, NULL);

  g_assert_cmpint (sent, ==, sizeof number);
}

/* Takes all that there is, in order, and then lets as many more come. */
static void
take_numbers (Rounds *rounds, MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;
  guint64 first = rounds->next;
  guint64 buffer[8];
  char byte = 0;

  while (mood_message_queue_receive_into_with_timeout (queue, (guint8 *) buffer, sizeof buffer,
                                                       NULL, 0, NULL, &error) == sizeof (guint64))
    g_assert_cmpuint (buffer[0], ==, rounds->next++);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

  if (rounds->acknowledgements != -1)
    while (first++ < rounds->next)
      g_assert_cmpint (write (rounds->acknowledgements, &byte, 1), ==, 1);
}

static gboolean
on_round (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Rounds *rounds = user_data;

  g_assert_cmpuint (condition, ==, G_IO_IN);
  rounds->rounds++;
  take_numbers (rounds, queue);
  if ((rounds->acknowledgements != -1 ? rounds->next : rounds->rounds) == rounds->limit)
    g_main_loop_quit (rounds->loop);

  return G_SOURCE_CONTINUE;
}

static gboolean
assert_progress (gpointer user_data)
{
  Rounds *rounds = user_data;

  g_assert_cmpuint (rounds->rounds, >, rounds->seen_rounds);
  rounds->seen_rounds = rounds->rounds;

  return G_SOURCE_CONTINUE;
}

static void
run_rounds (Rounds *rounds, MoodMessageQueue *queue)
{
  g_autoptr (GError) error = NULL;
  guint watchdog = g_timeout_add_seconds (MOOD_TEST_LIMIT_SECONDS / 4, assert_progress, rounds);
  guint id = mood_message_queue_add_notification (queue, TRUE, on_round, rounds, &error);

  g_assert_no_error (error);
  rounds->loop = g_main_loop_new (NULL, FALSE);
  g_main_loop_run (rounds->loop);
  g_main_loop_unref (rounds->loop);
  g_assert_true (g_source_remove (id));
  g_assert_true (g_source_remove (watchdog));
  g_test_message ("%" G_GUINT64_FORMAT " notifications, %" G_GUINT64_FORMAT " messages",
                  rounds->rounds, rounds->next);
}

static gpointer
send_without_end (gpointer data)
{
  Rounds *rounds = data;
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_open (rounds->name, MOOD_OPEN_WRONLY);

  for (guint64 number = 0; !g_atomic_int_get (&rounds->is_over); number++)
    send_number (queue, number);

  return NULL;
}

/* As fast as the sender can. It fills the queue and waits for ever if nobody takes anything. */
static void
test_rounds_at_full_speed (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Rounds rounds = {
    .name = mood_message_queue_get_name (queue),
    .limit = n_rounds (100000),
    .acknowledgements = -1,
  };
  GThread *thread = g_thread_new ("sender", send_without_end, &rounds);

  run_rounds (&rounds, queue);
  g_assert_cmpuint (rounds.rounds, ==, rounds.limit);

  /* Make room until the sender has seen that it is over. */
  g_atomic_int_set (&rounds.is_over, TRUE);
  take_numbers (&rounds, queue);
  g_thread_join (thread);
}

typedef struct
{
  const char *name;
  guint64 limit;
  int acknowledgements; /* a pipe to read from */
} Sender;

static void
send_one_by_one (const Sender *sender)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_open (sender->name, MOOD_OPEN_WRONLY);

  for (guint64 number = 0; number < sender->limit; number++)
    {
      char byte;

      send_number (queue, number);
      g_assert_cmpint (TEMP_FAILURE_RETRY (read (sender->acknowledgements, &byte, 1)), ==, 1);
    }
}

/* Exactly one message for each notification, from another process. */
static void
test_rounds_one_by_one (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Sender sender = { mood_message_queue_get_name (queue), n_rounds (100000), -1 };
  Rounds rounds = { .name = sender.name, .limit = sender.limit };
  int acknowledgements[2];
  pid_t pid;

  g_assert_cmpint (pipe (acknowledgements), ==, 0);
  sender.acknowledgements = acknowledgements[0];
  rounds.acknowledgements = acknowledgements[1];
  pid = fork ();
  if (pid == 0)
    {
      close (acknowledgements[1]);
      send_one_by_one (&sender);
      mood_test_exit_child (TRUE);
    }

  run_rounds (&rounds, queue);
  mood_test_await_child (pid);
  g_assert_cmpuint (rounds.rounds, ==, rounds.limit);
  g_assert_cmpuint (rounds.next, ==, rounds.limit);
  close (acknowledgements[0]);
  close (acknowledgements[1]);
}

static gpointer
send_from_thread (gpointer data)
{
  send_one_by_one (data);

  return NULL;
}

static gpointer
open_and_close (gpointer data)
{
  Rounds *rounds = data;

  while (!g_atomic_int_get (&rounds->is_over))
    g_object_unref (mood_test_queue_open (rounds->name, MOOD_OPEN_RDONLY));

  return NULL;
}

/* Another thread takes the registration away all the time. */
static void
test_rounds_while_removed (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  Sender sender = { mood_message_queue_get_name (queue), n_rounds (20000), -1 };
  Rounds rounds = { .name = sender.name, .limit = sender.limit };
  GThread *threads[2];
  int acknowledgements[2];

  g_assert_cmpint (pipe (acknowledgements), ==, 0);
  sender.acknowledgements = acknowledgements[0];
  rounds.acknowledgements = acknowledgements[1];
  threads[0] = g_thread_new ("sender", send_from_thread, &sender);
  threads[1] = g_thread_new ("closer", open_and_close, &rounds);

  run_rounds (&rounds, queue);
  g_atomic_int_set (&rounds.is_over, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (rounds.next, ==, rounds.limit);
  close (acknowledgements[0]);
  close (acknowledgements[1]);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/notification/plain-sender", test_plain_sender);
  g_test_add_func ("/notification/one-shot", test_one_shot);
  g_test_add_func ("/notification/rearm", test_rearm);
  g_test_add_func ("/notification/during-callback", test_during_callback);
  g_test_add_func ("/notification/waiting-in-queue", test_waiting_in_queue);
  g_test_add_func ("/notification/waiting-receiver", test_waiting_receiver);
  g_test_add_func ("/notification/removed", test_removed);
  g_test_add_func ("/notification/arrived-while-removed", test_arrived_while_removed);
  g_test_add_func ("/notification/lost", test_lost);
  g_test_add_func ("/notification/busy", test_busy);
  g_test_add_func ("/notification/busy-out-of-sight", test_busy_out_of_sight);
  g_test_add_func ("/notification/signal", test_signal);
  g_test_add_func ("/notification/no-signals", test_no_signals);
  g_test_add_func ("/notification/reserve", test_reserve);
  g_test_add_func ("/notification/cancel", test_cancel);
  g_test_add_func ("/notification/destroy", test_destroy);
  g_test_add_func ("/notification/destroy-later", test_destroy_later);
  g_test_add_func ("/notification/close", test_close);
  g_test_add_func ("/notification/close-while-receiving", test_close_while_receiving);
  g_test_add_func ("/notification/not-open", test_not_open);
  g_test_add_func ("/notification/cancellable", test_cancellable);
  g_test_add_func ("/notification/sequence", test_sequence);
  g_test_add_func ("/notification/fork", test_fork);
  g_test_add_func ("/notification/fork-registers", test_fork_registers);
  g_test_add_func ("/notification/no-descriptors", test_no_descriptors);
  g_test_add_func ("/notification/no-netlink", test_no_netlink);
  g_test_add_func ("/notification/access-modes", test_access_modes);
  g_test_add_func ("/notification/unlinked", test_unlinked);
  g_test_add_func ("/notification/signal-arrived", test_signal_arrived);
  g_test_add_func ("/notification/cancel-in-signal", test_cancel_in_signal);
  g_test_add_func ("/notification/close-in-signal", test_close_in_signal);
  g_test_add_func ("/notification/foreign-close", test_foreign_close);
  g_test_add_func ("/notification/other-thread", test_other_thread);
  g_test_add_func ("/notification/storm", test_storm);
  g_test_add_func ("/notification/rounds-at-full-speed", test_rounds_at_full_speed);
  g_test_add_func ("/notification/rounds-one-by-one", test_rounds_one_by_one);
  g_test_add_func ("/notification/rounds-while-removed", test_rounds_while_removed);

  return g_test_run ();
}
