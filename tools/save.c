/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood save: what is in queues, into a file. */

#include "archive-reader.h"
#include "archive-writer.h"
#include "commands.h"
#include "delivery.h"
#include "figures.h"
#include "progress.h"
#include "queue-name.h"
#include "report.h"
#include "signals.h"
#include "state-directory.h"
#include "taking.h"

#include <glib/gi18n.h>

/* The file's name has this while it is not complete. */
#define PARTIAL_SUFFIX ".partial"

static gboolean drains;
static gboolean may_replace;

static const GOptionEntry options[] = {
  { "drain", 0, 0, G_OPTION_ARG_NONE, &drains, N_ ("Leave the queues empty"), NULL },
  { "force", 'f', 0, G_OPTION_ARG_NONE, &may_replace, N_ ("Replace the file if it exists"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood save queues.mood", N_ ("Saves what is in all queues, and leaves it there") },
  { "mood save bug-report.mood /jobs /results",
    N_ ("Saves two queues, to be looked at elsewhere") },
  { "mood save --drain --force /var/lib/queues.mood",
    N_ ("Empties all queues into a file before the machine goes down") },
  { NULL, NULL },
};

/* What is being saved. */
typedef struct
{
  GPtrArray *queues; /* of MoodMessageQueue */
  GPtrArray *busy;   /* those that did not get empty, as others keep sending */
  ArchiveWriter *writer;
  ArchiveReader *reader;
} Saving;

/* Messages can only be looked at by taking them, so they have to be put back. */
static ExitStatus
open_queue (GPtrArray *queues, const char *argument, gboolean may_be_missing)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = queue_name_open (argument, MOOD_OPEN_RDWR, &error);

  if (queue == NULL)
    {
      if (may_be_missing && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        return EXIT_STATUS_SUCCESS;
      return report_error (error);
    }

  for (guint i = 0; i < queues->len; i++)
    if (g_str_equal (mood_message_queue_get_name (g_ptr_array_index (queues, i)),
                     mood_message_queue_get_name (queue)))
      return EXIT_STATUS_SUCCESS;
  g_ptr_array_add (queues, g_steal_pointer (&queue));

  return EXIT_STATUS_SUCCESS;
}

/* NULL if there is nothing to be saved, as @status tells. */
static GPtrArray *
open_queues (char **names, ExitStatus *status, GError **error)
{
  g_autoptr (GPtrArray) queues = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) all = NULL;

  *status = EXIT_STATUS_SUCCESS;
  for (char **name = names; *name != NULL; name++)
    *status = exit_status_worse (*status, open_queue (queues, *name, FALSE));

  if (*names == NULL)
    {
      all = figures_of_all (error);
      if (all == NULL)
        return NULL;
      for (guint i = 0; i < all->len; i++)
        {
          const Figures *figures = g_ptr_array_index (all, i);

          /* One that has gone since is none of all. */
          *status = exit_status_worse (*status, open_queue (queues, figures->name, TRUE));
        }
    }

  if (queues->len == 0 && *status != EXIT_STATUS_SUCCESS)
    return NULL;

  return g_steal_pointer (&queues);
}

/* What an earlier save that was killed left is removed, unless it has messages that are nowhere
 * else. */
static gboolean
clear_partial (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (ArchiveReader) reader = archive_reader_new_from_leftover (path, &local_error);
  g_autofree char *command = NULL;
  g_autofree char *shown = NULL;
  guint n;

  if (reader == NULL)
    {
      if (local_error == NULL || g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  n = archive_reader_count_left (reader);
  shown = g_filename_display_name (path);
  command = archive_reader_format_restore_command (reader);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
               ngettext ("“%s” has %u message that an interrupted save had taken out of its queue. "
                         "To put it back: %s",
                         "“%s” has %u messages that an interrupted save had taken out of their "
                         "queues. To put them back: %s",
                         n),
               shown, n, command);

  return FALSE;
}

/* The complete file takes the place of what is there, which must not be a device. */
static gboolean
check_target (const char *path, GError **error)
{
  g_autofree char *shown = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;

  shown = g_filename_display_name (path);
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                 _ ("“%s” is there, and is no regular file; name another one"), shown);
  else if (!may_replace)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _ ("“%s” exists; --force replaces it"),
                 shown);
  else
    return TRUE;

  return FALSE;
}

static gboolean
begin (Saving *self, const char *path, const char *partial, GError **error)
{
  g_autoptr (GPtrArray) entries = archive_queues_new ();

  if (!check_target (path, error))
    return FALSE;
  if (!clear_partial (partial, error))
    return FALSE;

  for (guint i = 0; i < self->queues->len; i++)
    g_ptr_array_add (entries, archive_queue_new_from (g_ptr_array_index (self->queues, i)));
  self->writer = archive_writer_new (partial, entries, error);
  if (self->writer == NULL)
    return FALSE;
  self->reader = taking_get_reader (self->writer, error);
  if (self->reader == NULL)
    archive_writer_remove (self->writer);

  return self->reader != NULL;
}

