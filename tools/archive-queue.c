/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a file of messages keeps of the queues that they came from. */

#include "archive-queue.h"

#include "terminal.h"

ArchiveQueue *
archive_queue_new (const char *name)
{
  ArchiveQueue *self = g_new0 (ArchiveQueue, 1);

  self->name = g_strdup (name);
  self->display_name = terminal_make_safe (name);

  return self;
}

/* Of a queue that is open. */
ArchiveQueue *
archive_queue_new_from (MoodMessageQueue *queue)
{
  ArchiveQueue *self = archive_queue_new (mood_message_queue_get_name (queue));

  self->mode = mood_message_queue_get_mode (queue) & 0777;
  self->uid = (guint) mood_message_queue_get_uid (queue);
  self->gid = (guint) mood_message_queue_get_gid (queue);
  self->maxmsg = mood_message_queue_get_maxmsg (queue);
  self->msgsize = mood_message_queue_get_msgsize (queue);

  return self;
}

void
archive_queue_free (ArchiveQueue *self)
{
  g_free (self->name);
  g_free (self->display_name);
  g_free (self);
}

GPtrArray *
archive_queues_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) archive_queue_free);
}

/* Of messages that all come from one queue. */
GPtrArray *
archive_queues_new_from (MoodMessageQueue *queue)
{
  GPtrArray *queues = archive_queues_new ();

  g_ptr_array_add (queues, archive_queue_new_from (queue));

  return queues;
}
