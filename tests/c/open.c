/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opening and creating. */

#include "mood-test.h"

#include <string.h>
#include <sys/stat.h>

#define LIMITS "/proc/sys/fs/mqueue/"

static gint64
read_limit (const char *name)
{
  g_autofree char *path = g_strconcat (LIMITS, name, NULL);
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));

  return g_ascii_strtoll (contents, NULL, 10);
}

static void
test_create (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) again = NULL;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600, 3,
                                  48, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_maxmsg (queue), ==, 3);
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, 48);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, 0);
  g_assert_true (mood_message_queue_get_blocking (queue));

  /* Without EXCL the queue that exists is opened, and its geometry wins over what is asked for. */
  again = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0644, 1, 8, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_maxmsg (again), ==, 3);
  g_assert_cmpint (mood_message_queue_get_msgsize (again), ==, 48);
  g_assert_cmpuint (mood_message_queue_get_mode (again), ==, S_IFREG | 0600);

  mood_test_send (queue, "across", 1);
  mood_test_assert_received (again, "across", 1);
}

static void
test_exclusive (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (GError) error = NULL;

  g_assert_null (mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL,
                                         0600, 2, 64, &error));
  mood_test_assert_error (&error, G_IO_ERROR_EXISTS, name, "EXCL", NULL);
}

static void
test_access_modes (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (MoodMessageQueue) sender = mood_test_queue_open (name, MOOD_OPEN_WRONLY);
  g_autoptr (MoodMessageQueue) receiver = mood_test_queue_open (name, MOOD_OPEN_RDONLY);

  mood_test_send (sender, "one way", 7);
  mood_test_assert_received (receiver, "one way", 7);
}

static void
test_nonblocking (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR | MOOD_OPEN_NONBLOCK);
  g_autoptr (GError) error = NULL;
  gsize length = 99;

  g_assert_false (mood_message_queue_get_blocking (queue));
  g_assert_null (mood_message_queue_recv (queue, &length, NULL, &error));
  g_assert_cmpuint (length, ==, 0);
  mood_test_assert_error (&error, G_IO_ERROR_WOULD_BLOCK, mood_message_queue_get_name (queue),
                          "empty", NULL);
}

/* Without a figure the kernel takes the smaller of its default and its maximum. A queue of that
 * size can be more than this user has left, so that its own namespace makes it small. */
static void
test_default_geometry (void)
{
  static const struct
  {
    gint64 maxmsg;
    gint64 msgsize;
  } rows[] = { { -1, -1 }, { 2, -1 }, { -1, 64 }, { G_MININT64, -7 } };
  g_autoptr (GError) error = NULL;

  if (!mood_test_in_ipc_namespace ())
    return;

  /* One default below its maximum, one above. */
  mood_test_write_limit ("msg_default", "3");
  mood_test_write_limit ("msg_max", "5");
  mood_test_write_limit ("msgsize_default", "256");
  mood_test_write_limit ("msgsize_max", "192");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MoodMessageQueue) queue = NULL;

      queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT,
                                      0600, rows[i].maxmsg, rows[i].msgsize, &error);
      g_assert_no_error (error);
      g_assert_cmpint (mood_message_queue_get_maxmsg (queue), ==,
                       rows[i].maxmsg < 0 ? 3 : rows[i].maxmsg);
      g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==,
                       rows[i].msgsize < 0 ? 192 : rows[i].msgsize);
    }
}

/* The figure that is left out is completed from this machine's own limits as well. */
static void
test_half_default_geometry (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600,
                                  -1, 8, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_maxmsg (queue), ==,
                   MIN (read_limit ("msg_default"), read_limit ("msg_max")));
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, 8);
}

static void
test_umask (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  if (!mood_test_in_subprocess ())
    return;

  umask (026);
  queue = mood_message_queue_new (mood_test_queue_name (), MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0666,
                                  1, 8, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mood_message_queue_get_mode (queue), ==, S_IFREG | 0640);
  g_assert_cmpuint (umask (0), ==, 026);
}

static void
test_close_on_exec (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autofree char *path = NULL;
  g_autofree char *output = NULL;
  int status = -1;

  path = g_strdup_printf ("/proc/self/fd/%d", mood_message_queue_fileno (queue));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_SYMLINK));

  {
    const char *const command[] = { "readlink", path, NULL };

    g_assert_true (g_spawn_sync (NULL, (char **) command, NULL,
                                 G_SPAWN_SEARCH_PATH | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL,
                                 &output, NULL, &status, NULL));
  }
  g_assert_null (strstr (output, "mood-test"));
}

static void
test_non_utf8_name (void)
{
  g_autofree char *name = g_strconcat (mood_test_queue_name (), "-\xff\xfe", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mood_message_queue_get_name (queue), ==, name);
  g_assert_true (mood_unlink (name, &error));
  g_assert_no_error (error);

  /* The text of an error is UTF-8 all the same: mood_test_assert_error() checks that. */
  g_assert_false (mood_unlink (name, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, "mood-test", NULL);
}

static void
test_longest_name (void)
{
  g_autofree char *tail = g_strnfill (255, 'x');
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  gsize start = strlen (mood_test_queue_name () + 1);

  name = g_strconcat (mood_test_queue_name (), tail, NULL);
  name[1 + 255] = '\0';
  g_assert_cmpuint (start, <, 255);

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, &error);
  g_assert_no_error (error);
  g_assert_true (mood_message_queue_unlink (queue, &error));
  g_assert_no_error (error);
}

