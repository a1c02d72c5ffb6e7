/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the commands tell of a queue, and the words they tell it in. */

#include "figures.h"

#include "json.h"
#include "queue-name.h"

#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

void
figures_free (Figures *self)
{
  g_free (self->name);
  g_free (self->display_name);
  g_free (self);
}

/* -1 if there is no time. The kernel keeps whole seconds for a queue. */
static gint64
get_seconds (GDateTime *time)
{
  return time != NULL ? g_date_time_to_unix (time) : -1;
}

static gint64
take_seconds (GDateTime *time)
{
  g_autoptr (GDateTime) owned = time;

  return get_seconds (owned);
}

/* Of an entry of the directory. */
Figures *
figures_from_info (MoodQueueInfo *info)
{
  Figures *self = g_new0 (Figures, 1);

  self->name = g_strdup (mood_queue_info_get_name (info));
  self->display_name = g_strdup (mood_queue_info_get_display_name (info));
  self->inode = mood_queue_info_get_inode (info);
  self->mode = mood_queue_info_get_mode (info);
  self->uid = mood_queue_info_get_uid (info);
  self->gid = mood_queue_info_get_gid (info);
  self->curmsgs = mood_queue_info_get_curmsgs (info);
  self->maxmsg = mood_queue_info_get_maxmsg (info);
  self->msgsize = mood_queue_info_get_msgsize (info);
  self->queued_bytes = mood_queue_info_get_queued_bytes (info);
  self->notify_pid = mood_queue_info_get_notify_pid (info);
  self->atime = get_seconds (mood_queue_info_get_atime (info));
  self->mtime = get_seconds (mood_queue_info_get_mtime (info));
  self->ctime = get_seconds (mood_queue_info_get_ctime (info));

  return self;
}

/* Of a queue that is open. */
Figures *
figures_from_queue (MoodMessageQueue *queue)
{
  Figures *self = g_new0 (Figures, 1);
  struct stat status;

  self->name = g_strdup (mood_message_queue_get_name (queue));
  self->display_name = g_strdup (mood_message_queue_get_display_name (queue));
  if (fstat (mood_message_queue_fileno (queue), &status) == 0)
    self->inode = status.st_ino;
  /* First of all: to ask how many bytes wait sets two of them. */
  self->atime = take_seconds (mood_message_queue_get_atime (queue));
  self->mtime = take_seconds (mood_message_queue_get_mtime (queue));
  self->ctime = take_seconds (mood_message_queue_get_ctime (queue));
  self->mode = mood_message_queue_get_mode (queue);
  self->uid = mood_message_queue_get_uid (queue);
  self->gid = mood_message_queue_get_gid (queue);
  self->curmsgs = mood_message_queue_get_curmsgs (queue);
  self->maxmsg = mood_message_queue_get_maxmsg (queue);
  self->msgsize = mood_message_queue_get_msgsize (queue);
  self->queued_bytes = mood_message_queue_get_queued_bytes (queue);
  self->notify_pid = mood_message_queue_get_notify_pid (queue);

  return self;
}

/* Of the queue that the argument of a command means. */
Figures *
figures_of (const char *argument, GError **error)
{
  g_autofree char *name = queue_name_from_argument (argument);
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autoptr (GError) local_error = NULL;

  queue = queue_name_open (argument, MOOD_OPEN_RDONLY, &local_error);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    queue = queue_name_open (argument, MOOD_OPEN_WRONLY, NULL);
  if (queue != NULL)
    return figures_from_queue (queue);

  /* The directory tells of queues that may not be opened at all, where there is one. */
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) &&
      (directory = mood_queue_directory_new (NULL)) != NULL &&
      (info = mood_queue_directory_lookup (directory, name)) != NULL)
    return figures_from_info (info);

  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

static int
compare_names (gconstpointer one, gconstpointer other)
{
  const Figures *a = *(Figures *const *) one;
  const Figures *b = *(Figures *const *) other;

  return strcmp (a->name, b->name);
}

/* Of every queue that there is at this moment, by name. */
GPtrArray *
figures_of_directory (MoodQueueDirectory *directory, GError **error)
{
  GPtrArray *all;

  if (!mood_queue_directory_refresh (directory, error))
    return NULL;

  all = g_ptr_array_new_with_free_func ((GDestroyNotify) figures_free);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (directory)); i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);

      g_ptr_array_add (all, figures_from_info (info));
    }
  g_ptr_array_sort (all, compare_names);

  return all;
}

/* Likewise, for who asks once. */
GPtrArray *
figures_of_all (GError **error)
{
  g_autoptr (MoodQueueDirectory) directory = mood_queue_directory_new (error);

  return directory != NULL ? figures_of_directory (directory, error) : NULL;
}

