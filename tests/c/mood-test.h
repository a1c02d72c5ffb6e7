/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>
#include <sys/syscall.h>

G_BEGIN_DECLS

/* How long a test waits for an event before it gives up: far longer than any event takes, also on
 * a busy machine and under valgrind. */
#define MOOD_TEST_LIMIT_SECONDS 120

/* The system call that a call waits in which can be cancelled, limited in time or ended by closing.
 */
#define MOOD_TEST_POLL SYS_ppoll

/* What another thread does while one waits in a call. */
typedef struct
{
  MoodMessageQueue *queue;
  GCancellable *cancellable;
  int waiter;       /* the ID of the thread that waits */
  long system_call; /* the one that it waits in */
} MoodTestMeanwhile;

void mood_test_init (int *argc, char ***argv);
const char *mood_test_queue_name (void);
MoodMessageQueue *mood_test_queue_new (MoodOpenFlags flags);
MoodMessageQueue *mood_test_queue_open (const char *name, MoodOpenFlags flags);
void mood_test_send (MoodMessageQueue *queue, const char *text, guint priority);
void mood_test_assert_received (MoodMessageQueue *queue, const char *text, guint priority);
void mood_test_assert_error (GError **error, GIOErrorEnum code, ...) G_GNUC_NULL_TERMINATED;
gboolean mood_test_in_subprocess (void);
gboolean mood_test_in_subprocess_after (gboolean (*enter) (void), const char *reason);
gboolean mood_test_in_ipc_namespace (void);
gboolean mood_test_unshare (int flags);
gboolean mood_test_enter_mount_namespace (gboolean mounted);
gboolean mood_test_allow_directory (void);
MoodQueueDirectory *mood_test_directory_new (void);
GPtrArray *mood_test_list_queues (const char *prefix);
void mood_test_override_permissions (gboolean override);
gboolean mood_test_give_up_capabilities (void);
void mood_test_write_limit (const char *name, const char *value);
int mood_test_thread_id (void);
void mood_test_wait_until_in_system_call (int thread_id, long number);
void mood_test_wait_until_in_main_loop (int thread_id);
gpointer mood_test_send_meanwhile (gpointer data);
gpointer mood_test_cancel_meanwhile (gpointer data);
gpointer mood_test_close_meanwhile (gpointer data);
int mood_test_use_up_descriptors (void);
void mood_test_exit_child (gboolean success) G_GNUC_NORETURN;
void mood_test_await_child (GPid pid);

G_END_DECLS
