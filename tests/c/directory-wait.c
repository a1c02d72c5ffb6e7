/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting until a queue exists. */

#include "mood-test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  gboolean is_over;
  gboolean exists;
  GError *error;
} Outcome;

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_assert_false (outcome->is_over);
  outcome->exists =
      mood_queue_directory_wait_for_finish (MOOD_QUEUE_DIRECTORY (source), result, &outcome->error);
  g_assert_true (outcome->exists == (outcome->error == NULL));
  outcome->is_over = TRUE;
}

static void
wait_for (MoodQueueDirectory *directory,
          const char *name,
          GCancellable *cancellable,
          Outcome *outcome)
{
  memset (outcome, 0, sizeof *outcome);
  mood_queue_directory_wait_for_async (directory, name, G_PRIORITY_DEFAULT, cancellable, on_waited,
                                       outcome);
  /* A call does not call back. */
  g_assert_false (outcome->is_over);
}

static void
run_until_over (Outcome *outcome)
{
  while (!outcome->is_over)
    g_main_context_iteration (NULL, TRUE);
}

static void
run_what_is_ready (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
assert_exists (Outcome *outcome)
{
  run_until_over (outcome);
  g_assert_no_error (outcome->error);
  g_assert_true (outcome->exists);
}

static void
create (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDONLY | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600,
                                  1, 1, &error);
  g_assert_no_error (error);
}

static void
test_exists (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodMessageQueue) newer = mood_test_queue_new (MOOD_OPEN_RDWR);
  Outcome outcome;

  wait_for (directory, mood_message_queue_get_name (queue), NULL, &outcome);
  assert_exists (&outcome);

  /* Also one that the list does not have. */
  wait_for (directory, mood_message_queue_get_name (newer), NULL, &outcome);
  assert_exists (&outcome);
  g_assert_null (mood_queue_directory_lookup (directory, mood_message_queue_get_name (newer)));
}

static gboolean
on_idle (gpointer user_data)
{
  const int *fd = user_data;

  g_assert_cmpint (write (*fd, "", 1), ==, 1);

  return G_SOURCE_REMOVE;
}

static void
test_created_by_another (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  const char *name = mood_test_queue_name ();
  int waiting[2];
  Outcome outcome;
  pid_t pid;
  char byte;

  g_assert_cmpint (pipe (waiting), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      gboolean success = read (waiting[0], &byte, 1) == 1;

      create (name);
      mood_test_exit_child (success);
    }

  wait_for (directory, name, NULL, &outcome);
  /* There is nothing else to do in the main loop then. */
  g_idle_add_full (G_PRIORITY_LOW, on_idle, &waiting[1], NULL);
  assert_exists (&outcome);
  mood_test_await_child (pid);
  close (waiting[0]);
  close (waiting[1]);
}

static void
test_other_events (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodMessageQueue) other = NULL;
  const char *name = mood_test_queue_name ();
  Outcome outcome;

  wait_for (directory, name, NULL, &outcome);
  other = mood_test_queue_new (MOOD_OPEN_RDWR);
  run_what_is_ready ();
  g_assert_true (mood_message_queue_unlink (other, NULL));
  run_what_is_ready ();
  g_assert_false (outcome.is_over);

  /* One that is gone again before anybody could look. */
  create (name);
  g_assert_true (mood_unlink (name, NULL));
  run_what_is_ready ();
  g_assert_false (outcome.is_over);

  create (name);
  run_what_is_ready ();
  g_assert_true (outcome.is_over);
  assert_exists (&outcome);
}

static void
test_cancelled (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const char *name = mood_test_queue_name ();
  Outcome outcome;
  Outcome other_outcome;

  wait_for (directory, name, cancellable, &outcome);
  wait_for (directory, name, NULL, &other_outcome);
  run_what_is_ready ();
  g_assert_false (outcome.is_over);
  g_cancellable_cancel (cancellable);
  run_until_over (&outcome);
  mood_test_assert_error (&outcome.error, G_IO_ERROR_CANCELLED, name, "wait for", NULL);
  g_assert_false (other_outcome.is_over);

  /* Before the call, for one that exists, too. */
  wait_for (directory, mood_message_queue_get_name (queue), cancellable, &outcome);
  run_until_over (&outcome);
  mood_test_assert_error (&outcome.error, G_IO_ERROR_CANCELLED, "wait for", NULL);

  create (name);
  assert_exists (&other_outcome);
}

