/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The limits, and whether the kernel computes with them as libmood does. */

#include "mood-test.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What Linux allows anybody. */
#define MOST_MESSAGES 65536
#define MOST_BYTES    16777216

/* So that the queues of a test leave the others enough, where all are charged to one account in the
 * end. */
#define SMALL 100000

static gint64
read_file (const char *name)
{
  g_autofree char *path = g_build_filename ("/proc/sys/fs/mqueue", name, NULL);
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));

  return g_ascii_strtoll (contents, NULL, 10);
}

static void
write_file (const char *name, gint64 figure)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, figure);

  mood_test_write_limit (name, text);
}

static rlim_t
get_hard_limit (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_MSGQUEUE, &limit), ==, 0);

  return limit.rlim_max;
}

static void
set_soft_limit (rlim_t soft)
{
  const struct rlimit limit = { .rlim_cur = soft, .rlim_max = get_hard_limit () };

  g_assert_cmpint (setrlimit (RLIMIT_MSGQUEUE, &limit), ==, 0);
}

/* As high as the process may, and without a limit where it has the privilege. */
static void
raise_limits (void)
{
  const struct rlimit none = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };

  if (setrlimit (RLIMIT_MSGQUEUE, &none) == -1)
    set_soft_limit (get_hard_limit ());
}

/* Whether the process has CAP_SYS_RESOURCE for the kernel, to which that of a user namespace is
 * none: only then can it take back the last byte that it gave away. */
static gboolean
is_privileged (void)
{
  struct rlimit limit;
  struct rlimit less;

  g_assert_cmpint (getrlimit (RLIMIT_MSGQUEUE, &limit), ==, 0);
  less = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max - 1 };
  g_assert_cmpint (setrlimit (RLIMIT_MSGQUEUE, &less), ==, 0);

  return setrlimit (RLIMIT_MSGQUEUE, &limit) == 0;
}

/* Like mood_test_in_subprocess(), skipped where the process is not privileged. */
static gboolean
in_privileged_subprocess (void)
{
  int status = -1;
  pid_t pid;

  if (g_test_subprocess ())
    return TRUE;

  pid = fork ();
  if (pid == 0)
    _exit (is_privileged () ? 0 : 1);

  g_assert_cmpint (TEMP_FAILURE_RETRY (waitpid (pid, &status, 0)), ==, pid);
  if (status == 0)
    return mood_test_in_subprocess ();

  g_test_skip ("the process has no CAP_SYS_RESOURCE");

  return FALSE;
}

/* The kernel charges the real user for a queue, and other tests have queues, too. Root becomes a
 * user whom nobody knows; anybody else is charged anew in a new user namespace. */
static gboolean
leave_own_account (void)
{
  const uid_t unused = 0x70000000 + (uid_t) getpid ();

  return setresuid (unused, (uid_t) -1, (uid_t) -1) == 0 || unshare (CLONE_NEWUSER) == 0;
}

/* Like mood_test_in_ipc_namespace(), as a user who has no queues, with RLIMIT_MSGQUEUE as high as
 * can be. */
static gboolean
in_namespace_with_own_account (void)
{
  if (g_test_subprocess ())
    raise_limits ();

  if (!mood_test_in_ipc_namespace ())
    return FALSE;

  g_assert_true (leave_own_account ());

  return TRUE;
}

/* Whether the kernel creates such a queue; it is gone again afterwards. */
static gboolean
kernel_accepts (gint64 maxmsg, gint64 msgsize)
{
  static const char *name;
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  if (name == NULL)
    name = mood_test_queue_name ();

  queue = mood_message_queue_new (name, MOOD_OPEN_RDWR | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600,
                                  maxmsg, msgsize, &error);
  if (queue == NULL)
    {
      g_assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ||
                     g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES));
      return FALSE;
    }

  g_assert_true (mood_message_queue_unlink (queue, &error));
  g_assert_no_error (error);

  return TRUE;
}

static gint64
find_largest_maxmsg (gint64 msgsize)
{
  gint64 accepted = 0;
  gint64 refused = MOST_MESSAGES + 2;

  while (refused - accepted > 1)
    {
      gint64 middle = (accepted + refused) / 2;

      if (kernel_accepts (middle, msgsize))
        accepted = middle;
      else
        refused = middle;
    }

  return accepted;
}

