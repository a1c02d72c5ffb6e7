/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts messages back into the queue that they were taken from, when they cannot go where they were
 * meant to. */

#include "rescue.h"

#include "report.h"

#include <glib/gi18n.h>

struct _Rescue
{
  MoodMessageQueue *sender; /* NULL if the queue cannot be sent to */
  char *name;
  guint n_put_back;
  guint n_lost;
};

/* @queue: what the messages were taken from, whatever it was opened for */
Rescue *
rescue_new (MoodMessageQueue *queue)
{
  Rescue *self = g_new0 (Rescue, 1);

  /* By the descriptor, as the name may be gone, or be that of another queue. */
  self->sender = mood_message_queue_reopen (queue, MOOD_OPEN_WRONLY, NULL);
  self->name = g_filename_display_name (mood_message_queue_get_name (queue));

  return self;
}

/* To be called in the order in which the messages were taken. */
void
rescue_message (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  if (self->sender != NULL && mood_message_queue_send_with_timeout (self->sender, message, length,
                                                                    priority, 0, NULL, NULL) != -1)
    self->n_put_back++;
  else
    self->n_lost++;
}

/* Says what became of the messages, and frees. */
void
rescue_finish (Rescue *self)
{
  if (self->n_put_back > 0)
    report_note (ngettext ("%u message was put back into “%s”",
                           "%u messages were put back into “%s”", self->n_put_back),
                 self->n_put_back, self->name);
  if (self->n_lost > 0)
    report_note (ngettext ("%u message is lost", "%u messages are lost", self->n_lost),
                 self->n_lost);

  g_clear_object (&self->sender);
  g_free (self->name);
  g_free (self);
}
