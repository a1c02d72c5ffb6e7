/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

pid_t bench_start_process (gboolean (*run) (gconstpointer data), gconstpointer data);
void bench_end_process (pid_t pid);

G_END_DECLS
