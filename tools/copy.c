/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood copy: what is in one queue, into another as well. */

#include "archive-reader.h"
#include "archive-writer.h"
#include "commands.h"
#include "delivery.h"
#include "pair.h"
#include "progress.h"
#include "report.h"
#include "seconds.h"
#include "signals.h"
#include "state-directory.h"
#include "taking.h"

#include <glib/gi18n.h>

static char *timeout_text;

static const GOptionEntry options[] = {
  { "timeout", 't', 0, G_OPTION_ARG_STRING, &timeout_text,
    N_ ("How long to wait for room for each message; 0 tries once"), N_ ("SECONDS") },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood copy /jobs /jobs-test", N_ ("Sends what waits in the first queue to the second, too") },
  { "mood copy /jobs /jobs-test --timeout=0", N_ ("Likewise, as far as there is room") },
  { NULL, NULL },
};

/* POSIX knows no way to look at a message: all are taken and put back, which is over before the
 * first one is copied, so that nothing hangs on whether there is room for the copies. */
static ArchiveReader *
read_messages (ArchiveWriter *writer, MoodMessageQueue *from, ExitStatus *status)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArchiveReader) reader = taking_get_reader (writer, &error);
  guint limit = (guint) mood_message_queue_get_curmsgs (from);
  gboolean is_read;
  ExitStatus back;

  if (reader == NULL)
    {
      archive_writer_remove (writer);
      *status = report_error (error);
      return NULL;
    }

  is_read = taking_run (writer, reader, 0, from, limit, &error);
  back = delivery_put_back_or_keep (reader, &from);
  if (is_read && back == EXIT_STATUS_SUCCESS)
    return g_steal_pointer (&reader);

  signals_release ();
  *status = is_read ? back : exit_status_worse (report_error (error), back);
  delivery_tell_kept (reader);

  return NULL;
}

static ExitStatus
copy (Pair *pair, gint64 timeout_us)
{
  g_autoptr (GPtrArray) queues = archive_queues_new_from (pair->from);
  g_autoptr (GError) error = NULL;
  g_autoptr (ArchiveWriter) writer = state_directory_new_archive ("copy", queues, &error);
  g_autoptr (ArchiveReader) reader = NULL;
  Delivery delivery = { .senders = &pair->to, .timeout_us = timeout_us, .sends_all = TRUE };
  ExitStatus status;

  if (writer == NULL)
    return report_error (error);

  reader = read_messages (writer, pair->from, &status);
  if (reader == NULL)
    return status;

  delivery.reader = reader;
  status = delivery_run (&delivery);
  signals_release ();
  progress_clear ();
  report_note (ngettext ("%u message was copied", "%u messages were copied", delivery.n_sent),
               delivery.n_sent);

  return status;
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_auto (Pair) pair = { 0 };
  gint64 timeout_us;
  ExitStatus status;

  if (!seconds_parse (timeout_text, &timeout_us, error))
    return EXIT_STATUS_USAGE;

  state_directory_tell_leftovers ();
  if (!pair_open (&pair, arguments[0], MOOD_OPEN_RDWR, arguments[1], error))
    return EXIT_STATUS_FAILURE;

  if (!signals_hold_back (error))
    return EXIT_STATUS_FAILURE;
  progress_start (_ ("copied"));
  status = copy (&pair, timeout_us);
  progress_end ();
  signals_finish ();

  return status;
}

const Command command_copy = {
  .name = "copy",
  .arguments = N_ ("FROM TO"),
  .summary = N_ ("Copies messages from one queue into another"),
  .description = N_ (
      "Sends what waits in FROM at the start to TO, too, with its priorities and in its order, and "
      "waits for room in TO where there is none. Since a message can only be looked at by taking "
      "it, FROM is emptied and filled again first: a program that receives in that instant may "
      "find it empty, one that is to be notified is, and what is sent in that instant comes before "
      "older messages of the same priority.\n\n"
      "Whatever ends this, also SIGKILL, loses no message: what is not in FROM then is in a file "
      "in "
      "$XDG_STATE_HOME/mood (~/.local/state/mood). The next mood move, copy, save or restore tells "
      "of it, and how to put it back."),
  .options = options,
  .examples = examples,
  .minimum = 2,
  .maximum = 2,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_QUEUE },
  .run = run,
};
