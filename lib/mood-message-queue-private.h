/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "mood-call-private.h"
#include "mood-error-private.h"
#include "mood-limits.h"
#include "mood-message-queue.h"
#include "mood-mq.h"

#include <pthread.h>
#ifdef HAVE_LIBC_SINGLE_THREADED
#include <sys/single_threaded.h>
#endif
#include <sys/types.h>

G_BEGIN_DECLS

/* What `state` holds: how many calls are using the descriptor at this moment, and above that the
 * reasons why a call may not begin to use it. Holding both in one word makes beginning a call one
 * test and one compare-and-exchange. */
#define MOOD_STATE_USERS_MASK    0x00ffffffu
#define MOOD_STATE_NOT_READABLE  0x10000000u
#define MOOD_STATE_NOT_WRITABLE  0x20000000u
#define MOOD_STATE_UNINITIALIZED 0x40000000u
#define MOOD_STATE_CLOSED        0x80000000u

#define MOOD_STATE_NOT_OPEN (MOOD_STATE_UNINITIALIZED | MOOD_STATE_CLOSED)

/* The process that created a queue, and the IPC namespace in which it did. Zeros for a namespace
 * that cannot be told, without /proc. */
typedef struct
{
  pid_t pid;
  dev_t namespace_dev;
  ino_t namespace_ino;
} MoodCreator;

/* What opening a queue led to. */
typedef struct
{
  int fd;
  gboolean created;
  char *name; /* the random one that it was created under, or NULL */
} MoodOpening;

/* A queue is uninitialized until g_initable_init() has opened its descriptor, open until close is
 * called, and closed ever after.
 *
 * The descriptor belongs to the object, and to each call while the call runs: a call begins with
 * mood_message_queue_begin() and ends with mood_message_queue_end(). Closing sets the closed bit,
 * after which no call begins. The descriptor itself goes back to the kernel with the last call
 * that was under way, because its number can be given to somebody else at once.
 *
 * Sources do not count as calls: a main loop that stands still must not keep a closed queue's
 * descriptor open. Closing wakes their main contexts, and they never touch the descriptor
 * themselves.
 *
 * What does not change once the queue is open (fd until it is closed, msgsize and the like) is
 * written before the uninitialized bit is cleared and read without a lock. */
struct _MoodMessageQueue
{
  GObject parent_instance;

  guint state;        /* atomic */
  int fd;             /* atomic */
  int nonblocking_fd; /* atomic: for attempts; below 0, counts them until it is worth having */
  gint64 msgsize;
  gint64 maxmsg;
  guint mode; /* atomic once the queue is open */
  MoodOpenFlags flags;
  MoodOwnership ownership;
  MoodGeometryPolicy geometry_policy;
  gboolean exact_mode;
  gboolean created;
  char *name;
  char *display_name;   /* atomic: NULL until somebody asks for it */
  MoodCall *spare_call; /* atomic: for the next asynchronous call, or NULL */
  gint copies_messages; /* atomic: whether what is received takes its way by the stack */
  gint unlink_on_close; /* atomic: whether closing has the name to remove */
  MoodCreator creator;  /* who may do so */

  /* Under mood_message_queue_lock: */
  int wakeup_fd;    /* an eventfd that wakes the calls that poll, or -1 while none ever did */
  GSList *contexts; /* in which sources have been prepared; only to be compared with */
  GQueue receives;  /* of the links inside the asynchronous calls, in the order of the calls */
  GQueue sends;     /* likewise */
  struct _MoodDelivery *delivery; /* tells calls that they were served, or NULL while none was */
  GList link;                     /* in the list of the queues whose descriptor is open */
};

/* The timeout of a call that was given none: to wait without end or not at all, as the mode of the
 * descriptor says. */
#define MOOD_TIMEOUT_OF_MODE G_MININT64

/* The timeout of a call that only looks: that it would have to wait is no error then, but a failure
 * without one. */
#define MOOD_TIMEOUT_NOW G_MAXINT64

