/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sends the messages of a file, in their order, and keeps in the file how far that went: whatever
 * ends the process, one message at most is sent once more by who goes on. */

#include "delivery.h"

#include "progress.h"
#include "report.h"
#include "sending.h"
#include "signals.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

/* How long messages are held in the hand for a queue that others filled in the meantime. */
#define PUT_BACK_TIMEOUT_US (10 * G_USEC_PER_SEC)

static gboolean
keeps_record (Delivery *self)
{
  return !self->sends_all && archive_reader_is_writable (self->reader);
}

static SendingResult
deliver (Delivery *self, guint number, GError **error)
{
  const ArchiveRecord *record = archive_reader_get_record (self->reader, number);
  const guint8 *message = archive_reader_read (self->reader, number, error);
  SendingResult result;

  if (message == NULL)
    return SENDING_FAILED;
  if (keeps_record (self) && !archive_reader_set_begun (self->reader, number, TRUE, error))
    return SENDING_FAILED;

  result = sending_send (self->senders[record->queue], message, record->length, record->priority,
                         self->timeout_us, error);

  if (keeps_record (self))
    {
      if (result != SENDING_DONE)
        archive_reader_set_begun (self->reader, number, FALSE, NULL);
      else if (!archive_reader_set_delivered (self->reader, number, TRUE, error))
        return SENDING_FAILED;
    }

  return result;
}

static gboolean
is_wanted (Delivery *self, guint number)
{
  const ArchiveRecord *record = archive_reader_get_record (self->reader, number);

  return self->senders[record->queue] != NULL && (self->sends_all || !record->is_delivered);
}

/* Signals have to be held back. What goes wrong with one queue is reported, and does not keep the
 * others from their messages. */
ExitStatus
delivery_run (Delivery *self)
{
  guint n_records = archive_reader_get_n_records (self->reader);
  g_autofree gboolean *has_failed =
      g_new0 (gboolean, archive_reader_get_queues (self->reader)->len + 1);
  ExitStatus status = EXIT_STATUS_SUCCESS;
  gboolean is_ending = FALSE;

  self->n_sent = 0;
  self->n_left = 0;
  for (guint i = 0; i < n_records; i++)
    {
      guint queue = archive_reader_get_record (self->reader, i)->queue;
      g_autoptr (GError) error = NULL;

      if (!is_wanted (self, i))
        continue;
      is_ending = is_ending || (!self->is_putting_back && signals_is_ending ());
      if (is_ending || has_failed[queue])
        {
          self->n_left++;
          continue;
        }

      switch (deliver (self, i, &error))
        {
        case SENDING_DONE:
          self->n_sent++;
          break;

        case SENDING_ENDING:
          is_ending = !self->is_putting_back;
          has_failed[queue] = TRUE;
          self->n_left++;
          break;

        case SENDING_FAILED:
          status = exit_status_worse (status, report_error (error));
          has_failed[queue] = TRUE;
          self->n_left++;
          break;
        }

      progress_set (i + 1, n_records);
    }

  return status;
}

/* Sends what was taken to where it was taken from; what finds no room stays in the file. */
ExitStatus
delivery_put_back (ArchiveReader *reader, MoodMessageQueue **senders)
{
  Delivery delivery = {
    .reader = reader,
    .senders = senders,
    .timeout_us = PUT_BACK_TIMEOUT_US,
    .is_putting_back = TRUE,
  };
  ExitStatus status = delivery_run (&delivery);

  return delivery.n_left > 0 ? EXIT_STATUS_FAILURE : status;
}

/* Likewise, and removes the file when all of its messages are where they were. */
ExitStatus
delivery_put_back_or_keep (ArchiveReader *reader, MoodMessageQueue **senders)
{
  ExitStatus status = delivery_put_back (reader, senders);

  if (archive_reader_count_left (reader) > 0)
    return EXIT_STATUS_FAILURE;

  g_unlink (archive_reader_get_path (reader));

  return status;
}

/* How to have those sent that could not be put back, if there are any. */
void
delivery_tell_kept (ArchiveReader *reader)
{
  guint n = archive_reader_count_left (reader);
  g_autofree char *command = NULL;

  if (n == 0)
    return;

  command = archive_reader_format_restore_command (reader);
  report_note (ngettext ("%u message could not be put back. It is kept; to have it sent to the "
                         "queue that it came from: %s",
                         "%u messages could not be put back. They are kept; to have them sent to "
                         "the queues that they came from: %s",
                         n),
               n, command);
}
