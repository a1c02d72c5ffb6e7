/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directory of queues alive: what comes and goes while a main loop runs, as those learn it who
 * look at the list. */

#include "mood-test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A copy of the list, made of nothing but what the signals tell. */
typedef struct
{
  GListModel *model;
  GPtrArray *infos;
  GArray *changes; /* position, removed and added of each */
  guint n_items_notifications;
} Shadow;

static void
assert_shadow_equals (Shadow *shadow)
{
  const char *previous = "";

  g_assert_cmpuint (g_list_model_get_n_items (shadow->model), ==, shadow->infos->len);
  for (guint i = 0; i < shadow->infos->len; i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (shadow->model, i);

      g_assert_true (info == g_ptr_array_index (shadow->infos, i));
      g_assert_cmpstr (previous, <, mood_queue_info_get_name (info));
      previous = mood_queue_info_get_name (info);
    }
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Shadow *shadow = user_data;

  g_assert_true (removed > 0 || added > 0);
  if (removed > 0)
    g_ptr_array_remove_range (shadow->infos, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (shadow->infos, (int) (position + i),
                        g_list_model_get_item (model, position + i));
  assert_shadow_equals (shadow);

  g_array_append_val (shadow->changes, position);
  g_array_append_val (shadow->changes, removed);
  g_array_append_val (shadow->changes, added);
}

static void
on_n_items (Shadow *shadow)
{
  guint n_items;

  g_object_get (shadow->model, "n-items", &n_items, NULL);
  g_assert_cmpuint (n_items, ==, g_list_model_get_n_items (shadow->model));
  shadow->n_items_notifications++;
}

static Shadow *
shadow_new (MoodQueueDirectory *directory)
{
  Shadow *self = g_new0 (Shadow, 1);

  self->model = g_object_ref (G_LIST_MODEL (directory));
  self->infos = g_ptr_array_new_with_free_func (g_object_unref);
  self->changes = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < g_list_model_get_n_items (self->model); i++)
    g_ptr_array_add (self->infos, g_list_model_get_item (self->model, i));

  g_signal_connect (directory, "items-changed", G_CALLBACK (on_items_changed), self);
  g_signal_connect_swapped (directory, "notify::n-items", G_CALLBACK (on_n_items), self);

  return self;
}

static void
shadow_free (Shadow *self)
{
  assert_shadow_equals (self);
  g_signal_handlers_disconnect_by_data (self->model, self);
  g_object_unref (self->model);
  g_ptr_array_unref (self->infos);
  g_array_unref (self->changes);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shadow, shadow_free)

/* Of the changes that were told, each a position, what was removed and what was added. */
static void
assert_changes (Shadow *shadow, const guint *changes, gsize n_changes)
{
  g_assert_cmpmem (shadow->changes->data, shadow->changes->len * sizeof (guint), changes,
                   n_changes * 3 * sizeof (guint));
  g_array_set_size (shadow->changes, 0);
}

#define ASSERT_CHANGES(shadow, ...)                                                                \
  assert_changes (shadow, (const guint[]){ __VA_ARGS__ },                                          \
                  sizeof ((const guint[]){ __VA_ARGS__ }) / (3 * sizeof (guint)))

static void
refresh (MoodQueueDirectory *directory)
{
  g_autoptr (GError) error = NULL;
  gboolean refreshed = mood_queue_directory_refresh (directory, &error);

  g_assert_no_error (error);
  g_assert_true (refreshed);
}

/* A name that is not unlinked by itself. */
static char *
make_name (const char *suffix)
{
  return g_strdup_printf ("/mood-test-%d-%s", (int) getpid (), suffix);
}

static char *
make_numbered_name (int number)
{
  g_autofree char *suffix = g_strdup_printf ("%04d", number);

  return make_name (suffix);
}

static void
create (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue = NULL;

  queue = mood_message_queue_new (name, MOOD_OPEN_RDONLY | MOOD_OPEN_CREAT | MOOD_OPEN_EXCL, 0600,
                                  1, 1, &error);
  g_assert_no_error (error);
}

static void
create_suffix (const char *suffix)
{
  g_autofree char *name = make_name (suffix);

  create (name);
}

