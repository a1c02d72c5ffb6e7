/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood send: puts messages into a queue. It has nothing in its hands that would be lost with it, so
 * that signals may end it where it is: the input is the user's. */

#include "commands.h"
#include "figures.h"
#include "progress.h"
#include "queue-name.h"
#include "records.h"
#include "report.h"
#include "seconds.h"

#include <glib/gi18n.h>
#include <string.h>

static gint priority;
static char *timeout_text;
static char *file;
static gboolean by_lines;
static gboolean by_nulls;
static gboolean nonblock;

static const GOptionEntry options[] = {
  { "priority", 'p', 0, G_OPTION_ARG_INT, &priority,
    N_ ("Priority of the messages, 0 to 32767; the highest is received first"), N_ ("N") },
  { "timeout", 't', 0, G_OPTION_ARG_STRING, &timeout_text,
    N_ ("How long to wait for room for each message; 0 tries once"), N_ ("SECONDS") },
  { "nonblock", 0, 0, G_OPTION_ARG_NONE, &nonblock, N_ ("Do not wait for room: --timeout=0"),
    NULL },
  { "file", 'f', 0, G_OPTION_ARG_FILENAME, &file, N_ ("Read this instead of standard input"),
    N_ ("FILE") },
  { "lines", 0, 0, G_OPTION_ARG_NONE, &by_lines, N_ ("Send each line as a message"), NULL },
  { "null", 0, 0, G_OPTION_ARG_NONE, &by_nulls,
    N_ ("Send what is before each NUL byte as a message"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood send /jobs 'first job' 'second job'", N_ ("Sends two messages") },
  { "mood send /jobs --priority=9 --file=job.bin", N_ ("Sends a file, with a priority") },
  { "seq 1000 | mood send /jobs --lines", N_ ("Sends a thousand messages") },
  { "find . -print0 | mood send /paths --null --timeout=10",
    N_ ("Sends names of files, and gives up when the queue stays full for ten seconds") },
  { NULL, NULL },
};

static gboolean
check_options (gboolean has_messages, gint64 *timeout_us, GError **error)
{
  if (has_messages && (file != NULL || by_lines || by_nulls))
    USAGE_ERROR (error, _ ("Messages are given as arguments or read, not both: --file, --lines and "
                           "--null are for what is read"));
  else if (by_lines && by_nulls)
    USAGE_ERROR (error, _ ("A message is a line or ends with a NUL: --lines and --null do not go "
                           "together"));
  else if (nonblock && timeout_text != NULL)
    USAGE_ERROR (error, _ ("--nonblock is --timeout=0: give one of them"));
  else if (priority < 0 || priority > 32767)
    USAGE_ERROR (error, _ ("The priority is %d, but there are only 0 to 32767"), priority);
  else
    return seconds_parse (nonblock ? "0" : timeout_text, timeout_us, error);

  return FALSE;
}

static void
prefix_error (const char *what, guint64 number, GError **error)
{
  g_autofree char *text = figures_format_number ((gint64) number);

  g_prefix_error (error, _ ("%s %s: "), what, text);
}

/* Each returns how many messages were sent, and sets an error if those are not all. What it says of
 * one of several messages begins with which it is. */

static guint64
send_arguments (MoodMessageQueue *queue, char **messages, gint64 timeout_us, GError **error)
{
  guint64 n_sent = 0;

  for (; messages[n_sent] != NULL; n_sent++)
    if (mood_message_queue_send_with_timeout (queue, (const guint8 *) messages[n_sent],
                                              strlen (messages[n_sent]), (guint) priority,
                                              timeout_us, NULL, error) == -1)
      {
        if (messages[1] != NULL)
          prefix_error (_ ("Message"), n_sent + 1, error);
        break;
      }

  return n_sent;
}

static guint64
send_stream (MoodMessageQueue *queue, gint64 timeout_us, GError **error)
{
  int terminator = by_lines ? '\n' : by_nulls ? '\0' : RECORDS_WHOLE;
  gsize longest = (gsize) mood_message_queue_get_msgsize (queue);
  g_autoptr (Records) records = records_new (file, terminator, longest, error);
  guint64 n_sent = 0;
  RecordsResult result = RECORDS_END;
  const guint8 *record;
  gsize length;

  if (records == NULL)
    return 0;

  progress_start (_ ("sent"));
  while ((result = records_read (records, &record, &length, error)) == RECORDS_RECORD &&
         mood_message_queue_send_with_timeout (queue, record, length, (guint) priority, timeout_us,
                                               NULL, error) != -1)
    progress_set (++n_sent, 0);
  progress_end ();

  if (result != RECORDS_END && by_lines)
    prefix_error (_ ("Line"), n_sent + 1, error);
  else if (result != RECORDS_END && by_nulls)
    prefix_error (_ ("Record"), n_sent + 1, error);

  return n_sent;
}

static ExitStatus
run (char **arguments, GError **error)
{
  gboolean has_messages = arguments[1] != NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) local_error = NULL;
  ExitStatus status;
  gint64 timeout_us;
  guint64 n_sent;

  if (!check_options (has_messages, &timeout_us, error))
    return EXIT_STATUS_USAGE;

  queue = queue_name_open (arguments[0], MOOD_OPEN_WRONLY, error);
  if (queue == NULL)
    return EXIT_STATUS_FAILURE;

  if (has_messages)
    n_sent = send_arguments (queue, arguments + 1, timeout_us, &local_error);
  else
    n_sent = send_stream (queue, timeout_us, &local_error);

  if (local_error == NULL)
    return EXIT_STATUS_SUCCESS;

  status = report_error (local_error);
  if (n_sent > 0)
    {
      g_autofree char *number = figures_format_number ((gint64) n_sent);

      report_note (ngettext ("%s message was sent before", "%s messages were sent before", n_sent),
                   number);
    }

  return status;
}

const Command command_send = {
  .name = "send",
  .arguments = N_ ("NAME [MESSAGE…]"),
  .summary = N_ ("Sends messages to a queue"),
  .description =
      N_ ("Each argument is a message, byte for byte. Without one, what is read is the message: a "
          "file, "
          "or standard input up to its end. With --lines each line of it is a message, without the "
          "newline, and an empty line is an empty message; with --null each record that ends with "
          "a NUL "
          "byte. A last line or record may do without its end.\n\n"
          "While the queue is full, this waits for room. The time of --timeout is that of each "
          "message.\n\n"
          "A message that is too long for the queue is refused, not cut. When an error ends the "
          "command "
          "half-way, it says how many messages were sent before."),
  .options = options,
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_OTHER },
  .run = run,
};
