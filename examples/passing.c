/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: passing
 *
 * Makes a queue that has no name, starts a child and hands it a descriptor that can only send, over
 * a Unix socket. What the child sends can be received after its end. */

#include <mood.h>

#include <gio/gunixconnection.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first after standard input, output and error. */
#define CHILD_FD 3

static GUnixConnection *
connect_by (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);

  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }

  return G_UNIX_CONNECTION (g_socket_connection_factory_create_connection (socket));
}

static gboolean
send_text (MoodMessageQueue *queue, const char *text, guint priority, GError **error)
{
  return mood_message_queue_send (queue, (const guint8 *) text, strlen (text), priority, NULL,
                                  error) != -1;
}

static MoodMessageQueue *
take_queue (GError **error)
{
  g_autoptr (GUnixConnection) connection = connect_by (CHILD_FD, error);
  MoodMessageQueue *queue;
  int fd;

  if (connection == NULL)
    return NULL;

  fd = g_unix_connection_receive_fd (connection, NULL, error);
  if (fd == -1)
    return NULL;

  queue = mood_message_queue_new_from_fd (fd, error);
  if (queue == NULL)
    close (fd);

  return queue;
}

static gboolean
be_child (GError **error)
{
  g_autoptr (MoodMessageQueue) queue = take_queue (error);

  return queue != NULL && send_text (queue, "later", 1, error) &&
         send_text (queue, "urgent", 9, error);
}

static GSubprocess *
start_child (int fd, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  g_subprocess_launcher_take_fd (launcher, fd, CHILD_FD);

  return g_subprocess_launcher_spawn (launcher, error, "/proc/self/exe", "child", NULL);
}

/* The child gets a copy of the descriptor, so that the parent may close its own. */
static gboolean
hand_over (GUnixConnection *connection, MoodMessageQueue *queue, GError **error)
{
  g_autoptr (MoodMessageQueue) sender = mood_message_queue_reopen (queue, MOOD_OPEN_WRONLY, error);

  return sender != NULL &&
         g_unix_connection_send_fd (connection, mood_message_queue_fileno (sender), NULL, error);
}

static gboolean
print_messages (MoodMessageQueue *queue, GError **error)
{
  gint64 n_messages = mood_message_queue_get_curmsgs (queue);

  for (gint64 i = 0; i < n_messages; i++)
    {
      guint priority;
      g_autofree guint8 *message =
          mood_message_queue_receive_with_timeout (queue, &priority, NULL, 0, NULL, error);

      if (message == NULL)
        return FALSE;
      printf ("received: %u %s\n", priority, (const char *) message);
    }

  return TRUE;
}

static gboolean
be_parent (GError **error)
{
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new_anonymous (MOOD_OPEN_RDWR, 8, 64, error);
  g_autoptr (GUnixConnection) connection = NULL;
  g_autoptr (GSubprocess) child = NULL;
  int ends[2];

  if (queue == NULL)
    return FALSE;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Cannot make a pair of sockets: %m");
      return FALSE;
    }

  connection = connect_by (ends[0], error);
  child = start_child (ends[1], error);
  if (connection == NULL || child == NULL || !hand_over (connection, queue, error) ||
      !g_subprocess_wait_check (child, NULL, error))
    return FALSE;

  printf ("the child has ended\n");

  return print_messages (queue, error);
}

int
main (int argc, char **argv)
{
  gboolean is_child = argc == 2 && strcmp (argv[1], "child") == 0;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (argc != 1 && !is_child)
    {
      g_printerr ("Usage: passing\n");
      return 2;
    }

  if (!(is_child ? be_child (&error) : be_parent (&error)))
    {
      g_printerr ("passing: %s\n", error->message);
      return 1;
    }

  return 0;
}
