/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: notification NAME
 *
 * Creates the queue NAME and shows how to be told that a message has come to it while it was empty:
 * once, again and again, and not any more. */

#include <mood.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  MoodMessageQueue *queue;
  GMainLoop *loop;
  const char *way;
  GError *error;
} Notified;

/* Takes all that there is: what was left in the queue would not be announced again. */
static gboolean
on_arrived (MoodMessageQueue *queue, GIOCondition condition, gpointer user_data)
{
  Notified *self = user_data;
  g_autoptr (GError) error = NULL;
  guint8 *message;

  while ((message = mood_message_queue_receive_with_timeout (queue, NULL, NULL, 0, NULL, &error)) !=
         NULL)
    {
      printf ("%s: %s\n", self->way, (const char *) message);
      g_free (message);
    }

  g_main_loop_quit (self->loop);

  return (condition & G_IO_IN) != 0;
}

/* In the place of another process, which sends while this one is in its main loop. */
static void
send_and_wait (Notified *self, const char *text)
{
  if (mood_message_queue_send (self->queue, (const guint8 *) text, strlen (text), 0, NULL,
                               &self->error) != -1)
    g_main_loop_run (self->loop);
}

/* The registration ends with the notification. */
static void
be_told_once (Notified *self)
{
  self->way = "once";
  if (mood_message_queue_add_notification (self->queue, FALSE, on_arrived, self, &self->error) != 0)
    send_and_wait (self, "first");
}

/* It is made again before the callback runs, so that no message is missed. */
static void
be_told_again_and_again (Notified *self)
{
  self->way = "armed";
  if (mood_message_queue_add_notification (self->queue, TRUE, on_arrived, self, &self->error) == 0)
    return;

  send_and_wait (self, "second");
  if (self->error == NULL)
    send_and_wait (self, "third");
}

/* A queue has room for one registration, of whichever process. */
static void
find_it_busy (Notified *self)
{
  if (mood_message_queue_add_notification (self->queue, FALSE, on_arrived, self, &self->error) ==
          0 &&
      g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_BUSY))
    {
      printf ("busy: somebody is registered\n");
      g_clear_error (&self->error);
    }
}

static void
cancel (Notified *self)
{
  if (!mood_message_queue_cancel_notification (self->queue, &self->error) ||
      mood_message_queue_send (self->queue, (const guint8 *) "fourth", 6, 0, NULL, &self->error) ==
          -1)
    return;

  while (g_main_context_iteration (NULL, FALSE))
    ;
  printf ("cancelled: not told of %d message\n",
          (int) mood_message_queue_get_curmsgs (self->queue));
}

static gboolean
show_notification (const char *name, GError **error)
{
  static void (*const steps[]) (Notified * self) = {
    be_told_once,
    be_told_again_and_again,
    find_it_busy,
    cancel,
  };
  MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL;
  g_autoptr (MoodMessageQueue) queue = mood_message_queue_new (name, flags, 0600, 8, 64, error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Notified self = { queue, loop, NULL, NULL };

  if (queue == NULL)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (steps) && self.error == NULL; i++)
    steps[i](&self);

  mood_message_queue_unlink (queue, self.error == NULL ? &self.error : NULL);
  if (self.error == NULL)
    return TRUE;

  g_propagate_error (error, self.error);

  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");

  if (argc != 2)
    {
      g_printerr ("Usage: notification NAME\n");
      return 2;
    }

  if (!show_notification (argv[1], &error))
    {
      g_printerr ("notification: %s\n", error->message);
      return 1;
    }

  return 0;
}
