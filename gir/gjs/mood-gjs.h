/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the extension for JavaScript gives to introspection, by which its override finds it. It is
 * for that override alone. */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

/* Like libmood itself, this is compiled with hidden visibility. */
#define MOOD_GJS_EXPORT __attribute__ ((visibility ("default"))) extern

MOOD_GJS_EXPORT gboolean mood_gjs_define_calls (GError **error);

MOOD_GJS_EXPORT guint mood_gjs_register (MoodMessageQueue *queue);

G_END_DECLS
