/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood unlink: removes queues. */

#include "commands.h"
#include "queue-name.h"
#include "report.h"

#include <glib/gi18n.h>

static gboolean force;

static const GOptionEntry options[] = {
  { "force", 'f', 0, G_OPTION_ARG_NONE, &force, N_ ("Take no queue of that name for a success"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static const Example examples[] = {
  { "mood unlink /jobs", N_ ("Removes the queue, and what waits in it") },
  { "mood unlink --force jobs answers", N_ ("Sees to it that there are none of these names") },
  { NULL, NULL },
};

static ExitStatus
run (char **arguments, GError **error)
{
  ExitStatus status = EXIT_STATUS_SUCCESS;

  for (char **argument = arguments; *argument != NULL; argument++)
    {
      g_autofree char *name = queue_name_from_argument (*argument);
      g_autoptr (GError) local_error = NULL;

      if (mood_unlink (name, &local_error) ||
          (force && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)))
        continue;

      status = exit_status_worse (status, report_error (local_error));
    }

  return status;
}

const Command command_unlink = {
  .name = "unlink",
  .arguments = N_ ("NAME…"),
  .summary = N_ ("Removes queues"),
  .description = N_ (
      "The names are gone at once. Whoever has a queue open keeps it, with its messages, until "
      "he closes it; until then it goes on taking its bytes of RLIMIT_MSGQUEUE. The messages of "
      "one that nobody has open are lost.\n\nOne that cannot be removed does not keep the others."),
  .options = options,
  .examples = examples,
  .minimum = 1,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_QUEUE, VALUE_KIND_QUEUE },
  .run = run,
};
