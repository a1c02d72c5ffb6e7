/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Queues that a service manager opened before it started the process, as systemd does for
 * ListenMessageQueue=: the protocol of sd_listen_fds(3), without its library. */

#include "mood-listen.h"

#include "mood-descriptor-private.h"
#include "mood-error-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The first that is passed. */
#define LISTEN_FDS_START 3

/* For the text of an error. */
#define PASSED_QUEUES "the message queues that were passed to the process"

static gint queues_taken; /* atomic: whether they have owners already */

/* FALSE with @error set if the variable is no number; one that is not set is 0. */
static gboolean
read_number (const char *variable, gint64 max, gint64 *number, GError **error)
{
  const char *value = g_getenv (variable);

  *number = 0;
  if (value == NULL || g_ascii_string_to_signed (value, 10, 0, max, number, NULL))
    return TRUE;

  mood_set_error_about (
      error, G_IO_ERROR_INVALID_ARGUMENT, "take", PASSED_QUEUES,
      "the environment variable %s is “%s”, and no number from 0 to %" G_GINT64_FORMAT
      "; it is for the service manager to set",
      variable, value, max);

  return FALSE;
}

/* The names of the descriptors; NULL if the service manager gave none. FALSE with @error set if
 * there are more or fewer than descriptors. */
static gboolean
read_names (gint64 n_fds, char ***names, GError **error)
{
  const char *value = g_getenv ("LISTEN_FDNAMES");
  guint n_names;

  *names = NULL;
  if (value == NULL)
    return TRUE;

  *names = g_strsplit (value, ":", -1);
  n_names = g_strv_length (*names);
  if (n_names == n_fds)
    return TRUE;

  g_clear_pointer (names, g_strfreev);
  mood_set_error_about (error, G_IO_ERROR_INVALID_ARGUMENT, "take", PASSED_QUEUES,
                        "there are %u names in the environment variable LISTEN_FDNAMES, and "
                        "LISTEN_FDS says %" G_GINT64_FORMAT
                        "; they are for the service manager to set",
                        n_names, n_fds);

  return FALSE;
}

static gboolean
check_open (gint64 n_fds, GError **error)
{
  for (gint64 i = 0; i < n_fds; i++)
    {
      int fd = LISTEN_FDS_START + (int) i;

      if (fcntl (fd, F_GETFD) == -1)
        {
          mood_set_error_about (
              error, G_IO_ERROR_INVALID_ARGUMENT, "take", PASSED_QUEUES,
              "the environment variable LISTEN_FDS says %" G_GINT64_FORMAT
              " from %d on, and descriptor %d is not open; take them before anything "
              "closes descriptors",
              n_fds, LISTEN_FDS_START, fd);
          return FALSE;
        }
    }

  return TRUE;
}

/* Takes the queues among the descriptors. */
static gboolean
take_queues (gint64 n_fds, char **names, GPtrArray *queues, GPtrArray *queue_names, GError **error)
{
  for (gint64 i = 0; i < n_fds; i++)
    {
      int fd = LISTEN_FDS_START + (int) i;
      MoodMessageQueue *queue;

      if (!mood_descriptor_is_queue (fd))
        continue;

      queue = mood_message_queue_new_from_fd (fd, error);
      if (queue == NULL)
        return FALSE;

      g_ptr_array_add (queues, queue);
      /* What systemd's own library calls one without a name. A binding that could not make a text
       * of a name would lose the queues. */
      g_ptr_array_add (queue_names, g_utf8_make_valid (names != NULL ? names[i] : "unknown", -1));
    }

  return TRUE;
}

/**
 * mood_listen_queues:
 * @fd_names: (out) (optional) (transfer full) (array zero-terminated=1): return location for the
 *   names that the service manager gave to the descriptors, in the order of the queues: what
 *   `FileDescriptorName=` says, or the name of the unit; “unknown” if it gave none,
 *   with bytes replaced that are not UTF-8
 * @error: return location for an error
 *
 * Takes the message queues that a service manager has opened for the process.
 *
 * systemd does so for the `ListenMessageQueue=` of a socket unit, and starts the service when a
 * message arrives: the queue, with the messages in it, is there before the service and while it is
 * restarted. The process finds the descriptors by the environment variables `LISTEN_PID`,
 * `LISTEN_FDS` and `LISTEN_FDNAMES`.
 *
 * The queues are in the order in which the unit has them, each with its
 * [property@Mood.MessageQueue:name]. systemd opens them to receive only, in nonblocking mode.
 * Descriptors of other kinds, such as sockets, are left as they are, for `sd_listen_fds(3)`.
 *
 * There are none if the process was started in another way, and none in a process that it starts
 * itself. The queues are taken once: they belong to who asked first, and whoever asks again gets
 * none.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_ARGUMENT if the variables contradict each other or the descriptors. Nothing
 *   has been taken then.
 *
 * See also: `sd_listen_fds(3)`, `systemd.socket(5)`
 *
 * Returns: (transfer container) (element-type MoodMessageQueue): the queues, of which there may be
 *   none, or %NULL with @error set
 *
 * Since: 1.0
 */
GPtrArray *
mood_listen_queues (char ***fd_names, GError **error)
{
  g_autoptr (GPtrArray) queues = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) queue_names = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) names = NULL;
  gint64 pid, n_fds;

  if (!read_number ("LISTEN_PID", G_MAXINT, &pid, error))
    return NULL;

  /* Whoever has them may have closed them since. */
  if (pid == getpid () && !g_atomic_int_get (&queues_taken))
    {
      if (!read_number ("LISTEN_FDS", G_MAXINT - LISTEN_FDS_START, &n_fds, error) ||
          !read_names (n_fds, &names, error) || !check_open (n_fds, error))
        return NULL;

      if (g_atomic_int_compare_and_exchange (&queues_taken, FALSE, TRUE) &&
          !take_queues (n_fds, names, queues, queue_names, error))
        return NULL;
    }

  if (fd_names != NULL)
    {
      g_ptr_array_add (queue_names, NULL);
      *fd_names = (char **) g_ptr_array_steal (queue_names, NULL);
    }

  return g_steal_pointer (&queues);
}
