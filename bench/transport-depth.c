/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How deep the queues may be that are measured on. */

#include "transport-depth.h"

#include <mood.h>

/* A round trip needs two. */
static gboolean
can_make_two (gint64 depth, gint64 size, GError **error)
{
  g_autoptr (MoodMessageQueue) there = NULL;
  g_autoptr (MoodMessageQueue) back = NULL;

  there = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, depth, size, error);
  if (there == NULL)
    return FALSE;

  back = mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, depth, size, error);

  return back != NULL;
}

/* What no user can pass who has queues of @size bytes a message twice. Whether the namespace's
 * limits hold for this one, and how much of RLIMIT_MSGQUEUE other queues take, is found by trying.
 */
static gint64
get_upper_limit (gint64 size)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();

  limits->msg_max = G_MAXINT64;
  limits->msgsize_max = G_MAXINT64;
  limits->rlimit_soft /= 2;

  return mood_limits_fit (limits, size);
}

/* The most messages of @size bytes for which there is room in each of two queues, for this user,
 * now; 0 with an error if there is none. */
gint64
transport_get_largest_depth (gsize size, GError **error)
{
  gint64 fits = 1;
  gint64 most = get_upper_limit ((gint64) size);

  if (!can_make_two (fits, (gint64) size, error))
    return 0;

  while (fits < most)
    {
      gint64 middle = most - (most - fits) / 2;

      if (can_make_two (middle, (gint64) size, NULL))
        fits = middle;
      else
        most = middle - 1;
    }

  return fits;
}
