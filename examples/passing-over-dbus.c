/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: passing-over-dbus service ADDRESS
 *        passing-over-dbus client ADDRESS TEXT...
 *
 * The service has a queue without a name, and a method, OpenQueue, that returns a descriptor of it
 * which can only send. It prints what is sent, until that is an empty message. The client asks for
 * the descriptor and sends each TEXT.
 *
 * They talk without a bus, at an ADDRESS like unix:path=/tmp/jobs. On a bus it is the same, but for
 * the name that the service owns there. */

#include <mood.h>

#include <gio/gunixfdlist.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OBJECT_PATH    "/org/example/Jobs"
#define INTERFACE_NAME "org.example.Jobs"

static const char introspection[] = "<node>"
                                    "  <interface name='" INTERFACE_NAME "'>"
                                    "    <method name='OpenQueue'>"
                                    "      <arg name='queue' type='h' direction='out'/>"
                                    "    </method>"
                                    "  </interface>"
                                    "</node>";

typedef struct
{
  MoodMessageQueue *queue;
  GDBusNodeInfo *info;
  GPtrArray *connections;
  GMainLoop *loop;
} Service;

/* The list has a copy of the descriptor, which is closed when it has been sent. That would take
 * back a notification that this process had asked for with mq_notify(3); watches and receivers are
 * not affected. */
static GUnixFDList *
list_sender (MoodMessageQueue *queue, GError **error)
{
  g_autoptr (MoodMessageQueue) sender = mood_message_queue_reopen (queue, MOOD_OPEN_WRONLY, error);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  if (sender == NULL ||
      g_unix_fd_list_append (fds, mood_message_queue_fileno (sender), error) == -1)
    return NULL;

  return g_steal_pointer (&fds);
}

/* The interface has one method, and GDBus refuses what is not in the interface. */
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
  Service *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) fds = list_sender (self->queue, &error);

  if (fds == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    /* The number is the place in the list. */
    g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                             fds);
}

static gboolean
on_new_connection (GDBusServer *server, GDBusConnection *connection, gpointer user_data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  Service *self = user_data;

  if (g_dbus_connection_register_object (connection, OBJECT_PATH, self->info->interfaces[0],
                                         &vtable, self, NULL, NULL) == 0)
    return FALSE;

  g_ptr_array_add (self->connections, g_object_ref (connection));

  return TRUE;
}

static gboolean
on_message (MoodMessageQueue *queue,
            const guint8 *message,
            gsize length,
            guint priority,
            gpointer user_data)
{
  Service *self = user_data;

  if (length == 0)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_REMOVE;
    }

  printf ("%s\n", (const char *) message);
  fflush (stdout);

  return G_SOURCE_CONTINUE;
}

static gboolean
serve (const char *address, GError **error)
{
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 8, 256, error);
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (introspection, NULL);
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GDBusServer) server = NULL;
  Service self = { queue, info, connections, loop };

  if (queue == NULL)
    return FALSE;

  server = g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER,
                                   guid, NULL, NULL, error);
  if (server == NULL)
    return FALSE;

  g_signal_connect (server, "new-connection", G_CALLBACK (on_new_connection), &self);
  g_dbus_server_start (server);
  mood_message_queue_add_receiver (queue, on_message, &self);
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (loop);
  g_dbus_server_stop (server);

  return TRUE;
}

static MoodMessageQueue *
ask_for_queue (GDBusConnection *connection, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_with_unix_fd_list_sync (connection, NULL, OBJECT_PATH, INTERFACE_NAME,
                                                     "OpenQueue", NULL, G_VARIANT_TYPE ("(h)"),
                                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, &fds, NULL,
                                                     error);
  MoodMessageQueue *queue;
  gint32 index;
  int fd;

  if (answer == NULL)
    return NULL;

  if (fds == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The answer has no descriptor");
      return NULL;
    }

  /* A copy: the list closes its own. */
  g_variant_get (answer, "(h)", &index);
  fd = g_unix_fd_list_get (fds, index, error);
  if (fd == -1)
    return NULL;

  queue = mood_message_queue_new_from_fd (fd, error);
  if (queue == NULL)
    close (fd);

  return queue;
}

static gboolean
send_texts (const char *address, char **texts, GError **error)
{
  g_autoptr (GDBusConnection) connection =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                              NULL, error);
  g_autoptr (MoodMessageQueue) queue = NULL;

  if (connection == NULL)
    return FALSE;

  queue = ask_for_queue (connection, error);
  if (queue == NULL)
    return FALSE;

  for (gsize i = 0; texts[i] != NULL; i++)
    if (!mood_message_queue_sendall (queue, (const guint8 *) texts[i], strlen (texts[i]), 0, NULL,
                                     NULL, error))
      return FALSE;

  return TRUE;
}

int
main (int argc, char **argv)
{
  gboolean is_service = argc == 3 && strcmp (argv[1], "service") == 0;
  gboolean is_client = argc >= 3 && strcmp (argv[1], "client") == 0;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (!is_service && !is_client)
    {
      g_printerr ("Usage: passing-over-dbus service ADDRESS\n"
                  "       passing-over-dbus client ADDRESS TEXT...\n");
      return 2;
    }

  if (!(is_service ? serve (argv[2], &error) : send_texts (argv[2], argv + 3, &error)))
    {
      g_printerr ("passing-over-dbus: %s\n", error->message);
      return 1;
    }

  return 0;
}
