/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_N_PERCENTILES 101

double bench_get_quantile (const double *values, guint n_values, double part);
void bench_get_percentiles (const double *values, guint n_values, double *percentiles);

G_END_DECLS
