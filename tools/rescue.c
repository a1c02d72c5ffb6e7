/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts messages back into the queue that they were taken from, when they cannot go where they were
 * meant to. What finds no room there is kept in a file; and what cannot be kept either is at least
 * written to standard error. */

#include "rescue.h"

#include "json.h"
#include "report.h"
#include "sending.h"
#include "state-directory.h"

#include <glib/gi18n.h>

struct _Rescue
{
  MoodMessageQueue *queue;
  MoodMessageQueue *sender; /* NULL if the queue cannot be sent to */
  char *name;               /* for people */
  ArchiveWriter *writer;    /* NULL until it is needed */
  guint n_put_back;
  guint n_kept;
  guint n_lost;
};

/* @queue: what the messages were taken from, whatever it was opened for */
Rescue *
rescue_new (MoodMessageQueue *queue)
{
  Rescue *self = g_new0 (Rescue, 1);

  self->queue = g_object_ref (queue);
  /* By the descriptor, as the name may be gone, or be that of another queue. */
  self->sender = mood_message_queue_reopen (queue, MOOD_OPEN_WRONLY, NULL);
  self->name = g_filename_display_name (mood_message_queue_get_name (queue));

  return self;
}

static gboolean
keep (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  g_autoptr (GPtrArray) queues = archive_queues_new_from (self->queue);
  g_autoptr (GError) error = NULL;

  if (self->writer == NULL)
    self->writer = state_directory_new_archive ("rescue", queues, &error);
  if (self->writer != NULL &&
      archive_writer_add (self->writer, 0, message, length, priority, &error))
    return TRUE;

  report_error (error);

  return FALSE;
}

static void
write_out (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_add_text (builder, "queue", self->name);
  json_add_number (builder, "priority", priority);
  json_add_bytes (builder, "message", message, length);
  json_builder_end_object (builder);
  text = json_format (builder, FALSE);

  g_printerr ("%s\n", text);
}

/* To be called in the order in which the messages were taken. */
void
rescue_message (Rescue *self, const guint8 *message, gsize length, guint priority)
{
  if (sending_try (self->sender, message, length, priority))
    self->n_put_back++;
  else if (keep (self, message, length, priority))
    self->n_kept++;
  else
    {
      write_out (self, message, length, priority);
      self->n_lost++;
    }
}

/* Says what became of the messages, and frees. */
void
rescue_finish (Rescue *self)
{
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
  if (self->n_lost > 0)
    report_note (ngettext ("%u message is lost but for what is written above",
                           "%u messages are lost but for what is written above", self->n_lost),
                 self->n_lost);

  g_clear_pointer (&self->writer, archive_writer_free);
  g_clear_object (&self->sender);
  g_clear_object (&self->queue);
  g_free (self->name);
  g_free (self);
}
