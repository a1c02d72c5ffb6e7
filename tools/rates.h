/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Rates Rates;

Rates *rates_new (void);
void rates_free (Rates *self);
void rates_add (Rates *self, gint64 now, gint64 depth);
double rates_get_in (Rates *self, gint64 now);
double rates_get_out (Rates *self, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rates, rates_free)

G_END_DECLS
