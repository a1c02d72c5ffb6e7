/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernel's figures for message queues. They are read whenever they are asked for: an
 * administrator may change them at any time, and each IPC namespace has its own. */

#include "mood-limits-private.h"

#include <sys/resource.h>

/* The figure that @file holds, or -1 where there is none to be read, as without a mounted /proc. */
gint64
mood_limits_read (const char *file)
{
  char *contents = NULL;
  gint64 figure = -1;

  if (g_file_get_contents (file, &contents, NULL, NULL))
    {
      g_strchomp (contents);
      if (!g_ascii_string_to_signed (contents, 10, 0, G_MAXINT64, &figure, NULL))
        figure = -1;
      g_free (contents);
    }

  return figure;
}

/* What the kernel itself takes for a queue that is created without attributes: an explicit default
 * above the maximum would be refused. */
gint64
mood_limits_read_default (const char *default_file, const char *max_file)
{
  gint64 default_figure = mood_limits_read (default_file);
  gint64 max_figure = mood_limits_read (max_file);

  return MIN (default_figure, max_figure);
}

/* The soft RLIMIT_MSGQUEUE: how many bytes all queues of the user that owns the process may take
 * together. No limit is G_MAXINT64. */
gint64
mood_limits_read_message_queue_bytes (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_MSGQUEUE, &limit) == -1)
    return -1;

  return (gint64) MIN (limit.rlim_cur, (rlim_t) G_MAXINT64);
}

/* What a queue is charged against RLIMIT_MSGQUEUE: for each message its bytes and the kernel's
 * header, and a node of the tree for each priority there can be (mq_overview(7) has the formula in
 * the kernel's terms; the figures are those of 64-bit Linux). */
guint64
mood_limits_required_bytes (gint64 maxmsg, gint64 msgsize)
{
  const guint64 message_header = 48;
  const guint64 tree_node = 48;
  const guint64 priorities = 32768;
  guint64 messages = (guint64) maxmsg;

  return messages * message_header + MIN (messages, priorities) * tree_node +
         messages * (guint64) msgsize;
}
