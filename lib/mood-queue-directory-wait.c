/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting until a queue exists. The directory was watched before anybody looked whether the queue
 * is there, so one that comes after the look is told by inotify. */

#include "mood-queue-directory-private.h"

#include "mood-error-private.h"
#include "mood-name-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char action[] = "wait for";

typedef struct
{
  GSource parent;

  GTask *task;
  guint n_readings; /* those of inotify that this one knows of */
} WaitSource;

static MoodQueueDirectory *
get_directory (GTask *task)
{
  return g_task_get_source_object (task);
}

/* Ends the task if there is nothing more to wait for. */
static gboolean
return_if_over (GTask *task)
{
  const char *name = g_task_get_task_data (task);
  GError *error = NULL;
  struct stat status;

  if (mood_set_error_if_cancelled (&error, g_task_get_cancellable (task), action, name))
    g_task_return_error (task, error);
  else if (fstatat (dirfd (get_directory (task)->stream), name + 1, &status, AT_SYMLINK_NOFOLLOW) ==
           0)
    g_task_return_boolean (task, TRUE);
  else if (errno != ENOENT)
    {
      mood_set_error_from_errno (&error, errno, action, name, NULL);
      g_task_return_error (task, error);
    }
  else
    return FALSE;

  return TRUE;
}

static gboolean
wait_source_prepare (GSource *source, int *timeout)
{
  WaitSource *self = (WaitSource *) source;

  *timeout = -1;

  return self->n_readings != get_directory (self->task)->n_readings;
}

static gboolean
wait_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  WaitSource *self = (WaitSource *) source;
  MoodQueueDirectory *directory = get_directory (self->task);

  mood_queue_directory_read_events (directory);
  self->n_readings = directory->n_readings;

  return return_if_over (self->task) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
wait_source_finalize (GSource *source)
{
  g_object_unref (((WaitSource *) source)->task);
}

static GSourceFuncs wait_source_funcs = {
  .prepare = wait_source_prepare,
  .dispatch = wait_source_dispatch,
  .finalize = wait_source_finalize,
};

static void
attach_wait_source (GTask *task)
{
  MoodQueueDirectory *directory = get_directory (task);
  GSource *source = g_source_new (&wait_source_funcs, sizeof (WaitSource));
  WaitSource *self = (WaitSource *) source;

  g_source_set_static_name (source, "MoodQueueDirectory wait");
  g_source_set_priority (source, g_task_get_priority (task));
  self->task = g_object_ref (task);
  self->n_readings = directory->n_readings;
  g_source_add_unix_fd (source, directory->inotify_fd, G_IO_IN);

  if (g_task_get_cancellable (task) != NULL)
    {
      GSource *cancellable_source = g_cancellable_source_new (g_task_get_cancellable (task));

      g_source_set_dummy_callback (cancellable_source);
      g_source_add_child_source (source, cancellable_source);
      g_source_unref (cancellable_source);
    }

  g_source_attach (source, g_task_get_context (task));
  g_source_unref (source);
}

/**
 * mood_queue_directory_wait_for_async:
 * @self: a directory of queues
 * @name: (type filename): the name of a queue: a slash followed by 1 to 255 bytes, none of them a
 *   slash
 * @io_priority: the priority of the call in the main loop, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): a cancellable, or %NULL
 * @callback: (nullable) (scope async) (closure user_data): what to call when the queue exists, or
 *   %NULL
 * @user_data: data for @callback
 *
 * Waits until a queue exists, without making the thread wait and without asking over and over.
 *
 * It is the kernel that is asked, not the list, which needs no watch for this and is not changed by
 * it. The thread-default main context of the caller serves the call, and calls @callback, which
 * gets the result with [method@Mood.QueueDirectory.wait_for_finish]. That main context has to run
 * in the thread that uses the directory.
 *
 * A queue that exists can be opened, if its mode allows, and has its geometry; whoever created it
 * may not have done anything with it yet. It may also be gone again by the time of the callback:
 * who then finds nothing to open waits once more.
 *
 * The call holds a reference to the directory. Any number of them share its one inotify instance.
 *
 * See also: `inotify(7)`
 *
 * Since: 1.0
 */
void
mood_queue_directory_wait_for_async (MoodQueueDirectory *self,
                                     const char *name,
                                     int io_priority,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (MOOD_IS_QUEUE_DIRECTORY (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, (gpointer) mood_queue_directory_wait_for_async);
  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, g_strdup (name), g_free);
  /* It would give an error of its own. */
  g_task_set_check_cancellable (task, FALSE);

  if (!mood_queue_directory_check_open (self, &error) || !mood_name_check (name, action, &error))
    g_task_return_error (task, error);
  else if (!return_if_over (task))
    attach_wait_source (task);
}

/**
 * mood_queue_directory_wait_for_finish:
 * @self: a directory of queues
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Tells whether the queue that [method@Mood.QueueDirectory.wait_for_async] waited for exists.
 *
 * Errors:
 *
 * - %G_IO_ERROR_CANCELLED if the call was cancelled;
 * - %G_IO_ERROR_INVALID_FILENAME or %G_IO_ERROR_FILENAME_TOO_LONG if the name is no name for a
 *   queue;
 * - %G_IO_ERROR_INVALID_ARGUMENT if @result is that of another call, or was taken before;
 * - %G_IO_ERROR_NOT_SUPPORTED if the directory was opened by another process, of which this is a
 *   child;
 * - %G_IO_ERROR_NOT_INITIALIZED if the directory was never opened.
 *
 * Returns: %TRUE if the queue existed a moment ago, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_queue_directory_wait_for_finish (MoodQueueDirectory *self,
                                      GAsyncResult *result,
                                      GError **error)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_DIRECTORY (self), FALSE);

  if (!g_task_is_valid (result, self) ||
      !g_async_result_is_tagged (result, (gpointer) mood_queue_directory_wait_for_async))
    {
      mood_set_error_about (error, G_IO_ERROR_INVALID_ARGUMENT, "wait for a queue in",
                            MOOD_DIRECTORY_OBJECT,
                            "the result is that of another call, or was taken before");
      return FALSE;
    }

  /* GTask gives a result only once, and has a critical for who asks again. */
  g_task_set_source_tag (G_TASK (result), NULL);

  return g_task_propagate_boolean (G_TASK (result), error);
}
