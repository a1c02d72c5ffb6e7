/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lets a command that has messages in its hands finish with them before a signal ends it: Ctrl-C,
 * SIGTERM and SIGHUP are held back, and looked at where ending is safe. SIGPIPE is ignored, so that
 * what could not be written is known. */

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int descriptor = -1;
static int ending_signal;

static void
fill_set (sigset_t *set)
{
  sigemptyset (set);
  sigaddset (set, SIGINT);
  sigaddset (set, SIGTERM);
  sigaddset (set, SIGHUP);
}

/* Until signals_finish(). */
void
signals_hold_back (void)
{
  sigset_t set;

  fill_set (&set);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  signal (SIGPIPE, SIG_IGN);
  descriptor = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor == -1)
    g_error ("signalfd: %s", g_strerror (errno));
}

/* Whether it is time to end. */
gboolean
signals_is_ending (void)
{
  struct signalfd_siginfo information;

  if (ending_signal == 0 &&
      read (descriptor, &information, sizeof information) == sizeof information)
    ending_signal = (int) information.ssi_signo;

  return ending_signal != 0;
}

static int
get_poll_timeout (gint64 deadline)
{
  gint64 left;

  if (deadline == -1)
    return -1;

  left = deadline - g_get_monotonic_time ();

  /* Rounded up: what wakes too early would only wait again. */
  return (int) CLAMP ((left + 999) / 1000, 0, G_MAXINT);
}

/* Waits until the descriptor is ready, until the deadline on the monotonic clock, -1 for none, or
 * until it is time to end. */
SignalsResult
signals_wait (int fd, GIOCondition condition, gint64 deadline)
{
  struct pollfd fds[] = {
    { .fd = fd, .events = (short) condition },
    { .fd = descriptor, .events = POLLIN },
  };

  while (!signals_is_ending ())
    {
      int n = poll (fds, G_N_ELEMENTS (fds), get_poll_timeout (deadline));

      if (n > 0 && fds[0].revents != 0)
        return SIGNALS_READY;
      if (n == 0 && g_get_monotonic_time () >= deadline)
        return SIGNALS_TIMED_OUT;
    }

  return SIGNALS_ENDING;
}

/* Ends the process by the signal that was held back, if there was one, as the caller expects of
 * what it interrupts. */
void
signals_finish (void)
{
  sigset_t set;

  close (descriptor);
  descriptor = -1;
  signal (SIGPIPE, SIG_DFL);
  if (ending_signal != 0)
    raise (ending_signal);

  fill_set (&set);
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);
}
