/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood move: from one queue into another. */

#include "commands.h"
#include "pair.h"
#include "progress.h"
#include "report.h"
#include "seconds.h"
#include "sending.h"
#include "signals.h"
#include "state-directory.h"

#include <glib/gi18n.h>
#include <inttypes.h>

#define NOT_GIVEN G_MININT64

static gint64 count = NOT_GIVEN;
static char *timeout_text;

static const GOptionEntry options[] = {
  { "count", 'n', 0, G_OPTION_ARG_INT64, &count,
    N_ ("How many messages to move (default: as many as wait at the start)"), N_ ("N") },
  { "timeout", 't', 0, G_OPTION_ARG_STRING, &timeout_text,
    N_ ("How long to wait for room for each message; 0 tries once"), N_ ("SECONDS") },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood move /jobs /jobs-old", N_ ("Moves what waits in the first queue into the second") },
  { "mood move /failed /jobs --count=1 --timeout=0",
    N_ ("Moves the next message, if there is room for it") },
  { NULL, NULL },
};

typedef struct
{
  Pair pair;
  ArchiveWriter *hand;    /* what has the message that is in neither queue */
  MoodMessageQueue *back; /* to send to where messages come from */
  gint64 timeout_us;
  guint64 n_moved;
  gboolean was_put_back; /* the message that could not be sent */
  gboolean is_kept;      /* likewise, in the hand's file */
} Move;

/* Its place in the queue is behind those of the same priority. */
static void
put_back (Move *self)
{
  gsize length;
  guint priority;
  const guint8 *message = archive_writer_get_last (self->hand, &length, &priority);

  self->was_put_back = sending_try (self->back, message, length, priority);
  self->is_kept = !self->was_put_back;
  if (self->was_put_back)
    archive_writer_drop_last (self->hand);
}

static SendingResult
send_on (Move *self, GError **error)
{
  gsize length;
  guint priority;
  const guint8 *message = archive_writer_get_last (self->hand, &length, &priority);
  SendingResult result;

  archive_writer_set_last_begun (self->hand, TRUE);
  result = sending_send (self->pair.to, message, length, priority, self->timeout_us, error);
  if (result == SENDING_DONE)
    {
      archive_writer_drop_last (self->hand);
      self->n_moved++;
    }
  else
    {
      archive_writer_set_last_begun (self->hand, FALSE);
      put_back (self);
    }

  return result;
}

/* As many as @limit, until there is none. A message is taken when there is room for it: it is in no
 * queue only for an instant, unless another sender is faster. */
static SendingResult
move (Move *self, guint64 limit, GError **error)
{
  while (self->n_moved < limit)
    {
      g_autoptr (GError) local_error = NULL;
      SendingResult result;

      /* There is nothing to wait for without a message. */
      if (mood_message_queue_get_curmsgs (self->pair.from) == 0)
        return SENDING_DONE;

      result = sending_wait_for_room (self->pair.to, self->pair.from, self->timeout_us, error);
      if (result != SENDING_DONE)
        return result;

      if (!archive_writer_take (self->hand, 0, self->pair.from, &local_error))
        {
          if (local_error == NULL)
            return SENDING_DONE;
          g_propagate_error (error, g_steal_pointer (&local_error));
          return SENDING_FAILED;
        }

      result = send_on (self, error);
      if (result != SENDING_DONE)
        return result;
      progress_set (self->n_moved, limit);
    }

  return SENDING_DONE;
}

static void
tell (Move *self)
{
  g_autofree char *number = g_strdup_printf ("%" PRIu64, self->n_moved);

  if (self->was_put_back)
    report_note (_ ("A message was put back into “%s”"), self->pair.from_name);
  if (self->is_kept)
    {
      g_autofree char *quoted = g_shell_quote (archive_writer_get_path (self->hand));

      report_note (_ ("A message could not be put back into “%s”. It is kept; to have it sent "
                      "there: mood restore --remove %s"),
                   self->pair.from_name, quoted);
    }
  report_note (ngettext ("%s message was moved", "%s messages were moved", self->n_moved), number);
}

static ExitStatus
run_held_back (Move *self)
{
  g_autoptr (GPtrArray) queues = archive_queues_new_from (self->pair.from);
  g_autoptr (GError) error = NULL;
  guint64 limit = count != NOT_GIVEN ? (guint64) count
                                     : (guint64) mood_message_queue_get_curmsgs (self->pair.from);
  SendingResult result;

  self->hand = state_directory_new_archive ("move", queues, &error);
  if (self->hand == NULL)
    return report_error (error);

  progress_start (_ ("moved"));
  result = move (self, limit, &error);
  if (!self->is_kept)
    archive_writer_remove (self->hand);
  signals_release ();
  progress_end ();

  tell (self);

  return result == SENDING_FAILED ? report_error (error) : EXIT_STATUS_SUCCESS;
}

static ExitStatus
run (char **arguments, GError **error)
{
  g_auto (Pair) pair = { 0 };
  Move self = { 0 };
  ExitStatus status = EXIT_STATUS_FAILURE;

  if (!seconds_parse (timeout_text, &self.timeout_us, error))
    return EXIT_STATUS_USAGE;
  if (count != NOT_GIVEN && count < 1)
    {
      USAGE_ERROR (error, _ ("The number of --count has to be 1 or more"));
      return EXIT_STATUS_USAGE;
    }

  state_directory_tell_leftovers ();
  if (!pair_open (&pair, arguments[0], MOOD_OPEN_RDONLY, arguments[1], error))
    return EXIT_STATUS_FAILURE;

  self.pair = pair;
  self.back = mood_message_queue_reopen (pair.from, MOOD_OPEN_WRONLY, NULL);
  if (signals_hold_back (error))
    {
      status = run_held_back (&self);
      g_clear_pointer (&self.hand, archive_writer_free);
      signals_finish ();
    }
  g_clear_object (&self.back);

  return status;
}

const Command command_move = {
  .name = "move",
  .arguments = N_ ("FROM TO"),
  .summary = N_ ("Moves messages from one queue into another"),
  .description = N_ (
      "Moves as many messages as wait in FROM at the start, with their priorities and in their "
      "order, and waits for room in TO where there is none. A message is taken out of FROM only "
      "when TO has room for it.\n\n"
      "Ctrl-C ends this between two messages. Whatever ends it, also SIGKILL, loses none: the one "
      "that was on its way is in a file in $XDG_STATE_HOME/mood (~/.local/state/mood) then. The "
      "next mood move, copy, save or restore tells of it, and how to put it back. If it may have "
      "been sent already it is there as well, so that TO may get it once more, never twice more."),
  .options = options,
  .examples = examples,
  .minimum = 2,
  .maximum = 2,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_QUEUE },
  .run = run,
};
