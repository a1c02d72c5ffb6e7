/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which commands there are. */

#include "commands.h"

const Command *const commands[] = {
  &command_list,  &command_info,   &command_create, &command_send, &command_recv,    &command_drain,
  &command_move,  &command_copy,   &command_watch,  &command_top,  &command_unlink,  &command_chmod,
  &command_chown, &command_limits, &command_bench,  &command_save, &command_restore, NULL,
};

static const Command *const hidden_commands[] = {
  &command_complete,
  &command_manual,
  NULL,
};

static const Command *
find (const Command *const *among, const char *name)
{
  for (; *among != NULL; among++)
    if (g_str_equal ((*among)->name, name))
      return *among;

  return NULL;
}

const Command *
command_find (const char *name)
{
  const Command *command = find (commands, name);

  return command != NULL ? command : find (hidden_commands, name);
}
