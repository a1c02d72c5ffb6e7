/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Notification: the kernel tells one process, once, that a message has come to the empty queue.
 *
 * The C library's mq_notify() makes a thread for it. What the thread waits on is a netlink socket,
 * to which the kernel sends a cookie; here it is a source of the main loop that does. The last byte
 * of the cookie tells a message that came (NOTIFY_WOKENUP) from a registration that was taken away
 * (NOTIFY_REMOVED): that happens as soon as the process closes any descriptor of the queue,
 * whichever it registered with. So a source whose registration was taken away makes it anew.
 *
 * A registration belongs to the process, and mq_notify() with nothing takes away whichever there
 * is. So all that is done about one, and looking at the socket before, is done with the lock held;
 * otherwise a source that is destroyed could take away what another thread has registered since. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-mq.h"
#include "mood-source-private.h"
#include "mood-status-private.h"

#include <errno.h>
#include <linux/mqueue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACTION "register for notification by"

typedef struct
{
  MoodSource parent;

  gboolean rearm;
  int socket_fd;
  gpointer socket_tag;

  /* Under the lock: */
  gboolean is_registered; /* unless the socket says otherwise */
  gboolean is_due;        /* there were messages before it was registered */
  dev_t device;           /* with the inode, the queue itself: other objects may have it open */
  ino_t inode;
  GList link; /* in the list of sources; its data is NULL from when the source is to do nothing
               * more, because it is destroyed, cancelled or in a forked child */
} NotificationSource;

/* How a registration went; all 0 if it was made. */
typedef struct
{
  guint refusals; /* why the queue cannot be used */
  int errsv;      /* of the kernel */
  int holder_pid; /* for EBUSY: who is registered; 0 for one out of sight, -1 if it cannot be told
                   */
} Failure;

GQueue mood_message_queue_notifications = G_QUEUE_INIT; /* of the links inside the sources */

static guint arrived_signal;

static NotificationSource *
next_source (GList **link)
{
  NotificationSource *source = NULL;

  if (*link != NULL)
    {
      source = (*link)->data;
      *link = (*link)->next;
    }

  return source;
}

/* A queue that was opened to send only does not tell, but what this process did is known. */
static int
find_holder (int fd)
{
  GList *link = mood_message_queue_notifications.head;
  NotificationSource *source;
  MoodStatus status;
  struct stat file;

  if (mood_status_read (fd, &status) == 0)
    return status.notify_pid;

  if (fstat (fd, &file) == 0)
    while ((source = next_source (&link)) != NULL)
      if (source->is_registered && source->device == file.st_dev && source->inode == file.st_ino)
        return getpid ();

  return -1;
}

/* With the lock held. */
static Failure
try_to_register (MoodMessageQueue *queue, const struct sigevent *notification)
{
  Failure failure = { .refusals = g_atomic_int_get (&queue->state) & MOOD_STATE_NOT_OPEN };

  if (failure.refusals == 0 && mood_mq_notify (queue->fd, notification) == -1)
    {
      failure.errsv = errno;
      if (failure.errsv == EBUSY)
        failure.holder_pid = find_holder (queue->fd);
    }

  return failure;
}

static gboolean
is_failure (const Failure *failure)
{
  return failure->refusals != 0 || failure->errsv != 0;
}

static void
set_busy_error (MoodMessageQueue *queue, int holder_pid, GError **error)
{
  const char *rule = "a queue has room for one registration only; mood_message_queue_add_watch() "
                     "needs none";

  if (holder_pid == getpid ())
    mood_set_error (error, G_IO_ERROR_BUSY, ACTION, queue->name,
                    "this process, %d, is registered already; destroy the source that it is "
                    "registered by, or call mood_message_queue_cancel_notification()",
                    holder_pid);
  else if (holder_pid > 0)
    mood_set_error (error, G_IO_ERROR_BUSY, ACTION, queue->name, "process %d is registered; %s",
                    holder_pid, rule);
  else if (holder_pid == 0)
    mood_set_error (error, G_IO_ERROR_BUSY, ACTION, queue->name,
                    "a process that cannot be seen from here, because it is in another PID "
                    "namespace or has just ended, is registered; %s",
                    rule);
  else
    mood_set_error (error, G_IO_ERROR_BUSY, ACTION, queue->name,
                    "a process is registered, and only a queue that was opened with the RDONLY or "
                    "the RDWR flag tells which; %s",
                    rule);
}

