/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mood-enums.h"
#include "mood-version-macros.h"

G_BEGIN_DECLS

#define MOOD_TYPE_MESSAGE_QUEUE (mood_message_queue_get_type ())

MOOD_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MoodMessageQueue, mood_message_queue, MOOD, MESSAGE_QUEUE, GObject)

/**
 * MoodMessageQueueSourceFunc:
 * @queue: the queue that became ready
 * @condition: what it became ready for: some of the conditions that were asked for,
 *   %G_IO_NVAL once after the queue was closed, or 0 when the source's #GCancellable was
 *   cancelled
 * @user_data: the data given together with the function
 *
 * What a source made by [method@Mood.MessageQueue.create_source] or a watch added by
 * [method@Mood.MessageQueue.add_watch] calls when the queue is ready, and what one made by
 * [method@Mood.MessageQueue.create_notification_source] or added by
 * [method@Mood.MessageQueue.add_notification] calls when a message has come to the empty queue; for
 * the latter, %G_IO_ERR tells that the registration is lost.
 *
 * Another process may have been faster: by the time of the call the message, or the room for one,
 * can be gone again. A queue in nonblocking mode makes that harmless, because receiving then gives
 * %G_IO_ERROR_WOULD_BLOCK instead of waiting.
 *
 * Returns: %G_SOURCE_CONTINUE to keep the source, %G_SOURCE_REMOVE to remove it
 *
 * Since: 1.0
 */
typedef gboolean (*MoodMessageQueueSourceFunc) (MoodMessageQueue *queue,
                                                GIOCondition condition,
                                                gpointer user_data);

/**
 * MoodMessageFunc:
 * @queue: the queue that the message came from
 * @message: (array length=length) (element-type guint8): the message, valid during the call
 * @length: how many bytes the message has, which may be 0
 * @priority: the priority of the message
 * @user_data: the data given together with the function
 *
 * What a source made by [method@Mood.MessageQueue.create_receiver_source] or a receiver added by
 * [method@Mood.MessageQueue.add_receiver] calls with each message.
 *
 * The message has been taken out of the queue: nobody else gets it, whatever is returned. After it
 * there is a zero byte, which @length does not count.
 *
 * Returns: %G_SOURCE_CONTINUE to go on, %G_SOURCE_REMOVE to end, which leaves all further messages
 *   in the queue
 *
 * Since: 1.0
 */
typedef gboolean (*MoodMessageFunc) (MoodMessageQueue *queue,
                                     const guint8 *message,
                                     gsize length,
                                     guint priority,
                                     gpointer user_data);

MOOD_AVAILABLE_IN_1_0
MoodMessageQueue *mood_message_queue_new (const char *name,
                                          MoodOpenFlags flags,
                                          guint mode,
                                          gint64 maxmsg,
                                          gint64 msgsize,
                                          GError **error);

MOOD_AVAILABLE_IN_1_0
MoodMessageQueue *mood_message_queue_new_full (const char *name,
                                               MoodOpenFlags flags,
                                               guint mode,
                                               gint64 maxmsg,
                                               gint64 msgsize,
                                               MoodOwnership ownership,
                                               MoodGeometryPolicy geometry_policy,
                                               gboolean exact_mode,
                                               GError **error);
MOOD_AVAILABLE_IN_1_0
MoodMessageQueue *mood_message_queue_new_temporary (MoodOpenFlags flags,
                                                    guint mode,
                                                    gint64 maxmsg,
                                                    gint64 msgsize,
                                                    GError **error);
MOOD_AVAILABLE_IN_1_0
MoodMessageQueue *mood_message_queue_new_anonymous (MoodOpenFlags flags,
                                                    gint64 maxmsg,
                                                    gint64 msgsize,
                                                    GError **error);
MOOD_AVAILABLE_IN_1_0
MoodMessageQueue *mood_message_queue_new_from_fd (int fd, GError **error);
MOOD_AVAILABLE_IN_1_0
MoodMessageQueue *
mood_message_queue_reopen (MoodMessageQueue *self, MoodOpenFlags flags, GError **error);

