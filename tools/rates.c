/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Estimates how many messages a second go into a queue and come out of it, from how many waited in
 * it at several times. What came and went between two looks is not seen, so that there were at
 * least as many. */

#include "rates.h"

#define WINDOW_US        (3 * G_USEC_PER_SEC)
#define SHORTEST_SPAN_US G_USEC_PER_SEC

typedef enum
{
  IN,
  OUT,
} Direction;

/* How many messages had been seen to go either way. */
typedef struct
{
  gint64 time;
  guint64 seen[2]; /* by the direction */
} Sample;

struct _Rates
{
  GQueue samples; /* of Sample; the first is the last one before the window, if there is one */
  gint64 depth;
};

Rates *
rates_new (void)
{
  Rates *self = g_new0 (Rates, 1);

  g_queue_init (&self->samples);

  return self;
}

void
rates_free (Rates *self)
{
  g_queue_clear_full (&self->samples, g_free);
  g_free (self);
}

static void
forget_what_is_over (Rates *self, gint64 now)
{
  const Sample *second;

  while ((second = g_queue_peek_nth (&self->samples, 1)) != NULL && second->time <= now - WINDOW_US)
    g_free (g_queue_pop_head (&self->samples));
}

/* @now is on the monotonic clock. */
void
rates_add (Rates *self, gint64 now, gint64 depth)
{
  const Sample *last = g_queue_peek_tail (&self->samples);
  Sample *sample = g_new0 (Sample, 1);

  sample->time = now;
  if (last != NULL)
    {
      sample->seen[IN] = last->seen[IN] + (guint64) MAX (depth - self->depth, 0);
      sample->seen[OUT] = last->seen[OUT] + (guint64) MAX (self->depth - depth, 0);
    }
  self->depth = depth;
  g_queue_push_tail (&self->samples, sample);
  forget_what_is_over (self, now);
}

static double
get (Rates *self, gint64 now, Direction direction)
{
  const Sample *first;
  const Sample *last = g_queue_peek_tail (&self->samples);
  gint64 span;

  if (last == NULL)
    return 0;

  forget_what_is_over (self, now);
  first = g_queue_peek_head (&self->samples);
  /* Of less than a second not much can be said: a single message would be many a second. */
  span = MAX (now - first->time, SHORTEST_SPAN_US);

  return (double) (last->seen[direction] - first->seen[direction]) * G_USEC_PER_SEC / (double) span;
}

/* 0 as long as nothing was added. */
double
rates_get_in (Rates *self, gint64 now)
{
  return get (self, now, IN);
}

/* Likewise. */
double
rates_get_out (Rates *self, gint64 now)
{
  return get (self, now, OUT);
}
