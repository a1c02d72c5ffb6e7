/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a directory tells of one queue. */

#include "mood-queue-info-private.h"

#include "mood-name-private.h"
#include "mood-time-private.h"

/**
 * MoodQueueInfo:
 *
 * What is known of a message queue that need not be open: an item of a [class@Mood.QueueDirectory].
 *
 * What `stat(2)` tells, from [property@Mood.QueueInfo:mode] to [property@Mood.QueueInfo:ctime], is
 * always known, and kept up to date as the directory is. The kernel reports a change of the mode or
 * the owner, but neither sending nor receiving.
 *
 * The figures, from [property@Mood.QueueInfo:curmsgs] to [property@Mood.QueueInfo:notify-pid], are
 * known only to who opens the queue to receive: [method@Mood.QueueDirectory.refresh] does so, and
 * they are what they were then. They are -1 before the first refresh, and if the mode of the queue
 * does not let this process receive from it.
 *
 * The notification of a property comes when it has another value than before.
 *
 * When the queue is unlinked, the directory lets go of the object, which stays as it is. A queue
 * that is created under the same name is another one, and gets an object of its own. One that was
 * not made by a directory describes no queue, and has an empty name.
 *
 * See also: `stat(2)`, `mq_getattr(3)`, `mq_overview(7)`
 *
 * Since: 1.0
 */
struct _MoodQueueInfo
{
  GObject parent_instance;

  char *name;
  char *display_name;
  guint mode;
  guint uid;
  guint gid;
  guint64 inode;
  GDateTime *atime;
  GDateTime *mtime;
  GDateTime *ctime;
  gint64 curmsgs;
  gint64 maxmsg;
  gint64 msgsize;
  gint64 queued_bytes;
  int notify_pid;

  /* What reading the figures has made of these two. */
  gint64 atime_of_reading;
  gint64 ctime_of_reading;
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_DISPLAY_NAME,
  PROP_MODE,
  PROP_UID,
  PROP_GID,
  PROP_INODE,
  PROP_ATIME,
  PROP_MTIME,
  PROP_CTIME,
  PROP_CURMSGS,
  PROP_MAXMSG,
  PROP_MSGSIZE,
  PROP_QUEUED_BYTES,
  PROP_NOTIFY_PID,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_TYPE (MoodQueueInfo, mood_queue_info, G_TYPE_OBJECT)

static void
mood_queue_info_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  MoodQueueInfo *self = MOOD_QUEUE_INFO (object);

