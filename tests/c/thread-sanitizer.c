/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For builds with ThreadSanitizer only. It sees what code does that was built for it, and GLib was
 * not: a list of libmood's that two threads change at once would go unnoticed. So what libmood has
 * GLib do to its own memory is written here once more, and built for it. The dynamic linker finds
 * the functions of the program before those of GLib, whose own calls stay inside GLib. */

#include <glib.h>

void
g_queue_push_tail_link (GQueue *queue, GList *link_)
{
  link_->prev = queue->tail;
  link_->next = NULL;
  if (queue->tail != NULL)
    queue->tail->next = link_;
  else
    queue->head = link_;
  queue->tail = link_;
  queue->length++;
}

void
g_queue_unlink (GQueue *queue, GList *link_)
{
  if (link_->prev != NULL)
    link_->prev->next = link_->next;
  else
    queue->head = link_->next;
  if (link_->next != NULL)
    link_->next->prev = link_->prev;
  else
    queue->tail = link_->prev;
  link_->prev = NULL;
  link_->next = NULL;
  queue->length--;
}

GList *
g_queue_pop_head_link (GQueue *queue)
{
  GList *link_ = queue->head;

  if (link_ != NULL)
    g_queue_unlink (queue, link_);

  return link_;
}
