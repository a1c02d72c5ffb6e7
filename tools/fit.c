/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How large a queue the kernel grants now. How many bytes a user's queues take it tells nobody, so
 * that this is found out by trying. */

#include "fit.h"

#include <mood.h>

/* Not less than any queue can have room for. @maxmsg: what the user wants at most; negative for
 * what the namespace allows. */
gint64
fit_get_most (gint64 maxmsg, gint64 msgsize)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();
  gint64 most;

  /* Neither binds root; whom they do bind the kernel tells. */
  if (maxmsg >= 0)
    limits->msg_max = maxmsg;
  limits->msgsize_max = G_MAXINT64;
  most = mood_limits_fit (limits, msgsize);

  /* Where not one message fits, or a figure cannot be read, the kernel says what is wrong. */
  return MAX (most, 1);
}

/* Whether a smaller queue may be granted where this one was not. */
gboolean
fit_is_refusal (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static gboolean
is_granted (gint64 maxmsg, gint64 msgsize)
{
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new_anonymous (MOOD_OPEN_RDONLY, maxmsg, msgsize, NULL);

  return queue != NULL;
}

/* The largest maxmsg up to @most, which is at least 1, that the kernel grants; 1 also if it does
 * not even grant that, and creating such a queue tells why. */
gint64
fit_find (gint64 most, gint64 msgsize)
{
  gint64 fits = 1;

  while (fits < most)
    {
      gint64 middle = most - (most - fits) / 2;

      if (is_granted (middle, msgsize))
        fits = middle;
      else
        most = middle - 1;
    }

  return fits;
}
