/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Queues that a service manager passes. The test is the service manager, too: it starts itself once
 * more as the service, with the descriptors and the environment that systemd would give it. */

#include "mood-test.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_FD 3

static const char *program;

/* What the service does: it prints what it was passed, or why that failed. */
static int
run_service (gboolean twice)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) again = NULL;
  g_auto (GStrv) names = NULL;
  g_autoptr (GPtrArray) queues = mood_listen_queues (&names, &error);

  if (queues == NULL)
    {
      printf ("error %d: %s\n", error->code, error->message);
      return 0;
    }

  g_assert_cmpuint (g_strv_length (names), ==, queues->len);
  for (guint i = 0; i < queues->len; i++)
    {
      MoodMessageQueue *queue = g_ptr_array_index (queues, i);

      printf ("%d %s %s 0x%x%s\n", mood_message_queue_fileno (queue), names[i],
              mood_message_queue_get_name (queue), mood_message_queue_get_flags (queue),
              (fcntl (mood_message_queue_fileno (queue), F_GETFD) & FD_CLOEXEC) != 0
                  ? " closed on exec"
                  : "");
    }

  if (!twice)
    return 0;

  /* They have an owner now, even after that has closed them. */
  for (guint i = 0; i < queues->len; i++)
    mood_message_queue_close (g_ptr_array_index (queues, i), NULL);
  again = mood_listen_queues (NULL, &error);
  g_assert_no_error (error);
  printf ("again %u\n", again->len);

  return 0;
}

/* Becomes the service, with @fds from descriptor 3 on. */
static void
become_service (const int *fds,
                guint n_fds,
                const char *listen_pid,
                const char *listen_fds,
                const char *listen_fdnames,
                const char *argument)
{
  g_autofree char *own_pid = g_strdup_printf ("%d", (int) getpid ());
  int copies[8];

  g_assert_cmpuint (n_fds, <, G_N_ELEMENTS (copies));
  /* Out of the way of where they go. */
  for (guint i = 0; i < n_fds; i++)
    copies[i] = fcntl (fds[i], F_DUPFD_CLOEXEC, 64);
  for (guint i = 0; i < n_fds; i++)
    g_assert_cmpint (dup2 (copies[i], FIRST_FD + (int) i), !=, -1);
  close_range (FIRST_FD + n_fds, ~0u, 0);

  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
  if (listen_pid != NULL)
    g_setenv ("LISTEN_PID", strcmp (listen_pid, "own") == 0 ? own_pid : listen_pid, TRUE);
  if (listen_fds != NULL)
    g_setenv ("LISTEN_FDS", listen_fds, TRUE);
  if (listen_fdnames != NULL)
    g_setenv ("LISTEN_FDNAMES", listen_fdnames, TRUE);

  execl (program, program, argument, NULL);
  _exit (127);
}

/* Runs the service, and returns what it printed. */
static char *
run (const int *fds,
     guint n_fds,
     const char *listen_pid,
     const char *listen_fds,
     const char *listen_fdnames,
     const char *argument)
{
  g_autoptr (GString) output = g_string_new (NULL);
  char buffer[256];
  ssize_t length;
  int pipes[2];
  pid_t pid;

  g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      g_assert_cmpint (dup2 (pipes[1], STDOUT_FILENO), !=, -1);
      become_service (fds, n_fds, listen_pid, listen_fds, listen_fdnames, argument);
    }

  close (pipes[1]);
  while ((length = TEMP_FAILURE_RETRY (read (pipes[0], buffer, sizeof buffer))) > 0)
    g_string_append_len (output, buffer, length);
  close (pipes[0]);
  mood_test_await_child (pid);

  return g_strdup (output->str);
}

static void
test_queues (void)
{
  g_autoptr (MoodMessageQueue) first = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) second = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) receiver =
      mood_test_queue_open (mood_message_queue_get_name (first),
                            MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK);
  const int fds[] = {
    mood_message_queue_fileno (receiver),
    socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
    mood_message_queue_fileno (second),
  };
  g_autofree char *expected =
      g_strdup_printf ("3 jobs %s 0x%x closed on exec\n5 control %s 0x%x closed on exec\n",
                       mood_message_queue_get_name (first),
                       MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK | MOOD_OPEN_CLOEXEC,
                       mood_message_queue_get_name (second), MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC);
  g_autofree char *output =
      run (fds, G_N_ELEMENTS (fds), "own", "3", "jobs:web:control", "service");

  g_assert_cmpstr (output, ==, expected);
  close (fds[1]);
}