static void
set_registration_error (MoodMessageQueue *queue, const Failure *failure, GError **error)
{
  if (failure->refusals != 0)
    mood_message_queue_set_refused_error (queue, failure->refusals, ACTION, error);
  else if (failure->errsv == EBUSY)
    set_busy_error (queue, failure->holder_pid, error);
  else
    mood_set_error_from_errno (error, failure->errsv, ACTION, queue->name, NULL);
}

static void
set_socket_error (MoodMessageQueue *queue, int errsv, GError **error)
{
  const char *hint = "the kernel notifies by a netlink socket, which the process may not have: "
                     "allow it AF_NETLINK, in RestrictAddressFamilies= of a systemd unit for "
                     "instance, or use mood_message_queue_add_watch(), which needs no socket";

  if (errsv == EMFILE)
    hint = "notification needs a descriptor, and the process has as many as its RLIMIT_NOFILE "
           "allows: close some, or raise it (ulimit -n)";
  else if (errsv == ENFILE)
    hint = "notification needs a descriptor, and the system has as many as /proc/sys/fs/file-max "
           "allows";
  else if (errsv == ENOMEM || errsv == ENOBUFS)
    hint = NULL;

  mood_set_error_from_errno (error, errsv, ACTION, queue->name, hint);
}

static gboolean
has_messages (MoodMessageQueue *queue)
{
  MoodMqAttributes attributes;

  return mood_mq_get_attributes (queue->fd, &attributes) == 0 && attributes.curmsgs > 0;
}

/* With the lock held: registers the process by the socket, which is empty. Without a message that
 * came, the kernel sends one cookie for it, when it is over. */
static Failure
try_to_arm (NotificationSource *self)
{
  static guint8 cookie[NOTIFY_COOKIE_LEN];
  struct sigevent notification = {
    .sigev_notify = SIGEV_THREAD,
    .sigev_signo = self->socket_fd,
    .sigev_value.sival_ptr = cookie,
  };
  Failure failure = try_to_register (self->parent.queue, &notification);

  self->is_registered = !is_failure (&failure);

  return failure;
}

/* How the registration ended, which is told once; NOTIFY_NONE while there is one. */
static guint8
take_outcome (NotificationSource *self)
{
  guint8 cookie[NOTIFY_COOKIE_LEN];

  if (!self->is_registered ||
      recv (self->socket_fd, cookie, sizeof cookie, MSG_DONTWAIT) != sizeof cookie)
    return NOTIFY_NONE;

  self->is_registered = FALSE;

  return cookie[NOTIFY_COOKIE_LEN - 1];
}

/* With the lock held: gives the registration back if there still is one. */
static void
disarm (NotificationSource *self)
{
  if (take_outcome (self) == NOTIFY_NONE && self->is_registered && self->parent.queue->fd != -1)
    mood_mq_notify (self->parent.queue->fd, NULL);
  self->is_registered = FALSE;
}

/* With the lock held. */
static void
forget (NotificationSource *self)
{
  g_queue_unlink (&mood_message_queue_notifications, &self->link);
  self->link.data = NULL;
}

static void
end_notification (MoodSource *source)
{
  NotificationSource *self = (NotificationSource *) source;

  if (self->link.data == NULL)
    return;

  disarm (self);
  forget (self);
}

/* With the lock held: what the callback is to be told. What comes after this makes the source ready
 * again, so that a callback that takes all that is there misses nothing. */