static void
test_bad_names (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autofree char *too_long = g_strnfill (257, 'a');
  const char *const names[] = { "", "/", "no-slash", "/a/b", "/.", "/..", NULL };
  Outcome outcome;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      wait_for (directory, names[i], NULL, &outcome);
      run_until_over (&outcome);
      mood_test_assert_error (&outcome.error, G_IO_ERROR_INVALID_FILENAME, "wait for", NULL);
    }

  too_long[0] = '/';
  wait_for (directory, too_long, NULL, &outcome);
  run_until_over (&outcome);
  mood_test_assert_error (&outcome.error, G_IO_ERROR_FILENAME_TOO_LONG, "wait for", NULL);
}

static void
test_never_opened (void)
{
  g_autoptr (MoodQueueDirectory) directory = g_object_new (MOOD_TYPE_QUEUE_DIRECTORY, NULL);
  Outcome outcome;

  wait_for (directory, "/mood-test-any", NULL, &outcome);
  run_until_over (&outcome);
  mood_test_assert_error (&outcome.error, G_IO_ERROR_NOT_INITIALIZED, NULL);
}

/* The main context of the caller serves the call, and no other one. */
static void
test_contexts (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  const char *name = mood_test_queue_name ();
  Outcome outcome;
  Outcome other_outcome;
  MoodQueueInfo *info;

  wait_for (directory, name, NULL, &outcome);
  g_main_context_push_thread_default (context);
  wait_for (directory, name, NULL, &other_outcome);
  g_main_context_pop_thread_default (context);
  create (name);

  run_what_is_ready ();
  g_assert_true (outcome.is_over);
  g_assert_false (other_outcome.is_over);

  /* What the first has read of inotify is not there any more. */
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_true (other_outcome.is_over);
  assert_exists (&outcome);
  assert_exists (&other_outcome);

  /* Nor for the list, which still learns of it. */
  g_assert_null (mood_queue_directory_lookup (directory, name));
  mood_queue_directory_add_watch (directory);
  run_what_is_ready ();
  info = mood_queue_directory_lookup (directory, name);
  g_assert_nonnull (info);
  g_object_unref (info);
}

/* The calls and the watch read the same inotify instance, whichever is first. */
static void
test_beside_watch (void)
{
  const int priorities[] = { G_PRIORITY_HIGH, G_PRIORITY_DEFAULT, G_PRIORITY_LOW };

  for (gsize i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
      guint id = mood_queue_directory_add_watch (directory);
      const char *name = mood_test_queue_name ();
      MoodQueueInfo *info;
      Outcome outcome = { FALSE, FALSE, NULL };

      mood_queue_directory_wait_for_async (directory, name, priorities[i], NULL, on_waited,
                                           &outcome);
      run_what_is_ready ();
      create (name);
      run_what_is_ready ();
      g_assert_true (outcome.is_over);
      assert_exists (&outcome);
      info = mood_queue_directory_lookup (directory, name);
      g_assert_nonnull (info);
      g_object_unref (info);
      g_source_remove (id);
    }
}

/* So does refreshing. */
static void
test_beside_refresh (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  const char *name = mood_test_queue_name ();
  Outcome outcome;

  wait_for (directory, name, NULL, &outcome);
  run_what_is_ready ();
  create (name);
  g_assert_true (mood_queue_directory_refresh (directory, NULL));
  run_what_is_ready ();
  g_assert_true (outcome.is_over);
  assert_exists (&outcome);
}

/* As many as there may be inotify instances, and more. */
static void
test_hundreds (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  Outcome outcomes[300];
  const char *names[30];

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    names[i] = mood_test_queue_name ();
  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    wait_for (directory, names[i % G_N_ELEMENTS (names)], NULL, &outcomes[i]);

  run_what_is_ready ();
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      create (names[i]);
      run_what_is_ready ();
      for (gsize j = 0; j < G_N_ELEMENTS (outcomes); j++)
        g_assert_true (outcomes[j].is_over == (j % G_N_ELEMENTS (names) <= i));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    assert_exists (&outcomes[i]);
}

