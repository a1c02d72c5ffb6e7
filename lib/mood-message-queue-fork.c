/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a fork does to queues. The child gets a copy of each descriptor, and of each object with
 * whatever calls were under way in threads that the child does not have. Those calls will never
 * end there, so that a count that includes them would keep the child's descriptor open for ever;
 * and the wake-up descriptor leads to the parent's counter, so that a child that closed its copy
 * of the queue would wake the parent. The child starts with neither, nor with the descriptor for
 * attempts, and ends a close that those calls held up.
 *
 * The sources, too, are of main contexts whose lock a thread that the child does not have may hold
 * for ever, and whose wake-up descriptor is the parent's: the child does not touch them. Those that
 * it runs itself see by their prepare function that the queue is closed. Nor does it stand in line
 * behind calls that nobody serves. A registration for notification is the parent's, as is what
 * comes from the socket that both have: the child does not count the sources that made one as such.
 */

#include "mood-message-queue-private.h"

#include "mood-context-private.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

pthread_mutex_t mood_message_queue_lock = PTHREAD_MUTEX_INITIALIZER;

static GQueue open_queues = G_QUEUE_INIT; /* of the links inside the queues; under the lock */

static void
before_fork (void)
{
  pthread_mutex_lock (&mood_message_queue_lock);
}

static void
after_fork_in_parent (void)
{
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* A link that leads nowhere tells that its owner is in no list. */
static void
clear_links (GQueue *links)
{
  GList *link;

  while ((link = g_queue_pop_head_link (links)) != NULL)
    link->data = NULL;
}

static void
after_fork_in_child (void)
{
  GList *link = open_queues.head;

  while (link != NULL)
    {
      MoodMessageQueue *self = link->data;

      link = link->next;
      self->state &= ~MOOD_STATE_USERS_MASK;
      /* In a PID namespace of its own, the child may have the parent's number. */
      self->unlink_on_close = FALSE;
      if (self->wakeup_fd != -1)
        close (self->wakeup_fd);
      self->wakeup_fd = -1;
      mood_message_queue_close_nonblocking (self);
      clear_links (&self->receives);
      clear_links (&self->sends);
      if ((self->state & MOOD_STATE_CLOSED) != 0)
        mood_message_queue_take_descriptor (self);
    }

  clear_links (&mood_message_queue_notifications);
  mood_context_forget_all ();

  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* Called once, when the class is made. */
void
mood_message_queue_handle_forks (void)
{
  pthread_atfork (before_fork, after_fork_in_parent, after_fork_in_child);
}

/* With the lock held. */
void
mood_message_queue_register (MoodMessageQueue *self)
{
  g_queue_push_tail_link (&open_queues, &self->link);
}

/* With the lock held. */
void
mood_message_queue_unregister (MoodMessageQueue *self)
{
  g_queue_unlink (&open_queues, &self->link);
}

/* With the lock held: the descriptor of a queue that this process has open and that still has its
 * name, which is @name; -1 if there is none. With @device it is one of that file system, of which
 * every IPC namespace has its own. */
int
mood_message_queue_find_named (const char *name, const dev_t *device)
{
  for (GList *link = open_queues.head; link != NULL; link = link->next)
    {
      MoodMessageQueue *self = link->data;
      struct stat status;

      if (g_strcmp0 (self->name, name) == 0 && fstat (self->fd, &status) == 0 &&
          status.st_nlink != 0 && (device == NULL || status.st_dev == *device))
        return self->fd;
    }

  return -1;
}
