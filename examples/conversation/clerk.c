/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: clerk PREFIX CLIENTS
 *
 * The clerk of the conversation: squares numbers for that many clients. What goes through the
 * queues, whose names begin with PREFIX:
 *
 * - PREFIX-door takes “LANGUAGE in ANSWERS” when a client comes in, where ANSWERS is the name of
 *   the queue that it wants its answers in, and “LANGUAGE out SENT RECEIVED” when it leaves: how
 *   many messages it sent, this one included, and how many it received.
 * - PREFIX-requests takes “ANSWERS SEQUENCE NUMBER”: low, normal or urgent by its priority.
 * - ANSWERS takes “SEQUENCE SQUARE”, and “begin” when the second act begins.
 *
 * The counter is closed until all clients have come in: what they posted by then is waiting in the
 * queue, and is taken by priority. In the second act all of them post and read at the same time.
 *
 * The clerk never waits for a client: a client has at most as many requests under way as its queue
 * has room for answers. A client may wait for the clerk, and so nobody waits for ever. */

#include <mood.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAXMSG  10
#define MSGSIZE 64

/* How many requests each client posts while the counter is closed. */
#define POSTED_EACH 3

/* A client from the moment at which it comes in. Both counts are of whole messages, whatever they
 * say. */
typedef struct
{
  char *language;
  MoodMessageQueue *answers;
  guint n_received; /* from the client */
  guint n_sent;     /* to the client */
} Client;

typedef struct
{
  GMainLoop *loop;
  GError *error;

  MoodMessageQueue *door;
  MoodMessageQueue *requests;

  GPtrArray *clients; /* of Client, as they came in */
  guint n_expected;   /* how many will come in */
  guint n_out;        /* how many have gone out again */
  guint n_answered;
  guint n_lost;
  gint64 second_act_began;

  gboolean is_colourful;
} Clerk;

/* The escape sequence of a terminal for @style, such as "1" for bold and "" for the end of it. */
#define STYLE(self, style) ((self)->is_colourful ? "\033[" style "m" : "")

static void
client_free (Client *client)
{
  g_free (client->language);
  g_object_unref (client->answers);
  g_free (client);
}

static int
compare_languages (gconstpointer a, gconstpointer b)
{
  const Client *const *first = a;
  const Client *const *second = b;

  return strcmp ((*first)->language, (*second)->language);
}

static Client *
find_client (Clerk *self, const char *language_or_answers, GError **error)
{
  for (guint i = 0; i < self->clients->len; i++)
    {
      Client *client = g_ptr_array_index (self->clients, i);

      if (g_str_equal (client->language, language_or_answers) ||
          g_str_equal (mood_message_queue_get_name (client->answers), language_or_answers))
        return client;
    }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Nobody came in as “%s”",
               language_or_answers);

  return NULL;
}

