/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties, before the queue is opened, while it is open and after it was closed. */

#include "mood-test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *name;
  MoodOpenFlags flags;
  guint mode;
  gint64 maxmsg;
  gint64 msgsize;
  gint64 curmsgs;
  gboolean blocking;
  gboolean closed;
  int fd;
} Properties;

static void
assert_properties (MoodMessageQueue *queue, const Properties *expected)
{
  Properties actual;

  g_object_get (queue, "name", &actual.name, "flags", &actual.flags, "mode", &actual.mode, "maxmsg",
                &actual.maxmsg, "msgsize", &actual.msgsize, "curmsgs", &actual.curmsgs, "blocking",
                &actual.blocking, "closed", &actual.closed, "fd", &actual.fd, NULL);

  g_assert_cmpstr (actual.name, ==, expected->name);
  g_assert_cmpuint (actual.flags, ==, expected->flags);
  g_assert_cmpuint (actual.mode, ==, expected->mode);
  g_assert_cmpint (actual.maxmsg, ==, expected->maxmsg);
  g_assert_cmpint (actual.msgsize, ==, expected->msgsize);
  g_assert_cmpint (actual.curmsgs, ==, expected->curmsgs);
  g_assert_cmpint (actual.blocking, ==, expected->blocking);
  g_assert_cmpint (actual.closed, ==, expected->closed);
  g_assert_cmpint (actual.fd, ==, expected->fd);
  g_free (actual.name);

  /* The functions say the same. */
  g_assert_cmpstr (mood_message_queue_get_name (queue), ==, expected->name);
  g_assert_cmpuint (mood_message_queue_get_flags (queue), ==, expected->flags);
  g_assert_cmpuint (mood_message_queue_get_mode (queue), ==, expected->mode);
  g_assert_cmpint (mood_message_queue_get_maxmsg (queue), ==, expected->maxmsg);
  g_assert_cmpint (mood_message_queue_get_msgsize (queue), ==, expected->msgsize);
  g_assert_cmpint (mood_message_queue_get_curmsgs (queue), ==, expected->curmsgs);
  g_assert_cmpint (mood_message_queue_get_blocking (queue), ==, expected->blocking);
  g_assert_cmpint (mood_message_queue_is_closed (queue), ==, expected->closed);
  g_assert_cmpint (mood_message_queue_fileno (queue), ==, expected->fd);
}

static void
test_life (void)
{
  Properties expected = {
    .name = (char *) mood_test_queue_name (),
    .flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_CLOEXEC,
    .mode = 0640,
    .maxmsg = 2,
    .msgsize = 32,
    .curmsgs = -1,
    .fd = -1,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  umask (022);
  queue =
      g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "name", expected.name, "flags", expected.flags, "mode",
                    expected.mode, "maxmsg", expected.maxmsg, "msgsize", expected.msgsize, NULL);
  assert_properties (queue, &expected);

  g_assert_true (g_initable_init (G_INITABLE (queue), NULL, &error));
  g_assert_no_error (error);
  mood_test_send (queue, "one", 0);
  mood_test_send (queue, "two", 0);
  expected.mode |= S_IFREG;
  expected.curmsgs = 2;
  expected.blocking = TRUE;
  expected.fd = mood_message_queue_fileno (queue);
  g_assert_cmpint (expected.fd, >=, 0);
  assert_properties (queue, &expected);

  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_no_error (error);
  expected.curmsgs = -1;
  expected.blocking = FALSE;
  expected.closed = TRUE;
  expected.fd = -1;
  assert_properties (queue, &expected);
}

static void
test_defaults (void)
{
  g_autoptr (MoodMessageQueue) queue = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  Properties expected = { .mode = 0600, .maxmsg = -1, .msgsize = -1, .curmsgs = -1, .fd = -1 };

  assert_properties (queue, &expected);
}

static void
assert_display_name (MoodMessageQueue *queue, const char *expected)
{
  g_autofree char *display_name = NULL;

  g_object_get (queue, "display-name", &display_name, NULL);
  g_assert_cmpstr (display_name, ==, expected);
  g_assert_cmpstr (mood_message_queue_get_display_name (queue), ==, expected);
}

/* What is there to be read, by a person or a terminal, is text and nothing else. */
static void
test_display_name (void)
{
  g_autofree char *name =
      g_strdup_printf ("/mood-test-%d-\xff\x1b\xc2\x9b\u202e\u2028\u00e9", (int) getpid ());
  g_autofree char *shown = g_strdup_printf ("/mood-test-%d-\uFFFD????\u00e9", (int) getpid ());
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodMessageQueue) passed = NULL;
  const char *display_name;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 1, NULL);
  g_assert_nonnull (queue);
  passed = mood_message_queue_new_from_fd (mood_message_queue_dup_fd (queue, NULL), NULL);
  g_assert_true (mood_message_queue_unlink (queue, NULL));

  display_name = mood_message_queue_get_display_name (queue);
  assert_display_name (queue, shown);
  assert_display_name (passed, shown);
  g_assert_cmpstr (mood_message_queue_get_name (queue), ==, name);

  /* It stays as it is as long as the object. */
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_true (mood_message_queue_get_display_name (queue) == display_name);
  assert_display_name (queue, shown);
}

