/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lets a command that has messages in its hands finish with them before a signal ends it: Ctrl-C,
 * SIGTERM and SIGHUP are held back, and looked at where ending is safe. SIGPIPE and SIGXFSZ are
 * ignored, so that what could not be written is known. */

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int descriptor = -1;
static int reader_fd = -1;
static int ending_signal;

/* What the caller had this process ignore, as nohup does, must not end it. */
static void
fill_set (sigset_t *set)
{
  static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };

  sigemptyset (set);
  for (guint i = 0; i < G_N_ELEMENTS (ending_signals); i++)
    {
      struct sigaction action;

      if (sigaction (ending_signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset (set, ending_signals[i]);
    }
}

/* Until signals_finish(). */
void
signals_hold_back (void)
{
  sigset_t set;

  fill_set (&set);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  descriptor = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor == -1)
    g_error ("signalfd: %s", g_strerror (errno));
}

/* Whoever reads what is written to the descriptor may go while there is nothing to write: then it
 * is time to end as well, and by SIGPIPE. */
void
signals_watch_reader (int fd)
{
  reader_fd = fd;
}

/* A write found out that the reader is gone. */
void
signals_set_reader_gone (void)
{
  if (ending_signal == 0)
    ending_signal = SIGPIPE;
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
    { .fd = reader_fd, .events = 0 },
  };

  while (ending_signal == 0)
    {
      int n = poll (fds, G_N_ELEMENTS (fds), get_poll_timeout (deadline));

      if (n > 0 && fds[1].revents != 0)
        signals_is_ending ();
      else if (n > 0 && fds[2].revents != 0)
        signals_set_reader_gone ();
      else if (n > 0)
        return SIGNALS_READY;
      else if (n == 0 && g_get_monotonic_time () >= deadline)
        return SIGNALS_TIMED_OUT;
    }

  return SIGNALS_ENDING;
}

/* Ends the process by the signal that was held back, if there was one, as the caller expects of
 * what it interrupts, or by SIGPIPE if the reader is gone. */
void
signals_finish (void)
{
  sigset_t set;

  close (descriptor);
  descriptor = -1;
  reader_fd = -1;
  signal (SIGPIPE, SIG_DFL);
  signal (SIGXFSZ, SIG_DFL);
  if (ending_signal != 0)
    raise (ending_signal);

  fill_set (&set);
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);
}