/* The `nonblocking_fd` of a queue that is to have as many attempts before it gets one, and of one
 * that cannot have one. */
#define MOOD_ATTEMPTS_BEFORE_NONBLOCKING_FD 16
#define MOOD_NO_NONBLOCKING_FD              G_MININT

/* What a user may give as a timeout, clear of the two above. */
#define MOOD_TIMEOUT_OF_USER(timeout_us) CLAMP ((timeout_us), -1, G_MAXINT64 - 1)

/* What POSIX calls MQ_PRIO_MAX is one more than this. */
#define MOOD_HIGHEST_PRIORITY 32767u

/* What a call is about, for the text of an error: it goes before the words “message queue”. */
#define MOOD_ACTION_SEND    "send to"
#define MOOD_ACTION_RECEIVE "receive from"
#define MOOD_ACTION_WAIT    "wait for"

/* One lock for all queues, held for a few instructions at a time. Inside it no lock is taken but
 * that of a main context, which is never held when this one is taken. A fork takes it, so that the
 * child finds the lists whole and the lock free. It is of POSIX's kind, which goes with
 * pthread_atfork() and is known to thread checkers. */
extern pthread_mutex_t mood_message_queue_lock;

/* mood-message-queue.c */
extern gpointer mood_message_queue_class;
void mood_message_queue_set_refused_error (MoodMessageQueue *self,
                                           guint refusals,
                                           const char *action,
                                           GError **error);

/* mood-message-queue-close.c */
int mood_message_queue_take_descriptor (MoodMessageQueue *self);
int mood_message_queue_close_descriptor (MoodMessageQueue *self);

/* mood-message-queue-open.c */
const char *mood_message_queue_get_open_action (MoodOpenFlags flags);
gboolean mood_message_queue_check_flags (MoodMessageQueue *self,
                                         MoodOpenFlags flags,
                                         const char *action,
                                         GError **error);
int mood_message_queue_to_oflag (MoodOpenFlags flags);
int mood_message_queue_open_descriptor (MoodMessageQueue *self,
                                        int oflag,
                                        const MoodMqAttributes *geometry);
gboolean mood_message_queue_complete_geometry (MoodMessageQueue *self,
                                               const MoodLimits *limits,
                                               MoodMqAttributes *geometry,
                                               GError **error);
gboolean mood_message_queue_open (MoodMessageQueue *self, GError **error);
void mood_message_queue_discard (MoodOpening *opening);
gboolean mood_message_queue_adopt (MoodMessageQueue *self,
                                   MoodOpening *opening,
                                   const char *action,
                                   GError **error);

/* mood-message-queue-refusal.c */
void mood_message_queue_set_open_error (MoodMessageQueue *self, int errsv, GError **error);

/* mood-message-queue-create.c */
gboolean mood_message_queue_create (MoodMessageQueue *self,
                                    const MoodMqAttributes *geometry,
                                    MoodOpening *opening,
                                    GError **error);

/* mood-message-queue-ownership.c */
void mood_message_queue_own (MoodMessageQueue *self);
int mood_message_queue_unlink_own (MoodMessageQueue *self);

/* mood-message-queue-send.c */
gboolean mood_message_queue_send_now (MoodMessageQueue *self,
                                      const guint8 *message,
                                      gsize length,
                                      guint priority,
                                      GError **error);
gssize mood_message_queue_send_before (MoodMessageQueue *self,
                                       const guint8 *message,
                                       gsize length,
                                       guint priority,
                                       gint64 timeout_us,
                                       gint64 *deadline,
                                       GCancellable *cancellable,
                                       GError **error);

/* mood-message-queue-receive.c */
void mood_message_queue_expect_length (MoodMessageQueue *self, gsize length);
void
mood_message_queue_set_no_memory_error (MoodMessageQueue *self, const char *action, GError **error);
guint8 *mood_message_queue_receive_now (MoodMessageQueue *self,
                                        guint *priority,
                                        gsize *length,
                                        GError **error);
