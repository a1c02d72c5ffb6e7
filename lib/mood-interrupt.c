/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether a wait goes on after a signal. In C it always does. An interpreter runs its handlers of
 * signals not inside the signal handler but at its next chance, which would be after the wait: it
 * is given that chance here. */

#include "mood-interrupt.h"

#include "mood-interrupt-private.h"

static MoodInterruptFunc interrupt_func; /* atomic */

/**
 * mood_set_interrupt_func: (skip)
 * @func: (nullable): what to ask, or %NULL for that every wait goes on
 *
 * Sets what every call of the process that waits asks after a signal handler has run in its thread:
 * whether the wait shall end.
 *
 * Without such a function all waits go on, as if no signal had come. A call that is ended by it
 * gives %G_IO_ERROR_CANCELLED, and has neither taken a message nor sent one.
 *
 * This is for interpreters, whose own handlers of signals wait for the call to return. It is set
 * once, by whoever embeds the interpreter or binds libmood to it: the function belongs to the whole
 * process, and each new one takes the place of the one before.
 *
 * Only waits inside a call ask: [method@Mood.MessageQueue.receive],
 * [method@Mood.MessageQueue.send] and their variants. A main loop has its own ways.
 *
 * See also: `signal(7)`, on the interruption of system calls
 *
 * Since: 1.0
 */
void
mood_set_interrupt_func (MoodInterruptFunc func)
{
  g_atomic_pointer_set (&interrupt_func, func);
}

gboolean
mood_is_interrupted (void)
{
  MoodInterruptFunc func = g_atomic_pointer_get (&interrupt_func);

  return func != NULL && func ();
}
