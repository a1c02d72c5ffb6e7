/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The two queues of a command that has messages go from one to another. */

#include "pair.h"

#include "queue-name.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <sys/stat.h>

static gboolean
are_same (Pair *self)
{
  struct stat from;
  struct stat to;

  return fstat (mood_message_queue_fileno (self->from), &from) == 0 &&
         fstat (mood_message_queue_fileno (self->to), &to) == 0 && from.st_dev == to.st_dev &&
         from.st_ino == to.st_ino;
}

/* What could not go is refused before anything goes. */
static gboolean
check (Pair *self, GError **error)
{
  gint64 from_msgsize = mood_message_queue_get_msgsize (self->from);
  gint64 to_msgsize = mood_message_queue_get_msgsize (self->to);

  if (are_same (self))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” is the queue that the messages are in already"), self->to_name);
      return FALSE;
    }

  if (to_msgsize < from_msgsize)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                   _ ("Messages of “%s” may have %" PRId64 " bytes, and those of “%s” only %" PRId64
                      "; create that queue with --msgsize=%" PRId64),
                   self->from_name, from_msgsize, self->to_name, to_msgsize, from_msgsize);
      return FALSE;
    }

  return TRUE;
}

gboolean
pair_open (Pair *self, const char *from, MoodOpenFlags from_flags, const char *to, GError **error)
{
  self->from = queue_name_open (from, from_flags, error);
  if (self->from == NULL)
    return FALSE;
  self->to = queue_name_open (to, MOOD_OPEN_WRONLY, error);
  if (self->to == NULL)
    return FALSE;

  self->from_name = g_filename_display_name (mood_message_queue_get_name (self->from));
  self->to_name = g_filename_display_name (mood_message_queue_get_name (self->to));

  return check (self, error);
}

void
pair_clear (Pair *self)
{
  g_clear_object (&self->from);
  g_clear_object (&self->to);
  g_clear_pointer (&self->from_name, g_free);
  g_clear_pointer (&self->to_name, g_free);
}
