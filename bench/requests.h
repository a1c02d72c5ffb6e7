/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Does what a line asks for, in words, and answers. */
typedef void (*BenchRequestFunc) (char **words, gpointer user_data);

int bench_serve (guint n_words, BenchRequestFunc func, gpointer user_data);
void bench_answer_seconds (double seconds);
void bench_answer_bytes (double bytes);
void bench_answer_text (const char *member, const char *text);
void bench_fail (const char *why) G_GNUC_NORETURN;
void bench_fail_by_errno (const char *what) G_GNUC_NORETURN;

G_END_DECLS