  switch (property_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;

    case PROP_DISPLAY_NAME:
      g_value_set_string (value, self->display_name);
      break;

    case PROP_MODE:
      g_value_set_uint (value, self->mode);
      break;

    case PROP_UID:
      g_value_set_uint (value, self->uid);
      break;

    case PROP_GID:
      g_value_set_uint (value, self->gid);
      break;

    case PROP_INODE:
      g_value_set_uint64 (value, self->inode);
      break;

    case PROP_ATIME:
      g_value_set_boxed (value, self->atime);
      break;

    case PROP_MTIME:
      g_value_set_boxed (value, self->mtime);
      break;

    case PROP_CTIME:
      g_value_set_boxed (value, self->ctime);
      break;

    case PROP_CURMSGS:
      g_value_set_int64 (value, self->curmsgs);
      break;

    case PROP_MAXMSG:
      g_value_set_int64 (value, self->maxmsg);
      break;

    case PROP_MSGSIZE:
      g_value_set_int64 (value, self->msgsize);
      break;

    case PROP_QUEUED_BYTES:
      g_value_set_int64 (value, self->queued_bytes);
      break;

    case PROP_NOTIFY_PID:
      g_value_set_int (value, self->notify_pid);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
mood_queue_info_finalize (GObject *object)
{
  MoodQueueInfo *self = MOOD_QUEUE_INFO (object);

  g_free (self->name);
  g_free (self->display_name);
  g_date_time_unref (self->atime);
  g_date_time_unref (self->mtime);
  g_date_time_unref (self->ctime);

  G_OBJECT_CLASS (mood_queue_info_parent_class)->finalize (object);
}

static void
mood_queue_info_class_init (MoodQueueInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = mood_queue_info_get_property;
  object_class->finalize = mood_queue_info_finalize;

  /**
   * MoodQueueInfo:name: (getter get_name)
   *
   * The name of the queue, with its slash.
   *
   * A name that is not UTF-8 can be read with [method@Mood.QueueInfo.get_name], and shown with
   * [property@Mood.QueueInfo:display-name].
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);

  /**
   * MoodQueueInfo:display-name: (getter get_display_name)
   *
   * The name of the queue for people to read: in it, bytes that are not UTF-8 are replaced, and so
   * are control characters.
   *
   * Since: 1.0
   */
  properties[PROP_DISPLAY_NAME] = g_param_spec_string ("display-name", NULL, NULL, "", flags);

  /**
   * MoodQueueInfo:mode: (getter get_mode)
   *
   * The mode of the queue: the type of file and the permissions, as `st_mode` of `stat(2)` has
   * them.
   *
   * Since: 1.0
   */
  properties[PROP_MODE] = g_param_spec_uint ("mode", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * MoodQueueInfo:uid: (getter get_uid)
   *
   * The ID of the user that owns the queue.
   *
   * Since: 1.0
   */
  properties[PROP_UID] = g_param_spec_uint ("uid", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * MoodQueueInfo:gid: (getter get_gid)
   *
   * The ID of the group of the queue.
   *
   * Since: 1.0
   */
  properties[PROP_GID] = g_param_spec_uint ("gid", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * MoodQueueInfo:inode: (getter get_inode)
   *
   * The number of the queue's inode, which tells it from another that had or will have its name.
   *
   * Since: 1.0
   */
  properties[PROP_INODE] = g_param_spec_uint64 ("inode", NULL, NULL, 0, G_MAXUINT64, 0, flags);

  /**
   * MoodQueueInfo:atime: (getter get_atime)
   *
   * When something was last sent, received or read from the queue, in UTC and whole seconds.
   *
   * To read the figures sets it, for this process as for others, such as `cat /dev/mqueue/jobs`.
   * What the refreshing of this directory does to it is not shown. Whether anybody still uses a
   * queue is better told by [property@Mood.QueueInfo:mtime].
   *
   * Since: 1.0
   */
  properties[PROP_ATIME] = g_param_spec_boxed ("atime", NULL, NULL, G_TYPE_DATE_TIME, flags);

  /**
   * MoodQueueInfo:mtime: (getter get_mtime)
   *
   * When a message was last sent to or received from the queue, or the queue created, in UTC and
   * whole seconds.
   *
   * Since: 1.0
   */
  properties[PROP_MTIME] = g_param_spec_boxed ("mtime", NULL, NULL, G_TYPE_DATE_TIME, flags);

  /**
   * MoodQueueInfo:ctime: (getter get_ctime)
   *
   * When the queue was last used or its mode or owner changed, in UTC and whole seconds.
   *
   * To read the figures sets it, as with [property@Mood.QueueInfo:atime].
   *
   * Since: 1.0
   */
  properties[PROP_CTIME] = g_param_spec_boxed ("ctime", NULL, NULL, G_TYPE_DATE_TIME, flags);

  /**
   * MoodQueueInfo:curmsgs: (getter get_curmsgs)
   *
   * How many messages waited in the queue when the directory was refreshed; -1 if that is not
   * known.
   *
   * Since: 1.0
   */
  properties[PROP_CURMSGS] = g_param_spec_int64 ("curmsgs", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * MoodQueueInfo:maxmsg: (getter get_maxmsg)
   *
   * How many messages the queue can hold; -1 if that is not known.
   *
   * Since: 1.0
   */
  properties[PROP_MAXMSG] = g_param_spec_int64 ("maxmsg", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * MoodQueueInfo:msgsize: (getter get_msgsize)
   *
   * How many bytes a message in the queue can have; -1 if that is not known.
   *
   * Since: 1.0
   */
  properties[PROP_MSGSIZE] = g_param_spec_int64 ("msgsize", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * MoodQueueInfo:queued-bytes: (getter get_queued_bytes)
   *
   * How many bytes the messages that waited in the queue had together when the directory was
   * refreshed; -1 if that is not known.
   *
   * Since: 1.0
   */
  properties[PROP_QUEUED_BYTES] =
      g_param_spec_int64 ("queued-bytes", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * MoodQueueInfo:notify-pid: (getter get_notify_pid)
   *
   * The ID of the process that was registered for notification, as by `mq_notify(3)`, when the
   * directory was refreshed; 0 if there was none or it is out of sight in another PID namespace, -1
   * if that is not known.
   *
   * Since: 1.0
   */
  properties[PROP_NOTIFY_PID] =
      g_param_spec_int ("notify-pid", NULL, NULL, -1, G_MAXINT, -1, flags);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
mood_queue_info_init (MoodQueueInfo *self)
{
  self->name = g_strdup ("");
  self->display_name = g_strdup ("");
  self->atime = mood_time_new (0);
  self->mtime = g_date_time_ref (self->atime);
  self->ctime = g_date_time_ref (self->atime);
  self->curmsgs = -1;
  self->maxmsg = -1;
  self->msgsize = -1;
  self->queued_bytes = -1;
  self->notify_pid = -1;
  self->atime_of_reading = -1;
  self->ctime_of_reading = -1;
}

/* @file_name is the name without its slash. */
MoodQueueInfo *
mood_queue_info_new (const char *file_name)
{
  MoodQueueInfo *self = g_object_new (MOOD_TYPE_QUEUE_INFO, NULL);

  g_free (self->name);
  self->name = g_strconcat ("/", file_name, NULL);
  g_free (self->display_name);
  self->display_name = mood_name_make_display_name (self->name);

  return self;
}

const char *
mood_queue_info_get_file_name (MoodQueueInfo *self)
{
  return self->name + 1;
}

static void
notify (MoodQueueInfo *self, guint property_id)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property_id]);
}

static void
set_uint (MoodQueueInfo *self, guint *field, guint figure, guint property_id)
{
  if (*field == figure)
    return;

  *field = figure;
  notify (self, property_id);
}

static void
set_int64 (MoodQueueInfo *self, gint64 *field, gint64 figure, guint property_id)
{
  if (*field == figure)
    return;

  *field = figure;
  notify (self, property_id);
}

static gboolean
set_time (MoodQueueInfo *self, GDateTime **field, gint64 seconds, guint property_id)
{
  GDateTime *time = mood_time_new (seconds);

  if (g_date_time_equal (*field, time))
    {
      g_date_time_unref (time);
      return FALSE;
    }

  g_date_time_unref (*field);
  *field = time;
  notify (self, property_id);

  return TRUE;
}

/* Sending and receiving set all three times, and looking the first and the last: as long as the
 * second stays, the other two may be this process's own doing, which shall not look like use. */
static void
set_times (MoodQueueInfo *self, const struct stat *status)
{
  gboolean was_used = set_time (self, &self->mtime, status->st_mtime, PROP_MTIME);

  if (was_used || status->st_atime != self->atime_of_reading)
    set_time (self, &self->atime, status->st_atime, PROP_ATIME);
  if (was_used || status->st_ctime != self->ctime_of_reading)
    set_time (self, &self->ctime, status->st_ctime, PROP_CTIME);
}

static void
set_figures (MoodQueueInfo *self, const MoodQueueInspection *inspection)
{
  set_int64 (self, &self->curmsgs, inspection->curmsgs, PROP_CURMSGS);
  set_int64 (self, &self->maxmsg, inspection->maxmsg, PROP_MAXMSG);
  set_int64 (self, &self->msgsize, inspection->msgsize, PROP_MSGSIZE);
  set_int64 (self, &self->queued_bytes, inspection->queued_bytes, PROP_QUEUED_BYTES);

  if (self->notify_pid != inspection->notify_pid)
    {
      self->notify_pid = inspection->notify_pid;
      notify (self, PROP_NOTIFY_PID);
    }
}

/* Takes over what is known by now. The notifications come when all of it is in place. */
void
mood_queue_info_update (MoodQueueInfo *self, const MoodQueueInspection *inspection)
{
  static const MoodQueueInspection unknown = { .curmsgs = -1,
                                               .maxmsg = -1,
                                               .msgsize = -1,
                                               .queued_bytes = -1,
                                               .notify_pid = -1 };

  g_object_freeze_notify (G_OBJECT (self));

  self->inode = inspection->status.st_ino;
  set_uint (self, &self->mode, inspection->status.st_mode, PROP_MODE);
  set_uint (self, &self->uid, inspection->status.st_uid, PROP_UID);
  set_uint (self, &self->gid, inspection->status.st_gid, PROP_GID);
  set_times (self, &inspection->status);

  if (inspection->has_figures)
    {
      set_figures (self, inspection);
      self->atime_of_reading = inspection->status_afterwards.st_atime;
      self->ctime_of_reading = inspection->status_afterwards.st_ctime;
    }
  else if (inspection->figures_errno != 0)
    set_figures (self, &unknown);

  g_object_thaw_notify (G_OBJECT (self));
}

/**
 * mood_queue_info_get_name: (get-property name)
 * @self: what is known of a queue
 *
 * Gets the name of the queue, with its slash.
 *
 * Returns: (type filename) (transfer none): the name, which is empty if it is no directory's
 *
 * Since: 1.0
 */
const char *
mood_queue_info_get_name (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), NULL);

  return self->name;
}

/**
 * mood_queue_info_get_display_name: (get-property display-name)
 * @self: what is known of a queue
 *
 * Gets the name of the queue for people to read.
 *
 * Anybody can create a queue under a name that is no text, or does something to a terminal. In this
 * one bytes that are not UTF-8 are replaced, and so are control characters. To open the queue takes
 * [method@Mood.QueueInfo.get_name].
 *
 * Returns: (transfer none): the name, in UTF-8
 *
 * Since: 1.0
 */
const char *
mood_queue_info_get_display_name (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), NULL);

  return self->display_name;
}

/**
 * mood_queue_info_get_mode: (get-property mode)
 * @self: what is known of a queue
 *
 * Gets the mode of the queue: the type of file and the permissions.
 *
 * See also: `stat(2)`
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
guint
mood_queue_info_get_mode (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), 0);

  return self->mode;
}

/**
 * mood_queue_info_get_uid: (get-property uid)
 * @self: what is known of a queue
 *
 * Gets the ID of the user that owns the queue.
 *
 * Returns: the ID
 *
 * Since: 1.0
 */
guint
mood_queue_info_get_uid (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), 0);

  return self->uid;
}

/**
 * mood_queue_info_get_gid: (get-property gid)
 * @self: what is known of a queue
 *
 * Gets the ID of the group of the queue.
 *
 * Returns: the ID
 *
 * Since: 1.0
 */
guint
mood_queue_info_get_gid (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), 0);

  return self->gid;
}