static GIOCondition
take_news (NotificationSource *self)
{
  MoodMessageQueue *queue = self->parent.queue;
  GIOCondition news = self->is_due ? G_IO_IN : 0;
  guint8 outcome = take_outcome (self);

  self->is_due = FALSE;
  if (outcome == NOTIFY_WOKENUP)
    news |= G_IO_IN;

  if (outcome == NOTIFY_REMOVED || (outcome == NOTIFY_WOKENUP && self->rearm))
    {
      Failure failure = try_to_arm (self);

      if (failure.errsv != 0)
        news |= G_IO_ERR;
      /* What came while there was no registration was not announced. */
      if (failure.refusals == 0 && outcome == NOTIFY_REMOVED && has_messages (queue))
        news |= G_IO_IN;
    }

  return news;
}

/* What the callback is to be told, 0 for nothing, and whether that is the last. FALSE if it is not
 * to be called any more at all. */
static gboolean
query_news (NotificationSource *self, GIOCondition *news, gboolean *is_last)
{
  GSource *source = &self->parent.parent;
  GCancellable *cancellable = self->parent.cancellable;
  gboolean is_open = mood_source_begin_dispatch (&self->parent);
  gboolean goes_on;

  pthread_mutex_lock (&mood_message_queue_lock);
  goes_on = self->link.data != NULL;
  if (goes_on)
    {
      *news = is_open ? take_news (self) : G_IO_NVAL;
      /* Somebody closed the socket behind the source's back: it would be ready for ever. */
      if ((g_source_query_unix_fd (source, self->socket_tag) & (G_IO_ERR | G_IO_HUP | G_IO_NVAL)) !=
          0)
        *news |= G_IO_ERR;

      if (*news == 0)
        *is_last = g_cancellable_is_cancelled (cancellable);
      else
        *is_last = !self->rearm || *news != G_IO_IN;

      /* The callback may want to register anew. */
      if (*is_last)
        disarm (self);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  return goes_on;
}

static gboolean
has_open_queue (NotificationSource *source)
{
  return (g_atomic_int_get (&source->parent.queue->state) & MOOD_STATE_NOT_OPEN) == 0;
}

/* After the handlers of the signal have done as they like: FALSE if the callback is not to be
 * called any more, because one of them has ended the source. If one closed the queue, that is the
 * news. */
static gboolean
goes_on_after_signal (NotificationSource *self, GIOCondition *news, gboolean *is_last)
{
  gboolean goes_on;

  pthread_mutex_lock (&mood_message_queue_lock);
  goes_on = self->link.data != NULL;
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!has_open_queue (self))
    {
      *news = G_IO_NVAL;
      *is_last = TRUE;
    }

  return goes_on;
}

static gboolean
notification_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  NotificationSource *self = (NotificationSource *) source;
  MoodMessageQueueSourceFunc func = (MoodMessageQueueSourceFunc) (GCallback) callback;
  MoodMessageQueue *queue = self->parent.queue;
  gboolean keep = TRUE;
  gboolean is_last;
  GIOCondition news;

  if (!query_news (self, &news, &is_last))
    return G_SOURCE_REMOVE;

  if (news == 0 && !is_last)
    return G_SOURCE_CONTINUE;

  if ((news & G_IO_IN) != 0)
    {
      g_signal_emit (queue, arrived_signal, 0);
      if (!goes_on_after_signal (self, &news, &is_last))
        return G_SOURCE_REMOVE;
    }

  if (func != NULL)
    keep = func (queue, news, user_data);

  return keep && !is_last;
}

static void
notification_source_finalize (GSource *source)
{
  NotificationSource *self = (NotificationSource *) source;

  close (self->socket_fd);
  mood_source_finalize (source);
}

static GSourceFuncs notification_source_funcs = {
  .prepare = mood_source_prepare,
  .dispatch = notification_source_dispatch,
  .finalize = notification_source_finalize,
  .closure_callback = (GSourceFunc) (GCallback) mood_source_condition_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) (GCallback) g_cclosure_marshal_generic,
};

