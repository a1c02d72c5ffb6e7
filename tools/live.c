/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What commands share that go on and on: they look at the queues again and again, and end with who
 * reads what they write. */

#include "live.h"

#include "command.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define SHORTEST_SECONDS 0.001
#define LONGEST_SECONDS  86400.0

/* The value of an option --interval. */
gboolean
live_check_interval (double seconds, GError **error)
{
  /* What is not a number is not in between, either. */
  if (seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS)
    return TRUE;

  USAGE_ERROR (error, _ ("The interval is a number of seconds between %g and %g"), SHORTEST_SECONDS,
               LONGEST_SECONDS);

  return FALSE;
}

guint
live_add_timeout (double seconds, GSourceFunc func, gpointer user_data)
{
  return g_timeout_add ((guint) (seconds * 1000), func, user_data);
}

/* As a program ends that writes to a pipe without looking. */
static void
end_by_sigpipe (void)
{
  signal (SIGPIPE, SIG_DFL);
  raise (SIGPIPE);
}

static gboolean
on_reader_gone (int fd, GIOCondition condition, gpointer user_data)
{
  end_by_sigpipe ();

  return G_SOURCE_REMOVE;
}

/* Also while there is nothing to write, which would go on for ever. */
void
live_end_with_reader (void)
{
  g_unix_fd_add (STDOUT_FILENO, G_IO_ERR, on_reader_gone, NULL);
}

static gboolean
is_reader_gone (void)
{
  struct pollfd output = { .fd = STDOUT_FILENO };

  return poll (&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/* Writes at once. Returns FALSE if that was not possible, which main() reports. */
gboolean
live_print (const char *text)
{
  g_print ("%s", text);
  if (!ferror (stdout))
    return TRUE;

  if (is_reader_gone ())
    end_by_sigpipe ();

  return FALSE;
}