/**
 * mood_queue_info_get_inode: (get-property inode)
 * @self: what is known of a queue
 *
 * Gets the number of the queue's inode.
 *
 * No two queues have the same at one time, and none gets that of one which was just unlinked.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint64
mood_queue_info_get_inode (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), 0);

  return self->inode;
}

/**
 * mood_queue_info_get_atime: (get-property atime)
 * @self: what is known of a queue
 *
 * Gets when something was last sent, received or read from the queue.
 *
 * A later change gives the object another time, and leaves this one as it is: take a reference to
 * keep it.
 *
 * Returns: (transfer none): the time, in UTC and whole seconds
 *
 * Since: 1.0
 */
GDateTime *
mood_queue_info_get_atime (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), NULL);

  return self->atime;
}

/**
 * mood_queue_info_get_mtime: (get-property mtime)
 * @self: what is known of a queue
 *
 * Gets when a message was last sent or received, or the queue created.
 *
 * A later change gives the object another time, and leaves this one as it is: take a reference to
 * keep it.
 *
 * Returns: (transfer none): the time, in UTC and whole seconds
 *
 * Since: 1.0
 */
GDateTime *
mood_queue_info_get_mtime (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), NULL);

  return self->mtime;
}

/**
 * mood_queue_info_get_ctime: (get-property ctime)
 * @self: what is known of a queue
 *
 * Gets when the queue was last used or its mode or owner changed.
 *
 * A later change gives the object another time, and leaves this one as it is: take a reference to
 * keep it.
 *
 * Returns: (transfer none): the time, in UTC and whole seconds
 *
 * Since: 1.0
 */
