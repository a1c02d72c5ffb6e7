/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue that an argument means. */

#include "queue-name.h"

/* A name begins with a slash; who types it may leave that out. Everything else is for the library
 * to judge. */
char *
queue_name_from_argument (const char *argument)
{
  if (argument[0] == '/' || argument[0] == '\0')
    return g_strdup (argument);

  return g_strconcat ("/", argument, NULL);
}

/* Opens a queue that exists. */
MoodMessageQueue *
queue_name_open (const char *argument, MoodOpenFlags flags, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);

  return mood_message_queue_new (name, flags, 0, -1, -1, error);
}
