/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Preloaded into the command, has it killed at one of the moments that matter for messages: right
 * before or right after a call that moves one, or that changes the file which keeps them.
 * MOOD_TEST_KILL_AT is which of these moments, from 1 on. What is after a call is in the kernel's
 * hands only: the caller has learned nothing of it.
 *
 * MOOD_TEST_STOP_AT has the command stop at such a moment, until the test lets it go on: "after
 * flock;" is after the first call of the function; another moment that follows is one that comes
 * after the stop. MOOD_TEST_FAIL has a call fail: "fsync 2 5" is the second one, with that error
 * number. MOOD_TEST_LOG is a file that the names of the functions are written to, a line for each
 * call. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

static void
pass_moment (void)
{
  static int n_passed;
  const char *kill_at = getenv ("MOOD_TEST_KILL_AT");

  if (kill_at != NULL && ++n_passed == atoi (kill_at))
    kill (getpid (), SIGKILL);
}

static void
stop_at (const char *when, const char *function)
{
  static const char *moments;
  char moment[64];
  size_t length;

  if (moments == NULL)
    moments = getenv ("MOOD_TEST_STOP_AT");
  if (moments == NULL)
    return;

  length = (size_t) snprintf (moment, sizeof moment, "%s %s;", when, function);
  if (strncmp (moments, moment, length) != 0)
    return;

  moments += length;
  raise (SIGSTOP);
}

/* With errno set. */
static int
shall_fail (const char *function)
{
  static int n_calls;
  const char *failure = getenv ("MOOD_TEST_FAIL");
  char name[64];
  int number, error;

  if (failure == NULL || sscanf (failure, "%63s %d %d", name, &number, &error) != 3 ||
      strcmp (name, function) != 0 || ++n_calls != number)
    return 0;

  errno = error;

  return 1;
}

static void
write_to_log (const char *function)
{
  const char *path = getenv ("MOOD_TEST_LOG");
  FILE *log = path == NULL ? NULL : fopen (path, "ae");

  if (log == NULL)
    return;

  fprintf (log, "%s\n", function);
  fclose (log);
}

#define WRAP(type, name, symbol, parameters, arguments)                                            \
  type name parameters                                                                             \
  {                                                                                                \
    type (*next) parameters = (type (*) parameters) dlsym (RTLD_NEXT, symbol);                     \
    type result;                                                                                   \
                                                                                                   \
    pass_moment ();                                                                                \
    stop_at ("before", #name);                                                                     \
    write_to_log (#name);                                                                          \
    result = shall_fail (#name) ? -1 : next arguments;                                             \
    stop_at ("after", #name);                                                                      \
    pass_moment ();                                                                                \
                                                                                                   \
    return result;                                                                                 \
  }

WRAP (ssize_t,
      mq_timedreceive,
      "mq_timedreceive",
      (mqd_t queue,
       char *restrict buffer,
       size_t size,
       unsigned int *restrict priority,
       const struct timespec *restrict timeout),
      (queue, buffer, size, priority, timeout))
WRAP (int,
      mq_timedsend,
      "mq_timedsend",
      (mqd_t queue,
       const char *message,
       size_t length,
       unsigned int priority,
       const struct timespec *timeout),
      (queue, message, length, priority, timeout))
WRAP (int, fsync, "fsync", (int fd), (fd))
WRAP (int, ftruncate, "ftruncate64", (int fd, off_t length), (fd, length))
WRAP (int,
      fallocate,
      "fallocate64",
      (int fd, int mode, off_t offset, off_t length),
      (fd, mode, offset, length))
WRAP (ssize_t,
      pwrite,
      "pwrite64",
      (int fd, const void *buffer, size_t length, off_t offset),
      (fd, buffer, length, offset))
WRAP (int,
      renameat2,
      "renameat2",
      (int old_fd, const char *old_path, int new_fd, const char *new_path, unsigned int flags),
      (old_fd, old_path, new_fd, new_path, flags))
WRAP (int, rename, "rename", (const char *old_path, const char *new_path), (old_path, new_path))
WRAP (int, flock, "flock", (int fd, int operation), (fd, operation))
WRAP (int, unlink, "unlink", (const char *path), (path))
WRAP (int, poll, "poll", (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
