/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood restore: what is in a file, into the queues that it came from. */

#include "archive-reader.h"
#include "archive-list.h"
#include "commands.h"
#include "delivery.h"
#include "progress.h"
#include "queue-name.h"
#include "report.h"
#include "seconds.h"
#include "signals.h"
#include "state-directory.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

static gboolean lists;
static gboolean as_json;
static gboolean goes_on;
static gboolean starts_anew;
static gboolean removes;
static char *timeout_text;

static const GOptionEntry options[] = {
  { "continue", 0, 0, G_OPTION_ARG_NONE, &goes_on,
    N_ ("Send the rest of a file of which a part was sent already"), NULL },
  { "from-start", 0, 0, G_OPTION_ARG_NONE, &starts_anew,
    N_ ("Send all of a file of which a part was sent already"), NULL },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("With --list: write a JSON object"), NULL },
  { "list", 'l', 0, G_OPTION_ARG_NONE, &lists, N_ ("Only show what is in the file"), NULL },
  { "remove", 0, 0, G_OPTION_ARG_NONE, &removes,
    N_ ("Remove the file when all of its messages were sent"), NULL },
  { "timeout", 't', 0, G_OPTION_ARG_STRING, &timeout_text,
    N_ ("How long to wait for room for each message; 0 tries once"), N_ ("SECONDS") },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood restore queues.mood", N_ ("Creates the queues that are missing, and fills all") },
  { "mood restore --list queues.mood", N_ ("Shows what is in the file") },
  { "mood restore queues.mood /jobs --timeout=1",
    N_ ("Restores one queue, unless it stays full for a second") },
  { NULL, NULL },
};

typedef struct
{
  ArchiveReader *reader;
  GPtrArray *queues;          /* the reader's, of ArchiveQueue */
  gboolean *is_wanted;        /* for each of the queues */
  MoodMessageQueue **senders; /* for each of the queues */
  gint64 timeout_us;
} Restore;

static const ArchiveQueue *
get_queue (Restore *self, guint number)
{
  return g_ptr_array_index (self->queues, number);
}

static gboolean
want (Restore *self, const char *argument, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);
  g_autofree char *shown_path = NULL;
  g_autofree char *shown_name = NULL;

  for (guint i = 0; i < self->queues->len; i++)
    if (g_str_equal (get_queue (self, i)->name, name))
      {
        self->is_wanted[i] = TRUE;
        return TRUE;
      }

  shown_path = g_filename_display_name (archive_reader_get_path (self->reader));
  shown_name = g_filename_display_name (name);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("There is no queue “%s” in “%s”"),
               shown_name, shown_path);

  return FALSE;
}

/* All, if none is named. */
static gboolean
choose (Restore *self, char **names, GError **error)
{
  if (*names == NULL)
    for (guint i = 0; i < self->queues->len; i++)
      self->is_wanted[i] = TRUE;

  for (char **name = names; *name != NULL; name++)
    if (!want (self, *name, error))
      return FALSE;

  return TRUE;
}

/* What was sent is not sent again by accident: neither all of what a part was sent of, nor all of
 * what all was sent of, by who means the rest. */
static gboolean
check_progress (Restore *self, GError **error)
{
  g_autofree char *shown = g_filename_display_name (archive_reader_get_path (self->reader));
  guint n_messages = 0;
  guint n_delivered = 0;
  gboolean is_begun = FALSE;

  for (guint i = 0; i < archive_reader_get_n_records (self->reader); i++)
    {
      const ArchiveRecord *record = archive_reader_get_record (self->reader, i);

      if (self->is_wanted[record->queue])
        {
          n_messages++;
          n_delivered += record->is_delivered;
          is_begun |= record->is_begun || record->is_delivered;
        }
    }

  if (is_begun && !goes_on && !starts_anew)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                   ngettext ("Of the %u message in “%s”, %u was sent or put back already, and "
                             "perhaps one more: --continue sends the rest, --from-start sends all",
                             "Of the %u messages in “%s”, %u were sent or put back already, and "
                             "perhaps one more: --continue sends the rest, --from-start sends all",
                             n_messages),
                   n_messages, shown, n_delivered);
      return FALSE;
    }

  if (!is_begun && goes_on && archive_reader_is_complete (self->reader))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _ ("There is nothing to continue: either nothing of “%s” was sent, or all"),
                   shown);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_msgsize (Restore *self, guint number, GError **error)
{
  const ArchiveQueue *queue = get_queue (self, number);
  gint64 msgsize = mood_message_queue_get_msgsize (self->senders[number]);

  if ((gint64) queue->longest <= msgsize)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               _ ("The longest message for “%s” has %u bytes, and the queue takes only "
                  "%" PRId64 "; unlink it, and it is created with %" PRId64 ", as it was"),
               queue->display_name, queue->longest, msgsize, queue->msgsize);

  return FALSE;
}