/* The queue is closed, but a call that waits may still use its descriptor. */
void
mood_message_queue_close_notifications (MoodMessageQueue *self)
{
  GList *link;
  NotificationSource *source;

  pthread_mutex_lock (&mood_message_queue_lock);
  link = mood_message_queue_notifications.head;
  while ((source = next_source (&link)) != NULL)
    if (source->parent.queue == self)
      disarm (source);
  pthread_mutex_unlock (&mood_message_queue_lock);
}

/* Registers the process, and lets the source be known. */
static Failure
begin_notification (NotificationSource *self)
{
  MoodMessageQueue *queue = self->parent.queue;
  Failure failure;
  struct stat file;

  pthread_mutex_lock (&mood_message_queue_lock);
  failure = try_to_arm (self);
  if (!is_failure (&failure))
    {
      if (fstat (queue->fd, &file) == 0)
        {
          self->device = file.st_dev;
          self->inode = file.st_ino;
        }
      self->link.data = self;
      g_queue_push_tail_link (&mood_message_queue_notifications, &self->link);
      self->is_due = self->rearm && has_messages (queue);
      if (self->is_due)
        g_source_set_ready_time (&self->parent.parent, 0);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  return failure;
}

/**
 * mood_message_queue_create_notification_source:
 * @self: a message queue
 * @rearm: %TRUE to go on after a notification, %FALSE for one alone
 * @cancellable: (nullable): a cancellable that ends the source, or %NULL
 * @error: return location for an error
 *
 * Registers the process to be told when a message comes to the empty queue, and creates a source
 * that is dispatched then.
 *
 * The source calls a [callback@Mood.MessageQueueSourceFunc], to be set with
 * [method@GLib.Source.set_callback], and is attached with [method@GLib.Source.attach]. Before that
 * it emits [signal@Mood.MessageQueue::arrived], so that it is of use without a callback as well.
 * The process is registered at once, and by no thread.
 *
 * Notification is not readiness. The kernel tells one process on the whole machine, once, when a
 * message comes to a queue in which there was none, and in which nobody waits: if one does, as by
 * `mq_receive(3)`, it gets the message, and nobody is told. For one more notification the queue has
 * to be empty again. So a callback receives until there is nothing left:
 *
 * ```c
 * static gboolean
 * on_arrived (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   guint8 *message;
 *   gsize length;
 *
 *   while ((message = mood_message_queue_receive_with_timeout (queue, NULL, &length, 0, NULL,
 *                                                              &error)) != NULL)
 *     {
 *       g_print ("%.*s\n", (int) length, (const char *) message);
 *       g_free (message);
 *     }
 *
 *   return (condition & G_IO_IN) != 0;
 * }
 * ```
 *
 * Where the process is to be told as long as there is something to receive, or where several
 * processes are, [method@Mood.MessageQueue.create_source] is the right one.
 *
 * With @rearm %FALSE it is as in POSIX: what is in the queue already is not announced, and the
 * source ends with its first dispatch, whatever its callback returns. With @rearm %TRUE the process
 * is registered again *before* the callback is called, so that what comes while the callback
 * receives, or after, is announced in its turn; and what is in the queue when the source is made is
 * announced as well. Such a source goes on until the callback returns %G_SOURCE_REMOVE.
 *
 * The callback is told one of these:
 *
 * - %G_IO_IN: a message has come. Somebody else may have received it since.
 * - %G_IO_ERR, possibly together with %G_IO_IN: the registration is lost, because somebody else was
 *   faster to register when it had to be made again. The source ends; to create another gives an
 *   error that tells who it was.
 * - %G_IO_NVAL: the queue was closed. The source ends.
 * - 0: @cancellable was cancelled. The source ends.
 *
 * The kernel takes the registration away when the process closes *any* descriptor of the queue,
 * even that of another object or a copy. The source then makes it anew, with or without @rearm, and
 * announces what is in the queue, because it may have come meanwhile.
 *
 * The registration is given back at once when the source is destroyed, with
 * [method@GLib.Source.destroy] for instance, when the last reference to it is released, and when
 * the queue is closed. [method@Mood.MessageQueue.cancel_notification] ends the source without a
 * call of its callback. In a child process the source does nothing: the registration stays the
 * parent's.
 *
 * The source holds a reference to the queue. It makes no difference what the queue was opened for.
 *
 * Errors:
 *
 * - %G_IO_ERROR_BUSY if a process is registered already, this one or another; the text tells its ID
 *   if @self was opened to receive;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened;
 * - %G_IO_ERROR_TOO_MANY_OPEN_FILES if the process has no descriptor left for the socket by which
 *   the kernel notifies;
 * - %G_IO_ERROR_NOT_SUPPORTED or %G_IO_ERROR_PERMISSION_DENIED if the process may not have such a
 *   socket, which is of the family `AF_NETLINK`: a sandbox can forbid it.
 *
 * See also: `mq_notify(3)`, `netlink(7)`
 *
 * Returns: (transfer full): a new source, to be released with [method@GLib.Source.unref], or %NULL
 *   with @error set
 *
 * Since: 1.0
 */
GSource *
mood_message_queue_create_notification_source (MoodMessageQueue *self,
                                               gboolean rearm,
                                               GCancellable *cancellable,
                                               GError **error)
{
  NotificationSource *notification;
  GSource *source;
  Failure failure;
  int socket_fd;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (!mood_message_queue_may_begin_or_fail (self, MOOD_STATE_NOT_OPEN, ACTION, error))
    return NULL;

  socket_fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket_fd == -1)
    {
      set_socket_error (self, errno, error);
      return NULL;
    }

  source = mood_source_new (&notification_source_funcs, sizeof (NotificationSource),
                            "MoodMessageQueue notification", self, 0, cancellable);
  notification = (NotificationSource *) source;
  mood_source_set_on_end (&notification->parent, end_notification);
  notification->rearm = rearm;
  notification->socket_fd = socket_fd;
  notification->socket_tag = g_source_add_unix_fd (source, socket_fd, G_IO_IN);

  failure = begin_notification (notification);
  if (is_failure (&failure))
    {
      g_source_unref (source);
      set_registration_error (self, &failure, error);
      return NULL;
    }

  return source;
}

