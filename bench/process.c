/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The processes of a benchmark: none of them stays when it ends, however it does. */

#include "process.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts a process that does @run, and ends with status 0 if that returns TRUE. -1 with errno set
 * if it cannot be started. */
pid_t
bench_start_process (gboolean (*run) (gconstpointer data), gconstpointer data)
{
  pid_t parent = getpid ();
  pid_t pid = fork ();

  if (pid != 0)
    return pid;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* It may have ended before. */
  if (getppid () != parent)
    _exit (1);

  _exit (run (data) ? 0 : 1);
}

/* Ends it, unless it has ended, and waits for it, unless that was done. */
void
bench_end_process (pid_t pid)
{
  kill (pid, SIGKILL);
  while (waitpid (pid, NULL, 0) == -1 && errno == EINTR)
    ;
}