/* Those that are there now; of a queue to be emptied all, though others send, until that cannot be
 * hoped for. */
static guint
get_limit (MoodMessageQueue *queue)
{
  return (guint) (drains ? 2 * mood_message_queue_get_maxmsg (queue)
                         : mood_message_queue_get_curmsgs (queue));
}

/* Queue by queue, so that each is without its messages for a short time only. */
static gboolean
save_queue (Saving *self, guint number, GError **error)
{
  MoodMessageQueue *queue = g_ptr_array_index (self->queues, number);
  g_autofree MoodMessageQueue **senders = g_new0 (MoodMessageQueue *, self->queues->len);

  if (!taking_run (self->writer, self->reader, number, queue, get_limit (queue), error))
    return FALSE;

  if (!drains)
    {
      senders[number] = queue;
      return delivery_put_back (self->reader, senders) == EXIT_STATUS_SUCCESS;
    }

  if (mood_message_queue_get_curmsgs (queue) > 0)
    g_ptr_array_add (self->busy, queue);

  return TRUE;
}

/* Whether all was saved; an error is not set for what was reported. */
static gboolean
save_queues (Saving *self, const char *path, GError **error)
{
  for (guint i = 0; i < self->queues->len && !signals_is_ending (); i++)
    if (!save_queue (self, i, error))
      return FALSE;

  return !signals_is_ending () && archive_writer_finish (self->writer, path, may_replace, error);
}

static void
warn_of_busy (Saving *self)
{
  for (guint i = 0; i < self->busy->len; i++)
    {
      MoodMessageQueue *queue = g_ptr_array_index (self->busy, i);
      g_autofree char *shown = g_filename_display_name (mood_message_queue_get_name (queue));

      report_warning (_ ("“%s” is still being sent to"), shown);
    }
}

static ExitStatus
save (Saving *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  ExitStatus status = EXIT_STATUS_SUCCESS;
  gboolean is_saved;
  guint n;

  progress_start (_ ("saved"));
  is_saved = save_queues (self, path, &error);
  if (!is_saved)
    delivery_put_back_or_keep (self->reader, (MoodMessageQueue **) self->queues->pdata);
  signals_release ();
  progress_end ();

  if (is_saved)
    {
      warn_of_busy (self);
      n = archive_reader_get_n_records (self->reader);
      report_note (ngettext ("%u message was saved", "%u messages were saved", n), n);
      return EXIT_STATUS_SUCCESS;
    }

  if (error != NULL)
    status = report_error (error);
  delivery_tell_kept (self->reader);
  report_note (_ ("Nothing was saved"));

  return status != EXIT_STATUS_SUCCESS ? status : EXIT_STATUS_FAILURE;
}

static ExitStatus
run (char **arguments, GError **error)
{
  const char *path = arguments[0];
  g_autofree char *partial = g_strconcat (path, PARTIAL_SUFFIX, NULL);
  g_autoptr (GPtrArray) queues = NULL;
  g_autoptr (GPtrArray) busy = g_ptr_array_new ();
  Saving self = { .busy = busy };
  ExitStatus status;

  if (g_str_equal (path, "-"))
    {
      USAGE_ERROR (error,
                   _ ("A file is needed: messages are received into it, which no pipe can do "
                      "(./- is a file of that name)"));
      return EXIT_STATUS_USAGE;
    }

  state_directory_tell_leftovers ();

  queues = open_queues (arguments + 1, &status, error);
  if (queues == NULL)
    return status;

  self.queues = queues;
  if (!signals_hold_back (error))
    return EXIT_STATUS_FAILURE;
  if (begin (&self, path, partial, error))
    status = exit_status_worse (status, save (&self, path));
  g_clear_pointer (&self.reader, archive_reader_free);
  g_clear_pointer (&self.writer, archive_writer_free);
  signals_finish ();

  return status;
}

const Command command_save = {
  .name = "save",
  .arguments = N_ ("FILE [NAME…]"),
  .summary = N_ ("Saves what is in queues in a file"),
  .description = N_ (
      "Writes the messages of the queues, or of all queues, with their priorities, and how each "
      "queue was made, for “mood restore”. The messages stay in the queues. Since a message can "
      "only be looked at by taking it, each queue is emptied and filled again: a program that "
      "receives in that instant may find it empty, one that is to be notified is, and what is sent "
      "in that instant comes before older messages of the same priority.\n\n"
      "Until it is complete the file is called FILE.partial. Whatever ends the program, also "
      "SIGKILL, leaves no message but in a queue or there; “mood restore --remove --continue "
      "FILE.partial” puts those back that are missing."),
  .options = options,
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_FILE, VALUE_KIND_QUEUE },
  .run = run,
};
