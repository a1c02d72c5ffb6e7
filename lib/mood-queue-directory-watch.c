/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What keeps the list alive: inotify, and a GSource for it.
 *
 * There is one inotify instance for the list and for all calls that wait for a queue, because a
 * user may have few of them. Whoever reads it, for whichever purpose, keeps what it says for the
 * others: the names for the list, and for those that wait that there was something. All of them
 * belong to one thread, so that nobody sleeps through what another one has read: the sources ask
 * before their main context goes to sleep. */

#include "mood-queue-directory-private.h"

#include "mood-source-private.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

/* More names than this are not kept: then it costs less to look at all queues. */
#define MAX_STALE_NAMES 4096

typedef struct
{
  GSource parent;

  MoodQueueDirectory *directory;
  GCancellable *cancellable;
} DirectorySource;

static void
take_event (MoodQueueDirectory *self, const struct inotify_event *event)
{
  if ((event->mask & IN_Q_OVERFLOW) != 0 ||
      g_hash_table_size (self->stale_names) >= MAX_STALE_NAMES)
    self->is_all_stale = TRUE;

  if (self->is_all_stale)
    g_hash_table_remove_all (self->stale_names);
  /* What has no name is about the directory itself. */
  else if (event->len > 0)
    g_hash_table_add (self->stale_names, g_strdup (event->name));
}

/* Reads all that there is, without acting on it. What it says is the parent's in a child of
 * fork(2).
 */
void
mood_queue_directory_read_events (MoodQueueDirectory *self)
{
  union
  {
    struct inotify_event event;
    char bytes[16384];
  } buffer;
  ssize_t length;

  if (self->owner != getpid ())
    return;

  while ((length = TEMP_FAILURE_RETRY (read (self->inotify_fd, &buffer, sizeof buffer))) > 0)
    {
      const struct inotify_event *event;

      for (const char *at = buffer.bytes; at < buffer.bytes + length;
           at += sizeof *event + event->len)
        {
          event = (const struct inotify_event *) (gconstpointer) at;
          take_event (self, event);
        }

      self->n_readings++;
    }
}

/* Whether there is something to be done about it now. */
gboolean
mood_queue_directory_is_stale (MoodQueueDirectory *self)
{
  return !self->is_telling && (self->is_all_stale || g_hash_table_size (self->stale_names) > 0);
}

static gboolean
directory_source_prepare (GSource *source, int *timeout)
{
  *timeout = -1;

  return mood_queue_directory_is_stale (((DirectorySource *) source)->directory);
}

static gboolean
directory_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  DirectorySource *self = (DirectorySource *) source;

  if (g_cancellable_is_cancelled (self->cancellable))
    return G_SOURCE_REMOVE;

  mood_queue_directory_read_events (self->directory);
  /* In a main loop inside a handler: what was read is kept until the handler has returned. */
  if (self->directory->is_telling)
    return G_SOURCE_CONTINUE;

  mood_queue_directory_apply_events (self->directory);

  /* Whoever removes the source in a handler of a change is not called back. */
  return callback == NULL || g_source_is_destroyed (source) || callback (user_data);
}

static void
directory_source_finalize (GSource *source)
{
  DirectorySource *self = (DirectorySource *) source;

  g_clear_object (&self->cancellable);
  g_object_unref (self->directory);
}

static gboolean
directory_source_closure_callback (gpointer user_data)
{
  GValue result = G_VALUE_INIT;
  gboolean keep;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_closure_invoke (user_data, &result, 0, NULL, NULL);
  keep = g_value_get_boolean (&result);
  g_value_unset (&result);

  return keep;
}

/* The generic one takes no closure without any argument but its data. */
static void
directory_source_closure_marshal (GClosure *closure,
                                  GValue *result,
                                  guint n_arguments,
                                  const GValue *arguments,
                                  gpointer invocation_hint,
                                  gpointer marshal_data)
{
  GSourceFunc func = (GSourceFunc) ((GCClosure *) closure)->callback;

  g_value_set_boolean (result, func (closure->data));
}

static GSourceFuncs directory_source_funcs = {
  .prepare = directory_source_prepare,
  .dispatch = directory_source_dispatch,
  .finalize = directory_source_finalize,
  .closure_callback = directory_source_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) (GCallback) directory_source_closure_marshal,
};

/**
 * mood_queue_directory_create_source:
 * @self: a directory of queues
 * @cancellable: (nullable): a cancellable that ends the source, or %NULL
 *
 * Creates a source that keeps the directory up to date.
 *
 * As long as the source is attached, to a main context that runs in the thread that uses the
 * directory, queues appear, vanish and change in the directory soon after they do so in the kernel.
 * The signals come from within the source's dispatch.
 *
 * A callback is not needed. One that is set, with [method@GLib.Source.set_callback], is called each
 * time after the directory was brought up to date, whether something changed or not; the source
 * ends if it returns %G_SOURCE_REMOVE.
 *
 * The source holds a reference to the directory. Several of them do no more than one does.
 *
 * See also: `inotify(7)`
 *
 * Returns: (transfer full): a new source, to be released with [method@GLib.Source.unref]
 *
 * Since: 1.0
 */
GSource *
mood_queue_directory_create_source (MoodQueueDirectory *self, GCancellable *cancellable)
{
  GSource *source;

  g_return_val_if_fail (MOOD_IS_QUEUE_DIRECTORY (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  source = g_source_new (&directory_source_funcs, sizeof (DirectorySource));
  g_source_set_static_name (source, "MoodQueueDirectory");
  ((DirectorySource *) source)->directory = g_object_ref (self);

  /* Without a descriptor it is never ready. */
  if (self->inotify_fd != -1)
    g_source_add_unix_fd (source, self->inotify_fd, G_IO_IN);

  if (cancellable != NULL)
    {
      GSource *cancellable_source = g_cancellable_source_new (cancellable);

      ((DirectorySource *) source)->cancellable = g_object_ref (cancellable);
      g_source_set_dummy_callback (cancellable_source);
      g_source_add_child_source (source, cancellable_source);
      g_source_unref (cancellable_source);
    }

  return source;
}

/**
 * mood_queue_directory_add_watch:
 * @self: a directory of queues
 *
 * Keeps the directory up to date from the main loop of the default main context, with
 * %G_PRIORITY_DEFAULT.
 *
 * This is [method@Mood.QueueDirectory.create_source] for the usual case. The watch holds a
 * reference to the directory, and ends when it is removed with [func@GLib.Source.remove].
 *
 * Returns: the ID of the watch, greater than 0
 *
 * Since: 1.0
 */
guint
mood_queue_directory_add_watch (MoodQueueDirectory *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_DIRECTORY (self), 0);

  return mood_source_attach_default (mood_queue_directory_create_source (self, NULL),
                                     G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}
