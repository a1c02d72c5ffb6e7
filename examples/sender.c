/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: sender NAME PRIORITY [TEXT...]
 *
 * Sends each TEXT to the queue NAME, with that priority. Without a TEXT it sends one empty message,
 * which tells the receiver to end. */

#include <mood.h>

#include <locale.h>
#include <string.h>

static gboolean
send_texts (const char *name, guint priority, char **texts, GError **error)
{
  char *nothing_but_empty[] = { (char *) "", NULL };
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new (name, MOOD_OPEN_WRONLY, 0, -1, -1, error);

  if (queue == NULL)
    return FALSE;

  if (texts[0] == NULL)
    texts = nothing_but_empty;

  /* A text that is too long for one message is sent as several, and while the queue is full this
   * waits for the receiver. */
  for (; *texts != NULL; texts++)
    if (!mood_message_queue_sendall (queue, (const guint8 *) *texts, strlen (*texts), priority,
                                     NULL, NULL, error))
      return FALSE;

  return mood_message_queue_close (queue, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  guint64 priority;

  setlocale (LC_ALL, "");

  if (argc < 3 || !g_ascii_string_to_unsigned (argv[2], 10, 0, 32767, &priority, NULL))
    {
      g_printerr ("Usage: sender NAME PRIORITY [TEXT...]\n"
                  "PRIORITY is 0 to 32767; the highest is received first.\n");
      return 2;
    }

  if (!send_texts (argv[1], (guint) priority, argv + 3, &error))
    {
      g_printerr ("sender: %s\n", error->message);
      return 1;
    }

  return 0;
}