/* The queue comes at just the moment when the call begins. */
static void
test_race (void)
{
  const int n_rounds = 500;
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  const char *name = mood_test_queue_name ();
  int begin[2];
  Outcome outcome;
  pid_t pid;
  char byte;

  g_assert_cmpint (pipe (begin), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      for (int i = 0; i < n_rounds; i++)
        {
          if (read (begin[0], &byte, 1) != 1)
            mood_test_exit_child (FALSE);
          for (volatile int spin = 0; spin < i * 20; spin++)
            ;
          create (name);
        }
      mood_test_exit_child (TRUE);
    }

  for (int i = 0; i < n_rounds; i++)
    {
      g_assert_cmpint (write (begin[1], "", 1), ==, 1);
      wait_for (directory, name, NULL, &outcome);
      assert_exists (&outcome);
      g_assert_true (mood_unlink (name, NULL));
    }

  mood_test_await_child (pid);
  close (begin[0]);
  close (begin[1]);
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static void
test_results (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (MoodQueueDirectory) other = mood_test_directory_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GTask) strange = g_task_new (directory, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;

  mood_queue_directory_wait_for_async (directory, mood_message_queue_get_name (queue),
                                       G_PRIORITY_DEFAULT, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  g_assert_false (mood_queue_directory_wait_for_finish (other, result, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "another call", NULL);
  g_assert_true (mood_queue_directory_wait_for_finish (directory, result, &error));
  g_assert_no_error (error);
  g_assert_false (mood_queue_directory_wait_for_finish (directory, result, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "before", NULL);

  g_task_return_boolean (strange, TRUE);
  g_assert_false (
      mood_queue_directory_wait_for_finish (directory, G_ASYNC_RESULT (strange), &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "another call", NULL);
}

static void
test_without_callback (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  const char *name = mood_test_queue_name ();

  mood_queue_directory_wait_for_async (directory, name, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  run_what_is_ready ();
  create (name);
  run_what_is_ready ();
}

/* The call holds the directory until it is over, and no longer. */
static void
test_reference (void)
{
  MoodQueueDirectory *directory = mood_test_directory_new ();
  gpointer weak = directory;
  const char *name = mood_test_queue_name ();
  Outcome outcome;

  g_object_add_weak_pointer (G_OBJECT (directory), &weak);
  wait_for (directory, name, NULL, &outcome);
  g_object_unref (directory);
  g_assert_nonnull (weak);
  create (name);
  assert_exists (&outcome);
  run_what_is_ready ();
  g_assert_null (weak);
}

/* Whoever is told may wait for the next at once, and unlink. */
static void
on_waited_for_chain (GObject *source, GAsyncResult *result, gpointer user_data)
{
  int *n_left = user_data;
  g_autofree char *name = g_strdup_printf ("/mood-test-%d-chain-%d", (int) getpid (), *n_left);
  g_autofree char *next_name = NULL;

  g_assert_true (
      mood_queue_directory_wait_for_finish (MOOD_QUEUE_DIRECTORY (source), result, NULL));
  g_assert_true (mood_unlink (name, NULL));
  if (--*n_left == 0)
    return;

  next_name = g_strdup_printf ("/mood-test-%d-chain-%d", (int) getpid (), *n_left);
  if (*n_left % 2 == 0)
    create (next_name);
  mood_queue_directory_wait_for_async (MOOD_QUEUE_DIRECTORY (source), next_name, G_PRIORITY_DEFAULT,
                                       NULL, on_waited_for_chain, user_data);
  if (*n_left % 2 == 1)
    create (next_name);
}

static void
test_chain (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autofree char *name = g_strdup_printf ("/mood-test-%d-chain-10", (int) getpid ());
  int n_left = 10;

  mood_queue_directory_wait_for_async (directory, name, G_PRIORITY_DEFAULT, NULL,
                                       on_waited_for_chain, &n_left);
  create (name);
  while (n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
add_tests (void)
{
  g_test_add_func ("/directory-wait/exists", test_exists);
  g_test_add_func ("/directory-wait/created-by-another", test_created_by_another);
  g_test_add_func ("/directory-wait/other-events", test_other_events);
  g_test_add_func ("/directory-wait/cancelled", test_cancelled);
  g_test_add_func ("/directory-wait/bad-names", test_bad_names);
  g_test_add_func ("/directory-wait/never-opened", test_never_opened);
  g_test_add_func ("/directory-wait/contexts", test_contexts);
  g_test_add_func ("/directory-wait/beside-watch", test_beside_watch);
  g_test_add_func ("/directory-wait/beside-refresh", test_beside_refresh);
  g_test_add_func ("/directory-wait/hundreds", test_hundreds);
  g_test_add_func ("/directory-wait/race", test_race);
  g_test_add_func ("/directory-wait/results", test_results);
  g_test_add_func ("/directory-wait/without-callback", test_without_callback);
  g_test_add_func ("/directory-wait/reference", test_reference);
  g_test_add_func ("/directory-wait/chain", test_chain);
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
    g_test_add_func ("/directory-wait", test_impossible);

  return g_test_run ();
}
