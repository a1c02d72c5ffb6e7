/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the kernel tells of a queue when its descriptor is read: never a message, but a line about
 * the queue (mq_overview(7) shows it, for the files in a mounted /dev/mqueue). Reading it takes
 * neither the mount nor more than the descriptor. */

#include "mood-status-private.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Answers as a system call does. A descriptor that was opened to send only gives EBADF.
 *
 * The kernel takes this for an access: it sets atime and ctime. */
int
mood_status_read (int fd, MoodStatus *status)
{
  char line[128];
  long long queued_bytes;
  ssize_t length = pread (fd, line, sizeof line - 1, 0);

  if (length == -1)
    return -1;

  line[length] = '\0';
  if (sscanf (line, "QSIZE:%lld NOTIFY:%*d SIGNO:%*d NOTIFY_PID:%d", &queued_bytes,
              &status->notify_pid) != 2)
    {
      errno = ENOTSUP;
      return -1;
    }

  status->queued_bytes = queued_bytes;

  return 0;
}