/**
 * mood_message_queue_add_notification_full: (rename-to mood_message_queue_add_notification)
 * @self: a message queue
 * @priority: the priority in the main loop, such as %G_PRIORITY_DEFAULT
 * @rearm: %TRUE to go on after a notification, %FALSE for one alone
 * @func: (scope notified) (closure user_data) (destroy notify) (nullable): what to call when a
 *   message came to the empty queue, or %NULL for [signal@Mood.MessageQueue::arrived] alone
 * @user_data: data for @func
 * @notify: (nullable): what to call with @user_data when the notification has ended, which is at
 *   once if there is an error, or %NULL
 * @error: return location for an error
 *
 * Registers the process to be told on the main loop of the default main context when a message
 * comes to the empty queue.
 *
 * This is [method@Mood.MessageQueue.create_notification_source], which says what can be told and
 * when, for the usual case. In another main context, or with a #GCancellable, use that. The
 * registration is given back when @func returns %G_SOURCE_REMOVE and when the source is removed
 * with [func@GLib.Source.remove].
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.create_notification_source].
 *
 * See also: `mq_notify(3)`
 *
 * Returns: the ID of the source, or 0 with @error set
 *
 * Since: 1.0
 */
guint
mood_message_queue_add_notification_full (MoodMessageQueue *self,
                                          int priority,
                                          gboolean rearm,
                                          MoodMessageQueueSourceFunc func,
                                          gpointer user_data,
                                          GDestroyNotify notify,
                                          GError **error)
{
  GSource *source;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), 0);

  source = mood_message_queue_create_notification_source (self, rearm, NULL, error);
  if (source == NULL)
    {
      /* A binding has nobody else to tell it that @func is not needed any more. */
      if (notify != NULL)
        notify (user_data);
      return 0;
    }

  return mood_source_attach_default (source, priority, (GSourceFunc) (GCallback) func, user_data,
                                     notify);
}