gssize mood_message_queue_receive_into_now (MoodMessageQueue *self,
                                            guint8 *buffer,
                                            gsize size,
                                            guint *priority,
                                            GError **error);
gssize mood_message_queue_receive_into_before (MoodMessageQueue *self,
                                               guint8 *buffer,
                                               gsize size,
                                               guint *priority,
                                               gint64 timeout_us,
                                               gint64 *deadline,
                                               GCancellable *cancellable,
                                               GError **error);

/* mood-message-queue-try.c */
int mood_message_queue_count_attempt (MoodMessageQueue *self);
gboolean mood_message_queue_forget_nonblocking (MoodMessageQueue *self);
void mood_message_queue_close_nonblocking (MoodMessageQueue *self);

/* mood-message-queue-wait.c */
gboolean mood_message_queue_wait_to_retry (MoodMessageQueue *self,
                                           int errsv,
                                           GIOCondition condition,
                                           gint64 timeout_us,
                                           gint64 *deadline,
                                           GCancellable *cancellable,
                                           GError **error);
const char *mood_message_queue_get_action (GIOCondition condition);
void mood_message_queue_wake_waiting (MoodMessageQueue *self);
GIOCondition mood_message_queue_poll (MoodMessageQueue *self, GIOCondition condition);
gboolean mood_message_queue_wait_for (MoodMessageQueue *self,
                                      GIOCondition condition,
                                      gint64 timeout_us,
                                      GCancellable *cancellable,
                                      GError **error);

/* mood-message-queue-datagram.c */
void mood_message_queue_datagram_based_iface_init (GDatagramBasedInterface *iface);

/* mood-message-queue-delivery.c */
void mood_message_queue_deliver (MoodCall *call);
void mood_message_queue_end_delivery (MoodMessageQueue *self);

/* mood-source.c */
GIOCondition mood_message_queue_mask_condition (MoodMessageQueue *self, GIOCondition condition);

/* mood-message-queue-notification.c */
extern GQueue mood_message_queue_notifications;
void mood_message_queue_install_arrived (void);
void mood_message_queue_close_notifications (MoodMessageQueue *self);

/* mood-message-queue-fork.c */
void mood_message_queue_handle_forks (void);
void mood_message_queue_register (MoodMessageQueue *self);
void mood_message_queue_unregister (MoodMessageQueue *self);
int mood_message_queue_find_named (const char *name, const dev_t *device);

/* MOOD_IS_MESSAGE_QUEUE() in fewer instructions: the type is final, so that each queue has this
 * class. */
static inline gboolean
mood_message_queue_is_valid (MoodMessageQueue *self)
{
  return (G_LIKELY (self != NULL) &&
          G_LIKELY (((GTypeInstance *) self)->g_class == mood_message_queue_class)) ||
         MOOD_IS_MESSAGE_QUEUE (self);
}

/* Adds to the state, and returns what it was. In a process with one thread an atomic instruction
 * would take longer than all else that a call does around its system call. A single instruction is
 * enough there: a signal's handler, which may close the queue, comes before it or after it. */
static inline guint
mood_message_queue_add_to_state (MoodMessageQueue *self, guint number)
{
#if defined(HAVE_LIBC_SINGLE_THREADED) && (defined(__x86_64__) || defined(__i386__))
  if (__libc_single_threaded)
    {
      __asm__ volatile("xaddl %0, %1" : "+r"(number), "+m"(self->state) : : "cc", "memory");

      return number;
    }
#endif

  return __atomic_fetch_add (&self->state, number, __ATOMIC_ACQ_REL);
}

/* Ends a call, keeping errno. The last one after a close takes the descriptor with it. In a child
 * that was forked from within the call, by a signal handler say, the call is not counted any more.
 */
