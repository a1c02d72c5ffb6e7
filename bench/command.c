/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How fast lines pass from “mood send --lines” to “mood recv --format=line”, beside two processes
 * that do nothing but call mq_send(3) and mq_receive(3) with the same messages in memory. Starting
 * the processes counts.
 *
 * Requests: raw|mood NUMBER_OF_MESSAGES */

#include "process.h"
#include "requests.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_SIZE 128
#define MAXMSG       10 /* as many as anybody may have */

static const char *tool;
static char queue_name[64];
static pid_t parent;
static int input = -1;   /* a file with a line for each message */
static int output = -1;  /* another, for the lines that come out */
static char *n_messages; /* of this round */

static void
unlink_queue (void)
{
  if (getpid () == parent)
    mq_unlink (queue_name);
}

static mqd_t
open_queue (int flags)
{
  mqd_t queue = mq_open (queue_name, flags);

  if (queue == (mqd_t) -1)
    bench_fail_by_errno (queue_name);

  return queue;
}

static gboolean
send_raw (gconstpointer data)
{
  mqd_t queue = open_queue (O_WRONLY);
  char message[MESSAGE_SIZE];

  for (int i = 1; i <= atoi (n_messages); i++)
    {
      int length = snprintf (message, sizeof message, "%d", i);

      if (mq_send (queue, message, (size_t) length, 0) == -1)
        bench_fail_by_errno ("mq_send");
    }

  return TRUE;
}

static gboolean
receive_raw (gconstpointer data)
{
  mqd_t queue = open_queue (O_RDONLY);
  char message[MESSAGE_SIZE];
  unsigned priority;

  for (int i = 0; i < atoi (n_messages); i++)
    if (mq_receive (queue, message, sizeof message, &priority) == -1)
      bench_fail_by_errno ("mq_receive");

  return TRUE;
}

static gboolean
send_by_command (gconstpointer data)
{
  lseek (input, 0, SEEK_SET);
  dup2 (input, STDIN_FILENO);
  execl (tool, "mood", "send", queue_name, "--lines", NULL);
  bench_fail_by_errno (tool);

  return FALSE;
}

static gboolean
receive_by_command (gconstpointer data)
{
  lseek (output, 0, SEEK_SET);
  dup2 (output, STDOUT_FILENO);
  execl (tool, "mood", "recv", queue_name, "--count", n_messages, "--format=line", NULL);
  bench_fail_by_errno (tool);

  return FALSE;
}

static pid_t
start (gboolean (*run) (gconstpointer data))
{
  pid_t pid = bench_start_process (run, NULL);

  if (pid == -1)
    bench_fail_by_errno ("fork");

  return pid;
}

static void
wait_for (pid_t pid)
{
  int status;

  if (waitpid (pid, &status, 0) != pid || !WIFEXITED (status) || WEXITSTATUS (status) != 0)
    {
      fprintf (stderr, "A process that was to send or to receive has failed\n");
      exit (1);
    }
}

/* Open, and gone with this process. */
static int
make_file (void)
{
  FILE *file = tmpfile ();

  if (file == NULL)
    bench_fail_by_errno ("tmpfile");

  return fileno (file);
}

static void
fill_input (void)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  for (int i = 1; i <= atoi (n_messages); i++)
    g_string_append_printf (lines, "%d\n", i);
  if (ftruncate (input, 0) == -1 ||
      pwrite (input, lines->str, lines->len, 0) != (ssize_t) lines->len)
    bench_fail_by_errno ("write");
}

static void
run_pair (char **words, gpointer user_data)
{
  gboolean is_raw = g_str_equal (words[0], "raw");
  pid_t receiver, sender;
  gint64 begin;

  n_messages = words[1];
  fill_input ();

  begin = g_get_monotonic_time ();
  receiver = start (is_raw ? receive_raw : receive_by_command);
  sender = start (is_raw ? send_raw : send_by_command);
  wait_for (sender);
  wait_for (receiver);
  bench_answer_seconds ((double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC);
}

int
main (int argc, char **argv)
{
  struct mq_attr attributes = { .mq_maxmsg = MAXMSG, .mq_msgsize = MESSAGE_SIZE };
  mqd_t queue;

  if (argc != 2)
    return 2;

  tool = argv[1];
  parent = getpid ();
  snprintf (queue_name, sizeof queue_name, "/mood-bench-%d", (int) parent);
  queue = mq_open (queue_name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
  if (queue == (mqd_t) -1)
    bench_fail_by_errno (queue_name);
  atexit (unlink_queue);
  input = make_file ();
  output = make_file ();

  return bench_serve (2, run_pair, NULL);
}
