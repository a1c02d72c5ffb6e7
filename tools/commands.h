/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "command.h"

G_BEGIN_DECLS

/* Each is in the file of its name. */
extern const Command command_bench;
extern const Command command_chmod;
extern const Command command_chown;
extern const Command command_copy;
extern const Command command_create;
extern const Command command_drain;
extern const Command command_info;
extern const Command command_limits;
extern const Command command_list;
extern const Command command_move;
extern const Command command_recv;
extern const Command command_restore;
extern const Command command_save;
extern const Command command_send;
extern const Command command_top;
extern const Command command_unlink;
extern const Command command_watch;

/* Not for people, and so not among the commands that are shown. */
extern const Command command_complete;
extern const Command command_manual;

G_END_DECLS
