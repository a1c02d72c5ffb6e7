/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors: each one is provoked for real, and its text has to name the queue, the cause and what
 * would help. */

#include "mood-test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
assert_open_error (const char *name,
                   MoodOpenFlags flags,
                   gint64 maxmsg,
                   gint64 msgsize,
                   GIOErrorEnum code,
                   const char *part,
                   const char *other_part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mood_message_queue_new (name, flags, 0600, maxmsg, msgsize, &error));
  mood_test_assert_error (&error, code, name != NULL ? name : "without a name", part, other_part,
                          NULL);
}

static void
test_names (void)
{
  g_autofree char *tail = g_strnfill (256, 'x');
  g_autofree char *too_long = g_strconcat ("/", tail, NULL);
  const struct
  {
    const char *name;
    GIOErrorEnum code;
    const char *fault;
  } rows[] = {
    { NULL, G_IO_ERROR_INVALID_FILENAME, "no name was given" },
    { "", G_IO_ERROR_INVALID_FILENAME, "is empty" },
    { "jobs", G_IO_ERROR_INVALID_FILENAME, "does not begin with a slash" },
    { "/", G_IO_ERROR_INVALID_FILENAME, "nothing after the slash" },
    { "//", G_IO_ERROR_INVALID_FILENAME, "more than one slash" },
    { "/a/b", G_IO_ERROR_INVALID_FILENAME, "more than one slash" },
    { "/a/", G_IO_ERROR_INVALID_FILENAME, "more than one slash" },
    { "/.", G_IO_ERROR_INVALID_FILENAME, "file system" },
    { "/..", G_IO_ERROR_INVALID_FILENAME, "file system" },
    { too_long, G_IO_ERROR_FILENAME_TOO_LONG, "256 bytes" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_open_error (rows[i].name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 1, 8, rows[i].code,
                         rows[i].fault, "a slash followed by 1 to 255 bytes");
      assert_open_error (rows[i].name, MOOD_OPEN_RDWR, -1, -1, rows[i].code, rows[i].fault, NULL);

      g_assert_false (mood_unlink (rows[i].name, &error));
      mood_test_assert_error (&error, rows[i].code, "unlink", rows[i].fault, NULL);
    }
}

static void
test_flags (void)
{
  const char *name = mood_test_queue_name ();

  assert_open_error (name, MOOD_OPEN_CREAT, 1, 8, G_IO_ERROR_INVALID_ARGUMENT, "access mode",
                     "RDONLY");
  assert_open_error (name, 64 | MOOD_OPEN_RDWR, 1, 8, G_IO_ERROR_INVALID_ARGUMENT, "0x40", "O_");
}

/* Constructed by properties, as bindings do, unknown flags are refused as well: O_RDWR | O_CREAT
 * would otherwise be WRONLY alone. */
static void
test_flags_property (void)
{
  g_autoptr (MoodMessageQueue) existing = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;

  queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", mood_message_queue_get_name (existing),
                        "flags", O_RDWR | O_CREAT, NULL);
  g_assert_false (g_initable_init (G_INITABLE (queue), NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, "0x40", "O_", NULL);
}

static void
test_not_found (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (GError) error = NULL;

  g_assert_null (
      mood_message_queue_new ("/mood-test\n\033[31m", MOOD_OPEN_RDWR, 0, -1, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, "“/mood-test??[31m”", NULL);

  assert_open_error (name, MOOD_OPEN_RDWR, -1, -1, G_IO_ERROR_NOT_FOUND, "open",
                     "add the CREAT flag");
  g_assert_false (mood_unlink (name, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, "unlink", name, NULL);
}

static void
test_geometry (void)
{
  const char *name = mood_test_queue_name ();
  const MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT;

  assert_open_error (name, flags, 0, 8, G_IO_ERROR_INVALID_ARGUMENT, "maxmsg is 0", "-1");
  assert_open_error (name, flags, 1, 0, G_IO_ERROR_INVALID_ARGUMENT, "msgsize is 0", "-1");
  assert_open_error (name, flags, G_MAXINT64, 0, G_IO_ERROR_INVALID_ARGUMENT, "msgsize is 0", "-1");
  assert_open_error (name, flags, G_MAXINT64, 8, G_IO_ERROR_INVALID_ARGUMENT, "9223372036854775807",
                     "/proc/sys/fs/mqueue/msg_max");
  assert_open_error (name, flags, 1, G_MAXINT64, G_IO_ERROR_INVALID_ARGUMENT, "9223372036854775807",
                     "/proc/sys/fs/mqueue/msgsize_max");
}

static void
test_geometry_limits (void)
{
  const MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT;
  const char *name;

  if (!mood_test_in_ipc_namespace ())
    return;

  mood_test_write_limit ("msg_max", "7");
  mood_test_write_limit ("msgsize_max", "160");
  name = mood_test_queue_name ();

  assert_open_error (name, flags, 8, 8, G_IO_ERROR_INVALID_ARGUMENT, "maxmsg 8 is above 7",
                     "/proc/sys/fs/mqueue/msg_max");
  assert_open_error (name, flags, 1, 161, G_IO_ERROR_INVALID_ARGUMENT, "msgsize 161 is above 160",
                     "/proc/sys/fs/mqueue/msgsize_max");
}

static void
test_too_many_queues (void)
{
  if (!mood_test_in_ipc_namespace ())
    return;

  mood_test_write_limit ("queues_max", "0");
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 1, 8,
                     G_IO_ERROR_NO_SPACE, "the 0 that", "/proc/sys/fs/mqueue/queues_max");
}

static void
test_too_many_bytes (void)
{
  const struct rlimit limit = { .rlim_cur = 100, .rlim_max = 100 };

  if (!mood_test_in_subprocess ())
    return;

  g_assert_cmpint (setrlimit (RLIMIT_MSGQUEUE, &limit), ==, 0);

  /* 3 messages of 40 bytes, each with a header and a node of 48 bytes. */
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 3, 40,
                     G_IO_ERROR_TOO_MANY_OPEN_FILES, "408 bytes", "the 100 bytes");
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 3, 40,
                     G_IO_ERROR_TOO_MANY_OPEN_FILES, "this user", "RLIMIT_MSGQUEUE");

  /* The queue that the kernel's defaults would make. */
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, -1, -1,
                     G_IO_ERROR_TOO_MANY_OPEN_FILES, "maxmsg", "RLIMIT_MSGQUEUE");
}

