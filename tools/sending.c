/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sends to a queue that may be full, or be removed by somebody, while signals are held back. */

#include "sending.h"

#include "signals.h"
#include "terminal.h"

#include <glib/gi18n.h>
#include <signal.h>
#include <sys/time.h>

/* Nothing wakes who waits for a queue that is removed, or for room for what somebody else received,
 * so both are looked at from time to time. */
#define LOOK_INTERVAL_US G_USEC_PER_SEC

/* How often a wait in the kernel is interrupted, to see whether it shall end. */
#define TICK_US (G_USEC_PER_SEC / 10)

/* The wait in the kernel that goes on. */
static gint64 blocking_deadline;
static MoodMessageQueue *blocking_queue;

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

static void
set_full_error (MoodMessageQueue *queue, GError **error)
{
  g_autofree char *shown = terminal_make_safe (mood_message_queue_get_name (queue));

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
               _ ("The message queue “%s” stayed full; somebody has to receive from it"), shown);
}

/* Waits until there is room, which somebody else may take the next moment, or until there is
 * nothing in @from that would need it. @timeout_us is negative for no limit. */
SendingResult
sending_wait_for_room (MoodMessageQueue *queue,
                       MoodMessageQueue *from,
                       gint64 timeout_us,
                       GError **error)
{
  gint64 deadline = get_deadline (timeout_us);

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
      if (mood_message_queue_get_curmsgs (from) == 0)
        return SENDING_DONE;
      if (is_last)
        {
          set_full_error (queue, error);
          return SENDING_FAILED;
        }
    }
}

static gboolean
is_time_over (void)
{
  return blocking_deadline != -1 && g_get_monotonic_time () >= blocking_deadline;
}

static gboolean
shall_end_blocking (void)
{
  return is_time_over () || signals_is_ending () || mood_message_queue_is_unlinked (blocking_queue);
}

static void
on_tick (int signal_number)
{
  /* That the system call is interrupted is all. */
}

static void
set_ticks (glong interval_us)
{
  const struct itimerval timer = { { 0, interval_us }, { 0, interval_us } };

  setitimer (ITIMER_REAL, &timer, NULL);
}

/* Waits in the line of those who send, as only the kernel knows it: it gives the room that one
 * message leaves to who has waited longest, and who waits for readiness never sees any. The message
 * has to be one that the queue takes. */
static SendingResult
block (MoodMessageQueue *queue,
       const guint8 *message,
       gsize length,
       guint priority,
       gint64 deadline,
       GError **error)
{
  const struct sigaction tick = { .sa_handler = on_tick };
  struct sigaction old_action;
  sigset_t set, old_set;
  g_autoptr (GError) local_error = NULL;
  gboolean is_sent;

  blocking_deadline = deadline;
  blocking_queue = queue;
  mood_set_interrupt_func (shall_end_blocking);
  sigaction (SIGALRM, &tick, &old_action);
  /* The caller may have had it blocked. */
  sigemptyset (&set);
  sigaddset (&set, SIGALRM);
  pthread_sigmask (SIG_UNBLOCK, &set, &old_set);
  set_ticks (TICK_US);

  is_sent = mood_message_queue_send (queue, message, length, priority, NULL, &local_error) != -1;

  set_ticks (0);
  pthread_sigmask (SIG_SETMASK, &old_set, NULL);
  sigaction (SIGALRM, &old_action, NULL);
  mood_set_interrupt_func (NULL);

  if (is_sent)
    return SENDING_DONE;
  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return SENDING_FAILED;
    }
  if (!check_name (queue, error))
    return SENDING_FAILED;
  if (signals_is_ending ())
    return SENDING_ENDING;

  set_full_error (queue, error);

  return SENDING_FAILED;
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
  g_autoptr (GError) local_error = NULL;

  if (!check_name (queue, error))
    return SENDING_FAILED;

  if (mood_message_queue_send_with_timeout (queue, message, length, priority, 0, NULL,
                                            &local_error) != -1)
    return SENDING_DONE;
  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return SENDING_FAILED;
    }

  if (signals_is_ending ())
    return SENDING_ENDING;
  if (timeout_us == 0)
    {
      set_full_error (queue, error);
      return SENDING_FAILED;
    }

  return block (queue, message, length, priority, get_deadline (timeout_us), error);
}

/* Whether the message is in the queue, which may be NULL. Signals need not be held back. */
gboolean
sending_try (MoodMessageQueue *queue, const guint8 *message, gsize length, guint priority)
{
  return queue != NULL && check_name (queue, NULL) &&
         mood_message_queue_send_with_timeout (queue, message, length, priority, 0, NULL, NULL) !=
             -1;
}