static rlim_t
find_smallest_limit (gint64 maxmsg, gint64 msgsize, rlim_t enough)
{
  rlim_t accepted = enough;
  rlim_t refused = 0;

  set_soft_limit (accepted);
  g_assert_true (kernel_accepts (maxmsg, msgsize));

  while (accepted - refused > 1)
    {
      rlim_t middle = refused + (accepted - refused) / 2;

      set_soft_limit (middle);
      if (kernel_accepts (maxmsg, msgsize))
        accepted = middle;
      else
        refused = middle;
    }

  return accepted;
}

static void
test_figures (void)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();
  struct rlimit limit;

  g_assert_cmpint (limits->msg_default, ==, read_file ("msg_default"));
  g_assert_cmpint (limits->msg_max, ==, read_file ("msg_max"));
  g_assert_cmpint (limits->msgsize_default, ==, read_file ("msgsize_default"));
  g_assert_cmpint (limits->msgsize_max, ==, read_file ("msgsize_max"));
  g_assert_cmpint (limits->queues_max, ==, read_file ("queues_max"));
  g_assert_cmpint (getrlimit (RLIMIT_MSGQUEUE, &limit), ==, 0);
  g_assert_cmpint (limits->rlimit_soft, ==, (gint64) MIN (limit.rlim_cur, G_MAXINT64));
  g_assert_cmpint (limits->rlimit_hard, ==, (gint64) MIN (limit.rlim_max, G_MAXINT64));
}

/* Nothing is kept from an earlier reading, and nothing changes what was read. */
static void
test_changes (void)
{
  const struct rlimit less = { .rlim_cur = 1234, .rlim_max = 5678 };
  g_autoptr (MoodLimits) before = NULL;
  g_autoptr (MoodLimits) after = NULL;
  MoodLimits expected;

  if (!mood_test_in_ipc_namespace ())
    return;

  before = mood_limits_get ();
  expected = *before;
  write_file ("msg_default", 3);
  write_file ("msg_max", 5);
  write_file ("msgsize_default", 256);
  write_file ("msgsize_max", 192);
  write_file ("queues_max", 7);
  g_assert_cmpint (setrlimit (RLIMIT_MSGQUEUE, &less), ==, 0);

  after = mood_limits_get ();
  g_assert_cmpint (after->msg_default, ==, 3);
  g_assert_cmpint (after->msg_max, ==, 5);
  g_assert_cmpint (after->msgsize_default, ==, 256);
  g_assert_cmpint (after->msgsize_max, ==, 192);
  g_assert_cmpint (after->queues_max, ==, 7);
  g_assert_cmpint (after->rlimit_soft, ==, 1234);
  g_assert_cmpint (after->rlimit_hard, ==, 5678);
  g_assert_cmpmem (before, sizeof *before, &expected, sizeof expected);
}

static void
test_no_limit (void)
{
  g_autoptr (MoodLimits) limits = NULL;

  if (!in_privileged_subprocess ())
    return;

  raise_limits ();
  limits = mood_limits_get ();
  g_assert_cmpint (limits->rlimit_soft, ==, G_MAXINT64);
  g_assert_cmpint (limits->rlimit_hard, ==, G_MAXINT64);
}