/* The fields of a message, between its blanks. NULL with no error if there is no message. */
static char **
take_fields (MoodMessageQueue *queue, guint *priority, GError **error)
{
  g_autoptr (GError) take_error = NULL;
  char text[MSGSIZE + 1];
  gssize length;

  length = mood_message_queue_receive_into (queue, (guint8 *) text, MSGSIZE, priority, NULL,
                                            &take_error);
  if (length == -1)
    {
      if (!g_error_matches (take_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        g_propagate_error (error, g_steal_pointer (&take_error));
      return NULL;
    }

  text[length] = '\0';

  return g_strsplit (text, " ", 0);
}

static gboolean
send_text (Client *client, const char *text, GError **error)
{
  if (mood_message_queue_send (client->answers, (const guint8 *) text, strlen (text), 0, NULL,
                               error) == -1)
    return FALSE;

  client->n_sent++;

  return TRUE;
}

/* Three digits at a time, as in 1,234,567. */
static char *
format_count (guint count)
{
  GString *digits = g_string_new (NULL);

  g_string_printf (digits, "%u", count);
  for (gssize at = (gssize) digits->len - 3; at > 0; at -= 3)
    g_string_insert_c (digits, at, ',');

  return g_string_free (digits, FALSE);
}

static void
print_title (Clerk *self, const char *title)
{
  printf ("\n%s%s%s\n\n", STYLE (self, "1"), title, STYLE (self, ""));
}

static void
print_answer (Clerk *self, Client *client, guint priority, guint64 sequence, guint64 number)
{
  static const char *const ordinals[POSTED_EACH + 1] = { "", "first", "second", "third" };
  const char *style;
  const char *urgency;

  if (priority >= 20)
    {
      style = STYLE (self, "1;31");
      urgency = "urgent";
    }
  else if (priority >= 10)
    {
      style = STYLE (self, "33");
      urgency = "normal";
    }
  else
    {
      style = STYLE (self, "2");
      urgency = "low";
    }

  printf ("  %5u  %-10s  %-6s  %s%-6s %8u%s  %2" G_GUINT64_FORMAT " squared is %4" G_GUINT64_FORMAT
          "\n",
          self->n_answered, client->language, ordinals[MIN (sequence, POSTED_EACH)], style, urgency,
          priority, STYLE (self, ""), number, number * number);
}

/* Tells every client that the second act begins. */
static gboolean
begin_second_act (Clerk *self, GError **error)
{
  print_title (self, "Second act: the counter is open, and all talk at the same time");
  fflush (stdout);
  self->second_act_began = g_get_monotonic_time ();

  for (guint i = 0; i < self->clients->len; i++)
    if (!send_text (g_ptr_array_index (self->clients, i), "begin", error))
      return FALSE;

  return TRUE;
}

/* Does what the first waiting request asks for. FALSE with no error if none is waiting. */
static gboolean
serve_request (Clerk *self, GError **error)
{
  guint n_posted = self->n_expected * POSTED_EACH;
  g_auto (GStrv) fields = NULL;
  g_autofree char *answer = NULL;
  Client *client;
  guint priority;
  guint64 sequence;
  guint64 number;

  fields = take_fields (self->requests, &priority, error);
  if (fields == NULL)
    return FALSE;

  if (g_strv_length (fields) != 3 ||
      !g_ascii_string_to_unsigned (fields[1], 10, 1, G_MAXUINT32, &sequence, NULL) ||
      !g_ascii_string_to_unsigned (fields[2], 10, 0, G_MAXUINT32, &number, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "A request cannot be read");
      return FALSE;
    }

  client = find_client (self, fields[0], error);
  if (client == NULL)
    return FALSE;

  client->n_received++;
  self->n_answered++;
  if (self->n_answered <= n_posted)
    print_answer (self, client, priority, sequence, number);

  answer = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, sequence, number * number);

  return send_text (client, answer, error) &&
         (self->n_answered != n_posted || begin_second_act (self, error));
}

/* Keeps a watch as long as nothing has gone wrong. */
static gboolean
continue_unless_failed (Clerk *self, GError *error)
{
  if (error == NULL)
    return G_SOURCE_CONTINUE;

  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
  g_main_loop_quit (self->loop);

  return G_SOURCE_REMOVE;
}

static gboolean
on_request (MoodMessageQueue *requests, GIOCondition condition, gpointer user_data)
{
  Clerk *self = user_data;
  GError *error = NULL;
  guint left = MAXMSG;

  /* No more than the queue holds in one turn, so that the door is not forgotten. */
  while (left > 0 && serve_request (self, &error))
    left--;

  return continue_unless_failed (self, error);
}

static void
open_counter (Clerk *self)
{
  g_autofree char *title = NULL;

  title = g_strdup_printf ("The counter opens: %" G_GINT64_FORMAT
                           " requests wait, the most urgent goes first",
                           mood_message_queue_get_curmsgs (self->requests));
  print_title (self, title);
  printf ("  %s%5s  %-10s  %-6s  %-6s %8s  %s%s\n", STYLE (self, "4"), "taken", "client", "posted",
          "", "priority", "request and answer", STYLE (self, ""));

  mood_message_queue_add_watch (self->requests, G_IO_IN, on_request, self);
}

static gboolean
welcome (Clerk *self, const char *language, const char *answers_name, GError **error)
{
  Client *client;
  MoodMessageQueue *answers =
      mood_message_queue_new (answers_name, MOOD_OPEN_WRONLY | MOOD_OPEN_NONBLOCK, 0, -1, -1,
                              error);

  if (answers == NULL)
    return FALSE;

  client = g_new0 (Client, 1);
  client->language = g_strdup (language);
  client->answers = answers;
  client->n_received = 1;
  g_ptr_array_add (self->clients, client);

  printf ("  %-10s  posts %d requests: first a low, then a normal, then an urgent one\n", language,
          POSTED_EACH);

  if (self->clients->len == self->n_expected)
    open_counter (self);

  return TRUE;
}

/* Compares the client's counts with the clerk's: what one sent must be what the other received. */
static gboolean
say_goodbye (Clerk *self,
             const char *language,
             const char *sent,
             const char *received,
             GError **error)
{
  Client *client = find_client (self, language, error);
  guint64 n_sent;
  guint64 n_received;

  if (client == NULL || !g_ascii_string_to_unsigned (sent, 10, 0, G_MAXUINT, &n_sent, error) ||
      !g_ascii_string_to_unsigned (received, 10, 0, G_MAXUINT, &n_received, error))
    return FALSE;

  client->n_received++;
  self->n_lost += (guint) ABS ((gint64) n_sent - client->n_received);
  self->n_lost += (guint) ABS ((gint64) n_received - client->n_sent);

  self->n_out++;
  if (self->n_out == self->n_expected)
    g_main_loop_quit (self->loop);

  return TRUE;
}

/* Sees to one client at the door. FALSE with no error if nobody is there. */
static gboolean
attend_door (Clerk *self, GError **error)
{
  g_auto (GStrv) fields = take_fields (self->door, NULL, error);

  if (fields == NULL)
    return FALSE;

  if (g_strv_length (fields) == 3 && g_str_equal (fields[1], "in"))
    return welcome (self, fields[0], fields[2], error);

  if (g_strv_length (fields) == 4 && g_str_equal (fields[1], "out"))
    return say_goodbye (self, fields[0], fields[2], fields[3], error);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "A word at the door cannot be read");

  return FALSE;
}

