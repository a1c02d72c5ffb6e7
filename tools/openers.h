/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A process that has a queue open. */
typedef struct
{
  int pid;
  gboolean reads;
  gboolean writes;
} Opener;

GArray *openers_find (const char *name, guint64 inode, gboolean *is_complete);

G_END_DECLS