/* As without a mounted /proc. */
static void
test_unreadable (void)
{
  const MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT;
  g_autoptr (MoodLimits) limits = NULL;
  g_autoptr (GError) error = NULL;
  const char *name;

  if (!mood_test_in_ipc_namespace ())
    return;

  if (unshare (CLONE_NEWNS) == -1 ||
      mount ("none", "/proc", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
      mount ("none", "/proc/sys/fs/mqueue", "tmpfs", 0, NULL) == -1)
    {
      g_test_message ("not tried, as nothing can be mounted here: %s", g_strerror (errno));
      return;
    }

  limits = mood_limits_get ();
  g_assert_cmpint (limits->msg_default, ==, -1);
  g_assert_cmpint (limits->msg_max, ==, -1);
  g_assert_cmpint (limits->msgsize_default, ==, -1);
  g_assert_cmpint (limits->msgsize_max, ==, -1);
  g_assert_cmpint (limits->queues_max, ==, -1);
  g_assert_cmpint (limits->rlimit_soft, >=, 0);
  g_assert_cmpint (limits->rlimit_hard, >=, limits->rlimit_soft);
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, -1);
  g_assert_cmpuint (mood_limits_required_bytes (limits, 3, 40), ==, 408);
  g_assert_true (mood_limits_required_bytes (limits, -1, 40) == G_MAXUINT64);
  g_assert_true (mood_limits_required_bytes (limits, 3, -1) == G_MAXUINT64);

  /* What opening does without the figures. */
  name = mood_test_queue_name ();
  g_assert_null (mood_message_queue_new (name, flags, 0600, -1, 8, &error));
  mood_test_assert_error (&error, G_IO_ERROR_NOT_SUPPORTED, name, "/proc/sys/fs/mqueue", NULL);
  set_soft_limit (100);
  g_assert_null (mood_message_queue_new (name, flags, 0600, -1, -1, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "does not fit in the 100 bytes",
                          NULL);
  g_assert_null (mood_message_queue_new (name, flags, 0600, 3, 40, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "408 bytes", "the 100 bytes",
                          NULL);
}

static void
test_copy (void)
{
  g_autoptr (MoodLimits) limits = mood_limits_get ();
  g_autoptr (MoodLimits) copy = mood_limits_copy (limits);
  g_auto (GValue) value = G_VALUE_INIT;
  MoodLimits *boxed;

  g_assert_cmpmem (copy, sizeof *copy, limits, sizeof *limits);
  copy->msg_max++;
  g_assert_cmpint (copy->msg_max, !=, limits->msg_max);

  g_value_init (&value, MOOD_TYPE_LIMITS);
  g_value_set_boxed (&value, copy);
  boxed = g_value_get_boxed (&value);
  g_assert_true (boxed != copy);
  g_assert_cmpmem (boxed, sizeof *boxed, copy, sizeof *copy);

  mood_limits_free (NULL);
}

static void
test_required_bytes (void)
{
  const MoodLimits limits = {
    .msg_default = 10,
    .msg_max = 3,
    .msgsize_default = 40,
    .msgsize_max = 8192,
  };
  const struct
  {
    gint64 maxmsg;
    gint64 msgsize;
    guint64 bytes;
  } rows[] = {
    { 1, 1, 97 },
    { 10, 8192, 82880 },
    { 0, 8, 0 },
    { 3, 0, 288 },
    /* The most messages that can each have a priority of their own, and one more. */
    { 32768, 1, 32768 * 97 },
    { 32769, 1, 32768 * 97 + 49 },
    { 65536, 16777216, G_GUINT64_CONSTANT (65536) * (48 + 16777216) + 32768 * 48 },
    /* A default is no larger than its maximum. */
    { -1, 40, 408 },
    { 3, -1, 408 },
    { -1, -1, 408 },
    { G_MININT64, G_MININT64, 408 },
    /* The largest figures, without and with a sum that is no 64-bit number. */
    { 1, G_MAXINT64, (guint64) G_MAXINT64 + 96 },
    { G_GINT64_CONSTANT (0x100000000), G_GINT64_CONSTANT (0xffffffff) - 48,
      G_MAXUINT64 - G_GUINT64_CONSTANT (0xffffffff) + 32768 * 48 },
    { (gint64) (G_MAXUINT64 / 48), 0, G_MAXUINT64 },
    { G_MAXINT64, 0, G_MAXUINT64 },
    { 3, G_MAXINT64, G_MAXUINT64 },
    { G_MAXINT64, G_MAXINT64, G_MAXUINT64 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (mood_limits_required_bytes (&limits, rows[i].maxmsg, rows[i].msgsize), ==,
                      rows[i].bytes);
}

/* With other limits than there are: what is computed depends on the structure alone. */
static void
test_fit (void)
{
  const MoodLimits none = {
    .msg_max = G_MAXINT64,
    .msgsize_default = 40,
    .msgsize_max = G_MAXINT64,
    .rlimit_soft = G_MAXINT64,
  };
  g_autoptr (MoodLimits) limits = mood_limits_copy (&none);

  g_assert_cmpint (mood_limits_fit (limits, 1), ==, MOST_MESSAGES);
  g_assert_cmpint (mood_limits_fit (limits, MOST_BYTES), ==, MOST_MESSAGES);
  g_assert_cmpint (mood_limits_fit (limits, MOST_BYTES + 1), ==, 0);
  g_assert_cmpint (mood_limits_fit (limits, G_MAXINT64), ==, 0);
  g_assert_cmpint (mood_limits_fit (limits, 0), ==, 0);

  limits->rlimit_soft = 408;
  g_assert_cmpint (mood_limits_fit (limits, 40), ==, 3);
  g_assert_cmpint (mood_limits_fit (limits, -1), ==, 3);
  limits->rlimit_soft--;
  g_assert_cmpint (mood_limits_fit (limits, -1), ==, 2);
  limits->rlimit_soft = 0;
  g_assert_cmpint (mood_limits_fit (limits, 1), ==, 0);

  /* Beyond what can have a priority each, a message takes less. */
  limits->rlimit_soft = 32768 * (96 + 8) + 5000 * (48 + 8);
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, 37768);
  limits->rlimit_soft--;
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, 37767);

  limits->msg_max = 7;
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, 7);
  limits->msgsize_max = 8;
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, 7);
  g_assert_cmpint (mood_limits_fit (limits, 9), ==, 0);
  /* The default is above the maximum now. */
  g_assert_cmpint (mood_limits_fit (limits, -1), ==, 7);

  /* What it depends on has to be known. */
  limits->msgsize_default = -1;
  g_assert_cmpint (mood_limits_fit (limits, -1), ==, -1);
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, 7);
  limits->msgsize_max = -1;
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, -1);
  *limits = none;
  limits->msg_max = -1;
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, -1);
  *limits = none;
  limits->rlimit_soft = -1;
  g_assert_cmpint (mood_limits_fit (limits, 8), ==, -1);
}