static void
test_too_many_descriptors (void)
{
  int first;

  if (!mood_test_in_subprocess ())
    return;

  first = mood_test_use_up_descriptors ();
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 1, 8,
                     G_IO_ERROR_TOO_MANY_OPEN_FILES, "RLIMIT_NOFILE", "descriptors");
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR, 1, 8, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                     "RLIMIT_NOFILE", "Cannot open");
  /* To find out the default takes one, too. */
  assert_open_error (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 1, -1,
                     G_IO_ERROR_TOO_MANY_OPEN_FILES, "RLIMIT_NOFILE", "descriptors");
  g_assert_cmpint (close_range ((guint) first, G_MAXINT, 0), ==, 0);
}

static void
test_other_user (void)
{
  const uid_t nobody = 65534;
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  const char *name;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can become another user");
      return;
    }

  if (!mood_test_in_subprocess ())
    return;

  name = mood_test_queue_name ();
  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, &error);
  g_assert_no_error (error);

  g_assert_cmpint (seteuid (nobody), ==, 0);
  assert_open_error (name, MOOD_OPEN_RDONLY, -1, -1, G_IO_ERROR_PERMISSION_DENIED, "owner", "mode");
  g_assert_false (mood_message_queue_unlink (queue, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "owner", NULL);
  g_assert_cmpint (seteuid (0), ==, 0);
}

