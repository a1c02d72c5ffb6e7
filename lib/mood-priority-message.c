/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The priority of a message, in the form in which GDatagramBased has what goes beside the bytes. */

#include "mood-priority-message.h"

#include <string.h>

/* There is no socket level for message queues. This one is nobody's, so that a socket that is
 * handed such a control message by mistake does not take it for one of its own. */
#define MESSAGE_QUEUE_LEVEL 0x6d6f6f64
#define PRIORITY_TYPE       1

/**
 * MoodPriorityMessage:
 *
 * The priority of a message, as a control message.
 *
 * A [class@Mood.MessageQueue] is a [iface@Gio.DatagramBased], whose messages have bytes, and beside
 * them control messages. `g_datagram_based_send_messages()` takes the priority of each message from
 * the control message of this class that it has, and is 0 without one;
 * `g_datagram_based_receive_messages()` gives each message one, if asked for control messages.
 * The array that it puts them in ends with %NULL, and belongs to the caller like what is in it.
 * [Waiting](waiting.html) has a program that does both.
 *
 * It travels no further than to the queue: to the other side it is the message's priority, as
 * `mq_receive(3)` gives it.
 *
 * Since: 1.0
 */
struct _MoodPriorityMessage
{
  GSocketControlMessage parent_instance;

  guint priority;
};

enum
{
  PROP_0,
  PROP_PRIORITY,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_TYPE (MoodPriorityMessage, mood_priority_message, G_TYPE_SOCKET_CONTROL_MESSAGE)

static gsize
mood_priority_message_get_size (GSocketControlMessage *message)
{
  return sizeof (guint32);
}

static int
mood_priority_message_get_level (GSocketControlMessage *message)
{
  return MESSAGE_QUEUE_LEVEL;
}

static int
mood_priority_message_get_message_type (GSocketControlMessage *message)
{
  return PRIORITY_TYPE;
}

static void
mood_priority_message_serialize (GSocketControlMessage *message, gpointer data)
{
  guint32 priority = MOOD_PRIORITY_MESSAGE (message)->priority;

  memcpy (data, &priority, sizeof priority);
}

/* Asked about the control messages of every socket in the process. */
static GSocketControlMessage *
mood_priority_message_deserialize (int level, int type, gsize size, gpointer data)
{
  guint32 priority;

  if (level != MESSAGE_QUEUE_LEVEL || type != PRIORITY_TYPE || size != sizeof priority)
    return NULL;

  memcpy (&priority, data, sizeof priority);

  return mood_priority_message_new (priority);
}

static void
mood_priority_message_get_property (GObject *object,
                                    guint property_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  MoodPriorityMessage *self = MOOD_PRIORITY_MESSAGE (object);

  switch (property_id)
    {
    case PROP_PRIORITY:
      g_value_set_uint (value, self->priority);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
mood_priority_message_set_property (GObject *object,
                                    guint property_id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  MoodPriorityMessage *self = MOOD_PRIORITY_MESSAGE (object);

  switch (property_id)
    {
    case PROP_PRIORITY:
      self->priority = g_value_get_uint (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
mood_priority_message_class_init (MoodPriorityMessageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GSocketControlMessageClass *message_class = G_SOCKET_CONTROL_MESSAGE_CLASS (klass);

  object_class->get_property = mood_priority_message_get_property;
  object_class->set_property = mood_priority_message_set_property;

  message_class->get_size = mood_priority_message_get_size;
  message_class->get_level = mood_priority_message_get_level;
  message_class->get_type = mood_priority_message_get_message_type;
  message_class->serialize = mood_priority_message_serialize;
  message_class->deserialize = mood_priority_message_deserialize;

  /**
   * MoodPriorityMessage:priority: (getter get_priority)
   *
   * The priority: 0 to 32767 where it is to be sent, the highest of which is received first.
   *
   * What is above is refused by sending.
   *
   * Since: 1.0
   */
  properties[PROP_PRIORITY] =
      g_param_spec_uint ("priority", NULL, NULL, 0, G_MAXUINT, 0,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
mood_priority_message_init (MoodPriorityMessage *self)
{
}

/**
 * mood_priority_message_new: (constructor)
 * @priority: the priority of a message, 0 to 32767; the highest is received first
 *
 * Makes a control message that gives a message its priority.
 *
 * In C it comes as what the structures of [iface@Gio.DatagramBased] take.
 *
 * See also: `mq_send(3)`
 *
 * Returns: (transfer full) (type Mood.PriorityMessage): a new control message
 *
 * Since: 1.0
 */
GSocketControlMessage *
mood_priority_message_new (guint priority)
{
  return g_object_new (MOOD_TYPE_PRIORITY_MESSAGE, "priority", priority, NULL);
}

/**
 * mood_priority_message_get_priority: (get-property priority)
 * @self: a control message
 *
 * Gets the priority of the message that the control message belongs to.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
guint
mood_priority_message_get_priority (MoodPriorityMessage *self)
{
  g_return_val_if_fail (MOOD_IS_PRIORITY_MESSAGE (self), 0);

  return self->priority;
}
