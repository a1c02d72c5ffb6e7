/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GDBus from peer to peer, without a bus. A round trip is a method call, one way are signals: so
 * there is nothing that one process could do with itself. */

#include "transport-sockets.h"

#include <sys/socket.h>

#define OBJECT_PATH    "/org/example/Bench"
#define INTERFACE_NAME "org.example.Bench"
#define METHOD_NAME    "Echo"
#define SIGNAL_NAME    "Message"

static const char introspection[] = "<node><interface name='" INTERFACE_NAME "'>"
                                    "<method name='" METHOD_NAME "'>"
                                    "<arg type='ay' direction='in'/>"
                                    "<arg type='ay' direction='out'/>"
                                    "</method></interface></node>";

typedef struct
{
  GDBusConnection *connection;
  TransportSide side;
  TransportKind kind;
  guint8 *message;
  gsize size;

  guint n_received;                  /* but not taken */
  gsize length;                      /* of the last one */
  GDBusMethodInvocation *invocation; /* what the server has to answer */
} GdbusEnd;

static gpointer
gdbus_prepare (const TransportLoad *load, GError **error)
{
  return transport_sockets_prepare (SOCK_STREAM, load, error);
}

/* The only argument, or the only result. */
static GVariant *
make_parameters (const GdbusEnd *self)
{
  return g_variant_new ("(@ay)", g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, self->message,
                                                          self->size, TRUE, NULL, NULL));
}

static void
take_parameters (GdbusEnd *self, GVariant *parameters)
{
  g_autoptr (GVariant) bytes = g_variant_get_child_value (parameters, 0);

  g_variant_get_fixed_array (bytes, &self->length, sizeof (guint8));
  self->n_received++;
}

static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *object_path,
                const char *interface_name,
                const char *method_name,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  GdbusEnd *self = user_data;

  self->invocation = invocation;
  take_parameters (self, parameters);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender_name,
           const char *object_path,
           const char *interface_name,
           const char *signal_name,
           GVariant *parameters,
           gpointer user_data)
{
  take_parameters (user_data, parameters);
}

static gboolean
export_method (GdbusEnd *self, GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (introspection, error);

  return node != NULL &&
         g_dbus_connection_register_object (self->connection, OBJECT_PATH, node->interfaces[0],
                                            &vtable, self, NULL, error) != 0;
}

/* Nothing that comes in is let through before somebody is there for it. */
static gboolean
serve (GdbusEnd *self, GError **error)
{
  if (self->kind == TRANSPORT_KIND_ONE_WAY)
    g_dbus_connection_signal_subscribe (self->connection, NULL, INTERFACE_NAME, SIGNAL_NAME,
                                        OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal,
                                        self, NULL);
  else if (!export_method (self, error))
    return FALSE;

  g_dbus_connection_start_message_processing (self->connection);

  return TRUE;
}

static GDBusConnection *
connect_end (int fd, TransportSide side, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autofree char *guid = NULL;
  GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT;

  if (socket == NULL)
    return NULL;

  stream = g_socket_connection_factory_create_connection (socket);
  if (side == TRANSPORT_SERVER)
    {
      guid = g_dbus_generate_guid ();
      flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
              G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING;
    }

  return g_dbus_connection_new_sync (G_IO_STREAM (stream), guid, flags, NULL, NULL, error);
}

static gpointer
gdbus_open (gpointer channel, TransportSide side, GError **error)
{
  TransportSockets *sockets = channel;
  GDBusConnection *connection = connect_end (sockets->fds[side], side, error);
  GdbusEnd *end;

  if (connection == NULL)
    return NULL;

  end = g_new0 (GdbusEnd, 1);
  end->connection = connection;
  end->side = side;
  end->kind = sockets->kind;
  end->size = sockets->size;
  end->message = g_malloc0 (end->size);
  if (side == TRANSPORT_SERVER && !serve (end, error))
    return NULL;

  return end;
}

static gboolean
call_method (GdbusEnd *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = g_dbus_connection_call_sync (self->connection, NULL, OBJECT_PATH, INTERFACE_NAME,
                                       METHOD_NAME, make_parameters (self), G_VARIANT_TYPE ("(ay)"),
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
  if (reply == NULL)
    return FALSE;

  take_parameters (self, reply);

  return TRUE;
}

/* The client's call brings the answer along. */
static gboolean
gdbus_send (gpointer end, GError **error)
{
  GdbusEnd *self = end;

  if (self->kind == TRANSPORT_KIND_ONE_WAY)
    return g_dbus_connection_emit_signal (self->connection, NULL, OBJECT_PATH, INTERFACE_NAME,
                                          SIGNAL_NAME, make_parameters (self), error);
  if (self->side == TRANSPORT_CLIENT)
    return call_method (self, error);

  g_dbus_method_invocation_return_value (g_steal_pointer (&self->invocation),
                                         make_parameters (self));

  return TRUE;
}

static gssize
gdbus_receive (gpointer end, GError **error)
{
  GdbusEnd *self = end;

  while (self->n_received == 0)
    g_main_context_iteration (NULL, TRUE);
  self->n_received--;

  return (gssize) self->length;
}

const Transport transport_gdbus = {
  .name = "gdbus",
  .kinds = TRANSPORT_KIND_ONE_WAY | TRANSPORT_KIND_ROUND_TRIP,
  .prepare = gdbus_prepare,
  .open = gdbus_open,
  .send = gdbus_send,
  .receive = gdbus_receive,
  .clear = transport_sockets_clear,
};