/* As bindings construct: an object first, opened by GInitable. */
static void
test_initable (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  int fd;

  queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", name, "flags",
                        MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, "maxmsg", G_GINT64_CONSTANT (2),
                        "msgsize", G_GINT64_CONSTANT (16), NULL);
  g_assert_true (g_initable_init (G_INITABLE (queue), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, 16);

  /* A second time changes nothing, also after the queue was closed. */
  fd = mood_message_queue_fileno (queue);
  g_assert_true (g_initable_init (G_INITABLE (queue), NULL, &error));
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, fd);
  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_true (g_initable_init (G_INITABLE (queue), NULL, &error));
  g_assert_no_error (error);
  g_assert_true (mood_message_queue_is_closed (queue));
}

static void
test_init_again_after_failure (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) creator = NULL;

  queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", name, "flags", MOOD_OPEN_RDONLY, NULL);
  g_assert_false (g_initable_init (G_INITABLE (queue), NULL, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_FOUND, name, "CREAT", NULL);

  creator = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, &error);
  g_assert_no_error (error);
  g_assert_true (g_initable_init (G_INITABLE (queue), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, 8);
}

static void
test_init_cancelled (void)
{
  const char *name = mood_test_queue_name ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (g_initable_new (MOOD_TYPE_MESSAGE_QUEUE, cancellable, &error, "name", name,
                                 "flags", MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, NULL));
  mood_test_assert_error (&error, G_IO_ERROR_CANCELLED, name, NULL);
  g_assert_false (mood_unlink (name, NULL));
}

/* Another way into the same queue, with a mode of its own, also when the name is gone. */
static void
test_reopen (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) impostor = NULL;
  g_autoptr (MoodMessageQueue) again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_message_queue_unlink (queue, &error));
  impostor = mood_message_queue_new (mood_message_queue_get_name (queue),
                                     MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, &error);
  g_assert_no_error (error);

  again = mood_message_queue_reopen (queue,
                                     MOOD_OPEN_RDONLY | MOOD_OPEN_NONBLOCK | MOOD_OPEN_CREAT |
                                         MOOD_OPEN_EXCL,
                                     &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mood_message_queue_get_name (again), ==, mood_message_queue_get_name (queue));
  g_assert_cmpint (mood_message_queue_get_msgsize (again), ==, 64);
  g_assert_cmpuint (mood_message_queue_get_mode (again), ==, mood_message_queue_get_mode (queue));
  g_assert_false (mood_message_queue_get_blocking (again));
  g_assert_true (mood_message_queue_get_blocking (queue));

  mood_test_send (queue, "across", 3);
  mood_test_assert_received (again, "across", 3);
  g_assert_cmpint (mood_message_queue_send (again, NULL, 0, 0, NULL, &error), ==, -1);
  mood_test_assert_error (&error, G_IO_ERROR_PERMISSION_DENIED, NULL);

  /* Each lives for itself. */
  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_cmpint (mood_message_queue_get_curmsgs (again), ==, 0);
}

static void
test_reopen_errors (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  const char *name = mood_message_queue_get_name (queue);
  g_autoptr (GError) error = NULL;

  g_assert_null (mood_message_queue_reopen (queue, MOOD_OPEN_NONBLOCK, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "access mode", NULL);
  g_assert_null (mood_message_queue_reopen (queue, MOOD_OPEN_RDWR | 128, &error));
  mood_test_assert_error (&error, G_IO_ERROR_INVALID_ARGUMENT, name, "0x80", NULL);
  g_assert_null (mood_message_queue_reopen (uninitialized, MOOD_OPEN_RDWR, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, NULL);
  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_null (mood_message_queue_reopen (queue, MOOD_OPEN_RDWR, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, name, NULL);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/open/create", test_create);
  g_test_add_func ("/open/exclusive", test_exclusive);
  g_test_add_func ("/open/access-modes", test_access_modes);
  g_test_add_func ("/open/nonblocking", test_nonblocking);
  g_test_add_func ("/open/default-geometry", test_default_geometry);
  g_test_add_func ("/open/half-default-geometry", test_half_default_geometry);
  g_test_add_func ("/open/umask", test_umask);
  g_test_add_func ("/open/close-on-exec", test_close_on_exec);
  g_test_add_func ("/open/non-utf8-name", test_non_utf8_name);
  g_test_add_func ("/open/longest-name", test_longest_name);
  g_test_add_func ("/open/initable", test_initable);
  g_test_add_func ("/open/init-again-after-failure", test_init_again_after_failure);
  g_test_add_func ("/open/init-cancelled", test_init_cancelled);
  g_test_add_func ("/open/reopen", test_reopen);
  g_test_add_func ("/open/reopen-errors", test_reopen_errors);

  return g_test_run ();
}
