/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts messages back into the queue that they were taken from, when they cannot go where they were
 * meant to. What finds no room there is kept in a file; and what cannot be kept either is at least
 * written to standard error. */

#include "rescue.h"

#include "json.h"
#include "report.h"
#include "sending.h"
#include "signals.h"
#include "state-directory.h"

#include <glib/gi18n.h>

struct _Rescue
{
  MoodMessageQueue *queue;
  MoodMessageQueue *sender; /* NULL if the queue cannot be sent to */
  char *name;               /* for people */
  ArchiveWriter *writer;    /* NULL until it is needed */
  GError *error;            /* why messages cannot be kept, or NULL */
  GPtrArray *lost;          /* of char *: what is to be written of messages that cannot be */
  guint n_put_back;
  guint n_kept;
};

/* @queue: what the messages were taken from, whatever it was opened for */
Rescue *
rescue_new (MoodMessageQueue *queue)
{
  Rescue *self = g_new0 (Rescue, 1);

  self->queue = g_object_ref (queue);
  /* By the descriptor, as the name may be gone, or be that of another queue. */
  self->sender = mood_message_queue_reopen (queue, MOOD_OPEN_WRONLY, NULL);
  self->name = g_strdup (mood_message_queue_get_display_name (queue));
  self->lost = g_ptr_array_new_with_free_func (g_free);

  return self;
}

/* What was impossible once is not tried again. */
static gboolean
keep (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  if (self->error == NULL && self->writer == NULL)
    {
      g_autoptr (GPtrArray) queues = archive_queues_new_from (self->queue);

      self->writer = state_directory_new_archive ("rescue", queues, &self->error);
    }

  return self->error == NULL &&
         archive_writer_add (self->writer, 0, message, length, priority, &self->error);
}

static void
give_up (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_add_text (builder, "queue", self->name);
  json_add_number (builder, "priority", priority);
  json_add_bytes (builder, "message", message, length);
  json_builder_end_object (builder);

  g_ptr_array_add (self->lost, json_format (builder, FALSE));
}

/* To be called in the order in which the messages were taken. Nothing is said before all of them
 * are safe: who reads it might not do so. */
void
rescue_message (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  if (sending_try (self->sender, message, length, priority))
    self->n_put_back++;
  else if (keep (self, message, length, priority))
    self->n_kept++;
  else
    give_up (self, message, length, priority);
}

/* Says what became of the messages, and frees. Signals are not held back any more. */
void
rescue_finish (Rescue *self)
{
  signals_release ();

  if (self->error != NULL)
    report_error (self->error);
  for (guint i = 0; i < self->lost->len; i++)
    g_printerr ("%s\n", (const char *) g_ptr_array_index (self->lost, i));
  if (self->n_put_back > 0)
    report_note (ngettext ("%u message was put back into “%s”",
                           "%u messages were put back into “%s”", self->n_put_back),
                 self->n_put_back, self->name);
  if (self->n_kept > 0)
    {
      g_autofree char *quoted = g_shell_quote (archive_writer_get_path (self->writer));

      report_note (ngettext ("%u message could not be put back into “%s”. It is kept; to have it "
                             "sent there: mood restore --remove %s",
                             "%u messages could not be put back into “%s”. They are kept; to have "
                             "them sent there: mood restore --remove %s",
                             self->n_kept),
                   self->n_kept, self->name, quoted);
    }
  if (self->lost->len > 0)
    report_note (ngettext ("%u message is lost but for what is written above",
                           "%u messages are lost but for what is written above", self->lost->len),
                 self->lost->len);

  g_clear_pointer (&self->writer, archive_writer_free);
  g_clear_object (&self->sender);
  g_clear_object (&self->queue);
  g_clear_error (&self->error);
  g_ptr_array_unref (self->lost);
  g_free (self->name);
  g_free (self);
}
