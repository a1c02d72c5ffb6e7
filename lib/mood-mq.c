/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The only room that calls mq_*. Every function here is one call of the C library, which is one
 * system call, and answers as it does: -1 with errno set means that the call failed. Those that can
 * wait give EINTR when a signal handler ran while they did, and what to do then is the caller's. */

#include "mood-mq.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sys/syscall.h>
#include <unistd.h>

/* On a blocking descriptor, this time makes mq_timedsend() and mq_timedreceive() answer at once,
 * with ETIMEDOUT where they would have to wait. It has to be exactly zero: any other time that has
 * passed makes the kernel arm a timer and go to sleep before it notices. */
static const struct timespec at_once = { 0, 0 };

/* Without @attributes the kernel takes its own defaults for maxmsg and msgsize. */
int
mood_mq_open (const char *name, int oflag, guint mode, const MoodMqAttributes *attributes)
{
  struct mq_attr attr = { 0 };

  if (attributes != NULL)
    {
      /* long may be narrower than 64 bits; what it cannot hold is far above what the kernel
       * accepts, and is refused as such. */
      attr.mq_maxmsg = (long) CLAMP (attributes->maxmsg, 0, G_MAXLONG);
      attr.mq_msgsize = (long) CLAMP (attributes->msgsize, 0, G_MAXLONG);
    }

  return mq_open (name, oflag, (mode_t) mode, attributes != NULL ? &attr : NULL);
}

int
mood_mq_close (int fd)
{
  /* Never begun again: Linux has given the number back even when a signal interrupted it, and
   * another thread may have got it since. */
  if (mq_close (fd) == -1 && errno != EINTR)
    return -1;

  return 0;
}

int
mood_mq_unlink (const char *name)
{
  return mq_unlink (name);
}

int
mood_mq_get_attributes (int fd, MoodMqAttributes *attributes)
{
  struct mq_attr attr;

  if (mq_getattr (fd, &attr) == -1)
    return -1;

  attributes->maxmsg = attr.mq_maxmsg;
  attributes->msgsize = attr.mq_msgsize;
  attributes->curmsgs = attr.mq_curmsgs;
  attributes->nonblock = (attr.mq_flags & O_NONBLOCK) != 0;

  return 0;
}

int
mood_mq_set_nonblock (int fd, gboolean nonblock, gboolean *was_nonblock)
{
  struct mq_attr attr = { .mq_flags = nonblock ? O_NONBLOCK : 0 };
  struct mq_attr old_attr;

  if (mq_setattr (fd, &attr, &old_attr) == -1)
    return -1;

  *was_nonblock = (old_attr.mq_flags & O_NONBLOCK) != 0;

  return 0;
}

/* The C library's functions take no NULL, also where nothing is to be sent. */
static inline const char *
to_send (const guint8 *message)
{
  return message != NULL ? (const char *) message : "";
}

int
mood_mq_send (int fd, const guint8 *message, gsize length, guint priority)
{
  return mq_send (fd, to_send (message), length, priority);
}

int
mood_mq_try_send (int fd, const guint8 *message, gsize length, guint priority)
{
  return mq_timedsend (fd, to_send (message), length, priority, &at_once);
}

gssize
mood_mq_receive (int fd, guint8 *buffer, gsize size, guint *priority)
{
  return mq_receive (fd, (char *) buffer, size, priority);
}

gssize
mood_mq_try_receive (int fd, guint8 *buffer, gsize size, guint *priority)
{
  return mq_timedreceive (fd, (char *) buffer, size, priority, &at_once);
}

/* Past the C library, which makes a thread for SIGEV_THREAD: for the kernel, sigev_signo is a
 * netlink socket then, which gets the cookie that sigev_value leads to. Without @notification the
 * registration of the process ends. */
int
mood_mq_notify (int fd, const struct sigevent *notification)
{
  return (int) syscall (SYS_mq_notify, fd, notification);
}
