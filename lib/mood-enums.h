/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <glib-object.h>

#include "mood-version-macros.h"

G_BEGIN_DECLS

/**
 * MoodOpenFlags:
 * @MOOD_OPEN_RDONLY: open the queue to receive messages only
 * @MOOD_OPEN_WRONLY: open the queue to send messages only
 * @MOOD_OPEN_RDWR: open the queue to both send and receive messages;
 *   the same as `MOOD_OPEN_RDONLY` and `MOOD_OPEN_WRONLY` together
 * @MOOD_OPEN_CLOEXEC: close the descriptor when the process executes another program; Linux
 *   does so for every message queue, given or not, so that this flag is accepted and recorded
 * @MOOD_OPEN_NONBLOCK: open the queue in nonblocking mode, in which a call that would have to
 *   wait gives %G_IO_ERROR_WOULD_BLOCK instead
 * @MOOD_OPEN_CREAT: create the queue if it does not exist
 * @MOOD_OPEN_EXCL: together with `MOOD_OPEN_CREAT`, refuse a queue that exists already
 *   with %G_IO_ERROR_EXISTS
 *
 * How to open a message queue.
 *
 * The flags are named for those of `mq_open(3)`. Their values are libmood's own, the same on every
 * machine, because the values of the `O_` constants differ between architectures and `O_RDONLY` is
 * 0 on all of them. One of the access modes
 * `MOOD_OPEN_RDONLY`, `MOOD_OPEN_WRONLY` and `MOOD_OPEN_RDWR` is required.
 *
 * Since: 1.0
 */
typedef enum /*< flags,since=1.0 >*/
{
  MOOD_OPEN_RDONLY = 1,
  MOOD_OPEN_WRONLY = 2,
  MOOD_OPEN_RDWR = 3,
  MOOD_OPEN_CLOEXEC = 4,
  MOOD_OPEN_NONBLOCK = 8,
  MOOD_OPEN_CREAT = 16,
  MOOD_OPEN_EXCL = 32,
} MoodOpenFlags;

G_END_DECLS