static void
unlink_name (const char *name)
{
  g_autoptr (GError) error = NULL;

  mood_unlink (name, &error);
  g_assert_no_error (error);
}

static void
unlink_suffix (const char *suffix)
{
  g_autofree char *name = make_name (suffix);

  unlink_name (name);
}

static MoodQueueInfo *
lookup_suffix (MoodQueueDirectory *directory, const char *suffix)
{
  g_autofree char *name = make_name (suffix);

  return mood_queue_directory_lookup (directory, name);
}

/* The source is removed when the context is no longer needed: nothing is waited for. */
static void
run_what_is_ready (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Other tests create and unlink meanwhile: the queues of this one count. */
static void
assert_equals_fresh_listing (MoodQueueDirectory *directory, const char *prefix)
{
  g_autoptr (GPtrArray) expected = mood_test_list_queues (prefix);
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (directory)); i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);

      if (!g_str_has_prefix (mood_queue_info_get_name (info), prefix))
        continue;

      g_assert_cmpuint (n, <, expected->len);
      g_assert_cmpstr (mood_queue_info_get_name (info), ==, g_ptr_array_index (expected, n));
      n++;
    }
  g_assert_cmpuint (n, ==, expected->len);
}

static void
assert_equals_fresh_listing_of_test (MoodQueueDirectory *directory)
{
  g_autofree char *prefix = make_name ("");

  assert_equals_fresh_listing (directory, prefix);
}

/* An inotify event is there when the call that it tells of is back. */
static void
test_create_and_unlink (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (Shadow) shadow = shadow_new (directory);
  guint id = mood_queue_directory_add_watch (directory);
  const char *name = mood_test_queue_name ();

  g_assert_nonnull (shadow);
  g_assert_cmpuint (id, >, 0);

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (MoodQueueInfo) info = NULL;

      create (name);
      g_assert_null (mood_queue_directory_lookup (directory, name));
      run_what_is_ready ();
      info = mood_queue_directory_lookup (directory, name);
      g_assert_nonnull (info);
      g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG | 0600);
      g_assert_cmpint (mood_queue_info_get_maxmsg (info), ==, -1);
      assert_equals_fresh_listing_of_test (directory);

      unlink_name (name);
      run_what_is_ready ();
      g_assert_null (mood_queue_directory_lookup (directory, name));
      assert_equals_fresh_listing_of_test (directory);
    }

  g_source_remove (id);
}

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  g_ptr_array_add (user_data, (gpointer) pspec->name);
}

static void
test_mode (void)
{
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (Shadow) shadow = shadow_new (directory);
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autoptr (GPtrArray) told = g_ptr_array_new ();
  guint id = mood_queue_directory_add_watch (directory);

  g_assert_nonnull (shadow);
  refresh (directory);
  info = mood_queue_directory_lookup (directory, mood_message_queue_get_name (queue));
  g_signal_connect (info, "notify::mode", G_CALLBACK (on_notify), told);
  g_signal_connect (info, "notify::curmsgs", G_CALLBACK (on_notify), told);

  g_assert_cmpint (fchmod (mood_message_queue_fileno (queue), 0644), ==, 0);
  run_what_is_ready ();
  g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG | 0644);
  g_assert_cmpuint (told->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (told, 0), ==, "mode");

  /* The kernel does not tell of messages, and what was known stays. */
  mood_test_send (queue, "abc", 0);
  run_what_is_ready ();
  g_assert_cmpuint (told->len, ==, 1);
  g_assert_cmpint (mood_queue_info_get_curmsgs (info), ==, 0);
  g_assert_cmpint (mood_queue_info_get_maxmsg (info), ==, 2);

  g_source_remove (id);
}

