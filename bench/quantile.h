/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

double bench_get_quantile (const double *values, guint n_values, double part);

G_END_DECLS
