/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <mood.h>

G_BEGIN_DECLS

typedef enum
{
  BENCH_KIND_PAIRS,      /* one process sends a message and receives it */
  BENCH_KIND_ONE_WAY,    /* one process sends, and another one receives */
  BENCH_KIND_ROUND_TRIP, /* the other one answers each message */
} BenchKind;

#define BENCH_N_KINDS 3

/* How messages are sent and received. Both give FALSE for an error. */
typedef struct
{
  gboolean (*send) (MoodMessageQueue *queue, const guint8 *message, gsize length);
  gboolean (*receive) (MoodMessageQueue *queue, guint8 *buffer, gsize size);
} BenchWay;

/* What is measured on. */
typedef struct
{
  MoodMessageQueue *there;
  MoodMessageQueue *back;
  gsize length; /* of a message, bytes */
} BenchRoom;

/* The most messages of a round. */
#define BENCH_MAX_COUNT 200000

/* What a round took; in memory that the processes share. */
typedef struct
{
  double seconds;                  /* altogether */
  double each_us[BENCH_MAX_COUNT]; /* of BENCH_KIND_ROUND_TRIP, the microseconds of each message */
} BenchTimes;

BenchTimes *bench_times_new (GError **error);
void bench_times_free (BenchTimes *self);

gboolean bench_round (const BenchRoom *room,
                      BenchKind kind,
                      const BenchWay *way,
                      guint count,
                      BenchTimes *times,
                      GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchTimes, bench_times_free)

G_END_DECLS