static void
test_replaced (void)
{
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (Shadow) shadow = NULL;
  g_autoptr (MoodQueueInfo) old_info = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  guint id;

  if (!mood_test_in_ipc_namespace ())
    return;

  create_suffix ("a");
  create_suffix ("b");
  create_suffix ("c");
  directory = mood_test_directory_new ();
  refresh (directory);
  shadow = shadow_new (directory);
  id = mood_queue_directory_add_watch (directory);
  old_info = lookup_suffix (directory, "b");

  unlink_suffix ("b");
  create_suffix ("b");
  run_what_is_ready ();

  ASSERT_CHANGES (shadow, 1, 1, 1);
  g_assert_cmpuint (shadow->n_items_notifications, ==, 0);
  info = lookup_suffix (directory, "b");
  g_assert_true (info != old_info);
  g_assert_cmpuint (mood_queue_info_get_inode (info), !=, mood_queue_info_get_inode (old_info));
  g_assert_cmpint (mood_queue_info_get_curmsgs (old_info), ==, 0);
  g_assert_cmpint (mood_queue_info_get_curmsgs (info), ==, -1);

  /* What came and went unseen is not told. */
  create_suffix ("d");
  unlink_suffix ("d");
  run_what_is_ready ();
  g_assert_cmpuint (shadow->changes->len, ==, 0);

  g_source_remove (id);
}

/* Each change is told by itself, and what is next to each other is one. */
static void
test_changes (void)
{
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (Shadow) shadow = NULL;
  const char *const suffixes[] = { "b", "c", "d", "f", "g" };
  guint id;

  if (!mood_test_in_ipc_namespace ())
    return;

  directory = mood_test_directory_new ();
  shadow = shadow_new (directory);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    create_suffix (suffixes[i]);

  refresh (directory);
  ASSERT_CHANGES (shadow, 0, 0, 5);
  g_assert_cmpuint (shadow->n_items_notifications, ==, 1);
  refresh (directory);
  g_assert_cmpuint (shadow->changes->len, ==, 0);

  id = mood_queue_directory_add_watch (directory);
  create_suffix ("a");
  unlink_suffix ("c");
  unlink_suffix ("d");
  create_suffix ("e");
  create_suffix ("h");
  run_what_is_ready ();
  ASSERT_CHANGES (shadow, 0, 0, 1, 2, 2, 1, 5, 0, 1);
  g_assert_cmpuint (shadow->n_items_notifications, ==, 4);

  g_source_remove (id);
  unlink_suffix ("a");
  unlink_suffix ("b");
  unlink_suffix ("g");
  create_suffix ("i");
  run_what_is_ready ();
  g_assert_cmpuint (shadow->changes->len, ==, 0);
  refresh (directory);
  ASSERT_CHANGES (shadow, 0, 2, 0, 2, 1, 0, 3, 0, 1);

  assert_equals_fresh_listing (directory, "/");
}

/* Few of them at a time, because all tests share the limits. */
static void
test_thousand (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (Shadow) shadow = shadow_new (directory);
  guint id = mood_queue_directory_add_watch (directory);
  g_autoptr (GRand) random = g_rand_new ();
  const char *names[60];
  gboolean exists[G_N_ELEMENTS (names)] = { FALSE };
  int n_created = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (exists); i++)
    names[i] = mood_test_queue_name ();

  while (n_created < 1000)
    {
      int number = g_rand_int_range (random, 0, G_N_ELEMENTS (exists));

      /* Also by another one of the same name. */
      if (exists[number])
        unlink_name (names[number]);
      exists[number] = !exists[number] || g_rand_boolean (random);
      if (exists[number])
        {
          create (names[number]);
          n_created++;
        }

      if (g_rand_int_range (random, 0, 8) == 0)
        {
          run_what_is_ready ();
          assert_equals_fresh_listing_of_test (directory);
        }
    }

  run_what_is_ready ();
  assert_equals_fresh_listing_of_test (directory);
  g_assert_cmpuint (shadow->changes->len, >, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (exists); i++)
    if (exists[i])
      unlink_name (names[i]);
  run_what_is_ready ();
  assert_equals_fresh_listing_of_test (directory);

  g_source_remove (id);
}

