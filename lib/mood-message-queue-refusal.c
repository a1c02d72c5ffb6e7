/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What it means when the kernel refuses to open a queue: it has few errors for many causes. */

#include "mood-message-queue-private.h"

#include "mood-descriptor-private.h"
#include "mood-error-private.h"
#include "mood-limits-private.h"

#include <errno.h>

/* EINVAL for a name that is valid: the geometry is out of range. A process with CAP_SYS_RESOURCE is
 * bound by the kernel's own limits alone, and there is no asking whether this one is. */
static void
set_geometry_error (MoodMessageQueue *self, const MoodMqAttributes *geometry, GError **error)
{
  MoodLimits limits;
  const struct
  {
    const char *what;
    gint64 figure;
    gint64 hard_limit;
    const gint64 *limit;
    const char *file;
  } rows[] = {
    { "maxmsg", geometry->maxmsg, MOOD_LIMITS_HARD_MAXMSG, &limits.msg_max, MOOD_LIMIT_MSG_MAX },
    { "msgsize", geometry->msgsize, MOOD_LIMITS_HARD_MSGSIZE, &limits.msgsize_max,
      MOOD_LIMIT_MSGSIZE_MAX },
  };

  mood_limits_read (&limits);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].figure == 0)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                        "%s is 0; give at least 1, or -1 for the default", rows[i].what);
        return;
      }

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].figure > rows[i].hard_limit)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                        "%s %" G_GINT64_FORMAT " is above %" G_GINT64_FORMAT
                        ", the most that Linux allows anybody; ask for less, and for no more than "
                        "the limit in %s",
                        rows[i].what, rows[i].figure, rows[i].hard_limit, rows[i].file);
        return;
      }

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (*rows[i].limit >= 0 && rows[i].figure > *rows[i].limit)
      {
        mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                        "%s %" G_GINT64_FORMAT " is above %" G_GINT64_FORMAT
                        ", the limit in %s; ask for less, or have an administrator raise "
                        "the limit",
                        rows[i].what, rows[i].figure, *rows[i].limit, rows[i].file);
        return;
      }

  mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, "create", self->name,
                  "the kernel refuses maxmsg %" G_GINT64_FORMAT " with msgsize %" G_GINT64_FORMAT
                  "; ask for less",
                  geometry->maxmsg, geometry->msgsize);
}

/* RLIMIT_MSGQUEUE has no room for the queue. */
static void
set_room_error (MoodMessageQueue *self, const MoodMqAttributes *geometry, GError **error)
{
  MoodLimits limits;
  MoodMqAttributes charged = *geometry;
  g_autofree char *advice = NULL;
  guint64 required;
  gint64 fits;

  mood_limits_read (&limits);

  if (!mood_message_queue_complete_geometry (self, &limits, &charged, NULL))
    {
      mood_set_error (error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "create", self->name,
                      "it does not fit in the %" G_GINT64_FORMAT " bytes that the message queues "
                      "of this user may take together, in all processes (RLIMIT_MSGQUEUE); remove "
                      "queues, or raise the limit, with “ulimit -q” or “prlimit --msgqueue”",
                      limits.rlimit_soft);
      return;
    }

  required = mood_limits_required_bytes (&limits, charged.maxmsg, charged.msgsize);
  fits = mood_limits_fit (&limits, charged.msgsize);
  if (required <= (guint64) limits.rlimit_soft)
    advice = g_strdup ("remove queues, make this one smaller");
  else if (fits > 0)
    advice =
        g_strdup_printf ("make it smaller (alone, it may have maxmsg %" G_GINT64_FORMAT ")", fits);
  else
    advice = g_strdup ("make it smaller");

  mood_set_error (error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "create", self->name,
                  "it takes %" G_GUINT64_FORMAT " bytes (maxmsg %" G_GINT64_FORMAT
                  ", msgsize %" G_GINT64_FORMAT "), which is more than is left of the "
                  "%" G_GINT64_FORMAT " bytes that the message queues of this user may take "
                  "together, in all processes (RLIMIT_MSGQUEUE); %s, or raise the limit, with "
                  "“ulimit -q” or “prlimit --msgqueue”",
                  required, charged.maxmsg, charged.msgsize, limits.rlimit_soft, advice);
}

/* EMFILE means one of two limits, and only trying tells which. */
static void
set_emfile_error (MoodMessageQueue *self, const MoodMqAttributes *geometry, GError **error)
{
  /* Only a queue that is created takes bytes. */
  if (mood_descriptor_is_left () && (self->flags & MOOD_OPEN_CREAT) != 0)
    set_room_error (self, geometry, error);
  else
    mood_set_error (error, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                    mood_message_queue_get_open_action (self->flags), self->name,
                    "the process has as many descriptors open as it may (RLIMIT_NOFILE); close "
                    "some, or raise the limit with “ulimit -n”");
}

/* What the kernel means by refusing with @errsv to open the queue as the properties say. */
void
mood_message_queue_set_open_error (MoodMessageQueue *self, int errsv, GError **error)
{
  const char *action = mood_message_queue_get_open_action (self->flags);
  MoodMqAttributes geometry = { .maxmsg = self->maxmsg, .msgsize = self->msgsize };
  MoodLimits limits;

  switch (errsv)
    {
    case EMFILE:
      set_emfile_error (self, &geometry, error);
      return;

    case EINVAL:
      if ((self->flags & MOOD_OPEN_CREAT) != 0)
        set_geometry_error (self, &geometry, error);
      else
        mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return;

    case ENOSPC:
      mood_limits_read (&limits);
      if (limits.queues_max >= 0)
        mood_set_error (error, G_IO_ERROR_NO_SPACE, action, self->name,
                        "there are as many queues as the %" G_GINT64_FORMAT " that %s allows in "
                        "this IPC namespace; remove queues, or have an administrator raise the "
                        "limit",
                        limits.queues_max, MOOD_LIMIT_QUEUES_MAX);
      else
        mood_set_error (error, G_IO_ERROR_NO_SPACE, action, self->name,
                        "there are as many queues as this IPC namespace allows (%s, which cannot "
                        "be read here); remove queues",
                        MOOD_LIMIT_QUEUES_MAX);
      return;

    case ENOENT:
      mood_set_error (error, G_IO_ERROR_NOT_FOUND, action, self->name,
                      "there is no such queue (each IPC namespace, such as a container's, has its "
                      "own); add the CREAT flag to create it");
      return;

    case EEXIST:
      mood_set_error (error, G_IO_ERROR_EXISTS, action, self->name,
                      "it exists already; leave out the EXCL flag to open it as it is");
      return;

    case EACCES:
      mood_set_error_from_errno (error, errsv, action, self->name,
                                 "its owner and mode do not let this user open it for what the "
                                 "flags ask");
      return;

    case ENOSYS:
      mood_set_error_from_errno (error, errsv, action, self->name,
                                 "this kernel was built without POSIX message queues "
                                 "(CONFIG_POSIX_MQUEUE)");
      return;

    default:
      mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return;
    }
}
