/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list: how it is brought up to date, and what it is to those who look at it. */

#include "mood-queue-directory-private.h"

#include "mood-error-private.h"
#include "mood-message-queue-private.h"
#include "mood-queue-info-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/**
 * MoodQueueDirectory:
 *
 * The message queues that exist: all those in the IPC namespace of the process.
 *
 * It is a [iface@Gio.ListModel] of [class@Mood.QueueInfo], in the order of the bytes of their
 * names. The queues of other users are among them; what is known of one depends on its mode.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (MoodQueueDirectory) directory = mood_queue_directory_new (&error);
 *
 * if (directory == NULL || !mood_queue_directory_refresh (directory, &error))
 *   g_printerr ("%s\n", error->message);
 * else
 *   for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (directory)); i++)
 *     {
 *       g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);
 *
 *       g_print ("%s: %" G_GINT64_FORMAT " messages\n", mood_queue_info_get_display_name (info),
 *                mood_queue_info_get_curmsgs (info));
 *     }
 * ```
 *
 * The list is made when the directory is. From then on it changes when
 * [method@Mood.QueueDirectory.refresh] is called, and by itself as long as there is a watch, which
 * [method@Mood.QueueDirectory.add_watch] adds. That costs nothing while no queue is created,
 * unlinked or given another mode or owner. The kernel does not report sending and receiving: how
 * many messages wait in each queue is known as of the last refresh. A queue that is unlinked at
 * once after it was created may never show.
 *
 * Each change is told when it has been made, by [signal@Gio.ListModel::items-changed] and by the
 * notifications of the [class@Mood.QueueInfo]. The handlers may do as they like: use the directory,
 * refresh it, create and unlink queues, and let go of the directory. The list does not change again
 * before all of them have been told. A queue that was unlinked and created anew counts as replaced,
 * by an item of its own.
 *
 * The file system that lists the queues is mounted privately where the process may do that, which
 * takes CAP_SYS_ADMIN and shows nothing to anybody else. Where it may not, the one at `/dev/mqueue`
 * is read. The directory stays with the IPC namespace that the process was in when it was made.
 *
 * As is usual with list models, a directory belongs to one thread: the one that uses it, and runs
 * the main loop that its watch is in. A child of `fork(2)` makes one of its own.
 *
 * See also: `mq_overview(7)`, `ipc_namespaces(7)`
 *
 * Since: 1.0
 */

enum
{
  PROP_0,
  PROP_N_ITEMS,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

static void mood_queue_directory_initable_iface_init (GInitableIface *iface);
static void mood_queue_directory_list_model_iface_init (GListModelInterface *iface);

G_DEFINE_TYPE_WITH_CODE (MoodQueueDirectory,
                         mood_queue_directory,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE,
                                                mood_queue_directory_initable_iface_init)
                             G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                    mood_queue_directory_list_model_iface_init))

/* Queues next to each other, in the list, to be replaced by others together. */
typedef struct
{
  guint position;
  guint n_removed;
  GPtrArray *added;
} Change;

static MoodQueueInfo *
get_info (MoodQueueDirectory *self, guint position)
{
  return g_ptr_array_index (self->infos, position);
}

/* The position that a queue has or would have; tells whether it has it. */
static gboolean
find (MoodQueueDirectory *self, const char *file_name, guint *position)
{
  guint begin = 0;
  guint end = self->infos->len;

  while (begin < end)
    {
      guint middle = begin + (end - begin) / 2;
      int order = strcmp (mood_queue_info_get_file_name (get_info (self, middle)), file_name);

      if (order == 0)
        {
          *position = middle;
          return TRUE;
        }

      if (order < 0)
        begin = middle + 1;
      else
        end = middle;
    }

  *position = begin;

  return FALSE;
}

static gboolean
is_pending (const Change *change)
{
  return change->n_removed > 0 || change->added->len > 0;
}

/* Makes the change and tells of it; then, anything may have happened, but no other change to the
 * list: those who are told after somebody who made one would be told of the later change first. */
static void
commit (MoodQueueDirectory *self, Change *change)
{
  guint n_added = change->added->len;
  guint n_removed = change->n_removed;
  guint old_length = self->infos->len;
  guint n_after = old_length - change->position - n_removed;
  g_autofree gpointer *removed = NULL;
  gpointer *at;

  if (!is_pending (change))
    return;

  g_ptr_array_set_size (self->infos, (int) (old_length + n_added));
  at = self->infos->pdata + change->position;
  removed = g_memdup2 (at, n_removed * sizeof *at);
  memmove (at + n_added, at + n_removed, n_after * sizeof *at);
  if (n_added > 0)
    memcpy (at, change->added->pdata, n_added * sizeof *at);
  g_ptr_array_set_size (self->infos, (int) (old_length - n_removed + n_added));

  g_ptr_array_set_size (change->added, 0);
  change->n_removed = 0;

  self->is_telling = TRUE;
  g_list_model_items_changed (G_LIST_MODEL (self), change->position, n_removed, n_added);
  self->is_telling = FALSE;
  if (n_removed != n_added)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ITEMS]);

  /* Not before, because that may call back, too. */
  for (guint i = 0; i < n_removed; i++)
    g_object_unref (removed[i]);
}

/* Of several errors the first is kept. */
static void
set_inspection_error (GError **error, const char *file_name, int errsv)
{
  g_autofree char *name = g_strconcat ("/", file_name, NULL);

  if (error != NULL && *error == NULL)
    mood_set_error_from_errno (error, errsv, "inspect", name,
                               errsv == EMFILE ? "close descriptors, or raise the limit with "
                                                 "“ulimit -n”"
                                               : NULL);
}

/* That a queue may not be received from is no error, but the way it is; nor is it that somebody has
 * a lease on it, as who is about to replace it has. */
static gboolean
is_error (int figures_errno)
{
  return figures_errno != 0 && figures_errno != EACCES && figures_errno != EPERM &&
         figures_errno != EAGAIN;
}

/* Looks at one queue, and makes the list right about it, or adds that to what is pending. Returns
 * FALSE if that is still to be done: something that was pending had to be told first, or the queue
 * became another one meanwhile. */
static gboolean
examine (MoodQueueDirectory *self,
         const char *file_name,
         gboolean with_figures,
         Change *change,
         GError **error)
{
  MoodQueueInspection inspection;
  guint position;
  gboolean exists = mood_queue_inspect (dirfd (self->stream), file_name, &inspection) == 0;
  gboolean was_listed;
  gboolean is_same;
  gboolean is_change;

  /* It may well be there, and what was known of it holds. */
  if (!exists && errno != ENOENT)
    {
      set_inspection_error (error, file_name, errno);
      return TRUE;
    }

  was_listed = find (self, file_name, &position);
  is_same = exists && was_listed &&
            mood_queue_info_get_inode (get_info (self, position)) == inspection.status.st_ino;
  is_change = !is_same && (exists || was_listed);

  /* Only what is next to each other is one change. */
  if (is_pending (change) &&
      (is_same || (is_change && position != change->position + change->n_removed)))
    {
      commit (self, change);
      return FALSE;
    }

  /* Not before: reading them sets times of the queue, so that to do it twice would look like use by
   * somebody else. */
  if (exists && with_figures &&
      !mood_queue_inspect_figures (dirfd (self->stream), file_name, &inspection))
    return FALSE;

  if (is_change && !is_pending (change))
    change->position = position;

  if (is_change && was_listed)
    change->n_removed++;

  if (exists)
    {
      MoodQueueInfo *info =
          is_same ? g_object_ref (get_info (self, position)) : mood_queue_info_new (file_name);

      if (is_error (inspection.figures_errno))
        set_inspection_error (error, file_name, inspection.figures_errno);

      mood_queue_info_update (info, &inspection);
      if (is_change)
        g_ptr_array_add (change->added, info);
      else
        g_object_unref (info);
    }

  return TRUE;
}

/* Makes the list right about the queues of these names, which are in order. Each is looked at when
 * it has its turn, because a handler that is called meanwhile may have created, unlinked or
 * refreshed. */
static void
bring_up_to_date (MoodQueueDirectory *self,
                  GPtrArray *file_names,
                  gboolean with_figures,
                  GError **error)
{
  Change change = { 0, 0, g_ptr_array_new () };

  g_object_ref (self);

  for (guint i = 0; i < file_names->len; i++)
    while (!examine (self, g_ptr_array_index (file_names, i), with_figures, &change, error))
      ;
  commit (self, &change);

  g_ptr_array_unref (change.added);
  g_object_unref (self);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names of all queues that exist or are listed, in order and each once. @errsv becomes 0, or
 * tells why they are not complete. */
static GPtrArray *
get_all_names (MoodQueueDirectory *self, int *errsv)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const struct dirent *entry;

  rewinddir (self->stream);
  while (errno = 0, (entry = readdir (self->stream)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (sorted, g_strdup (entry->d_name));
  *errsv = errno;

  for (guint i = 0; i < self->infos->len; i++)
    g_ptr_array_add (sorted, g_strdup (mood_queue_info_get_file_name (get_info (self, i))));

  g_ptr_array_sort (sorted, compare_names);
  for (guint i = 0; i < sorted->len; i++)
    {
      char *name = g_ptr_array_index (sorted, i);

      if (names->len > 0 && strcmp (name, g_ptr_array_index (names, names->len - 1)) == 0)
        g_free (name);
      else
        g_ptr_array_add (names, name);
    }

  return names;
}

static GPtrArray *
take_stale_names (MoodQueueDirectory *self)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->stale_names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_ptr_array_add (names, name);
      g_hash_table_iter_steal (&iter);
    }
  g_ptr_array_sort (names, compare_names);

  return names;
}

/* Lists everything anew, after which nothing that was read before counts. */
static gboolean
list_all (MoodQueueDirectory *self, const char *action, gboolean with_figures, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;
  GError *first_error = NULL;
  int errsv;

  mood_queue_directory_read_events (self);
  g_hash_table_remove_all (self->stale_names);
  self->is_all_stale = FALSE;

  names = get_all_names (self, &errsv);
  if (errsv != 0)
    mood_set_error_about (&first_error, g_io_error_from_errno (errsv), action,
                          MOOD_DIRECTORY_OBJECT, "%s", g_strerror (errsv));

  bring_up_to_date (self, names, with_figures, &first_error);

  if (first_error == NULL)
    return TRUE;

  g_propagate_error (error, first_error);

  return FALSE;
}

/* What a handler of a change has asked for. */
static void
refresh_if_due (MoodQueueDirectory *self)
{
  while (self->is_refresh_due)
    {
      self->is_refresh_due = FALSE;
      list_all (self, "refresh", TRUE, NULL);
    }
}

/* Acts on what was read from inotify. An event tells no more than which queue to look at: what it
 * says of it may have passed. */
void
mood_queue_directory_apply_events (MoodQueueDirectory *self)
{
  g_autoptr (GPtrArray) names = NULL;
  int errsv;

  g_object_ref (self);

  names = self->is_all_stale ? get_all_names (self, &errsv) : take_stale_names (self);
  self->is_all_stale = FALSE;
  bring_up_to_date (self, names, FALSE, NULL);
  refresh_if_due (self);

  g_object_unref (self);
}

static gboolean
mood_queue_directory_initable_init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  MoodQueueDirectory *self = MOOD_QUEUE_DIRECTORY (initable);

  if (g_cancellable_is_cancelled (cancellable))
    {
      mood_set_error_about (error, G_IO_ERROR_CANCELLED, "open", MOOD_DIRECTORY_OBJECT,
                            "the call was cancelled");
      return FALSE;
    }

  /* GInitable asks for this to be repeatable. */
  if (self->stream != NULL)
    return TRUE;

  return mood_queue_directory_open (self, error) && list_all (self, "open", FALSE, error);
}

static void
mood_queue_directory_initable_iface_init (GInitableIface *iface)
{
  iface->init = mood_queue_directory_initable_init;
}

static GType
mood_queue_directory_get_item_type (GListModel *model)
{
  return MOOD_TYPE_QUEUE_INFO;
}

static guint
mood_queue_directory_get_n_items (GListModel *model)
{
  return MOOD_QUEUE_DIRECTORY (model)->infos->len;
}

static gpointer
mood_queue_directory_get_item (GListModel *model, guint position)
{
  MoodQueueDirectory *self = MOOD_QUEUE_DIRECTORY (model);

  return position < self->infos->len ? g_object_ref (get_info (self, position)) : NULL;
}

static void
mood_queue_directory_list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = mood_queue_directory_get_item_type;
  iface->get_n_items = mood_queue_directory_get_n_items;
  iface->get_item = mood_queue_directory_get_item;
}

static void
mood_queue_directory_get_property (GObject *object,
                                   guint property_id,
                                   GValue *value,
                                   GParamSpec *pspec)
{
  MoodQueueDirectory *self = MOOD_QUEUE_DIRECTORY (object);

  switch (property_id)
    {
    case PROP_N_ITEMS:
      g_value_set_uint (value, self->infos->len);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
mood_queue_directory_finalize (GObject *object)
{
  MoodQueueDirectory *self = MOOD_QUEUE_DIRECTORY (object);

  for (guint i = 0; i < self->infos->len; i++)
    g_object_unref (get_info (self, i));
  g_ptr_array_unref (self->infos);
  g_hash_table_unref (self->stale_names);

  if (self->stream != NULL)
    closedir (self->stream);
  if (self->inotify_fd != -1)
    close (self->inotify_fd);
  mood_queue_inspection_release_descriptors ();

  G_OBJECT_CLASS (mood_queue_directory_parent_class)->finalize (object);
}

static void
mood_queue_directory_class_init (MoodQueueDirectoryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  /* Descriptors are put aside under the queues' lock, which their class keeps right in a fork. */
  g_type_class_ref (MOOD_TYPE_MESSAGE_QUEUE);

  object_class->get_property = mood_queue_directory_get_property;
  object_class->finalize = mood_queue_directory_finalize;

  /**
   * MoodQueueDirectory:n-items:
   *
   * How many queues the directory lists.
   *
   * Since: 1.0
   */
  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
mood_queue_directory_init (MoodQueueDirectory *self)
{
  self->inotify_fd = -1;
  self->infos = g_ptr_array_new ();
  self->stale_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * mood_queue_directory_new: (constructor)
 * @error: return location for an error
 *
 * Opens the directory of message queues, and lists those that exist.
 *
 * Their figures are not known yet: that takes [method@Mood.QueueDirectory.refresh].
 *
 * Where the process may not mount the file system for itself, and reads the one at `/dev/mqueue`,
 * it makes sure that this is the one of its own IPC namespace: by a queue of one message of one
 * byte and a random name, which is gone at once. Where not even such a queue can be created, the
 * mounted one is taken for its own.
 *
 * Errors:
 *
 * - %G_IO_ERROR_NOT_MOUNTED if the process may not mount the file system and finds it at
 *   `/dev/mqueue` not mounted, or mounted for another IPC namespace; the message says how to mount
 *   it;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has too many descriptors, or the user too many
 *   inotify instances (`/proc/sys/fs/inotify/max_user_instances`);
 * - %G_IO_ERROR_NO_SPACE if the user watches too many files by inotify
 *   (`/proc/sys/fs/inotify/max_user_watches`);
 * - %G_IO_ERROR_NOT_SUPPORTED if the kernel has no POSIX message queues;
 * - %G_IO_ERROR_NOT_FOUND if `/proc` is not mounted.
 *
 * What else the kernel reports becomes the error code that GIO has for it.
 *
 * See also: `mq_overview(7)`, `inotify(7)`
 *
 * Returns: (transfer full): a new directory, or %NULL with @error set
 *
 * Since: 1.0
 */
MoodQueueDirectory *
mood_queue_directory_new (GError **error)
{
  return g_initable_new (MOOD_TYPE_QUEUE_DIRECTORY, NULL, error, NULL);
}

/**
 * mood_queue_directory_refresh:
 * @self: a directory of queues
 * @error: return location for an error
 *
 * Brings the list, and all that is known of each queue, up to date.
 *
 * Each queue is opened to receive, without receiving, for its figures: how many messages wait, how
 * many can, how long they are, and who is registered for notification. A queue that the process may
 * not open so is no error, nor is one that another process has a lease on, as who replaces it
 * (%MOOD_GEOMETRY_POLICY_REPLACE) has for an instant; its figures are -1.
 *
 * To a registration of this process's own no harm is done: closing any descriptor of a queue takes
 * it back, so the one that the figures are read by is kept as long as the registration, even
 * without the directory, and closed when a later refresh finds it gone, or when a
 * [class@Mood.MessageQueue] is closed. Only another thread that registers by `mq_notify(3)` itself,
 * without libmood, at the very moment between reading and closing can lose its registration.
 *
 * From within a handler of [signal@Gio.ListModel::items-changed] it only asks for it, and returns
 * %TRUE: it is done as soon as all handlers have been told of that change, so that each is told of
 * every change in its order.
 *
 * On an error everything that can be is brought up to date all the same.
 *
 * Errors:
 *
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has too many descriptors;
 * - %G_IO_ERROR_PERMISSION_DENIED if the directory has lost the mode that lets the process look
 *   into it; the list stays as it is then;
 * - %G_IO_ERROR_NOT_SUPPORTED if the directory was opened by another process, of which this is a
 *   child;
 * - %G_IO_ERROR_NOT_INITIALIZED if the directory was never opened.
 *
 * What else the kernel reports becomes the error code that GIO has for it.
 *
 * See also: `mq_getattr(3)`, `mq_notify(3)`
 *
 * Returns: %TRUE if everything is up to date, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_queue_directory_refresh (MoodQueueDirectory *self, GError **error)
{
  gboolean is_refreshed;

  g_return_val_if_fail (MOOD_IS_QUEUE_DIRECTORY (self), FALSE);

  if (!mood_queue_directory_check_open (self, error))
    return FALSE;

  if (self->is_telling)
    {
      self->is_refresh_due = TRUE;
      return TRUE;
    }

  mood_queue_inspection_release_descriptors ();

  g_object_ref (self);
  is_refreshed = list_all (self, "refresh", TRUE, error);
  refresh_if_due (self);
  g_object_unref (self);

  return is_refreshed;
}

/**
 * mood_queue_directory_lookup:
 * @self: a directory of queues
 * @name: (type filename): the name of a queue, with its slash
 *
 * Finds a queue in the list by its name.
 *
 * This asks the list, not the kernel: a queue that was created since the list was last brought up
 * to date is not found.
 *
 * Returns: (transfer full) (nullable): what is known of the queue, or %NULL if it is not in the
 * list
 *
 * Since: 1.0
 */
MoodQueueInfo *
mood_queue_directory_lookup (MoodQueueDirectory *self, const char *name)
{
  guint position;

  g_return_val_if_fail (MOOD_IS_QUEUE_DIRECTORY (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (name[0] != '/' || !find (self, name + 1, &position))
    return NULL;

  return g_object_ref (get_info (self, position));
}