static inline void
mood_message_queue_end (MoodMessageQueue *self)
{
  guint state = mood_message_queue_add_to_state (self, (guint) -1);

  if (G_UNLIKELY ((state & MOOD_STATE_USERS_MASK) == 0))
    g_atomic_int_inc (&self->state);
  else if (G_UNLIKELY ((state & (MOOD_STATE_CLOSED | MOOD_STATE_USERS_MASK)) ==
                       (MOOD_STATE_CLOSED | 1)))
    mood_message_queue_close_descriptor (self);
}

/* Begins a call that uses the descriptor, unless one of the bits of @refusals is set in the
 * state; returns those that are. */
static inline guint
mood_message_queue_begin (MoodMessageQueue *self, guint refusals)
{
  guint refused = (guint) g_atomic_int_get (&self->state) & refusals;

  if (G_UNLIKELY (refused != 0))
    return refused;

  /* Once the call is counted, no close takes the descriptor away; one may have done so since. */
  refused = mood_message_queue_add_to_state (self, 1) & refusals;
  if (G_UNLIKELY (refused != 0))
    mood_message_queue_end (self);

  return refused;
}

/* Whether a call is not to begin, because its cancellable was cancelled. */
static inline gboolean
mood_message_queue_is_cancelled (MoodMessageQueue *self,
                                 GCancellable *cancellable,
                                 const char *action,
                                 GError **error)
{
  return cancellable != NULL && G_UNLIKELY (g_cancellable_is_cancelled (cancellable)) &&
         mood_set_error_if_cancelled (error, cancellable, action, self->name);
}

/* FALSE with @error set if there are @refusals. */
static inline gboolean
mood_message_queue_accept_or_fail (MoodMessageQueue *self,
                                   guint refusals,
                                   const char *action,
                                   GError **error)
{
  if (G_LIKELY (refusals == 0))
    return TRUE;

  mood_message_queue_set_refused_error (self, refusals, action, error);

  return FALSE;
}

/* Begins a call; FALSE with @error set if it may not begin. */
static inline gboolean
mood_message_queue_begin_or_fail (MoodMessageQueue *self,
                                  guint refusals,
                                  const char *action,
                                  GError **error)
{
  return mood_message_queue_accept_or_fail (self, mood_message_queue_begin (self, refusals), action,
                                            error);
}

/* Likewise for what uses the descriptor by way of further calls only: nothing has begun. */
static inline gboolean
mood_message_queue_may_begin_or_fail (MoodMessageQueue *self,
                                      guint refusals,
                                      const char *action,
                                      GError **error)
{
  return mood_message_queue_accept_or_fail (self,
                                            refusals & (guint) g_atomic_int_get (&self->state),
                                            action, error);
}

/* The descriptor in nonblocking mode, within a call that has begun; -1 if there is none. */
static inline int
mood_message_queue_get_nonblocking_fd (MoodMessageQueue *self)
{
  int fd = g_atomic_int_get (&self->nonblocking_fd);

  return G_LIKELY (fd >= 0) ? fd : mood_message_queue_count_attempt (self);
}

/* Takes a message that is there, within a call that has begun; -1 with errno set if there is none.
 */
static inline gssize
mood_message_queue_try_to_take (MoodMessageQueue *self, guint8 *buffer, gsize size, guint *priority)
{
  int nonblocking_fd = mood_message_queue_get_nonblocking_fd (self);

  if (G_LIKELY (nonblocking_fd != -1))
    return mood_mq_receive (nonblocking_fd, buffer, size, priority);

  return mood_mq_try_receive (self->fd, buffer, size, priority);
}

/* Sends a message if there is room, likewise. */
static inline int
mood_message_queue_try_to_put (MoodMessageQueue *self,
                               const guint8 *message,
                               gsize length,
                               guint priority)
{
  int nonblocking_fd = mood_message_queue_get_nonblocking_fd (self);

  if (G_LIKELY (nonblocking_fd != -1))
    return mood_mq_send (nonblocking_fd, message, length, priority);

  return mood_mq_try_send (self->fd, message, length, priority);
}

G_END_DECLS
