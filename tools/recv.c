/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood recv: takes messages out of a queue, and writes them. From when a message is taken until it
 * is written, signals are held back. */

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "queue-name.h"
#include "report.h"
#include "seconds.h"
#include "signals.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <unistd.h>

#define NOT_GIVEN G_MININT64

static gint64 count = NOT_GIVEN;
static gboolean follow;
static char *timeout_text;
static char *format_name;
static gboolean with_priority;
static char *directory;

static const GOptionEntry options[] = {
  { "count", 'n', 0, G_OPTION_ARG_INT64, &count,
    N_ ("How many messages to receive, instead of one"), N_ ("N") },
  { "follow", 'f', 0, G_OPTION_ARG_NONE, &follow, N_ ("Receive messages until ended"), NULL },
  { "timeout", 't', 0, G_OPTION_ARG_STRING, &timeout_text,
    N_ ("How long to wait for each message; 0 tries once"), N_ ("SECONDS") },
  { "format", 0, 0, G_OPTION_ARG_STRING, &format_name,
    N_ ("How to write a message: raw, line, null, json or hex"), N_ ("FORMAT") },
  { "with-priority", 0, 0, G_OPTION_ARG_NONE, &with_priority,
    N_ ("Write its priority and a tab before a message"), NULL },
  { "output-dir", 0, 0, G_OPTION_ARG_FILENAME, &directory,
    N_ ("Write each message to a file of its own there"), N_ ("DIRECTORY") },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood recv /jobs > job.bin", N_ ("Waits for a message, and stores it") },
  { "mood recv /jobs --follow --format=line", N_ ("Shows messages as they come") },
  { "mood recv /jobs --follow --timeout=0 --format=json",
    N_ ("Takes what is there, with priorities") },
  { "mood recv /jobs --count=10 --timeout=5 --output-dir=jobs",
    N_ ("Makes files of the next ten, and gives up when there is none for five seconds") },
  { NULL, NULL },
};

static const ValueCompletion completions[] = {
  { "format", VALUE_KIND_OTHER, MESSAGE_FORMAT_NAMES },
  { "output-dir", VALUE_KIND_DIRECTORY, NULL },
  { NULL, VALUE_KIND_OTHER, NULL },
};

typedef struct
{
  MoodMessageQueue *queue;
  Output *output;
  gint64 timeout_us;
  gint64 deadline; /* of the wait for the next message; -1 if there is none yet */
  guint64 n_wanted;
  guint64 n_received;
} Receiver;

static gboolean
check_options (OutputStyle *style, gint64 *timeout_us, GError **error)
{
  if (follow && count != NOT_GIVEN)
    USAGE_ERROR (error, _ ("--follow has no end, and --count is one: give one of them"));
  else if (count != NOT_GIVEN && count < 1)
    USAGE_ERROR (error, _ ("The number of --count has to be 1 or more"));
  else if (directory != NULL && (format_name != NULL || with_priority))
    USAGE_ERROR (error, _ ("The files of --output-dir have the bytes of the messages, and their "
                           "names have the priorities: --format and --with-priority do not go "
                           "together with it"));
  else if (format_name != NULL && !message_format_from_name (format_name, &style->format))
    USAGE_ERROR (error, _ ("There is no format “%s”, but there are: %s"), format_name,
                 MESSAGE_FORMAT_NAMES);
  else
    {
      style->with_priority = with_priority;
      style->directory = directory;
      return seconds_parse (timeout_text, timeout_us, error);
    }

  return FALSE;
}

/* Takes as many messages as there are, or as are wanted, or as there is room for. FALSE is for an
 * error; that somebody else was faster is none. */
static gboolean
take (Receiver *self, gint64 n_waiting, GError **error)
{
  gsize msgsize = (gsize) mood_message_queue_get_msgsize (self->queue);

  for (; n_waiting > 0 && self->n_received < self->n_wanted && !output_is_full (self->output);
       n_waiting--)
    {
      g_autoptr (GError) local_error = NULL;
      guint priority;
      gssize length =
          mood_message_queue_receive_into_with_timeout (self->queue, output_get_room (self->output),
                                                        msgsize, &priority, 0, NULL, &local_error);

      if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return TRUE;
      if (length == -1)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }

      output_add (self->output, (gsize) length, priority);
      self->n_received++;
      self->deadline = -1;
    }

  return TRUE;
}

static void
set_timed_out_error (Receiver *self, GError **error)
{
  g_autofree char *name = g_filename_display_name (mood_message_queue_get_name (self->queue));

  if (self->timeout_us == 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, _ ("There is no message in “%s”"),
                 name);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                 _ ("No message came to “%s” within %s seconds"), name, timeout_text);
}

