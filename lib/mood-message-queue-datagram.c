/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue as a GDatagramBased, for code that is written to that interface: several messages a
 * call, each in several pieces of memory, by the interface's own rules. Those are that a time limit
 * counts for all messages together, that some messages are a success whatever came after them, and
 * that there is an error only where there is no message. */

#include "mood-message-queue-private.h"

#include "mood-error-private.h"
#include "mood-priority-message.h"

#include <string.h>

/* What all messages of one call have in common. */
typedef struct
{
  MoodMessageQueue *queue;
  gint64 timeout_us;
  gint64 deadline;
  GCancellable *cancellable;
  guint8 *scratch; /* of msgsize bytes, made for the first message in more pieces than one */
} Call;

static gboolean
check_call (const Call *call, guint refusals, const char *action, int flags, GError **error)
{
  if (!mood_message_queue_may_begin_or_fail (call->queue, MOOD_STATE_NOT_OPEN | refusals, action,
                                             error))
    return FALSE;

  if (flags != 0)
    {
      mood_set_error (error, G_IO_ERROR_NOT_SUPPORTED, action, call->queue->name,
                      "the flags 0x%x are for sockets, and a message queue has none; give 0",
                      (guint) flags);
      return FALSE;
    }

  return TRUE;
}

/* Memory for one whole message, which the kernel takes and gives in one piece. */
static gboolean
provide_scratch (Call *call, const char *action, GError **error)
{
  if (call->scratch == NULL)
    call->scratch = g_try_malloc ((gsize) call->queue->msgsize);

  if (call->scratch == NULL)
    mood_message_queue_set_no_memory_error (call->queue, action, error);

  return call->scratch != NULL;
}

static gssize
receive_into (Call *call, guint8 *buffer, gsize size, guint *priority, GError **error)
{
  return mood_message_queue_receive_into_before (call->queue, buffer, size, priority,
                                                 call->timeout_us, &call->deadline,
                                                 call->cancellable, error);
}

/* How many bytes of one message there is room for. FALSE if one of the pieces of memory is missing.
 */
static gboolean
measure_room (const Call *call, const GInputVector *vectors, guint n_vectors, gsize *room)
{
  *room = 0;

  for (guint i = 0; i < n_vectors; i++)
    {
      if (vectors[i].buffer == NULL && vectors[i].size != 0)
        return FALSE;

      /* More would not tell more, and could overflow. */
      *room += MIN (vectors[i].size, (gsize) call->queue->msgsize - *room);
    }

  return TRUE;
}

static gssize
receive_into_vectors (Call *call,
                      const GInputVector *vectors,
                      guint n_vectors,
                      guint *priority,
                      GError **error)
{
  const guint8 *rest;
  guint8 *buffer;
  gssize length;
  gsize n_left;
  gsize room;

  if (n_vectors == 1)
    return receive_into (call, vectors[0].buffer, vectors[0].size, priority, error);

  if (!provide_scratch (call, MOOD_ACTION_RECEIVE, error))
    return -1;

  /* Receiving refuses what is missing and what is too little. */
  buffer = measure_room (call, vectors, n_vectors, &room) ? call->scratch : NULL;
  length = receive_into (call, buffer, room, priority, error);

  rest = call->scratch;
  n_left = length == -1 ? 0 : (gsize) length;
  for (guint i = 0; n_left > 0; i++)
    {
      gsize size = MIN (vectors[i].size, n_left);

      /* An empty piece may have no buffer. */
      if (size > 0)
        memcpy (vectors[i].buffer, rest, size);
      rest += size;
      n_left -= size;
    }

  return length;
}

