/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood chmod: changes who may use queues. */

#include "commands.h"
#include "figures.h"
#include "mode.h"
#include "queue-name.h"
#include "report.h"

#include <glib/gi18n.h>

static const Example examples[] = {
  { "mood chmod 622 /jobs", N_ ("Lets everybody send, and only the owner receive") },
  { "mood chmod g+rw,o= jobs answers", N_ ("Lets the group send and receive, and no others") },
  { "mood chmod a-w /jobs", N_ ("Keeps everybody from sending") },
  { NULL, NULL },
};

static gboolean
change (const char *argument, const char *text, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);
  g_autoptr (Figures) figures = NULL;
  guint mode;

  if (mode_needs_current (text) && (figures = figures_of (argument, error)) == NULL)
    return FALSE;

  return mode_apply (text, figures != NULL ? figures->mode & 07777 : 0, &mode, error) &&
         mood_chmod (name, mode, error);
}

static ExitStatus
run (char **arguments, GError **error)
{
  const char *text = arguments[0];
  ExitStatus status = EXIT_STATUS_SUCCESS;
  guint ignored;

  /* A mode that is none is said once, and before anything is changed. */
  if (!mode_apply (text, 0, &ignored, error))
    return EXIT_STATUS_USAGE;

  for (char **argument = arguments + 1; *argument != NULL; argument++)
    {
      g_autoptr (GError) local_error = NULL;

      if (!change (*argument, text, &local_error))
        status = exit_status_worse (status, report_error (local_error));
    }

  return status;
}

const Command command_chmod = {
  .name = "chmod",
  .arguments = N_ ("MODE NAME…"),
  .summary = N_ ("Changes who may use queues"),
  .description = N_ (
      "MODE is an octal number up to 777, or changes as chmod(1) takes them: letters out of ugoa "
      "for the owner, the group, the others and all, then +, - or = and letters out of rwx, or "
      "one of ugo to copy from; several with commas between them. Without a letter before + or - "
      "all are meant, but for what the umask keeps. To receive takes r, to send w; x means "
      "nothing for a queue. A MODE that begins with - comes after “--”.\n\nWho has a queue open "
      "goes on as before. Only its owner may change the mode, and root. One failure does not "
      "keep the others from being changed."),
  .examples = examples,
  .minimum = 2,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_OTHER, VALUE_KIND_QUEUE },
  .run = run,
};