/* The largest queue that the kernel creates is the one that was computed. */
static void
test_fit_of_kernel (void)
{
  static const struct
  {
    rlim_t soft;
    gint64 msg_max;
    gint64 msgsize_max;
    gint64 msgsize;
  } rows[] = {
    { 0, 65536, 8192, 1 },
    { 96, 65536, 8192, 1 },
    { 97, 65536, 8192, 1 },
    { 98, 65536, 8192, 1 },
    { 1000, 65536, 8192, 1 },
    { 99991, 65536, 8192, 64 },
    { 82880, 10, 8192, 8192 },
    { 82879, 10, 8192, 8192 },
    { 82880, 11, 8192, 8192 },
    { SMALL, 65536, MOST_BYTES, SMALL - 96 },
    { SMALL, 65536, MOST_BYTES, SMALL - 95 },
    { SMALL, 7, 8192, 8 },
    { SMALL, 65536, 256, 256 },
    { SMALL, 65536, 256, 257 },
    { SMALL, 65536, 8192, 0 },
    { SMALL, 65536, 8192, -1 },
    { SMALL, 65536, 128, -1 },
    /* More messages than there are priorities. */
    { 32768 * 97, 65536, 8192, 1 },
    { 32768 * 97 + 48, 65536, 8192, 1 },
    { 32768 * 97 + 49, 65536, 8192, 1 },
    { 32768 * 104 + 5000 * 56 + 13, 65536, 8192, 8 },
    { RLIM_INFINITY, 65536, 8192, 8 },
    { RLIM_INFINITY, 65535, MOST_BYTES, MOST_BYTES },
  };

  if (!in_namespace_with_own_account ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MoodLimits) limits = NULL;
      gint64 fit;

      if (rows[i].soft > SMALL && get_hard_limit () != RLIM_INFINITY)
        {
          g_test_message ("not tried, as RLIMIT_MSGQUEUE is not unlimited: %" G_GUINT64_FORMAT,
                          (guint64) rows[i].soft);
          continue;
        }

      write_file ("msg_max", rows[i].msg_max);
      write_file ("msgsize_max", rows[i].msgsize_max);
      set_soft_limit (rows[i].soft);
      limits = mood_limits_get ();
      fit = mood_limits_fit (limits, rows[i].msgsize);
      g_test_message ("%" G_GUINT64_FORMAT " bytes for messages of %" G_GINT64_FORMAT
                      " bytes: %" G_GINT64_FORMAT " fit",
                      (guint64) rows[i].soft, rows[i].msgsize, fit);
      g_assert_cmpint (find_largest_maxmsg (rows[i].msgsize), ==, fit);
    }
}

/* The smallest RLIMIT_MSGQUEUE with which the kernel creates a queue is the one that was computed.
 */