static void
test_thousand_at_once (void)
{
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (Shadow) shadow = NULL;
  g_autoptr (GRand) random = NULL;

  if (!mood_test_in_ipc_namespace ())
    return;

  mood_test_write_limit ("queues_max", "1000");
  random = g_rand_new ();
  directory = mood_test_directory_new ();
  shadow = shadow_new (directory);
  mood_queue_directory_add_watch (directory);

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *name = make_numbered_name ((i * 617) % 1000);

      create (name);
      if (i % 100 == 50)
        run_what_is_ready ();
    }
  run_what_is_ready ();
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (directory)), ==, 1000);
  assert_equals_fresh_listing (directory, "/");

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *name = make_numbered_name (g_rand_int_range (random, 0, 1000));

      unlink_name (name);
      create (name);
      if (i % 100 == 50)
        run_what_is_ready ();
    }
  refresh (directory);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (directory)), ==, 1000);
  assert_equals_fresh_listing (directory, "/");
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (MoodQueueInfo) info = g_list_model_get_item (G_LIST_MODEL (directory), i);

      g_assert_cmpint (mood_queue_info_get_maxmsg (info), ==, 1);
    }

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *name = make_numbered_name ((i * 617) % 1000);

      unlink_name (name);
      if (i % 100 == 50)
        run_what_is_ready ();
    }
  run_what_is_ready ();
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (directory)), ==, 0);
}

static int
read_max_queued_events (void)
{
  g_autofree char *contents = NULL;

  g_assert_true (
      g_file_get_contents ("/proc/sys/fs/inotify/max_queued_events", &contents, NULL, NULL));

  return atoi (contents);
}

/* More events than the kernel keeps: those that come then are lost. */
static void
test_overflow (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (Shadow) shadow = shadow_new (directory);
  g_autoptr (MoodMessageQueue) queue = mood_test_queue_new (MOOD_OPEN_RDWR);
  g_autoptr (MoodMessageQueue) unlinked = mood_test_queue_new (MOOD_OPEN_RDWR);
  const char *flooding = mood_test_queue_name ();
  const char *late = mood_test_queue_name ();
  g_autoptr (MoodQueueInfo) info = NULL;
  int max_queued_events = read_max_queued_events ();
  guint id;

  g_assert_nonnull (shadow);
  if (max_queued_events > 100000)
    {
      g_test_skip ("so many events are kept that to lose some takes too long");
      return;
    }

  id = mood_queue_directory_add_watch (directory);
  run_what_is_ready ();
  for (int i = 0; i < max_queued_events / 2 + 1; i++)
    {
      create (flooding);
      unlink_name (flooding);
    }

  create (late);
  g_assert_true (mood_message_queue_unlink (unlinked, NULL));
  g_assert_cmpint (fchmod (mood_message_queue_fileno (queue), 0604), ==, 0);
  run_what_is_ready ();

  assert_equals_fresh_listing_of_test (directory);
  info = mood_queue_directory_lookup (directory, late);
  g_assert_nonnull (info);
  g_clear_object (&info);
  info = mood_queue_directory_lookup (directory, mood_message_queue_get_name (queue));
  g_assert_cmpuint (mood_queue_info_get_mode (info), ==, S_IFREG | 0604);

  /* It goes on as before. */
  unlink_name (late);
  run_what_is_ready ();
  assert_equals_fresh_listing_of_test (directory);

  g_source_remove (id);
}

/* More names than are kept one by one: nobody runs the main loop that would look at them. */
static void
test_many_names (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (Shadow) shadow = shadow_new (directory);
  const char *last = mood_test_queue_name ();
  g_autoptr (MoodQueueInfo) info = NULL;
  guint id;

  g_assert_nonnull (shadow);
  id = mood_queue_directory_add_watch (directory);
  for (int i = 0; i < 6000; i++)
    {
      g_autofree char *name = make_numbered_name (i);

      create (name);
      unlink_name (name);
    }
  create (last);
  run_what_is_ready ();

  info = mood_queue_directory_lookup (directory, last);
  g_assert_nonnull (info);
  assert_equals_fresh_listing_of_test (directory);

  g_source_remove (id);
}

typedef struct
{
  MoodQueueDirectory *directory;
  char **names;
  guint n_calls;
  gboolean is_inside;
} Meddler;

/* Does all that a handler may, from inside the change. */
static void
meddle (Meddler *self)
{
  guint call = self->n_calls++;

  if (call >= g_strv_length (self->names))
    return;

  create (self->names[call]);
  if (call % 3 == 0)
    refresh (self->directory);
  if (call % 3 == 1)
    mood_unlink (self->names[call - 1], NULL);
  /* Another call, inside this one, may have done it. */
  if (call % 5 == 0 && mood_unlink (self->names[call], NULL))
    {
      create (self->names[call]);
      refresh (self->directory);
    }
}

