/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The object: its properties. */

#include "mood-message-queue-private.h"

#include "mood-enum-types.h"
#include "mood-error-private.h"
#include "mood-mq.h"
#include "mood-name-private.h"

#include <errno.h>

/**
 * MoodMessageQueue:
 *
 * A POSIX message queue.
 *
 * A message queue is a channel inside the kernel, known by a name, that carries whole messages with
 * priorities between any number of processes. Opening one gives a descriptor, which this object
 * owns.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (MoodMessageQueue) queue =
 *   mood_message_queue_new ("/jobs", MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 8, 256, &error);
 *
 * if (queue == NULL ||
 *     mood_message_queue_send (queue, (const guint8 *) "hello", 5, 0, NULL, &error) == -1)
 *   g_printerr ("%s\n", error->message);
 * ```
 *
 * The bytes and the priority of a message are all there is to it: processes that use `mq_send(3)`
 * and `mq_receive(3)` without libmood are equal partners.
 *
 * The queue outlives the object, and the process: it exists until it is unlinked, with
 * [method@Mood.MessageQueue.unlink] or [func@Mood.unlink], and nobody has it open any more.
 * Releasing the last reference to the object closes the descriptor as
 * [method@Mood.MessageQueue.close] does.
 *
 * An object can be used from several threads at once, and closed from any of them. In a program
 * with a main loop, [method@Mood.MessageQueue.add_receiver] brings the messages as they come, and
 * [method@Mood.MessageQueue.add_watch] tells when there is something to receive, or room to send.
 *
 * It is a [iface@Gio.DatagramBased], too, for code that is written to that interface: a
 * [class@Mood.PriorityMessage] is what has the priority there. [Waiting](waiting.html) describes
 * this, and says which of the many ways to wait is the right one.
 *
 * After a `fork(2)` parent and child each have a descriptor of their own; closing one does not
 * affect the other. The mode of [property@Mood.MessageQueue:blocking] is shared.
 *
 * See also: `mq_overview(7)`
 *
 * Since: 1.0
 */

enum
{
  PROP_0,
  PROP_NAME,
  PROP_DISPLAY_NAME,
  PROP_FLAGS,
  PROP_MODE,
  PROP_MAXMSG,
  PROP_MSGSIZE,
  PROP_CURMSGS,
  PROP_BLOCKING,
  PROP_CLOSED,
  PROP_FD,
  PROP_OWNERSHIP,
  PROP_GEOMETRY_POLICY,
  PROP_EXACT_MODE,
  PROP_CREATED,
  PROP_UNLINKED,
  PROP_QUEUED_BYTES,
  PROP_NOTIFY_PID,
  PROP_UID,
  PROP_GID,
  PROP_ATIME,
  PROP_MTIME,
  PROP_CTIME,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

gpointer mood_message_queue_class;

static void mood_message_queue_initable_iface_init (GInitableIface *iface);

G_DEFINE_TYPE_WITH_CODE (MoodMessageQueue,
                         mood_message_queue,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE,
                                                mood_message_queue_initable_iface_init)
                             G_IMPLEMENT_INTERFACE (G_TYPE_DATAGRAM_BASED,
                                                    mood_message_queue_datagram_based_iface_init))

static gboolean
mood_message_queue_initable_init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  MoodMessageQueue *self = MOOD_MESSAGE_QUEUE (initable);

  if (mood_set_error_if_cancelled (error, cancellable, "open", self->name))
    return FALSE;

  /* GInitable asks for this to be repeatable. */
  if ((g_atomic_int_get (&self->state) & MOOD_STATE_UNINITIALIZED) == 0)
    return TRUE;

  return mood_message_queue_open (self, error);
}

static void
mood_message_queue_initable_iface_init (GInitableIface *iface)
{
  iface->init = mood_message_queue_initable_init;
}

