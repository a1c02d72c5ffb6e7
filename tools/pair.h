/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

/* Where messages come from, and where they go. */
typedef struct
{
  MoodMessageQueue *from;
  MoodMessageQueue *to;
  char *from_name; /* for people */
  char *to_name;
} Pair;

gboolean
pair_open (Pair *self, const char *from, MoodOpenFlags from_flags, const char *to, GError **error);
void pair_clear (Pair *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

G_END_DECLS