static SignalsResult
wait_for_message (Receiver *self)
{
  if (self->deadline == -1 && self->timeout_us >= 0)
    self->deadline = g_get_monotonic_time () + self->timeout_us;

  return signals_wait (mood_message_queue_fileno (self->queue), G_IO_IN, self->deadline);
}

/* What to do when nothing is there. Everything is written before the wait: who reads it waits, too.
 */
static gboolean
flush_and_wait (Receiver *self, gboolean *is_over, GError **error)
{
  SignalsResult result;

  if (output_flush (self->output, error) != OUTPUT_WRITTEN)
    return FALSE;

  result = wait_for_message (self);
  *is_over = result != SIGNALS_READY;

  /* The silence that ends a follower was asked for. */
  if (result == SIGNALS_TIMED_OUT && !follow)
    {
      set_timed_out_error (self, error);
      return FALSE;
    }

  return TRUE;
}

/* Until there are as many messages as wanted, or it is time to end. FALSE if the messages that were
 * not written cannot be. */
static gboolean
receive (Receiver *self, GError **error)
{
  gboolean is_over = FALSE;

  while (self->n_received < self->n_wanted && !is_over)
    {
      gint64 n_waiting = mood_message_queue_get_curmsgs (self->queue);

      progress_set (self->n_received, follow ? 0 : self->n_wanted);
      if (n_waiting == 0 && !flush_and_wait (self, &is_over, error))
        return FALSE;

      if (output_is_full (self->output))
        {
          if (output_flush (self->output, error) != OUTPUT_WRITTEN)
            return FALSE;
          is_over = signals_is_ending ();
        }

      if (!is_over && !take (self, MAX (n_waiting, 1), error))
        return FALSE;
    }

  return TRUE;
}

static ExitStatus
run (char **arguments, GError **error)
{
  OutputStyle style = { 0 };
  Receiver self = { .deadline = -1 };
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) local_error = NULL;
  ExitStatus status = EXIT_STATUS_SUCCESS;

  if (!check_options (&style, &self.timeout_us, error))
    return EXIT_STATUS_USAGE;

  queue = queue_name_open (arguments[0], MOOD_OPEN_RDONLY, error);
  if (queue == NULL)
    return EXIT_STATUS_FAILURE;

  self.queue = queue;
  self.n_wanted = follow ? G_MAXUINT64 : count != NOT_GIVEN ? (guint64) count : 1;
  self.output = output_new (queue, &style, error);
  if (self.output == NULL)
    return EXIT_STATUS_FAILURE;

  if (!signals_hold_back (error))
    {
      output_finish (self.output);
      return EXIT_STATUS_FAILURE;
    }
  if (!isatty (STDOUT_FILENO))
    progress_start (_ ("received"));
  if (receive (&self, &local_error))
    output_flush (self.output, &local_error);
  progress_end ();

  output_finish (self.output);
  if (local_error != NULL)
    status = report_error (local_error);
  if (!signals_finish ())
    status = exit_status_worse (status, EXIT_STATUS_FAILURE);

  return status;
}

const Command command_recv = {
  .name = "recv",
  .arguments = N_ ("NAME"),
  .summary = N_ ("Receives messages from a queue"),
  .description = N_ (
      "Waits for a message, and writes it to standard output: of the messages with the highest "
      "priority the oldest. With --count it receives that many, with --follow all that come. With "
      "--timeout it waits that long for each message, and if none comes in time ends with status "
      "3, or, when it follows, with success. A queue that is unlinked meanwhile is received from "
      "as before, because others who have it open may still send.\n\n"
      "Formats: raw is the bytes of the message and no more; line adds a newline, and on a "
      "terminal "
      "shows control characters as “?”; null adds a NUL byte; json is an object on a line, with "
      "the members priority, length and text, or text_base64 if the message is not UTF-8 or has a "
      "NUL byte; hex is a line with the priority and the length, rows as of hexdump -C, and an "
      "empty line. With --with-priority a message in raw, line or null comes after its priority "
      "and a tab; json and hex have it always.\n\n"
      "With --output-dir each message becomes a file, named by a number that counts on from the "
      "files that are there and by the priority, such as 0000000001-5. None is overwritten.\n\n"
      "No message is lost: if one cannot be written, or not completely, because the disk is full "
      "or whoever reads is gone, it is put back into the queue, behind others of its priority. So "
      "are, on Ctrl-C, SIGTERM and SIGHUP, messages that a reader who is stuck does not take. What "
      "a pipe has taken counts as written."),
  .options = options,
  .examples = examples,
  .completions = completions,
  .minimum = 1,
  .maximum = 1,
  .kinds = { VALUE_KIND_QUEUE },
  .run = run,
};
