/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood drain: throws away what is in a queue. */

#include "commands.h"
#include "figures.h"
#include "progress.h"
#include "queue-name.h"
#include "report.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

static const Example examples[] = {
  { "mood drain /jobs", N_ ("Throws away what is in the queue") },
  { "mood recv /jobs --follow --timeout=0 > /dev/null", N_ ("Does so without a word") },
  { NULL, NULL },
};

/* Returns how many messages were thrown away; an error may come after some. The queue was empty
 * once, unless others keep sending: then this ends after all that can have waited at first. */
static guint64
drain (MoodMessageQueue *queue, gboolean *was_empty, GError **error)
{
  gsize msgsize = (gsize) mood_message_queue_get_msgsize (queue);
  guint64 most = 2 * (guint64) mood_message_queue_get_maxmsg (queue);
  g_autofree guint8 *buffer = g_malloc (msgsize);
  g_autoptr (GError) local_error = NULL;
  guint64 n = 0;

  progress_start (_ ("thrown away"));
  while (n < most && mood_message_queue_receive_into_with_timeout (queue, buffer, msgsize, NULL, 0,
                                                                   NULL, &local_error) != -1)
    progress_set (++n, 0);
  progress_end ();

  *was_empty = g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  if (local_error != NULL && !*was_empty)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return n;
}

static ExitStatus
drain_and_tell (const char *argument)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = queue_name_open (argument, MOOD_OPEN_RDONLY, &error);
  g_autofree char *name = NULL;
  g_autofree char *number = NULL;
  gboolean was_empty;
  guint64 n;

  if (queue == NULL)
    return report_error (error);

  n = drain (queue, &was_empty, &error);
  name = g_filename_display_name (mood_message_queue_get_name (queue));
  number = figures_format_number ((gint64) n);
  report_note (ngettext ("%s message of “%s” was thrown away",
                         "%s messages of “%s” were thrown away", n),
               number, name);

  if (error != NULL)
    return report_error (error);

  if (!was_empty)
    report_warning (_ ("“%s” is still being sent to"), name);

  return EXIT_STATUS_SUCCESS;
}

static ExitStatus
run (char **arguments, GError **error)
{
  ExitStatus status = EXIT_STATUS_SUCCESS;

  for (char **argument = arguments; *argument != NULL; argument++)
    status = exit_status_worse (status, drain_and_tell (*argument));

  return status;
}

const Command command_drain = {
  .name = "drain",
  .arguments = N_ ("NAME…"),
  .summary = N_ ("Throws away the messages in a queue"),
  .description = N_ (
      "Receives messages until the queue is empty, and says on standard error how many they were. "
      "Nothing brings them back; save them first if in doubt. If others send so fast that the "
      "queue "
      "does not get empty, this ends after twice as many as it holds, and warns."),
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_QUEUE },
  .run = run,
};
