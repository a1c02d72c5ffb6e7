/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "archive-reader.h"
#include "exit-status.h"

G_BEGIN_DECLS

typedef struct
{
  ArchiveReader *reader;
  MoodMessageQueue **senders; /* for each queue of the file; NULL for those that are left out */
  gint64 timeout_us;          /* for each message, negative for no limit */
  gboolean sends_all;         /* also those that were delivered before, and keeps no record of it */
  gboolean is_putting_back;   /* a signal ends only the waiting */

  guint n_sent; /* out */
  guint n_left; /* out: that were to be sent, and were not */
} Delivery;

ExitStatus delivery_run (Delivery *self);
ExitStatus delivery_put_back (ArchiveReader *reader, MoodMessageQueue **senders);
ExitStatus delivery_put_back_or_keep (ArchiveReader *reader, MoodMessageQueue **senders);
void delivery_tell_kept (ArchiveReader *reader);

G_END_DECLS
