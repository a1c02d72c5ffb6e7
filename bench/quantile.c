/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of many rounds is shown. */

#include "quantile.h"

#include <stdlib.h>

static int
compare_doubles (const void *a, const void *b)
{
  double difference = *(const double *) a - *(const double *) b;

  return (difference > 0) - (difference < 0);
}

static double *
sort (const double *values, guint n_values)
{
  double *sorted = g_memdup2 (values, n_values * sizeof values[0]);

  qsort (sorted, n_values, sizeof sorted[0], compare_doubles);

  return sorted;
}

static guint
get_index (guint n_values, double part)
{
  return (guint) (part * (n_values - 1) + 0.5);
}

/* The @part, from 0 to 1, of what is measured is below the result. */
double
bench_get_quantile (const double *values, guint n_values, double part)
{
  g_autofree double *sorted = sort (values, n_values);

  return sorted[get_index (n_values, part)];
}

/* The BENCH_N_PERCENTILES from the least to the most. */
void
bench_get_percentiles (const double *values, guint n_values, double *percentiles)
{
  g_autofree double *sorted = sort (values, n_values);

  for (guint i = 0; i < BENCH_N_PERCENTILES; i++)
    percentiles[i] = sorted[get_index (n_values, i / (BENCH_N_PERCENTILES - 1.0))];
}
