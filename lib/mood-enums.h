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

/**
 * MoodOwnership:
 * @MOOD_OWNERSHIP_KEEP: the name stays until somebody unlinks it, as POSIX has it
 * @MOOD_OWNERSHIP_UNLINK_ON_CLOSE: closing the queue unlinks it, if this object created it
 * @MOOD_OWNERSHIP_ANONYMOUS: the queue is created under a random name and unlinked at once, so that
 *   only descriptors lead to it
 *
 * What becomes of the name of a queue.
 *
 * [Running queues in production](production.html) tells which is for what.
 *
 * Since: 1.0
 */
typedef enum /*< enum,since=1.0 >*/
{
  MOOD_OWNERSHIP_KEEP,
  MOOD_OWNERSHIP_UNLINK_ON_CLOSE,
  MOOD_OWNERSHIP_ANONYMOUS,
} MoodOwnership;

/**
 * MoodGeometryPolicy:
 * @MOOD_GEOMETRY_POLICY_ACCEPT: open it as it is, as POSIX has it
 * @MOOD_GEOMETRY_POLICY_REFUSE: give %G_IO_ERROR_EXISTS
 * @MOOD_GEOMETRY_POLICY_REPLACE: unlink it and create another one, if it is empty and nobody else
 * has it open, and give %G_IO_ERROR_BUSY otherwise
 *
 * What to do when a queue is to be created, and one of that name exists that can hold another
 * number of messages, or messages of another size, than was asked for.
 *
 * A figure that was left to the default asks for nothing, so that any will do.
 *
 * Since: 1.0
 */
typedef enum /*< enum,since=1.0 >*/
{
  MOOD_GEOMETRY_POLICY_ACCEPT,
  MOOD_GEOMETRY_POLICY_REFUSE,
  MOOD_GEOMETRY_POLICY_REPLACE,
} MoodGeometryPolicy;

G_END_DECLS