static void
test_meddling (void)
{
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (Shadow) shadow = NULL;
  g_autoptr (Shadow) later = NULL;
  g_auto (GStrv) names = g_new0 (char *, 61);
  Meddler meddler = { .names = names };
  g_autofree char *end = NULL;

  if (!mood_test_in_ipc_namespace ())
    return;

  for (int i = 0; i < 60; i++)
    names[i] = make_numbered_name ((i * 37) % 60);
  end = make_name ("zzz");

  meddler.directory = directory = mood_test_directory_new ();
  shadow = shadow_new (directory);
  g_signal_connect_swapped (directory, "items-changed", G_CALLBACK (meddle), &meddler);
  /* Who is told after the meddler is told of the same changes, in the same order. */
  later = shadow_new (directory);
  mood_queue_directory_add_watch (directory);

  /* Something to begin with, in several changes. */
  create_suffix ("0000-a");
  create_suffix ("0030-a");
  create (end);
  refresh (directory);
  run_what_is_ready ();
  g_assert_cmpuint (meddler.n_calls, >, 60);
  assert_equals_fresh_listing (directory, "/");

  /* All at once, with somebody who meddles with each. */
  meddler.n_calls = 0;
  for (int i = 0; i < 60; i++)
    mood_unlink (names[i], NULL);
  refresh (directory);
  run_what_is_ready ();
  assert_equals_fresh_listing (directory, "/");
}

static void
on_items_changed_in_main_loop (MoodQueueDirectory *directory,
                               guint position,
                               guint removed,
                               guint added,
                               int *n_left)
{
  if (--*n_left < 0)
    return;

  create_suffix ("b");
  /* Which comes to an end, even with another watch that can do nothing now. */
  run_what_is_ready ();
  g_assert_false (g_main_context_pending (NULL));
}

/* A handler runs a main loop. */
static void
test_main_loop_in_handler (void)
{
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (Shadow) shadow = NULL;
  int n_left = 1;

  if (!mood_test_in_ipc_namespace ())
    return;

  directory = mood_test_directory_new ();
  g_signal_connect (directory, "items-changed", G_CALLBACK (on_items_changed_in_main_loop),
                    &n_left);
  shadow = shadow_new (directory);
  mood_queue_directory_add_watch (directory);
  mood_queue_directory_add_watch (directory);

  create_suffix ("a");
  run_what_is_ready ();
  g_assert_cmpint (n_left, ==, -1);
  assert_equals_fresh_listing (directory, "/");
}

static void
on_notify_mode (MoodQueueInfo *info, GParamSpec *pspec, Meddler *meddler)
{
  meddler->n_calls++;
  /* It is the one before that goes, and the one after that comes. */
  unlink_suffix ("a");
  create_suffix ("c");
  refresh (meddler->directory);
}

static void
test_meddling_with_notification (void)
{
  g_autoptr (MoodMessageQueue) queue = NULL;
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (Shadow) shadow = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autofree char *name = NULL;
  Meddler meddler = { .n_calls = 0 };

  if (!mood_test_in_ipc_namespace ())
    return;

  name = make_name ("b");
  create_suffix ("a");
  create (name);
  create_suffix ("d");
  meddler.directory = directory = mood_test_directory_new ();
  shadow = shadow_new (directory);
  mood_queue_directory_add_watch (directory);
  info = lookup_suffix (directory, "b");
  g_signal_connect (info, "notify::mode", G_CALLBACK (on_notify_mode), &meddler);

  queue = mood_test_queue_open (name, MOOD_OPEN_RDONLY);
  g_assert_cmpint (fchmod (mood_message_queue_fileno (queue), 0644), ==, 0);
  /* A change before it is told first, and one after it later. */
  create_suffix ("aa");
  unlink_suffix ("d");
  run_what_is_ready ();

  g_assert_cmpuint (meddler.n_calls, ==, 1);
  assert_equals_fresh_listing (directory, "/");
}

static void
drop (MoodQueueDirectory **directory)
{
  g_clear_object (directory);
}

