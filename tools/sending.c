/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sends to a queue that may be full, or be removed by somebody, while signals are held back. */

#include "sending.h"

#include "signals.h"
#include "terminal.h"

#include <glib/gi18n.h>

/* Nothing wakes who waits for a queue that is removed, or for room for what somebody else received,
 * so both are looked at from time to time. */
#define LOOK_INTERVAL_US G_USEC_PER_SEC

static gint64
get_deadline (gint64 timeout_us)
{
  return timeout_us < 0 ? -1 : g_get_monotonic_time () + timeout_us;
}

/* What is sent to a queue without a name is for those who have it open, if there are any. */
static gboolean
check_name (MoodMessageQueue *queue, GError **error)
{
  g_autofree char *shown = NULL;

  if (!mood_message_queue_is_unlinked (queue))
    return TRUE;

  shown = terminal_make_safe (mood_message_queue_get_name (queue));
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _ ("The message queue “%s” was removed in the meantime"), shown);

  return FALSE;
}

/* @from: what messages are to come from, or NULL */
static SendingResult
wait_until (MoodMessageQueue *queue, MoodMessageQueue *from, gint64 deadline, GError **error)
{
  for (;;)
    {
      gint64 look_at = g_get_monotonic_time () + LOOK_INTERVAL_US;
      gboolean is_last = deadline != -1 && deadline <= look_at;

      switch (
          signals_wait (mood_message_queue_fileno (queue), G_IO_OUT, is_last ? deadline : look_at))
        {
        case SIGNALS_READY:
          return check_name (queue, error) ? SENDING_DONE : SENDING_FAILED;

        case SIGNALS_ENDING:
          return SENDING_ENDING;

        case SIGNALS_TIMED_OUT:
          break;
        }

      if (!check_name (queue, error))
        return SENDING_FAILED;
      if (from != NULL && mood_message_queue_get_curmsgs (from) == 0)
        return SENDING_DONE;
      if (is_last)
        {
          g_autofree char *shown = terminal_make_safe (mood_message_queue_get_name (queue));

          g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                       _ ("The message queue “%s” stayed full; somebody has to receive from it"),
                       shown);
          return SENDING_FAILED;
        }
    }
}

/* Waits until there is room, which somebody else may take the next moment, or until there is
 * nothing in @from that would need it. @timeout_us is negative for no limit. */
SendingResult
sending_wait_for_room (MoodMessageQueue *queue,
                       MoodMessageQueue *from,
                       gint64 timeout_us,
                       GError **error)
{
  return wait_until (queue, from, get_deadline (timeout_us), error);
}

/* Sends, and waits for room if there is none. What there is room for is sent even when it is time
 * to end. */
SendingResult
sending_send (MoodMessageQueue *queue,
              const guint8 *message,
              gsize length,
              guint priority,
              gint64 timeout_us,
              GError **error)
{
  gint64 deadline = get_deadline (timeout_us);

  if (!check_name (queue, error))
    return SENDING_FAILED;

  for (;;)
    {
      g_autoptr (GError) local_error = NULL;
      SendingResult result;

      if (mood_message_queue_send_with_timeout (queue, message, length, priority, 0, NULL,
                                                &local_error) != -1)
        return SENDING_DONE;
      if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return SENDING_FAILED;
        }

      result = wait_until (queue, NULL, deadline, error);
      if (result != SENDING_DONE)
        return result;
    }
}

/* Whether the message is in the queue, which may be NULL. Signals need not be held back. */
gboolean
sending_try (MoodMessageQueue *queue, const guint8 *message, gsize length, guint priority)
{
  return queue != NULL && check_name (queue, NULL) &&
         mood_message_queue_send_with_timeout (queue, message, length, priority, 0, NULL, NULL) !=
             -1;
}