/* One that is given no name gets one when it is opened. */
static void
test_display_name_of_unnamed (void)
{
  g_autoptr (MoodMessageQueue) queue =
      g_object_new (MOOD_TYPE_MESSAGE_QUEUE, "flags", MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, "ownership",
                    MOOD_OWNERSHIP_ANONYMOUS, "maxmsg", G_GINT64_CONSTANT (1), "msgsize",
                    G_GINT64_CONSTANT (1), NULL);

  assert_display_name (queue, NULL);
  g_assert_true (g_initable_init (G_INITABLE (queue), NULL, NULL));
  g_assert_nonnull (mood_message_queue_get_name (queue));
  assert_display_name (queue, mood_message_queue_get_name (queue));
}

static void
count_notification (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  guint *count = user_data;

  *count += 1;
}

/* The mode is the descriptor's: it is read from and written to it each time. */
static void
test_blocking (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (GError) error = NULL;
  guint notifications = 0;
  int copy = dup (mood_message_queue_fileno (queue));

  g_signal_connect (queue, "notify::blocking", G_CALLBACK (count_notification), &notifications);

  g_object_set (queue, "blocking", FALSE, NULL);
  g_assert_cmpint (fcntl (copy, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
  g_assert_false (mood_message_queue_get_blocking (queue));
  g_assert_cmpuint (notifications, ==, 1);

  g_assert_true (mood_message_queue_set_nonblocking (queue, TRUE, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (notifications, ==, 1);

  g_assert_cmpint (fcntl (copy, F_SETFL, 0), ==, 0);
  g_assert_true (mood_message_queue_get_blocking (queue));

  g_assert_true (mood_message_queue_set_nonblocking (queue, TRUE, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (notifications, ==, 2);
  close (copy);
}

static void
test_set_nonblocking_errors (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) uninitialized = g_object_new (MOOD_TYPE_MESSAGE_QUEUE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (mood_message_queue_close (queue, &error));
  g_assert_false (mood_message_queue_set_nonblocking (queue, FALSE, &error));
  mood_test_assert_error (&error, G_IO_ERROR_CLOSED, mood_message_queue_get_name (queue), NULL);
  g_assert_false (mood_message_queue_set_nonblocking (uninitialized, FALSE, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_INITIALIZED, NULL);

  /* A property cannot give an error: it does nothing then, without a warning. */
  g_object_set (queue, "blocking", TRUE, NULL);
  g_object_set (uninitialized, "blocking", TRUE, NULL);
  g_assert_false (mood_message_queue_get_blocking (queue));
}

static void
test_closed_notifies (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  guint closed_notifications = 0;
  guint fd_notifications = 0;

  g_signal_connect (queue, "notify::closed", G_CALLBACK (count_notification),
                    &closed_notifications);
  g_signal_connect (queue, "notify::fd", G_CALLBACK (count_notification), &fd_notifications);

  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_true (mood_message_queue_close (queue, NULL));
  g_assert_cmpuint (closed_notifications, ==, 1);
  g_assert_cmpuint (fd_notifications, ==, 1);
}

static void
test_read_only (void)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (MOOD_TYPE_MESSAGE_QUEUE);
  g_autofree GParamSpec **pspecs = NULL;
  guint n_pspecs;

  pspecs = g_object_class_list_properties (G_OBJECT_CLASS (klass), &n_pspecs);
  g_assert_cmpuint (n_pspecs, ==, 22);

  for (guint i = 0; i < n_pspecs; i++)
    {
      gboolean can_be_set = (pspecs[i]->flags & G_PARAM_WRITABLE) != 0 &&
                            (pspecs[i]->flags & G_PARAM_CONSTRUCT_ONLY) == 0;

      g_assert_true ((pspecs[i]->flags & G_PARAM_READABLE) != 0);
      g_assert_cmpint (can_be_set, ==, g_str_equal (pspecs[i]->name, "blocking"));
    }
}

static void
test_version (void)
{
  g_assert_true (MOOD_CHECK_VERSION (1, 0, 0));
  g_assert_true (MOOD_CHECK_VERSION (0, 99, 99));
  g_assert_false (MOOD_CHECK_VERSION (MOOD_MAJOR_VERSION + 1, 0, 0));
  g_assert_false (MOOD_CHECK_VERSION (MOOD_MAJOR_VERSION, MOOD_MINOR_VERSION + 1, 0));
  g_assert_false (
      MOOD_CHECK_VERSION (MOOD_MAJOR_VERSION, MOOD_MINOR_VERSION, MOOD_MICRO_VERSION + 1));
  g_assert_cmpstr (MOOD_VERSION_S, ==, PROJECT_VERSION);
}

static void
test_open_flags_type (void)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (MOOD_TYPE_OPEN_FLAGS);
  GFlagsClass *flags_class = G_FLAGS_CLASS (klass);

  g_assert_cmpuint (flags_class->n_values, ==, 7);
  g_assert_cmpuint (flags_class->mask, ==, 63);
  g_assert_cmpstr (g_flags_get_value_by_nick (flags_class, "nonblock")->value_name, ==,
                   "MOOD_OPEN_NONBLOCK");
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/properties/life", test_life);
  g_test_add_func ("/properties/defaults", test_defaults);
  g_test_add_func ("/properties/display-name", test_display_name);
  g_test_add_func ("/properties/display-name-of-unnamed", test_display_name_of_unnamed);
  g_test_add_func ("/properties/blocking", test_blocking);
  g_test_add_func ("/properties/set-nonblocking-errors", test_set_nonblocking_errors);
  g_test_add_func ("/properties/closed-notifies", test_closed_notifies);
  g_test_add_func ("/properties/read-only", test_read_only);
  g_test_add_func ("/properties/version", test_version);
  g_test_add_func ("/properties/open-flags-type", test_open_flags_type);

  return g_test_run ();
}