/* Gives @message what goes beside the bytes, as far as its owner wants to know. */
static void
describe_message (GInputMessage *message, guint priority)
{
  message->flags = 0;

  /* A queue does not tell who sent. */
  if (message->address != NULL)
    *message->address = NULL;

  /* Ended by a NULL, as GSocket does it. */
  if (message->control_messages != NULL)
    {
      *message->control_messages = g_new0 (GSocketControlMessage *, 2);
      (*message->control_messages)[0] = mood_priority_message_new (priority);
    }
  if (message->num_control_messages != NULL)
    *message->num_control_messages = message->control_messages != NULL ? 1 : 0;
}

static int
mood_message_queue_receive_messages (GDatagramBased *datagram_based,
                                     GInputMessage *messages,
                                     guint n_messages,
                                     int flags,
                                     gint64 timeout_us,
                                     GCancellable *cancellable,
                                     GError **error)
{
  Call call = {
    .queue = MOOD_MESSAGE_QUEUE (datagram_based),
    .timeout_us = timeout_us,
    .cancellable = cancellable,
  };
  guint n_received = 0;

  if (!check_call (&call, MOOD_STATE_NOT_READABLE, MOOD_ACTION_RECEIVE, flags, error))
    return -1;

  while (n_received < MIN (n_messages, (guint) G_MAXINT))
    {
      GInputMessage *message = &messages[n_received];
      guint priority;
      gssize length;

      length = receive_into_vectors (&call, message->vectors, message->num_vectors, &priority,
                                     n_received == 0 ? error : NULL);
      if (length == -1)
        break;

      message->bytes_received = (gsize) length;
      describe_message (message, priority);
      n_received++;
    }

  g_free (call.scratch);

  return n_received > 0 || n_messages == 0 ? (int) n_received : -1;
}

static gboolean
get_priority (const Call *call, const GOutputMessage *message, guint *priority, GError **error)
{
  *priority = 0;

  if (message->address != NULL)
    {
      mood_set_error (error, G_IO_ERROR_NOT_SUPPORTED, MOOD_ACTION_SEND, call->queue->name,
                      "the message has an address, and a message queue has none; give NULL");
      return FALSE;
    }

  if (message->num_control_messages == 0)
    return TRUE;

  if (message->num_control_messages > 1)
    {
      mood_set_error (error, G_IO_ERROR_NOT_SUPPORTED, MOOD_ACTION_SEND, call->queue->name,
                      "the message has %u control messages; give one at most, its "
                      "MoodPriorityMessage",
                      message->num_control_messages);
      return FALSE;
    }

  if (message->control_messages == NULL || !MOOD_IS_PRIORITY_MESSAGE (message->control_messages[0]))
    {
      mood_set_error (error, G_IO_ERROR_NOT_SUPPORTED, MOOD_ACTION_SEND, call->queue->name,
                      "the control message of the message is no MoodPriorityMessage, the only kind "
                      "that a message queue carries");
      return FALSE;
    }

  *priority =
      mood_priority_message_get_priority (MOOD_PRIORITY_MESSAGE (message->control_messages[0]));

  return TRUE;
}

/* Copies the pieces of a message into the scratch memory. What sending refuses, because a piece is
 * missing or the whole is too long, is given to it as such, and not copied. */
static const guint8 *
gather (const Call *call, const GOutputVector *vectors, guint n_vectors, gsize *length)
{
  *length = 0;

  for (guint i = 0; i < n_vectors; i++)
    {
      gsize size = vectors[i].size;

      if (vectors[i].buffer == NULL && size != 0)
        {
          *length = size;
          return NULL;
        }

      if (size > (gsize) call->queue->msgsize - *length)
        {
          *length = size > G_MAXSIZE - *length ? G_MAXSIZE : *length + size;
          return call->scratch;
        }

      if (size > 0)
        memcpy (call->scratch + *length, vectors[i].buffer, size);
      *length += size;
    }

  return call->scratch;
}