/* The handler lets go of the last reference, while several changes are to be told. */
static void
test_dropping (void)
{
  MoodQueueDirectory *directory;
  gpointer weak;

  if (!mood_test_in_ipc_namespace ())
    return;

  weak = directory = mood_test_directory_new ();
  g_object_add_weak_pointer (G_OBJECT (directory), &weak);
  create_suffix ("b");
  refresh (directory);
  g_signal_connect_swapped (directory, "items-changed", G_CALLBACK (drop), &directory);
  create_suffix ("a");
  create_suffix ("c");
  g_assert_true (mood_queue_directory_refresh (directory, NULL));

  g_assert_null (directory);
  g_assert_null (weak);
}

static gboolean
on_updated (gpointer user_data)
{
  int *n_left = user_data;

  return --*n_left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* In a namespace in which nobody else does anything, so that each dispatch can be counted. */
static void
test_source (void)
{
  g_autoptr (MoodQueueDirectory) directory = NULL;
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GSource) source = NULL;
  g_autoptr (MoodQueueInfo) info = NULL;
  g_autofree char *name = make_name ("a");
  int n_left = 2;

  if (!mood_test_in_ipc_namespace ())
    return;

  directory = mood_test_directory_new ();
  context = g_main_context_new ();
  source = mood_queue_directory_create_source (directory, NULL);
  g_source_set_callback (source, on_updated, &n_left, NULL);
  g_source_attach (source, context);

  create (name);
  /* It is in no other context. */
  run_what_is_ready ();
  g_assert_null (mood_queue_directory_lookup (directory, name));

  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpint (n_left, ==, 1);
  g_assert_false (g_main_context_pending (context));
  info = mood_queue_directory_lookup (directory, name);
  g_assert_nonnull (info);

  unlink_name (name);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_null (mood_queue_directory_lookup (directory, name));
  g_assert_true (g_source_is_destroyed (source));
}

/* Whoever removes the source while it tells of a change is not called back. */
static void
test_source_removed_by_handler (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  GSource *source = mood_queue_directory_create_source (directory, NULL);
  int n_left = 2;

  g_source_set_callback (source, on_updated, &n_left, NULL);
  g_source_attach (source, NULL);
  g_signal_connect_swapped (directory, "items-changed", G_CALLBACK (g_source_destroy), source);
  create (mood_test_queue_name ());
  run_what_is_ready ();

  g_assert_true (g_source_is_destroyed (source));
  g_assert_cmpint (n_left, ==, 2);
  g_source_unref (source);
}

static void
test_source_cancelled (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GSource *source = mood_queue_directory_create_source (directory, cancellable);
  const char *name = mood_test_queue_name ();

  g_source_attach (source, NULL);
  run_what_is_ready ();
  g_assert_false (g_source_is_destroyed (source));

  g_cancellable_cancel (cancellable);
  create (name);
  run_what_is_ready ();
  g_assert_true (g_source_is_destroyed (source));
  g_assert_null (mood_queue_directory_lookup (directory, name));
  g_source_unref (source);
}

static gboolean
on_closure (gpointer user_data)
{
  gboolean *was_called = user_data;

  *was_called = TRUE;

  return G_SOURCE_REMOVE;
}

/* As bindings set a callback. */
static void
test_source_closure (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  GSource *source = mood_queue_directory_create_source (directory, NULL);
  gboolean was_called = FALSE;

  g_source_set_closure (source, g_cclosure_new (G_CALLBACK (on_closure), &was_called, NULL));
  g_source_attach (source, NULL);
  create (mood_test_queue_name ());
  run_what_is_ready ();
  g_assert_true (was_called);
  g_assert_true (g_source_is_destroyed (source));
  g_source_unref (source);
}

/* Several watches do no more than one, and each holds the directory. */
static void
test_watches (void)
{
  MoodQueueDirectory *directory = mood_test_directory_new ();
  g_autoptr (Shadow) shadow = shadow_new (directory);
  gpointer weak = directory;
  const char *name = mood_test_queue_name ();
  guint first = mood_queue_directory_add_watch (directory);
  guint second = mood_queue_directory_add_watch (directory);

  create (name);
  run_what_is_ready ();
  assert_equals_fresh_listing_of_test (directory);

  g_source_remove (first);
  unlink_name (name);
  run_what_is_ready ();
  assert_equals_fresh_listing_of_test (directory);

  g_clear_pointer (&shadow, shadow_free);
  g_object_add_weak_pointer (G_OBJECT (directory), &weak);
  g_object_unref (directory);
  g_assert_nonnull (weak);
  g_source_remove (second);
  g_assert_null (weak);
}

