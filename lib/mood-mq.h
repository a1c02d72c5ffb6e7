/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <signal.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 maxmsg;
  gint64 msgsize;
  gint64 curmsgs;
  gboolean nonblock;
} MoodMqAttributes;

int mood_mq_open (const char *name, int oflag, guint mode, const MoodMqAttributes *attributes);
int mood_mq_close (int fd);
int mood_mq_unlink (const char *name);
int mood_mq_get_attributes (int fd, MoodMqAttributes *attributes);
int mood_mq_set_nonblock (int fd, gboolean nonblock, gboolean *was_nonblock);
int mood_mq_send (int fd, const guint8 *message, gsize length, guint priority);
int mood_mq_try_send (int fd, const guint8 *message, gsize length, guint priority);
gssize mood_mq_receive (int fd, guint8 *buffer, gsize size, guint *priority);
gssize mood_mq_try_receive (int fd, guint8 *buffer, gsize size, guint *priority);
int mood_mq_notify (int fd, const struct sigevent *notification);

G_END_DECLS
