/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "exit-status.h"

G_BEGIN_DECLS

ExitStatus list_watch (double interval, gboolean as_json, GError **error);

G_END_DECLS