static gssize
send_vectors (Call *call, const GOutputMessage *message, GError **error)
{
  const guint8 *bytes;
  guint priority;
  gsize length;

  if (!get_priority (call, message, &priority, error))
    return -1;

  if (message->num_vectors == 1)
    {
      bytes = message->vectors[0].buffer;
      length = message->vectors[0].size;
    }
  else
    {
      if (!provide_scratch (call, MOOD_ACTION_SEND, error))
        return -1;
      bytes = gather (call, message->vectors, message->num_vectors, &length);
    }

  return mood_message_queue_send_before (call->queue, bytes, length, priority, call->timeout_us,
                                         &call->deadline, call->cancellable, error);
}

static int
mood_message_queue_send_messages (GDatagramBased *datagram_based,
                                  GOutputMessage *messages,
                                  guint n_messages,
                                  int flags,
                                  gint64 timeout_us,
                                  GCancellable *cancellable,
                                  GError **error)
{
  Call call = {
    .queue = MOOD_MESSAGE_QUEUE (datagram_based),
    .timeout_us = timeout_us,
    .cancellable = cancellable,
  };
  guint n_sent = 0;

  if (!check_call (&call, MOOD_STATE_NOT_WRITABLE, MOOD_ACTION_SEND, flags, error))
    return -1;

  while (n_sent < MIN (n_messages, (guint) G_MAXINT))
    {
      GOutputMessage *message = &messages[n_sent];
      gssize length = send_vectors (&call, message, n_sent == 0 ? error : NULL);

      if (length == -1)
        break;

      message->bytes_sent = (guint) length;
      n_sent++;
    }

  g_free (call.scratch);

  return n_sent > 0 || n_messages == 0 ? (int) n_sent : -1;
}

static GSource *
mood_message_queue_create_datagram_source (GDatagramBased *datagram_based,
                                           GIOCondition condition,
                                           GCancellable *cancellable)
{
  return mood_message_queue_create_source (MOOD_MESSAGE_QUEUE (datagram_based), condition,
                                           cancellable);
}

static GIOCondition
mood_message_queue_condition_check (GDatagramBased *datagram_based, GIOCondition condition)
{
  MoodMessageQueue *self = MOOD_MESSAGE_QUEUE (datagram_based);

  return mood_message_queue_poll (self, mood_message_queue_mask_condition (self, condition));
}

/* What can never come is not waited for. */
static gboolean
mood_message_queue_condition_wait (GDatagramBased *datagram_based,
                                   GIOCondition condition,
                                   gint64 timeout_us,
                                   GCancellable *cancellable,
                                   GError **error)
{
  MoodMessageQueue *self = MOOD_MESSAGE_QUEUE (datagram_based);
  GIOCondition wanted = condition & (G_IO_IN | G_IO_OUT);
  GIOCondition possible = mood_message_queue_mask_condition (self, wanted);

  if (!mood_message_queue_may_begin_or_fail (self, MOOD_STATE_NOT_OPEN, MOOD_ACTION_WAIT, error))
    return FALSE;

  if (wanted == 0)
    {
      mood_set_error (error, G_IO_ERROR_INVALID_ARGUMENT, MOOD_ACTION_WAIT, self->name,
                      "no condition was given that it can meet; give G_IO_IN to receive, or "
                      "G_IO_OUT to send");
      return FALSE;
    }

  if (possible == 0)
    {
      mood_message_queue_set_refused_error (self,
                                            wanted == G_IO_IN ? MOOD_STATE_NOT_READABLE
                                                              : MOOD_STATE_NOT_WRITABLE,
                                            MOOD_ACTION_WAIT, error);
      return FALSE;
    }

  return mood_message_queue_wait_for (self, possible, timeout_us, cancellable, error);
}

void
mood_message_queue_datagram_based_iface_init (GDatagramBasedInterface *iface)
{
  iface->receive_messages = mood_message_queue_receive_messages;
  iface->send_messages = mood_message_queue_send_messages;
  iface->create_source = mood_message_queue_create_datagram_source;
  iface->condition_check = mood_message_queue_condition_check;
  iface->condition_wait = mood_message_queue_condition_wait;
}
