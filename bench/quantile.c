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

/* The @part, from 0 to 1, of what is measured is below the result. */
double
bench_get_quantile (const double *values, guint n_values, double part)
{
  g_autofree double *sorted = g_memdup2 (values, n_values * sizeof values[0]);

  qsort (sorted, n_values, sizeof sorted[0], compare_doubles);

  return sorted[(guint) (part * (n_values - 1) + 0.5)];
}
