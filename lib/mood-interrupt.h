/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <glib.h>

#include "mood-version-macros.h"

G_BEGIN_DECLS

/**
 * MoodInterruptFunc: (skip)
 *
 * What a call that waits asks after a signal handler has run in its thread, see
 * [func@Mood.set_interrupt_func].
 *
 * It runs in the waiting thread, not in the signal handler: it may call whatever it likes, the
 * queue's own methods included.
 *
 * Returns: %TRUE to end the call, %FALSE to go on waiting
 *
 * Since: 1.0
 */
typedef gboolean (*MoodInterruptFunc) (void);

MOOD_AVAILABLE_IN_1_0
void mood_set_interrupt_func (MoodInterruptFunc func);

G_END_DECLS
