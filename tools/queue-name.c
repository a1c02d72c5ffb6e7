/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue that an argument means. */

#include "queue-name.h"

#include "terminal.h"

#include <glib/gi18n.h>

/* A name begins with a slash; who types it may leave that out. Everything else is for the library
 * to judge. */
char *
queue_name_from_argument (const char *argument)
{
  if (argument[0] == '/' || argument[0] == '\0')
    return g_strdup (argument);

  return g_strconcat ("/", argument, NULL);
}

/* Where the library says which flag would help, here it is a command. */
static void
explain (const char *name, GError *error)
{
  g_autofree char *shown = terminal_make_safe (name);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return;

  g_free (error->message);
  error->message =
      g_strdup_printf (_ ("There is no message queue “%s” (each IPC namespace, such as a "
                          "container's, has its own); “mood list” shows those that there are, "
                          "“mood create” makes one"),
                       shown);
}

/* Opens a queue that exists. */
MoodMessageQueue *
queue_name_open (const char *argument, MoodOpenFlags flags, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);
  g_autoptr (GError) local_error = NULL;
  MoodMessageQueue *queue = mood_message_queue_new (name, flags, 0, -1, -1, &local_error);

  if (queue == NULL)
    {
      explain (name, local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return queue;
}
