/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Preloaded into the command, has it killed at one of the moments that matter for messages: right
 * before or right after a call that moves one, or that changes the file which keeps them.
 * MOOD_TEST_KILL_AT is which of these moments, from 1 on. What is after a call is in the kernel's
 * hands only: the caller has learned nothing of it. MOOD_TEST_STOP_AFTER names a function, and has
 * the command stop after the first call of it, until the test lets it go on. */

#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
stop_after (const char *function)
{
  static int was_stopped;
  const char *wanted = getenv ("MOOD_TEST_STOP_AFTER");

  if (wanted == NULL || was_stopped || strcmp (wanted, function) != 0)
    return;

  was_stopped = 1;
  raise (SIGSTOP);
}

#define WRAP(type, name, symbol, parameters, arguments)                                            \
  type name parameters                                                                             \
  {                                                                                                \
    type (*next) parameters = (type (*) parameters) dlsym (RTLD_NEXT, symbol);                     \
    type result;                                                                                   \
                                                                                                   \
    pass_moment ();                                                                                \
    result = next arguments;                                                                       \
    stop_after (#name);                                                                            \
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
WRAP (int, unlink, "unlink", (const char *path), (path))
WRAP (int, poll, "poll", (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