/* A child has the descriptors of its parent, and must not read from them what is the parent's. */
static void
test_fork (void)
{
  g_autoptr (MoodQueueDirectory) directory = mood_test_directory_new ();
  const char *name = mood_test_queue_name ();
  guint id = mood_queue_directory_add_watch (directory);
  g_autoptr (MoodQueueInfo) info = NULL;
  pid_t pid;

  create (name);
  pid = fork ();
  if (pid == 0)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (mood_queue_directory_refresh (directory, &error));
      mood_test_assert_error (&error, G_IO_ERROR_NOT_SUPPORTED, "child", NULL);
      g_main_context_iteration (NULL, FALSE);
      mood_test_exit_child (TRUE);
    }
  mood_test_await_child (pid);

  run_what_is_ready ();
  info = mood_queue_directory_lookup (directory, name);
  g_assert_nonnull (info);
  g_source_remove (id);
}

/* The queues are watched before they are listed: what happens between that is in both or in one,
 * and counts once. */
static void
test_creation_meanwhile (void)
{
  const char *names[20];

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    names[i] = mood_test_queue_name ();

  for (int round = 0; round < 100; round++)
    {
      g_autoptr (MoodQueueDirectory) directory = NULL;
      g_autoptr (Shadow) shadow = NULL;
      int begun[2];
      pid_t pid;
      guint id;
      char byte;

      g_assert_cmpint (pipe (begun), ==, 0);
      pid = fork ();
      if (pid == 0)
        {
          gboolean success = write (begun[1], "", 1) == 1;

          for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
            if (!mood_unlink (names[i], NULL))
              create (names[i]);
          mood_test_exit_child (success);
        }

      g_assert_cmpint (read (begun[0], &byte, 1), ==, 1);
      directory = mood_test_directory_new ();
      shadow = shadow_new (directory);
      id = mood_queue_directory_add_watch (directory);
      g_main_context_iteration (NULL, FALSE);

      mood_test_await_child (pid);
      run_what_is_ready ();
      assert_equals_fresh_listing_of_test (directory);
      g_source_remove (id);
      close (begun[0]);
      close (begun[1]);
    }
}

static void
add_tests (void)
{
  g_test_add_func ("/directory-watch/create-and-unlink", test_create_and_unlink);
  g_test_add_func ("/directory-watch/mode", test_mode);
  g_test_add_func ("/directory-watch/replaced", test_replaced);
  g_test_add_func ("/directory-watch/changes", test_changes);
  g_test_add_func ("/directory-watch/thousand", test_thousand);
  g_test_add_func ("/directory-watch/thousand-at-once", test_thousand_at_once);
  g_test_add_func ("/directory-watch/overflow", test_overflow);
  g_test_add_func ("/directory-watch/many-names", test_many_names);
  g_test_add_func ("/directory-watch/meddling", test_meddling);
  g_test_add_func ("/directory-watch/fork", test_fork);
  g_test_add_func ("/directory-watch/main-loop-in-handler", test_main_loop_in_handler);
  g_test_add_func ("/directory-watch/meddling-with-notification", test_meddling_with_notification);
  g_test_add_func ("/directory-watch/dropping", test_dropping);
  g_test_add_func ("/directory-watch/source", test_source);
  g_test_add_func ("/directory-watch/source-removed-by-handler", test_source_removed_by_handler);
  g_test_add_func ("/directory-watch/source-cancelled", test_source_cancelled);
  g_test_add_func ("/directory-watch/source-closure", test_source_closure);
  g_test_add_func ("/directory-watch/watches", test_watches);
  g_test_add_func ("/directory-watch/creation-meanwhile", test_creation_meanwhile);
}

static void
test_impossible (void)
{
  g_test_skip ("the process may neither mount the queues nor find them mounted");
}

int
main (int argc, char **argv)
{
  mood_test_init (&argc, &argv);

  if (mood_test_allow_directory ())
    add_tests ();
  else
    g_test_add_func ("/directory-watch", test_impossible);

  return g_test_run ();
}
