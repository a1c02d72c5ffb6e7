/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The peer of bench/python.py: the system calls alone, in C. Each function gives the nanoseconds
 * that a message took, or -1 if a call failed. */

#include <mqueue.h>
#include <stdint.h>
#include <time.h>

#define LARGEST_SIZE 8192
#define BATCH        10

double raw_pairs (int descriptor, int size, int count);
double raw_receives (int descriptor, int size, int count);

static char message[LARGEST_SIZE];

static double
get_nanoseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

/* Sends a message and receives it. */
double
raw_pairs (int descriptor, int size, int count)
{
  double start = get_nanoseconds ();
  unsigned priority;

  for (int i = 0; i < count; i++)
    if (mq_send (descriptor, message, (size_t) size, 0) == -1 ||
        mq_receive (descriptor, message, sizeof message, &priority) == -1)
      return -1;

  return (get_nanoseconds () - start) / count;
}

/* Receives ten messages that are there: only that is counted. */
double
raw_receives (int descriptor, int size, int count)
{
  double sum = 0;
  unsigned priority;

  for (int i = 0; i < count / BATCH; i++)
    {
      double start;

      for (int j = 0; j < BATCH; j++)
        if (mq_send (descriptor, message, (size_t) size, 0) == -1)
          return -1;

      start = get_nanoseconds ();
      for (int j = 0; j < BATCH; j++)
        if (mq_receive (descriptor, message, sizeof message, &priority) == -1)
          return -1;
      sum += get_nanoseconds () - start;
    }

  return sum / (count / BATCH * BATCH);
}
