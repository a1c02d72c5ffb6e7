/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>
#include <mood.h>

#include "terminal.h"

G_BEGIN_DECLS

/* What is known of a queue, wherever it is known from. -1 is for what is not known. */
typedef struct
{
  char *name;         /* any bytes */
  char *display_name; /* UTF-8 that is safe for a terminal */
  guint64 inode;      /* 0 if not known */
  guint mode;         /* the whole st_mode */
  gint64 uid;
  gint64 gid;
  gint64 curmsgs;
  gint64 maxmsg;
  gint64 msgsize;      /* bytes */
  gint64 queued_bytes; /* bytes */
  int notify_pid;      /* 0 for nobody */
  gint64 atime; /* seconds since 1970, as all three: last sent to, received from or looked at */
  gint64 mtime; /* last sent to or received from */
  gint64 ctime; /* last changed in any way */
} Figures;

void figures_free (Figures *self);
Figures *figures_from_info (MoodQueueInfo *info);
Figures *figures_from_queue (MoodMessageQueue *queue);
Figures *figures_of (const char *argument, GError **error);
GPtrArray *figures_of_directory (MoodQueueDirectory *directory, GError **error);
GPtrArray *figures_of_all (GError **error);

void figures_add_identity_json (const Figures *self, JsonBuilder *builder);
void figures_add_json (const Figures *self, JsonBuilder *builder);
char *figures_format_mode (const Figures *self);
char *figures_format_owner (const Figures *self);
char *figures_format_depth (const Figures *self);
char *figures_format_bar (const Figures *self, guint width);
TerminalStyle figures_get_depth_style (const Figures *self);
char *figures_format_process (int pid);
char *figures_format_notified (const Figures *self);
char *figures_format_number (gint64 number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Figures, figures_free)

G_END_DECLS