/* Says why a call may not use the descriptor: the first of the reasons in @refusals that counts. */
void
mood_message_queue_set_refused_error (MoodMessageQueue *self,
                                      guint refusals,
                                      const char *action,
                                      GError **error)
{
  if ((refusals & MOOD_STATE_UNINITIALIZED) != 0)
    mood_set_error (error, G_IO_ERROR_NOT_INITIALIZED, action, self->name,
                    "it was never opened; open it with g_initable_init(), or make it with "
                    "mood_message_queue_new(), and heed the error that this may give");
  else if ((refusals & MOOD_STATE_CLOSED) != 0)
    mood_set_error (error, G_IO_ERROR_CLOSED, action, self->name,
                    "it is closed; open it again by its name");
  else if ((refusals & MOOD_STATE_NOT_READABLE) != 0)
    mood_set_error (error, G_IO_ERROR_PERMISSION_DENIED, action, self->name,
                    "it was opened to send only; open it with the RDONLY or the RDWR flag");
  else
    mood_set_error (error, G_IO_ERROR_PERMISSION_DENIED, action, self->name,
                    "it was opened to receive only; open it with the WRONLY or the RDWR flag");
}

static void
mood_message_queue_get_property (GObject *object,
                                 guint property_id,
                                 GValue *value,
                                 GParamSpec *pspec)
{
  MoodMessageQueue *self = MOOD_MESSAGE_QUEUE (object);

  switch (property_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;

    case PROP_DISPLAY_NAME:
      g_value_set_string (value, mood_message_queue_get_display_name (self));
      break;

    case PROP_FLAGS:
      g_value_set_flags (value, self->flags);
      break;

    case PROP_MODE:
      g_value_set_uint (value, mood_message_queue_get_mode (self));
      break;

    case PROP_MAXMSG:
      g_value_set_int64 (value, self->maxmsg);
      break;

    case PROP_MSGSIZE:
      g_value_set_int64 (value, self->msgsize);
      break;

    case PROP_CURMSGS:
      g_value_set_int64 (value, mood_message_queue_get_curmsgs (self));
      break;

    case PROP_BLOCKING:
      g_value_set_boolean (value, mood_message_queue_get_blocking (self));
      break;

    case PROP_CLOSED:
      g_value_set_boolean (value, mood_message_queue_is_closed (self));
      break;

    case PROP_FD:
      g_value_set_int (value, mood_message_queue_fileno (self));
      break;

    case PROP_OWNERSHIP:
      g_value_set_enum (value, self->ownership);
      break;

    case PROP_GEOMETRY_POLICY:
      g_value_set_enum (value, self->geometry_policy);
      break;

    case PROP_EXACT_MODE:
      g_value_set_boolean (value, self->exact_mode);
      break;

    case PROP_CREATED:
      g_value_set_boolean (value, self->created);
      break;

    case PROP_UNLINKED:
      g_value_set_boolean (value, mood_message_queue_is_unlinked (self));
      break;

    case PROP_QUEUED_BYTES:
      g_value_set_int64 (value, mood_message_queue_get_queued_bytes (self));
      break;

    case PROP_NOTIFY_PID:
      g_value_set_int (value, mood_message_queue_get_notify_pid (self));
      break;

    case PROP_UID:
      g_value_set_int64 (value, mood_message_queue_get_uid (self));
      break;

    case PROP_GID:
      g_value_set_int64 (value, mood_message_queue_get_gid (self));
      break;

    case PROP_ATIME:
      g_value_take_boxed (value, mood_message_queue_get_atime (self));
      break;

    case PROP_MTIME:
      g_value_take_boxed (value, mood_message_queue_get_mtime (self));
      break;

    case PROP_CTIME:
      g_value_take_boxed (value, mood_message_queue_get_ctime (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
mood_message_queue_set_property (GObject *object,
                                 guint property_id,
                                 const GValue *value,
                                 GParamSpec *pspec)
{
  MoodMessageQueue *self = MOOD_MESSAGE_QUEUE (object);

  switch (property_id)
    {
    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;

    case PROP_FLAGS:
      self->flags = g_value_get_flags (value);
      break;

    case PROP_MODE:
      self->mode = g_value_get_uint (value);
      break;

    case PROP_MAXMSG:
      self->maxmsg = g_value_get_int64 (value);
      break;

    case PROP_MSGSIZE:
      self->msgsize = g_value_get_int64 (value);
      break;

    case PROP_BLOCKING:
      mood_message_queue_set_nonblocking (self, !g_value_get_boolean (value), NULL);
      break;

    case PROP_OWNERSHIP:
      self->ownership = g_value_get_enum (value);
      break;

    case PROP_GEOMETRY_POLICY:
      self->geometry_policy = g_value_get_enum (value);
      break;

    case PROP_EXACT_MODE:
      self->exact_mode = g_value_get_boolean (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

/* Setting the property drops the bits that are none of MoodOpenFlags without a word, so that the
 * queue would be opened in another way than was asked for. Here the flags can be seen as they were
 * given; opening then refuses them. */
static GObject *
mood_message_queue_constructor (GType type,
                                guint n_construct_properties,
                                GObjectConstructParam *construct_properties)
{
  GObject *object = G_OBJECT_CLASS (mood_message_queue_parent_class)
                        ->constructor (type, n_construct_properties, construct_properties);

  for (guint i = 0; i < n_construct_properties; i++)
    if (construct_properties[i].pspec == properties[PROP_FLAGS])
      {
        GValue flags = G_VALUE_INIT;

        g_value_init (&flags, G_TYPE_UINT);
        if (g_value_transform (construct_properties[i].value, &flags))
          MOOD_MESSAGE_QUEUE (object)->flags = g_value_get_uint (&flags);
        g_value_unset (&flags);
      }

  return object;
}

static void
mood_message_queue_finalize (GObject *object)
{
  MoodMessageQueue *self = MOOD_MESSAGE_QUEUE (object);

  /* Nobody is left to tell, and no call can be under way: each has a reference to go by. */
  if ((g_atomic_int_get (&self->state) & MOOD_STATE_NOT_OPEN) == 0)
    {
      mood_message_queue_unlink_own (self);
      mood_message_queue_close_descriptor (self);
    }

  mood_message_queue_end_delivery (self);
  mood_call_free_spare (self);
  g_slist_free (self->contexts);
  g_free (self->name);
  g_free (self->display_name);

  G_OBJECT_CLASS (mood_message_queue_parent_class)->finalize (object);
}

static void
mood_message_queue_class_init (MoodMessageQueueClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  mood_message_queue_class = klass;
  mood_message_queue_handle_forks ();

  object_class->constructor = mood_message_queue_constructor;
  object_class->get_property = mood_message_queue_get_property;
  object_class->set_property = mood_message_queue_set_property;
  object_class->finalize = mood_message_queue_finalize;

  /**
   * MoodMessageQueue:name: (getter get_name)
   *
   * The name of the queue: a slash followed by 1 to 255 bytes, none of them a slash.
   *
   * A name that is not UTF-8 can be given to [ctor@Mood.MessageQueue.new], read with
   * [method@Mood.MessageQueue.get_name], and shown with [property@Mood.MessageQueue:display-name].
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
      g_param_spec_string ("name", NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:display-name: (getter get_display_name)
   *
   * The name of the queue for people to read: in it, bytes that are not UTF-8 are replaced, and so
   * are control characters; %NULL if the queue has no name.
   *
   * Since: 1.0
   */
  properties[PROP_DISPLAY_NAME] = g_param_spec_string ("display-name", NULL, NULL, NULL,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:flags: (getter get_flags)
   *
   * The flags that the queue was opened with, as they were given.
   *
   * Whether the queue is in nonblocking mode now is told by
   * [property@Mood.MessageQueue:blocking].
   *
   * Since: 1.0
   */
  properties[PROP_FLAGS] = g_param_spec_flags ("flags", NULL, NULL, MOOD_TYPE_OPEN_FLAGS, 0,
                                               G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                                                   G_PARAM_LAX_VALIDATION | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:mode: (getter get_mode)
   *
   * The mode of the queue.
   *
   * Until the queue is opened, these are the permissions to create it with, from which the
   * process's umask takes its bits. From then on it is the whole mode that the queue had when it
   * was opened, or was given by this object since, with [method@Mood.MessageQueue.chmod]: the type
   * of file and the permissions, as `st_mode` of `stat(2)` has them.
   *
   * Since: 1.0
   */
  properties[PROP_MODE] =
      g_param_spec_uint ("mode", NULL, NULL, 0, G_MAXUINT, 0600,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:maxmsg: (getter get_maxmsg)
   *
   * How many messages the queue can hold.
   *
   * Until the queue is opened, this is the number to create it with, and a negative one asks for
   * the default. From then on it is what the kernel granted: for a queue that existed, its own.
   *
   * Since: 1.0
   */
  properties[PROP_MAXMSG] =
      g_param_spec_int64 ("maxmsg", NULL, NULL, G_MININT64, G_MAXINT64, -1,
                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:msgsize: (getter get_msgsize)
   *
   * How long a message can be, in bytes.
   *
   * Until the queue is opened, this is the size to create it with, and a negative one asks for the
   * default. From then on it is what the kernel granted: for a queue that existed, its own.
   *
   * Since: 1.0
   */
  properties[PROP_MSGSIZE] =
      g_param_spec_int64 ("msgsize", NULL, NULL, G_MININT64, G_MAXINT64, -1,
                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:curmsgs: (getter get_curmsgs)
   *
   * How many messages are waiting in the queue at this moment; -1 if the queue is not open.
   *
   * The kernel is asked each time, and does not tell when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_CURMSGS] = g_param_spec_int64 ("curmsgs", NULL, NULL, -1, G_MAXINT64, -1,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:blocking: (getter get_blocking)
   *
   * Whether sending to the full queue and receiving from the empty one wait.
   *
   * The mode belongs to the descriptor, not to the object: it is shared with every copy of the
   * descriptor, in a child process too, and the kernel is asked each time. A queue that is not
   * open never waits.
   *
   * Setting it on a queue that is not open does nothing;
   * [method@Mood.MessageQueue.set_nonblocking] gives an error then.
   *
   * Since: 1.0
   */
  properties[PROP_BLOCKING] =
      g_param_spec_boolean ("blocking", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:closed: (getter is_closed)
   *
   * Whether the queue was closed.
   *
   * Its notification comes in the thread that closes.
   *
   * Since: 1.0
   */
  properties[PROP_CLOSED] =
      g_param_spec_boolean ("closed", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:fd: (getter fileno)
   *
   * The descriptor of the queue, or -1 if the queue is not open.
   *
   * Since: 1.0
   */
  properties[PROP_FD] = g_param_spec_int ("fd", NULL, NULL, -1, G_MAXINT, -1,
                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:ownership: (getter get_ownership)
   *
   * What becomes of the name of the queue.
   *
   * With %MOOD_OWNERSHIP_UNLINK_ON_CLOSE the queue is unlinked by
   * [method@Mood.MessageQueue.close], or with the last reference, if this object created it
   * ([property@Mood.MessageQueue:created] tells), if the process is still the one that did and
   * not its child, and if the name still leads to this queue. A process that ends in another way,
   * by `exit(3)` or by a signal, leaves the queue behind.
   *
   * With it, or with %MOOD_OWNERSHIP_ANONYMOUS, the queue may be given no name, and is created
   * under one of libmood's own: “/mood-”, followed by a random UUID. An anonymous queue has to be
   * given none.
   *
   * Since: 1.0
   */
  properties[PROP_OWNERSHIP] =
      g_param_spec_enum ("ownership", NULL, NULL, MOOD_TYPE_OWNERSHIP, MOOD_OWNERSHIP_KEEP,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:geometry-policy: (getter get_geometry_policy)
   *
   * What to do about a queue that exists with another geometry, when it was to be created.
   *
   * Since: 1.0
   */
  properties[PROP_GEOMETRY_POLICY] =
      g_param_spec_enum ("geometry-policy", NULL, NULL, MOOD_TYPE_GEOMETRY_POLICY,
                         MOOD_GEOMETRY_POLICY_ACCEPT,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:exact-mode: (getter get_exact_mode)
   *
   * Whether a queue that is created gets the permissions of [property@Mood.MessageQueue:mode] as
   * they are given, and not without those that the process's umask strips.
   *
   * Until it does, for an instant, it has the stripped ones. See `fchmod(2)`.
   *
   * Since: 1.0
   */
  properties[PROP_EXACT_MODE] =
      g_param_spec_boolean ("exact-mode", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:created: (getter is_created)
   *
   * Whether opening the queue created it, and it did not exist before.
   *
   * Since: 1.0
   */
  properties[PROP_CREATED] = g_param_spec_boolean ("created", NULL, NULL, FALSE,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:unlinked: (getter is_unlinked)
   *
   * Whether the queue has lost its name; %FALSE if the queue is not open.
   *
   * The kernel is asked each time, and does not tell when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_UNLINKED] = g_param_spec_boolean ("unlinked", NULL, NULL, FALSE,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:queued-bytes: (getter get_queued_bytes)
   *
   * How many bytes the messages have that are waiting in the queue at this moment; -1 if the queue
   * is not open, or open to send only.
   *
   * The kernel is asked each time, and does not tell when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_QUEUED_BYTES] =
      g_param_spec_int64 ("queued-bytes", NULL, NULL, -1, G_MAXINT64, -1,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:notify-pid: (getter get_notify_pid)
   *
   * The ID of the process that is registered to be notified when a message arrives in the empty
   * queue; 0 if there is none, or one that cannot be seen from this PID namespace; -1 if the queue
   * is not open, or open to send only.
   *
   * The kernel is asked each time, and does not tell when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_NOTIFY_PID] = g_param_spec_int ("notify-pid", NULL, NULL, -1, G_MAXINT, -1,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:uid: (getter get_uid)
   *
   * The ID of the user that owns the queue; -1 if the queue is not open.
   *
   * The kernel is asked each time, and does not tell when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_UID] = g_param_spec_int64 ("uid", NULL, NULL, -1, G_MAXUINT32, -1,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:gid: (getter get_gid)
   *
   * The ID of the group that owns the queue; -1 if the queue is not open.
   *
   * The kernel is asked each time, and does not tell when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_GID] = g_param_spec_int64 ("gid", NULL, NULL, -1, G_MAXUINT32, -1,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:atime: (getter get_atime)
   *
   * When the queue was last accessed: by sending, by receiving, or by looking at
   * [property@Mood.MessageQueue:queued-bytes] and its kin; %NULL if the queue is not open.
   *
   * The time is in UTC, and in whole seconds, as the kernel keeps it.
   *
   * Since: 1.0
   */
  properties[PROP_ATIME] = g_param_spec_boxed ("atime", NULL, NULL, G_TYPE_DATE_TIME,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:mtime: (getter get_mtime)
   *
   * When the messages in the queue last changed, by sending or by receiving; %NULL if the queue is
   * not open.
   *
   * The time is in UTC, and in whole seconds, as the kernel keeps it.
   *
   * Since: 1.0
   */
  properties[PROP_MTIME] = g_param_spec_boxed ("mtime", NULL, NULL, G_TYPE_DATE_TIME,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * MoodMessageQueue:ctime: (getter get_ctime)
   *
   * When anything about the queue last changed: its owner, its mode, its name, or what changes
   * [property@Mood.MessageQueue:atime]; %NULL if the queue is not open.
   *
   * The time is in UTC, and in whole seconds, as the kernel keeps it.
   *
   * Since: 1.0
   */
  properties[PROP_CTIME] = g_param_spec_boxed ("ctime", NULL, NULL, G_TYPE_DATE_TIME,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  mood_message_queue_install_arrived ();
}

static void
mood_message_queue_init (MoodMessageQueue *self)
{
  self->state = MOOD_STATE_UNINITIALIZED;
  self->fd = -1;
  self->nonblocking_fd = -1 - MOOD_ATTEMPTS_BEFORE_NONBLOCKING_FD;
  self->wakeup_fd = -1;
  self->link.data = self;
  g_queue_init (&self->receives);
  g_queue_init (&self->sends);
}

/**
 * mood_message_queue_get_name: (get-property name)
 * @self: a message queue
 *
 * Gets the name of the queue.
 *
 * Returns: (type filename) (transfer none) (nullable): the name, or %NULL if none was given
 *
 * Since: 1.0
 */
const char *
mood_message_queue_get_name (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  return self->name;
}

/**
 * mood_message_queue_get_display_name: (get-property display-name)
 * @self: a message queue
 *
 * Gets the name of the queue for people to read.
 *
 * A queue can have a name that is no text, or does something to a terminal. In this one bytes that
 * are not UTF-8 are replaced, and so are control characters. To open the queue takes
 * [method@Mood.MessageQueue.get_name].
 *
 * Returns: (transfer none) (nullable): the name, in UTF-8, or %NULL if none was given
 *
 * Since: 1.0
 */
const char *
mood_message_queue_get_display_name (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);

  /* Made for whoever asks first, because few do. The name that it is made of does not change. */
  if (self->name != NULL && g_atomic_pointer_get (&self->display_name) == NULL)
    {
      char *display_name = mood_name_make_display_name (self->name);

      if (!g_atomic_pointer_compare_and_exchange (&self->display_name, NULL, display_name))
        g_free (display_name);
    }

  return g_atomic_pointer_get (&self->display_name);
}

/**
 * mood_message_queue_get_flags: (get-property flags)
 * @self: a message queue
 *
 * Gets the flags that the queue was opened with, as they were given.
 *
 * Returns: the flags
 *
 * Since: 1.0
 */
MoodOpenFlags
mood_message_queue_get_flags (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), 0);

  return self->flags;
}

/**
 * mood_message_queue_get_mode: (get-property mode)
 * @self: a message queue
 *
 * Gets the mode that the queue had when it was opened, or was given by this object since: the type
 * of file and the permissions.
 *
 * See also: `stat(2)`
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
guint
mood_message_queue_get_mode (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), 0);

  return (guint) g_atomic_int_get (&self->mode);
}

/**
 * mood_message_queue_get_maxmsg: (get-property maxmsg)
 * @self: a message queue
 *
 * Gets how many messages the queue can hold.
 *
 * See also: `mq_getattr(3)`
 *
 * Returns: the number of messages
 *
 * Since: 1.0
 */
gint64
mood_message_queue_get_maxmsg (MoodMessageQueue *self)
{
  g_return_val_if_fail (mood_message_queue_is_valid (self), -1);

  return self->maxmsg;
}

/**
 * mood_message_queue_get_msgsize: (get-property msgsize)
 * @self: a message queue
 *
 * Gets how many bytes a message of the queue can have.
 *
 * See also: `mq_getattr(3)`
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
gint64
mood_message_queue_get_msgsize (MoodMessageQueue *self)
{
  g_return_val_if_fail (mood_message_queue_is_valid (self), -1);

  return self->msgsize;
}

/**
 * mood_message_queue_get_ownership: (get-property ownership)
 * @self: a message queue
 *
 * Gets what becomes of the name of the queue.
 *
 * Returns: the ownership, as it was given
 *
 * Since: 1.0
 */
MoodOwnership
mood_message_queue_get_ownership (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), MOOD_OWNERSHIP_KEEP);

  return self->ownership;
}

/**
 * mood_message_queue_get_geometry_policy: (get-property geometry-policy)
 * @self: a message queue
 *
 * Gets what was to be done about a queue that exists with another geometry.
 *
 * Returns: the policy, as it was given
 *
 * Since: 1.0
 */
MoodGeometryPolicy
mood_message_queue_get_geometry_policy (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), MOOD_GEOMETRY_POLICY_ACCEPT);

  return self->geometry_policy;
}

/**
 * mood_message_queue_get_exact_mode: (get-property exact-mode)
 * @self: a message queue
 *
 * Gets whether the queue was to be created with its mode as it was given, whatever the umask.
 *
 * Returns: %TRUE if so
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_get_exact_mode (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return self->exact_mode;
}

/**
 * mood_message_queue_is_created: (get-property created)
 * @self: a message queue
 *
 * Gets whether opening the queue created it.
 *
 * See also: `mq_open(3)`
 *
 * Returns: %TRUE if it was created, %FALSE if it existed before or was never opened
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_is_created (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return self->created;
}

/* Asks the kernel; FALSE if the queue is not open. */
static gboolean
query_attributes (MoodMessageQueue *self, MoodMqAttributes *attributes)
{
  gboolean answered;

  if (mood_message_queue_begin (self, MOOD_STATE_NOT_OPEN) != 0)
    return FALSE;

  answered = mood_mq_get_attributes (self->fd, attributes) == 0;
  mood_message_queue_end (self);

  return answered;
}

/**
 * mood_message_queue_get_curmsgs: (get-property curmsgs)
 * @self: a message queue
 *
 * Gets how many messages are waiting in the queue at this moment.
 *
 * See also: `mq_getattr(3)`
 *
 * Returns: the number of messages, or -1 if the queue is not open
 *
 * Since: 1.0
 */
gint64
mood_message_queue_get_curmsgs (MoodMessageQueue *self)
{
  MoodMqAttributes attributes;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), -1);

  return query_attributes (self, &attributes) ? attributes.curmsgs : -1;
}

/**
 * mood_message_queue_get_blocking: (get-property blocking)
 * @self: a message queue
 *
 * Gets whether sending to the full queue and receiving from the empty one wait.
 *
 * See also: `mq_getattr(3)`
 *
 * Returns: %TRUE if they wait, %FALSE if they give %G_IO_ERROR_WOULD_BLOCK or the queue is not open
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_get_blocking (MoodMessageQueue *self)
{
  MoodMqAttributes attributes;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return query_attributes (self, &attributes) && !attributes.nonblock;
}

/* Were it named as the property, g-ir-scanner would take it for the property's setter, and GJS call
 * it without a place for the error. */
/**
 * mood_message_queue_set_nonblocking:
 * @self: a message queue
 * @nonblocking: whether sending to the full queue and receiving from the empty one shall give
 *   %G_IO_ERROR_WOULD_BLOCK at once
 * @error: return location for an error
 *
 * Sets whether sending to the full queue and receiving from the empty one wait. Setting
 * [property@Mood.MessageQueue:blocking] does the same, but gives no error.
 *
 * The mode is shared with every copy of the descriptor, in a child process too. A call that waits
 * already goes on waiting.
 *
 * Errors:
 *
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_setattr(3)`
 *
 * Returns: %TRUE if the mode was set, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_set_nonblocking (MoodMessageQueue *self, gboolean nonblocking, GError **error)
{
  const char *action = "set the blocking mode of";
  gboolean was_nonblock = FALSE;
  int errsv = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  if (!mood_message_queue_begin_or_fail (self, MOOD_STATE_NOT_OPEN, action, error))
    return FALSE;

  if (mood_mq_set_nonblock (self->fd, nonblocking, &was_nonblock) == -1)
    errsv = errno;
  mood_message_queue_end (self);

  if (errsv != 0)
    {
      mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return FALSE;
    }

  if (!was_nonblock != !nonblocking)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BLOCKING]);

  return TRUE;
}

/**
 * mood_message_queue_is_closed: (get-property closed)
 * @self: a message queue
 *
 * Gets whether the queue was closed.
 *
 * Returns: %TRUE after [method@Mood.MessageQueue.close]
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_is_closed (MoodMessageQueue *self)
{
  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), TRUE);

  return (g_atomic_int_get (&self->state) & MOOD_STATE_CLOSED) != 0;
}

/**
 * mood_message_queue_fileno: (get-property fd)
 * @self: a message queue
 *
 * Gets the descriptor of the queue, for use with `poll(2)` and its kin.
 *
 * The descriptor belongs to the queue and must not be closed. It is ready to be read when there is
 * a message to receive and ready to be written when there is room to send, whatever the queue was
 * opened for.
 *
 * Returns: the descriptor, or -1 if the queue is not open
 *
 * Since: 1.0
 */
int
mood_message_queue_fileno (MoodMessageQueue *self)
{
  g_return_val_if_fail (mood_message_queue_is_valid (self), -1);

  if ((g_atomic_int_get (&self->state) & MOOD_STATE_NOT_OPEN) != 0)
    return -1;

  return g_atomic_int_get (&self->fd);
}