static void
test_access_mode (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (GError) error = NULL;
  guint8 buffer[64];

  mood_test_send (queue, "stays", 0);

  g_assert_cmpint (mood_message_queue_send (receiver, buffer, 1, 0, NULL, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "WRONLY", NULL);
  g_assert_false (mood_message_queue_sendall (receiver, buffer, 1, 0, NULL, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "WRONLY", NULL);

  g_assert_null (mood_message_queue_recv (sender, NULL, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "RDONLY", NULL);
  g_assert_null (mood_message_queue_receive (sender, NULL, NULL, NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "RDONLY", NULL);
  g_assert_cmpint (mood_message_queue_receive_into (sender, buffer, 64, NULL, NULL, &error), ==,
                   -1);
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, name, "RDONLY", NULL);

  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 1);
}

static void
assert_every_call_fails (MoodMessageQueue *queue, GIOErrorEnum code)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  guint8 buffer[64];
  gsize bytes_sent = 99;

  for (guint i = 0; i < 2; i++)
    {
      GCancellable *maybe = i == 0 ? NULL : cancellable;

      g_assert_cmpint (mood_message_queue_send (queue, buffer, 1, 0, maybe, &error), ==, -1);
      mood_test_assert_error (&error, code, "send to", NULL);
      g_assert_false (mood_message_queue_sendall (queue, buffer, 1, 0, &bytes_sent, maybe, &error));
      mood_test_assert_error (&error, code, "send to", NULL);
      g_assert_cmpuint (bytes_sent, ==, 0);
      g_assert_null (mood_message_queue_recv (queue, NULL, maybe, &error));
      mood_test_assert_error (&error, code, "receive from", NULL);
      g_assert_null (mood_message_queue_receive (queue, NULL, NULL, maybe, &error));
      mood_test_assert_error (&error, code, "receive from", NULL);
      g_assert_cmpint (mood_message_queue_receive_into (queue, buffer, 64, NULL, maybe, &error), ==,
                       -1);
      mood_test_assert_error (&error, code, "receive from", NULL);
    }

  g_assert_false (mood_message_queue_set_nonblocking (queue, TRUE, &error));
  mood_test_assert_error (&error, code, NULL);

  /* Nobody has to ask for the error. */
  g_assert_null (mood_message_queue_recv (queue, NULL, NULL, NULL));
}

static void
test_closed (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_message_queue_close (queue, &error));
  assert_every_call_fails (queue, G_IO_ERROR_CLOSED);

  /* The name is still known. */
  g_assert_true (mood_message_queue_unlink (queue, &error));
  g_assert_no_error (error);
}

static void
test_never_initialized (void)
{
  g_autoptr (MoodMessageQueue) queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  g_autoptr (GError) error = NULL;

  assert_every_call_fails (queue, G_IO_ERROR_NOT_INITIALIZED);
  g_assert_false (mood_message_queue_close (queue, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, NULL);
  g_assert_false (mood_message_queue_unlink (queue, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, NULL);
}

static void
test_would_block (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      GCancellable *maybe = i == 0 ? NULL : cancellable;

      g_assert_null (mood_message_queue_recv (queue, NULL, maybe, &error));
      mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, name, "empty",
                              "when there is a message", NULL);

      mood_test_send (queue, "1", 0);
      mood_test_send (queue, "2", 0);
      g_assert_cmpint (mood_message_queue_send (queue, (const guint8 *) "3", 1, 0, maybe, &error),
                       ==, -1);
      mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, name, "full", "when there is room",
                              NULL);
      mood_test_assert_received (queue, "1", 0);
      mood_test_assert_received (queue, "2", 0);
    }
}

/* The descriptor closed behind the queue's back, which is the user's fault: an error all the
 * same. */
static void
test_foreign_close (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;

  if (!mood_test_in_subprocess ())
    return;

  g_assert_cmpint (close (mood_message_queue_fileno (queue)), ==, 0);
  g_assert_null (mood_message_queue_recv (queue, NULL, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_cmpint (mood_message_queue_send (queue, NULL, 0, 0, NULL, &error), ==, -1);
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (mood_message_queue_close (queue, &error));
  g_assert_nonnull (error);
  g_assert_true (mood_message_queue_is_closed (queue));
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/errors/names", test_names);
  g_test_add_func ("/errors/flags", test_flags);
  g_test_add_func ("/errors/flags-property", test_flags_property);
  g_test_add_func ("/errors/not-found", test_not_found);
  g_test_add_func ("/errors/geometry", test_geometry);
  g_test_add_func ("/errors/geometry-limits", test_geometry_limits);
  g_test_add_func ("/errors/too-many-queues", test_too_many_queues);
  g_test_add_func ("/errors/too-many-bytes", test_too_many_bytes);
  g_test_add_func ("/errors/too-many-descriptors", test_too_many_descriptors);
  g_test_add_func ("/errors/other-user", test_other_user);
  g_test_add_func ("/errors/access-mode", test_access_mode);
  g_test_add_func ("/errors/closed", test_closed);
  g_test_add_func ("/errors/never-initialized", test_never_initialized);
  g_test_add_func ("/errors/would-block", test_would_block);
  g_test_add_func ("/errors/foreign-close", test_foreign_close);

  return g_test_run ();
}