GDateTime *
mood_queue_info_get_ctime (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), NULL);

  return self->ctime;
}

/**
 * mood_queue_info_get_curmsgs: (get-property curmsgs)
 * @self: what is known of a queue
 *
 * Gets how many messages waited in the queue when the directory was refreshed.
 *
 * Returns: the number, or -1 if it is not known
 *
 * Since: 1.0
 */
gint64
mood_queue_info_get_curmsgs (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), -1);

  return self->curmsgs;
}

/**
 * mood_queue_info_get_maxmsg: (get-property maxmsg)
 * @self: what is known of a queue
 *
 * Gets how many messages the queue can hold.
 *
 * Returns: the number, or -1 if it is not known
 *
 * Since: 1.0
 */
gint64
mood_queue_info_get_maxmsg (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), -1);

  return self->maxmsg;
}

/**
 * mood_queue_info_get_msgsize: (get-property msgsize)
 * @self: what is known of a queue
 *
 * Gets how many bytes a message in the queue can have.
 *
 * Returns: the number, or -1 if it is not known
 *
 * Since: 1.0
 */
gint64
mood_queue_info_get_msgsize (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), -1);

  return self->msgsize;
}

/**
 * mood_queue_info_get_queued_bytes: (get-property queued-bytes)
 * @self: what is known of a queue
 *
 * Gets how many bytes the messages that waited in the queue had together when the directory was
 * refreshed.
 *
 * Returns: the number, or -1 if it is not known
 *
 * Since: 1.0
 */
gint64
mood_queue_info_get_queued_bytes (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), -1);

  return self->queued_bytes;
}

/**
 * mood_queue_info_get_notify_pid: (get-property notify-pid)
 * @self: what is known of a queue
 *
 * Gets the ID of the process that was registered for notification when the directory was refreshed.
 *
 * See also: `mq_notify(3)`
 *
 * Returns: the ID, 0 if there was none in sight, or -1 if it is not known
 *
 * Since: 1.0
 */
int
mood_queue_info_get_notify_pid (MoodQueueInfo *self)
{
  g_return_val_if_fail (MOOD_IS_QUEUE_INFO (self), -1);

  return self->notify_pid;
}