/* A queue that is missing is left for later. */
static gboolean
open_existing (Restore *self, guint number, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->senders[number] =
      queue_name_open (get_queue (self, number)->name, MOOD_OPEN_WRONLY, &local_error);
  if (self->senders[number] != NULL)
    return check_msgsize (self, number, error);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Only root may give a queue away. */
static void
give_back (const ArchiveQueue *queue, MoodMessageQueue *created)
{
  g_autoptr (GError) error = NULL;

  if (mood_message_queue_get_uid (created) == queue->uid &&
      mood_message_queue_get_gid (created) == queue->gid)
    return;

  if (!mood_message_queue_chown (created, queue->uid, queue->gid, &error))
    report_warning (_ ("“%s” does not belong to user %u, group %u again: %s"), queue->display_name,
                    queue->uid, queue->gid, error->message);
}

static gboolean
create (Restore *self, guint number, GError **error)
{
  const ArchiveQueue *queue = get_queue (self, number);
  MoodMessageQueue *sender =
      mood_message_queue_new_full (queue->name, MOOD_OPEN_WRONLY | MOOD_OPEN_CREAT, queue->mode,
                                   queue->maxmsg, queue->msgsize, MOOD_OWNERSHIP_KEEP,
                                   MOOD_GEOMETRY_POLICY_ACCEPT, TRUE, error);

  self->senders[number] = sender;
  if (sender == NULL)
    return FALSE;
  if (mood_message_queue_is_created (sender))
    give_back (queue, sender);

  /* Somebody else may have created it now. */
  return check_msgsize (self, number, error);
}

/* All that can be known to go wrong goes wrong before anything is sent. */
static gboolean
open_queues (Restore *self, GError **error)
{
  for (guint i = 0; i < self->queues->len; i++)
    if (self->is_wanted[i] && !open_existing (self, i, error))
      return FALSE;

  for (guint i = 0; i < self->queues->len; i++)
    if (self->is_wanted[i] && self->senders[i] == NULL && !create (self, i, error))
      return FALSE;

  return TRUE;
}

/* Those created for nothing, when it does not come to sending. */
static void
unlink_created (Restore *self)
{
  for (guint i = 0; i < self->queues->len; i++)
    if (self->senders[i] != NULL && mood_message_queue_is_created (self->senders[i]))
      mood_message_queue_unlink (self->senders[i], NULL);
}

/* What was kept of the wanted queues' messages is forgotten. */
static gboolean
forget_progress (Restore *self, GError **error)
{
  for (guint i = 0; i < archive_reader_get_n_records (self->reader); i++)
    {
      const ArchiveRecord *record = archive_reader_get_record (self->reader, i);

      if (self->is_wanted[record->queue] && (record->is_begun || record->is_delivered) &&
          (!archive_reader_set_begun (self->reader, i, FALSE, error) ||
           !archive_reader_set_delivered (self->reader, i, FALSE, error)))
        return FALSE;
    }

  return TRUE;
}

/* What the user cannot know, of messages that are going to be sent. */
static void
warn_of_doubts (Restore *self)
{
  guint n_begun = 0;
  guint n_guessed = 0;

  for (guint i = 0; i < archive_reader_get_n_records (self->reader); i++)
    {
      const ArchiveRecord *record = archive_reader_get_record (self->reader, i);

      if (self->is_wanted[record->queue] && !record->is_delivered)
        {
          n_begun += record->is_begun;
          n_guessed += record->is_length_guessed;
        }
    }

  if (n_begun > 0)
    report_warning (ngettext ("%u message may have been sent before, and is sent once more",
                              "%u messages may have been sent before, and are sent once more",
                              n_begun),
                    n_begun);
  if (n_guessed > 0)
    report_warning (_ ("The process that took the last message was killed in that instant; if the "
                       "message is binary, bytes at its end may be missing"));
}

/* When everything was sent the file can be used again; but not one that never was completed, which
 * is there to put back what was taken. */
static ExitStatus
finish (Restore *self)
{
  g_autoptr (GError) error = NULL;

  if (archive_reader_count_left (self->reader) > 0 || !archive_reader_is_writable (self->reader))
    return EXIT_STATUS_SUCCESS;

  if (removes && g_unlink (archive_reader_get_path (self->reader)) == -1)
    {
      int errsv = errno;
      g_autofree char *shown = g_filename_display_name (archive_reader_get_path (self->reader));

      report_warning (_ ("Cannot remove “%s”: %s"), shown, g_strerror (errsv));
      return EXIT_STATUS_FAILURE;
    }
  if (!removes && archive_reader_is_complete (self->reader) &&
      !archive_reader_begin_round (self->reader, &error))
    return report_error (error);

  return EXIT_STATUS_SUCCESS;
}

static ExitStatus
send_all (Restore *self)
{
  Delivery delivery = {
    .reader = self->reader,
    .senders = self->senders,
    .timeout_us = self->timeout_us,
    /* Of a file that can be written to, all were made new. */
    .sends_all = starts_anew && !archive_reader_is_writable (self->reader),
  };
  ExitStatus status;

  progress_start (_ ("restored"));
  status = delivery_run (&delivery);
  if (delivery.n_left == 0 && status == EXIT_STATUS_SUCCESS)
    status = finish (self);
  signals_release ();
  progress_end ();

  report_note (ngettext ("%u message was restored", "%u messages were restored", delivery.n_sent),
               delivery.n_sent);
  if (delivery.n_left > 0 && archive_reader_is_writable (self->reader))
    report_note (ngettext ("%u message is left; --continue sends it",
                           "%u messages are left; --continue sends them", delivery.n_left),
                 delivery.n_left);

  return status;
}

static gboolean
restore (Restore *self, char **names, ExitStatus *status, GError **error)
{
  if (!choose (self, names, error) || !check_progress (self, error))
    return FALSE;
  if (removes && !archive_reader_is_writable (self->reader))
    {
      g_autofree char *shown = g_filename_display_name (archive_reader_get_path (self->reader));

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                   _ ("“%s” may not be written to, so --remove cannot be sure of it"), shown);
      return FALSE;
    }
  /* What was sent before is forgotten when nothing keeps it from being sent again. */
  if (!open_queues (self, error) ||
      (starts_anew && archive_reader_is_writable (self->reader) && !forget_progress (self, error)))
    {
      unlink_created (self);
      return FALSE;
    }

  warn_of_doubts (self);
  *status = send_all (self);

  return TRUE;
}