static void
test_required_bytes_of_kernel (void)
{
  static const struct
  {
    gint64 maxmsg;
    gint64 msgsize;
  } rows[] = {
    { 1, 1 },   { 3, 40 },  { 10, 8192 }, { 1000, 3 },  { 1, SMALL - 96 }, { -1, 64 },
    { 20, -1 }, { -1, -1 }, { 32768, 1 }, { 32769, 1 }, { 65536, 8 },      { 65536, MOST_BYTES },
  };

  if (!in_namespace_with_own_account ())
    return;

  write_file ("msg_max", MOST_MESSAGES);
  write_file ("msgsize_max", MOST_BYTES);
  write_file ("msgsize_default", 192);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MoodLimits) limits = mood_limits_get ();
      guint64 bytes = mood_limits_required_bytes (limits, rows[i].maxmsg, rows[i].msgsize);
      rlim_t enough = SMALL;

      if (bytes > SMALL)
        {
          enough = get_hard_limit ();
          if (enough != RLIM_INFINITY)
            {
              g_test_message ("not tried, as RLIMIT_MSGQUEUE is not unlimited: %" G_GUINT64_FORMAT,
                              bytes);
              continue;
            }
        }

      g_test_message ("maxmsg %" G_GINT64_FORMAT ", msgsize %" G_GINT64_FORMAT
                      ": %" G_GUINT64_FORMAT " bytes",
                      rows[i].maxmsg, rows[i].msgsize, bytes);
      g_assert_cmpuint (find_smallest_limit (rows[i].maxmsg, rows[i].msgsize, enough), ==, bytes);
    }
}

/* CAP_SYS_RESOURCE lifts what the files say, but not RLIMIT_MSGQUEUE. */
static void
test_privileged (void)
{
  static const struct
  {
    rlim_t soft;
    gint64 msgsize;
  } rows[] = {
    { SMALL, 8 },
    { SMALL, 9000 },
    { 32768 * 104 + 56, 8 },
    { RLIM_INFINITY, 8 },
    { RLIM_INFINITY, MOST_BYTES },
    { RLIM_INFINITY, MOST_BYTES + 1 },
  };

  if (!in_privileged_subprocess ())
    return;

  raise_limits ();
  g_assert_true (leave_own_account ());
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MoodLimits) limits = NULL;

      set_soft_limit (rows[i].soft);
      limits = mood_limits_get ();
      limits->msg_max = G_MAXINT64;
      limits->msgsize_max = G_MAXINT64;
      g_assert_cmpint (find_largest_maxmsg (rows[i].msgsize), ==,
                       mood_limits_fit (limits, rows[i].msgsize));
    }
}

/* Where the limit has no room, the error tells whether that is because of other queues. */
static void
test_error (void)
{
  const MoodOpenFlags flags = MOOD_OPEN_RDWR | MOOD_OPEN_CREAT;
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (GError) error = NULL;
  const char *name;

  if (!in_namespace_with_own_account ())
    return;

  set_soft_limit (500);
  name = mood_test_queue_name ();
  g_assert_null (mood_message_queue_new (name, flags, 0600, 4, 40, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "544 bytes", "the 500 bytes",
                          "smaller (alone, it may have maxmsg 3)", NULL);

  queue = mood_message_queue_new (name, flags, 0600, 3, 40, &error);
  g_assert_no_error (error);
  g_assert_null (mood_message_queue_new (mood_test_queue_name (), flags, 0600, 3, 40, &error));
  mood_test_assert_error (&error, G_IO_ERROR_TOO_MANY_OPEN_FILES, "408 bytes", "the 500 bytes",
                          "remove queues", NULL);
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  g_test_add_func ("/limits/figures", test_figures);
  g_test_add_func ("/limits/changes", test_changes);
  g_test_add_func ("/limits/no-limit", test_no_limit);
  g_test_add_func ("/limits/unreadable", test_unreadable);
  g_test_add_func ("/limits/copy", test_copy);
  g_test_add_func ("/limits/required-bytes", test_required_bytes);
  g_test_add_func ("/limits/fit", test_fit);
  g_test_add_func ("/limits/fit-of-kernel", test_fit_of_kernel);
  g_test_add_func ("/limits/required-bytes-of-kernel", test_required_bytes_of_kernel);
  g_test_add_func ("/limits/privileged", test_privileged);
  g_test_add_func ("/limits/error", test_error);

  return g_test_run ();
}
