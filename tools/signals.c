/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lets a command that has messages in its hands finish with them before a signal ends it: Ctrl-C,
 * SIGTERM and SIGHUP are held back, and looked at where ending is safe. SIGPIPE and SIGXFSZ are
 * ignored, so that what could not be written is known. */

#include "signals.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };

static int descriptor = -1;
static int reader_fd = -1;
static int ending_signal;

/* As the caller of the program had them. */
static sigset_t old_mask;
static struct sigaction old_sigpipe;
static struct sigaction old_sigxfsz;

/* What the caller had this process ignore, as nohup does, or blocked, must not end it. */
static gboolean
would_end (int signal_number)
{
  struct sigaction action;

  return sigaction (signal_number, NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
         !sigismember (&old_mask, signal_number);
}

static void
ignore (int signal_number, struct sigaction *old_action)
{
  const struct sigaction action = { .sa_handler = SIG_IGN };

  sigaction (signal_number, &action, old_action);
}

/* Until signals_finish(). It fails only for want of a descriptor. */
gboolean
signals_hold_back (GError **error)
{
  sigset_t set;

  pthread_sigmask (SIG_SETMASK, NULL, &old_mask);
  sigemptyset (&set);
  for (guint i = 0; i < G_N_ELEMENTS (ending_signals); i++)
    if (would_end (ending_signals[i]))
      sigaddset (&set, ending_signals[i]);

  descriptor = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor == -1)
    {
      int errsv = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv),
                   _ ("Cannot hold signals back: %s"), g_strerror (errsv));
      return FALSE;
    }

  pthread_sigmask (SIG_BLOCK, &set, NULL);
  ignore (SIGPIPE, &old_sigpipe);
  ignore (SIGXFSZ, &old_sigxfsz);

  return TRUE;
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
      else if (n == -1 && errno != EINTR)
        /* For want of memory, say: not to be tried as fast as possible. */
        g_usleep (G_USEC_PER_SEC / 100);
    }

  return SIGNALS_ENDING;
}

/* All messages are safe, and only what is said of them is left, for which somebody may not wait:
 * from now on a signal ends the process at once. The one that was held back still comes with
 * signals_finish(). */
void
signals_release (void)
{
  /* One that has come is held back, too, though nobody has looked for it. */
  signals_is_ending ();
  pthread_sigmask (SIG_SETMASK, &old_mask, NULL);
}

/* Ends the process by the signal that was held back, if there was one, as the caller expects of
 * what it interrupts, or by SIGPIPE if the reader is gone. Returns FALSE if the reader is gone, and
 * the caller of the program has SIGPIPE ignored or blocked. */
gboolean
signals_finish (void)
{
  signals_release ();
  close (descriptor);
  descriptor = -1;
  reader_fd = -1;
  sigaction (SIGPIPE, &old_sigpipe, NULL);
  sigaction (SIGXFSZ, &old_sigxfsz, NULL);

  if (ending_signal != 0 && would_end (ending_signal))
    raise (ending_signal);

  return ending_signal == 0;
}