static gboolean
on_door (MoodMessageQueue *door, GIOCondition condition, gpointer user_data)
{
  GError *error = NULL;

  attend_door (user_data, &error);

  return continue_unless_failed (user_data, error);
}

static void
print_summary (Clerk *self)
{
  double seconds = (double) (g_get_monotonic_time () - self->second_act_began) / G_USEC_PER_SEC;
  g_autofree char *answered = format_count (self->n_answered - self->n_expected * POSTED_EACH);
  g_autofree char *lost = self->n_lost > 0 ? format_count (self->n_lost) : g_strdup ("none");
  g_autofree char *from_clerk = NULL;
  g_autofree char *all = NULL;
  GString *from_clients = g_string_new (NULL);
  guint n_from_clerk = 0;
  guint n_from_clients = 0;

  /* In whichever order they came in. */
  g_ptr_array_sort (self->clients, compare_languages);
  for (guint i = 0; i < self->clients->len; i++)
    {
      const Client *client = g_ptr_array_index (self->clients, i);
      g_autofree char *received = format_count (client->n_received);

      n_from_clerk += client->n_sent;
      n_from_clients += client->n_received;
      g_string_append_printf (from_clients, ", %s %s", client->language, received);
    }

  from_clerk = format_count (n_from_clerk);
  all = format_count (n_from_clerk + n_from_clients);

  printf ("  %s requests, each answered once and rightly, in %.2f seconds\n\n", answered, seconds);
  printf ("%sCrossed: C %s%s; of %s messages %s lost%s\n", STYLE (self, "1"), from_clerk,
          from_clients->str, all, lost, STYLE (self, ""));

  g_string_free (from_clients, TRUE);
}

/* Whoever comes first makes the queue, so that it does not matter in which order the clerk and the
 * clients are started. */
static MoodMessageQueue *
open_for_receiving (const char *prefix, const char *suffix, GError **error)
{
  g_autofree char *name = g_strconcat (prefix, suffix, NULL);

  return mood_message_queue_new (name, MOOD_OPEN_RDONLY | MOOD_OPEN_CREAT | MOOD_OPEN_NONBLOCK,
                                 0600, MAXMSG, MSGSIZE, error);
}

static gboolean
converse (Clerk *self, const char *prefix, GError **error)
{
  self->door = open_for_receiving (prefix, "-door", error);
  if (self->door == NULL)
    return FALSE;

  self->requests = open_for_receiving (prefix, "-requests", error);
  if (self->requests == NULL)
    return FALSE;

  print_title (self, "First act: the counter is closed");
  mood_message_queue_add_watch (self->door, G_IO_IN, on_door, self);
  g_main_loop_run (self->loop);

  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }

  print_summary (self);

  return mood_message_queue_unlink (self->door, error) &&
         mood_message_queue_unlink (self->requests, error);
}

static gboolean
is_terminal_with_colours (void)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return isatty (STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autoptr (GError) error = NULL;
  Clerk clerk = { .loop = loop, .clients = clients };
  guint64 n_expected;
  gboolean conversed;

  setlocale (LC_ALL, "");

  if (argc != 3 ||
      !g_ascii_string_to_unsigned (argv[2], 10, 1, MAXMSG / POSTED_EACH, &n_expected, NULL))
    {
      g_printerr ("Usage: clerk PREFIX CLIENTS\n");
      return 2;
    }

  clerk.n_expected = (guint) n_expected;
  clerk.is_colourful = is_terminal_with_colours ();

  conversed = converse (&clerk, argv[1], &error);
  if (!conversed)
    g_printerr ("clerk: %s\n", error->message);

  g_clear_object (&clerk.door);
  g_clear_object (&clerk.requests);

  return conversed && clerk.n_lost == 0 ? 0 : 1;
}