static void
test_without_names (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const int fds[] = { mood_message_queue_fileno (queue) };
  g_autofree char *expected =
      g_strdup_printf ("3 unknown %s 0x%x closed on exec\n", mood_message_queue_get_name (queue),
                       MOOD_OPEN_RDWR | MOOD_OPEN_CLOEXEC);
  g_autofree char *output = run (fds, G_N_ELEMENTS (fds), "own", "1", NULL, "service");

  g_assert_cmpstr (output, ==, expected);
}

/* systemd gives no such names, but who else starts the process might. */
static void
test_name_without_text (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const int fds[] = { mood_message_queue_fileno (queue) };
  g_autofree char *output = run (fds, G_N_ELEMENTS (fds), "own", "1", "jobs\xff", "service");

  g_assert_true (g_str_has_prefix (output, "3 jobs\uFFFD /"));
}

static void
test_twice (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const int fds[] = { mood_message_queue_fileno (queue) };
  g_autofree char *output = run (fds, G_N_ELEMENTS (fds), "own", "1", "jobs", "service-twice");

  g_assert_nonnull (strstr (output, mood_message_queue_get_name (queue)));
  g_assert_true (g_str_has_suffix (output, "\nagain 0\n"));
}

/* Nothing was passed, or not to this process. */
static void
test_none (void)
{
  static const struct
  {
    const char *listen_pid;
    const char *listen_fds;
    const char *listen_fdnames;
  } rows[] = {
    { NULL, NULL, NULL },    { NULL, "1", "jobs" }, { "1", "1", "jobs" },
    { "1", "many", "jobs" }, { "own", NULL, NULL }, { "own", "0", "" },
  };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const int fds[] = { mood_message_queue_fileno (queue) };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *output = run (fds, G_N_ELEMENTS (fds), rows[i].listen_pid,
                                     rows[i].listen_fds, rows[i].listen_fdnames, "service");

      g_assert_cmpstr (output, ==, "");
    }
}

static void
test_contradictions (void)
{
  static const struct
  {
    const char *listen_pid;
    const char *listen_fds;
    const char *listen_fdnames;
    const char *text;
  } rows[] = {
    { "me", "1", NULL, "LISTEN_PID is “me”" },
    { "-1", "1", NULL, "LISTEN_PID is “-1”" },
    { "own", "one", NULL, "LISTEN_FDS is “one”" },
    { "own", "-1", NULL, "LISTEN_FDS is “-1”" },
    { "own", "", NULL, "LISTEN_FDS is “”" },
    { "own", "2147483647", NULL, "LISTEN_FDS is “2147483647”" },
    { "own", "2", NULL, "descriptor 4 is not open" },
    { "own", "1", "a:b", "there are 2 names" },
    { "own", "1", "", "there are 0 names" },
  };
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const int fds[] = { mood_message_queue_fileno (queue) };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *prefix = g_strdup_printf ("error %d: ", G_IO_ERROR_INVALID_ARGUMENT);
      g_autofree char *output = run (fds, G_N_ELEMENTS (fds), rows[i].listen_pid,
                                     rows[i].listen_fds, rows[i].listen_fdnames, "service");

      g_test_message ("%s", output);
      g_assert_true (g_str_has_prefix (output, prefix));
      g_assert_nonnull (strstr (output, rows[i].text));
    }
}

int
main (int argc, char *argv[])
{
  /* The service prints texts that are not ASCII. */
  setlocale (LC_ALL, "C.UTF-8");
  program = argv[0];
  if (argc == 2 && g_str_has_prefix (argv[1], "service"))
    return run_service (g_str_has_suffix (argv[1], "twice"));

  mood_test_init (&argc, &argv);

  g_test_add_func ("/listen/queues", test_queues);
  g_test_add_func ("/listen/without-names", test_without_names);
  g_test_add_func ("/listen/name-without-text", test_name_without_text);
  g_test_add_func ("/listen/twice", test_twice);
  g_test_add_func ("/listen/none", test_none);
  g_test_add_func ("/listen/contradictions", test_contradictions);

  return g_test_run ();
}