/* Those members that say which queue it is and whose, inside an object that the caller begins and
 * ends. */
void
figures_add_identity_json (const Figures *self, JsonBuilder *builder)
{
  g_autofree char *mode = g_strdup_printf ("%04o", self->mode & 07777);
  g_autofree char *owner = self->uid != -1 ? figures_format_owner (self) : NULL;

  json_add_bytes (builder, "name", self->name, strlen (self->name));
  json_add_text (builder, "mode", mode);
  json_add_number (builder, "uid", self->uid);
  json_add_number (builder, "gid", self->gid);
  json_add_text (builder, "owner", owner);
}

/* All members, likewise. */
void
figures_add_json (const Figures *self, JsonBuilder *builder)
{
  figures_add_identity_json (self, builder);
  json_add_number (builder, "curmsgs", self->curmsgs);
  json_add_number (builder, "maxmsg", self->maxmsg);
  json_add_number (builder, "msgsize", self->msgsize);
  json_add_number (builder, "queued_bytes", self->queued_bytes);
  json_add_number (builder, "notify_pid", self->notify_pid);
  json_add_number (builder, "inode", self->inode != 0 ? (gint64) self->inode : -1);
  json_add_time (builder, "atime", self->atime);
  json_add_time (builder, "mtime", self->mtime);
  json_add_time (builder, "ctime", self->ctime);
}

/* As ls shows it, without the kind of the file. */
char *
figures_format_mode (const Figures *self)
{
  char *text = g_strdup ("rwxrwxrwx");

  for (int i = 0; i < 9; i++)
    if ((self->mode & (0400 >> i)) == 0)
      text[i] = '-';

  return text;
}

/* Names where there are names, else numbers. */
char *
figures_format_owner (const Figures *self)
{
  const struct passwd *user = getpwuid ((uid_t) self->uid);
  g_autofree char *user_name =
      user != NULL ? g_strdup (user->pw_name) : figures_format_number (self->uid);
  const struct group *group = getgrgid ((gid_t) self->gid);
  g_autofree char *group_name =
      group != NULL ? g_strdup (group->gr_name) : figures_format_number (self->gid);

  return g_strdup_printf ("%s:%s", user_name, group_name);
}

/* A dash for what is not known. */
char *
figures_format_number (gint64 number)
{
  return number == -1 ? g_strdup ("-") : g_strdup_printf ("%" PRId64, number);
}

char *
figures_format_depth (const Figures *self)
{
  g_autofree char *curmsgs = figures_format_number (self->curmsgs);
  g_autofree char *maxmsg = figures_format_number (self->maxmsg);

  return g_strdup_printf ("%s/%s", curmsgs, maxmsg);
}

static gboolean
is_depth_known (const Figures *self)
{
  return self->curmsgs != -1 && self->maxmsg > 0;
}

/* How full the queue is, as a bar of so many columns. It is full only for a queue that is, and
 * empty only for one that is. */
char *
figures_format_bar (const Figures *self, guint width)
{
  gboolean is_utf8 = g_get_charset (NULL);
  const char *full = is_utf8 ? "█" : "#";
  const char *empty = is_utf8 ? "░" : ".";
  GString *bar = g_string_new (NULL);
  guint filled = 0;

  if (!is_depth_known (self))
    return g_string_free (bar, FALSE);

  filled = (guint) (MIN (self->curmsgs, self->maxmsg) * width / self->maxmsg);
  if (filled == 0 && self->curmsgs > 0)
    filled = 1;
  for (guint i = 0; i < width; i++)
    g_string_append (bar, i < filled ? full : empty);

  return g_string_free (bar, FALSE);
}

/* A queue that is full holds up who sends. */
TerminalStyle
figures_get_depth_style (const Figures *self)
{
  if (!is_depth_known (self) || self->curmsgs == 0)
    return TERMINAL_STYLE_PLAIN;
  else if (self->curmsgs >= self->maxmsg)
    return TERMINAL_STYLE_ERROR;
  else if (self->curmsgs * 4 >= self->maxmsg * 3)
    return TERMINAL_STYLE_WARNING;
  else
    return TERMINAL_STYLE_GOOD;
}

/* The process with its name, as long as that can be seen. */
char *
figures_format_process (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", pid);
  g_autofree char *name = NULL;
  g_autofree char *shown = NULL;

  if (!g_file_get_contents (path, &name, NULL, NULL))
    return g_strdup_printf ("%d", pid);

  /* A process may give itself any name. */
  shown = terminal_make_safe (g_strchomp (name));

  return g_strdup_printf ("%d (%s)", pid, shown);
}

/* Who is to be notified of a message. */
char *
figures_format_notified (const Figures *self)
{
  return self->notify_pid > 0 ? figures_format_process (self->notify_pid) : g_strdup ("-");
}