MOOD_AVAILABLE_IN_1_0
int mood_message_queue_dup_fd (MoodMessageQueue *self, GError **error);
MOOD_AVAILABLE_IN_1_0
const char *mood_message_queue_get_name (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
const char *mood_message_queue_get_display_name (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
MoodOpenFlags mood_message_queue_get_flags (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
guint mood_message_queue_get_mode (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_message_queue_get_maxmsg (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_message_queue_get_msgsize (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
MoodOwnership mood_message_queue_get_ownership (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
MoodGeometryPolicy mood_message_queue_get_geometry_policy (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_get_exact_mode (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_is_created (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_is_unlinked (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_message_queue_get_queued_bytes (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
int mood_message_queue_get_notify_pid (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_message_queue_get_uid (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_message_queue_get_gid (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
GDateTime *mood_message_queue_get_atime (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
GDateTime *mood_message_queue_get_mtime (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
GDateTime *mood_message_queue_get_ctime (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gint64 mood_message_queue_get_curmsgs (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_get_blocking (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
gboolean
mood_message_queue_set_nonblocking (MoodMessageQueue *self, gboolean nonblocking, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_is_closed (MoodMessageQueue *self);
MOOD_AVAILABLE_IN_1_0
int mood_message_queue_fileno (MoodMessageQueue *self);

MOOD_AVAILABLE_IN_1_0
gssize mood_message_queue_send (MoodMessageQueue *self,
                                const guint8 *message,
                                gsize length,
                                guint priority,
                                GCancellable *cancellable,
                                GError **error);
MOOD_AVAILABLE_IN_1_0
gssize mood_message_queue_send_with_timeout (MoodMessageQueue *self,
                                             const guint8 *message,
                                             gsize length,
                                             guint priority,
                                             gint64 timeout_us,
                                             GCancellable *cancellable,
                                             GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_sendall (MoodMessageQueue *self,
                                     const guint8 *message,
                                     gsize length,
                                     guint priority,
                                     gsize *bytes_sent,
                                     GCancellable *cancellable,
                                     GError **error);

MOOD_AVAILABLE_IN_1_0
guint8 *mood_message_queue_recv (MoodMessageQueue *self,
                                 gsize *length,
                                 GCancellable *cancellable,
                                 GError **error);
MOOD_AVAILABLE_IN_1_0
guint8 *mood_message_queue_receive (MoodMessageQueue *self,
                                    guint *priority,
                                    gsize *length,
                                    GCancellable *cancellable,
                                    GError **error);
MOOD_AVAILABLE_IN_1_0
guint8 *mood_message_queue_receive_with_timeout (MoodMessageQueue *self,
                                                 guint *priority,
                                                 gsize *length,
                                                 gint64 timeout_us,
                                                 GCancellable *cancellable,
                                                 GError **error);
MOOD_AVAILABLE_IN_1_0
gssize mood_message_queue_receive_into (MoodMessageQueue *self,
                                        guint8 *buffer,
                                        gsize size,
                                        guint *priority,
                                        GCancellable *cancellable,
                                        GError **error);
MOOD_AVAILABLE_IN_1_0
gssize mood_message_queue_receive_into_with_timeout (MoodMessageQueue *self,
                                                     guint8 *buffer,
                                                     gsize size,
                                                     guint *priority,
                                                     gint64 timeout_us,
                                                     GCancellable *cancellable,
                                                     GError **error);

MOOD_AVAILABLE_IN_1_0
gssize mood_message_queue_receive_each (MoodMessageQueue *self,
                                        guint limit,
                                        gint64 timeout_us,
                                        MoodMessageFunc func,
                                        gpointer user_data,
                                        GCancellable *cancellable,
                                        GError **error);

MOOD_AVAILABLE_IN_1_0
guint8 *mood_message_queue_receive_many (MoodMessageQueue *self,
                                         guint limit,
                                         gint64 timeout_us,
                                         gsize **sizes,
                                         gsize *n_sizes,
                                         guint **priorities,
                                         gsize *n_priorities,
                                         gsize *length,
                                         GCancellable *cancellable,
                                         GError **error);
MOOD_AVAILABLE_IN_1_0
gssize mood_message_queue_send_many (MoodMessageQueue *self,
                                     const guint8 *messages,
                                     gsize length,
                                     const gsize *sizes,
                                     gsize n_sizes,
                                     const guint *priorities,
                                     gsize n_priorities,
                                     gint64 timeout_us,
                                     GCancellable *cancellable,
                                     GError **error);

MOOD_AVAILABLE_IN_1_0
GSource *mood_message_queue_create_source (MoodMessageQueue *self,
                                           GIOCondition condition,
                                           GCancellable *cancellable);
MOOD_AVAILABLE_IN_1_0
guint mood_message_queue_add_watch (MoodMessageQueue *self,
                                    GIOCondition condition,
                                    MoodMessageQueueSourceFunc func,
                                    gpointer user_data);
MOOD_AVAILABLE_IN_1_0
guint mood_message_queue_add_watch_full (MoodMessageQueue *self,
                                         int priority,
                                         GIOCondition condition,
                                         MoodMessageQueueSourceFunc func,
                                         gpointer user_data,
                                         GDestroyNotify notify);

MOOD_AVAILABLE_IN_1_0
GSource *mood_message_queue_create_receiver_source (MoodMessageQueue *self,
                                                    GCancellable *cancellable);
MOOD_AVAILABLE_IN_1_0
guint
mood_message_queue_add_receiver (MoodMessageQueue *self, MoodMessageFunc func, gpointer user_data);
MOOD_AVAILABLE_IN_1_0
guint mood_message_queue_add_receiver_full (MoodMessageQueue *self,
                                            int priority,
                                            MoodMessageFunc func,
                                            gpointer user_data,
                                            GDestroyNotify notify);

MOOD_AVAILABLE_IN_1_0
GSource *mood_message_queue_create_notification_source (MoodMessageQueue *self,
                                                        gboolean rearm,
                                                        GCancellable *cancellable,
                                                        GError **error);
MOOD_AVAILABLE_IN_1_0
guint mood_message_queue_add_notification (MoodMessageQueue *self,
                                           gboolean rearm,
                                           MoodMessageQueueSourceFunc func,
                                           gpointer user_data,
                                           GError **error);
MOOD_AVAILABLE_IN_1_0
guint mood_message_queue_add_notification_full (MoodMessageQueue *self,
                                                int priority,
                                                gboolean rearm,
                                                MoodMessageQueueSourceFunc func,
                                                gpointer user_data,
                                                GDestroyNotify notify,
                                                GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean
mood_message_queue_notify_by_signal (MoodMessageQueue *self, int signal_number, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_reserve_notification (MoodMessageQueue *self, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_cancel_notification (MoodMessageQueue *self, GError **error);

MOOD_AVAILABLE_IN_1_0
void mood_message_queue_receive_async (MoodMessageQueue *self,
                                       int io_priority,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MOOD_AVAILABLE_IN_1_0
guint8 *mood_message_queue_receive_finish (MoodMessageQueue *self,
                                           GAsyncResult *result,
                                           guint *priority,
                                           gsize *length,
                                           GError **error);
MOOD_AVAILABLE_IN_1_0
void mood_message_queue_send_async (MoodMessageQueue *self,
                                    const guint8 *message,
                                    gsize length,
                                    guint priority,
                                    int io_priority,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
MOOD_AVAILABLE_IN_1_0
gboolean
mood_message_queue_send_finish (MoodMessageQueue *self, GAsyncResult *result, GError **error);

MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_close (MoodMessageQueue *self, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_unlink (MoodMessageQueue *self, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_unlink (const char *name, GError **error);

MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_chmod (MoodMessageQueue *self, guint mode, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_message_queue_chown (MoodMessageQueue *self, gint64 uid, gint64 gid, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_chmod (const char *name, guint mode, GError **error);
MOOD_AVAILABLE_IN_1_0
gboolean mood_chown (const char *name, gint64 uid, gint64 gid, GError **error);

MOOD_AVAILABLE_IN_1_0
gssize mood_send (MoodMessageQueue *queue,
                  const guint8 *message,
                  gsize length,
                  guint priority,
                  GError **error);
MOOD_AVAILABLE_IN_1_0
guint8 *mood_recv (MoodMessageQueue *queue, gsize *length, GError **error);

G_END_DECLS