/**
 * mood_message_queue_add_notification: (skip)
 * @self: a message queue
 * @rearm: %TRUE to go on after a notification, %FALSE for one alone
 * @func: (nullable): what to call when a message came to the empty queue, or %NULL for
 *   [signal@Mood.MessageQueue::arrived] alone
 * @user_data: data for @func
 * @error: return location for an error
 *
 * Registers the process to be told on the main loop of the default main context, with
 * %G_PRIORITY_DEFAULT, when a message comes to the empty queue.
 *
 * This is [method@Mood.MessageQueue.add_notification_full] without the priority and the
 * notification of the end.
 *
 * Errors:
 *
 * - those of [method@Mood.MessageQueue.create_notification_source].
 *
 * Returns: the ID of the source, or 0 with @error set
 *
 * Since: 1.0
 */
guint
mood_message_queue_add_notification (MoodMessageQueue *self,
                                     gboolean rearm,
                                     MoodMessageQueueSourceFunc func,
                                     gpointer user_data,
                                     GError **error)
{
  return mood_message_queue_add_notification_full (self, G_PRIORITY_DEFAULT, rearm, func, user_data,
                                                   NULL, error);
}

static gboolean
register_or_fail (MoodMessageQueue *self, struct sigevent *notification, GError **error)
{
  Failure failure;

  pthread_mutex_lock (&mood_message_queue_lock);
  notification->sigev_value.sival_int = self->fd;
  failure = try_to_register (self, notification);
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (is_failure (&failure))
    {
      set_registration_error (self, &failure, error);
      return FALSE;
    }

  return TRUE;
}

/**
 * mood_message_queue_notify_by_signal:
 * @self: a message queue
 * @signal_number: the number of the signal, such as `SIGUSR1` or `SIGRTMIN`
 * @error: return location for an error
 *
 * Registers the process to be sent a signal when a message comes to the empty queue.
 *
 * It is sent once, to the process as a whole. The `si_code` of its `siginfo_t` is `SI_MESGQ`,
 * `si_pid` is the process that sent the message, and `si_value.sival_int` is the descriptor of
 * @self, as [method@Mood.MessageQueue.fileno] tells it. A signal that the process neither handles
 * nor blocks does what it does by default, which for most of them is to end the process.
 *
 * The signal is sent to the process: to wait for it by `sigwaitinfo(2)` it has to be blocked in all
 * threads, those that GLib starts among them, which is sure if it is blocked before anything else
 * is done.
 *
 * This is for programs that wait for signals anyway. In a program with a main loop,
 * [method@Mood.MessageQueue.add_notification] needs no signal.
 *
 * The registration ends with the signal, with
 * [method@Mood.MessageQueue.cancel_notification], and as soon as the process closes any descriptor
 * of the queue, even that of another object or a copy: unlike a source, nothing makes it anew.
 *
 * Errors:
 *
 * - %G_IO_ERROR_INVALID_ARGUMENT if there is no signal of that number, or it is one that the C
 *   library keeps for itself;
 * - %G_IO_ERROR_BUSY if a process is registered already, this one or another; the text tells its ID
 *   if @self was opened to receive;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_notify(3)`, `sigwaitinfo(2)`
 *
 * Returns: %TRUE if the process is registered, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_notify_by_signal (MoodMessageQueue *self, int signal_number, GError **error)
{
  struct sigevent notification = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal_number };
  sigset_t signals;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  if (!mood_message_queue_may_begin_or_fail (self, MOOD_STATE_NOT_OPEN, ACTION, error))
    return FALSE;

  /* The kernel would take 0, and signals that end threads of the C library. */
  sigemptyset (&signals);
  if (sigaddset (&signals, signal_number) == -1)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, ACTION, self->name,
                      "%d is no signal that may be sent; signals are 1 to 31 and %d to %d",
                      signal_number, SIGRTMIN, SIGRTMAX);
      return FALSE;
    }

  return register_or_fail (self, &notification, error);
}