static ExitStatus
run (char **arguments, GError **error)
{
  ExitStatus status = EXIT_STATUS_FAILURE;
  g_autoptr (ArchiveReader) reader = NULL;
  g_autofree gboolean *is_wanted = NULL;
  Restore self = { 0 };

  if (goes_on && starts_anew)
    {
      USAGE_ERROR (error, _ ("--continue and --from-start exclude each other"));
      return EXIT_STATUS_USAGE;
    }
  if (as_json && !lists)
    {
      USAGE_ERROR (error, _ ("--json goes with --list"));
      return EXIT_STATUS_USAGE;
    }
  if (lists && (goes_on || starts_anew || removes || timeout_text != NULL))
    {
      USAGE_ERROR (error, _ ("--list only shows what is in the file: of the options only --json "
                             "goes with it"));
      return EXIT_STATUS_USAGE;
    }
  if (!seconds_parse (timeout_text, &self.timeout_us, error))
    return EXIT_STATUS_USAGE;

  reader = archive_reader_new (arguments[0], lists ? ARCHIVE_ACCESS_LOOK : ARCHIVE_ACCESS_DELIVER,
                               error);
  if (reader == NULL)
    return EXIT_STATUS_FAILURE;

  self.reader = reader;
  self.queues = archive_reader_get_queues (reader);
  is_wanted = g_new0 (gboolean, self.queues->len + 1);
  self.is_wanted = is_wanted;
  if (lists)
    {
      if (choose (&self, arguments + 1, error))
        archive_list_print (reader, is_wanted, as_json);
      return EXIT_STATUS_SUCCESS;
    }

  state_directory_tell_leftovers ();
  if (!signals_hold_back (error))
    return EXIT_STATUS_FAILURE;

  self.senders = g_new0 (MoodMessageQueue *, self.queues->len + 1);
  restore (&self, arguments + 1, &status, error);
  for (guint i = 0; i < self.queues->len; i++)
    g_clear_object (&self.senders[i]);
  g_free (self.senders);
  signals_finish ();

  return status;
}

const Command command_restore = {
  .name = "restore",
  .arguments = N_ ("FILE [NAME…]"),
  .summary = N_ ("Sends what was saved to the queues that it came from"),
  .description = N_ (
      "Sends the messages of a file that “mood save” wrote, of all queues in it or of those named, "
      "with their priorities and in their order, and waits for room where there is none. A queue "
      "that is missing is created as it was, with its mode, and, for root, its owner. Nothing is "
      "sent unless all queues can be opened and take the longest of their messages.\n\n"
      "The file keeps how far this went: when a part of it was sent, because this was ended or a "
      "queue stayed full, --continue sends the rest, and --from-start all; without either of them "
      "nothing is sent. When everything was sent it can be restored again. A file that may not be "
      "written to is restored as well, but keeps nothing."),
  .options = options,
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_FILE, VALUE_KIND_QUEUE },
  .run = run,
};
