/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mood chown: changes whom queues belong to. */

#include "commands.h"
#include "owner.h"
#include "queue-name.h"
#include "report.h"

#include <glib/gi18n.h>

static const Example examples[] = {
  { "mood chown daemon /jobs", N_ ("Gives the queue to the user daemon") },
  { "mood chown daemon: jobs answers", N_ ("Gives both to daemon and its login group") },
  { "mood chown :mail /jobs", N_ ("Changes the group alone") },
  { NULL, NULL },
};

static ExitStatus
run (char **arguments, GError **error)
{
  ExitStatus status = EXIT_STATUS_SUCCESS;
  gint64 uid;
  gint64 gid;

  if (!owner_parse (arguments[0], &uid, &gid, error))
    return EXIT_STATUS_USAGE;

  for (char **argument = arguments + 1; *argument != NULL; argument++)
    {
      g_autofree char *name = queue_name_from_argument (*argument);
      g_autoptr (GError) local_error = NULL;

      if (!mood_chown (name, uid, gid, &local_error))
        status = exit_status_worse (status, report_error (local_error));
    }

  return status;
}

const Command command_chown = {
  .name = "chown",
  .arguments = N_ ("OWNER[:GROUP] NAME…"),
  .summary = N_ ("Changes whom queues belong to"),
  .description = N_ (
      "OWNER and GROUP are names or numbers. “OWNER:” takes the owner's login group as well, and "
      "“:GROUP” leaves the owner.\n\nOnly root may give a queue to another user; its owner may "
      "give it to a group that he is a member of. The bytes that a queue takes of "
      "RLIMIT_MSGQUEUE stay charged to the user who created it. One failure does not keep the "
      "others from being changed."),
  .examples = examples,
  .minimum = 2,
  .maximum = G_MAXUINT,
  .kinds = { VALUE_KIND_USER, VALUE_KIND_QUEUE },
  .run = run,
};
