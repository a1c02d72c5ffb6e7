/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(MOOD_H_INSIDE) && !defined(MOOD_COMPILATION)
#error "Only <mood.h> can be included directly."
#endif

#include "mood-message-queue.h"

G_BEGIN_DECLS

MOOD_AVAILABLE_IN_1_0
GPtrArray *mood_listen_queues (char ***fd_names, GError **error);

G_END_DECLS
