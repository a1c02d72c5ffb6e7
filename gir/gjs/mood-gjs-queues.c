/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* By which number JavaScript names a queue. What is inside of GJS's objects is GJS's own, and to
 * have a queue passed on by introspection takes longer than to send a message; a number takes no
 * time. What JavaScript has of a queue can outlive it, so a number is never used for another one.
 */

#include "mood-gjs.h"
#include "mood-gjs-queues.h"

/* The kernel lets all users together have 256 queues by default. What has no room here goes the way
 * of introspection. */
#define N_SLOTS 1024

/* The slot of a queue is the remainder of its number, which stays when the queue has gone. */
typedef struct
{
  guint number;
  MoodMessageQueue *queue;
} Slot;

/* The lock is for what changes. A number is only looked up by who has the queue, which cannot go
 * meanwhile, unless it was disposed of by force. */
static GMutex lock;
static Slot slots[N_SLOTS];
static guint last_number;

/* The queue may be disposed of in any thread. */
static void
forget_queue (gpointer data, GObject *queue)
{
  Slot *slot = data;

  g_mutex_lock (&lock);
  g_atomic_pointer_set (&slot->queue, NULL);
  g_mutex_unlock (&lock);
}

/* JavaScript may lose its object for a queue that lives on, and have another one later. */
static guint
find_number (MoodMessageQueue *queue)
{
  for (guint i = 0; i < N_SLOTS; i++)
    if (slots[i].queue == queue)
      return slots[i].number;

  return 0;
}

static guint
give_number (MoodMessageQueue *queue)
{
  for (guint i = 0; i < N_SLOTS; i++)
    {
      Slot *slot;

      /* A number that is no more than this is a small integer to JavaScript. */
      last_number = last_number < G_MAXINT32 ? last_number + 1 : 1;
      slot = &slots[last_number % N_SLOTS];
      if (slot->queue == NULL)
        {
          g_atomic_int_set (&slot->number, last_number);
          g_atomic_pointer_set (&slot->queue, queue);
          g_object_weak_ref (G_OBJECT (queue), forget_queue, slot);
          return last_number;
        }
    }

  return 0;
}

/**
 * mood_gjs_register:
 * @queue: a message queue
 *
 * Gives the queue a number for the calls that mood_gjs_define_calls() makes.
 *
 * Returns: the number of the queue, the same for as long as it lives; 0, which is none, if there
 *   are too many queues
 *
 * Since: 1.0
 */
guint
mood_gjs_register (MoodMessageQueue *queue)
{
  guint number;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (queue), 0);

  g_mutex_lock (&lock);
  number = find_number (queue);
  if (number == 0)
    number = give_number (queue);
  g_mutex_unlock (&lock);

  return number;
}

/* The queue that has this number, or NULL if that is gone or never was. */
MoodMessageQueue *
mood_gjs_find_queue (guint number)
{
  Slot *slot = &slots[number % N_SLOTS];

  return (guint) g_atomic_int_get (&slot->number) == number ? g_atomic_pointer_get (&slot->queue)
                                                            : NULL;
}