/**
 * mood_message_queue_reserve_notification:
 * @self: a message queue
 * @error: return location for an error
 *
 * Registers the process as the one to be told when a message comes to the empty queue, and asks for
 * it not to be told.
 *
 * Until that message comes nobody else can be registered. This is `SIGEV_NONE` of `mq_notify(3)`.
 *
 * The registration ends with the message, with [method@Mood.MessageQueue.cancel_notification], and
 * as soon as the process closes any descriptor of the queue, even that of another object or a copy.
 *
 * Errors:
 *
 * - %G_IO_ERROR_BUSY if a process is registered already, this one or another; the text tells its ID
 *   if @self was opened to receive;
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_notify(3)`
 *
 * Returns: %TRUE if the process is registered, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_reserve_notification (MoodMessageQueue *self, GError **error)
{
  struct sigevent notification = { .sigev_notify = SIGEV_NONE };

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  return register_or_fail (self, &notification, error);
}

/* With the lock held: the sources on the queue itself, by whichever object, are to do nothing more.
 * Each of them is ready, because its registration has ended, and finds that out then. Those whose
 * object is closed have no registration, and are still to tell that. */
static void
forget_all_of (int fd)
{
  GList *link = mood_message_queue_notifications.head;
  NotificationSource *source;
  struct stat file;

  if (fstat (fd, &file) == -1)
    return;

  while ((source = next_source (&link)) != NULL)
    if (source->device == file.st_dev && source->inode == file.st_ino && has_open_queue (source))
      forget (source);
}

/**
 * mood_message_queue_cancel_notification:
 * @self: a message queue
 * @error: return location for an error
 *
 * Ends the registration that this process has for notification by the queue, however it was made.
 *
 * A source made by [method@Mood.MessageQueue.create_notification_source] or
 * [method@Mood.MessageQueue.add_notification] in this process, for @self or for another object that
 * has the same queue open, ends without a further call of its callback.
 *
 * That there is no registration, or that it is another process's, is no error: there is nothing to
 * end then.
 *
 * Errors:
 *
 * - %G_IO_ERROR_CLOSED if the queue is closed;
 * - %G_IO_ERROR_NOT_INITIALIZED if it was never opened.
 *
 * See also: `mq_notify(3)`
 *
 * Returns: %TRUE if the process is not registered any more, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_message_queue_cancel_notification (MoodMessageQueue *self, GError **error)
{
  const char *action = "cancel the notification by";
  guint refusals;
  int errsv = 0;

  g_return_val_if_fail (MOOD_IS_MESSAGE_QUEUE (self), FALSE);

  pthread_mutex_lock (&mood_message_queue_lock);
  refusals = g_atomic_int_get (&self->state) & MOOD_STATE_NOT_OPEN;
  if (refusals == 0)
    {
      if (mood_mq_notify (self->fd, NULL) == -1)
        errsv = errno;
      forget_all_of (self->fd);
    }
  pthread_mutex_unlock (&mood_message_queue_lock);

  if (!mood_message_queue_accept_or_fail (self, refusals, action, error))
    return FALSE;

  if (errsv != 0)
    {
      mood_set_error_from_errno (error, errsv, action, self->name, NULL);
      return FALSE;
    }

  return TRUE;
}

/* Called once, when the class is made. */
void
mood_message_queue_install_arrived (void)
{
  /**
   * MoodMessageQueue::arrived:
   * @self: the message queue
   *
   * Emitted when a source made by [method@Mood.MessageQueue.create_notification_source] or
   * [method@Mood.MessageQueue.add_notification] announces that a message has come to the empty
   * queue: in the thread that dispatches the source, before the callback of the source.
   *
   * Without such a source the signal is never emitted. Somebody else may have received the message
   * since.
   *
   * Since: 1.0
   */
  arrived_signal = g_signal_new ("arrived", MOOD_TYPE_MESSAGE_QUEUE, G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}
