/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The peer of bench/python.py: the system calls alone, in C. Each function gives the nanoseconds
 * that a message took, or -1 if a call failed. */

#include <mqueue.h>
#include <stdint.h>
#include <time.h>

#define LARGEST_SIZE 8192
#define BATCH        10

double raw_pairs (const int *descriptors, int n_descriptors, int size, int count);
double raw_receives (const int *descriptors, int n_descriptors, int size, int count);

static char message[LARGEST_SIZE];

static double
get_nanoseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

/* Sends a message and receives it, by the first of the queues. */
double
raw_pairs (const int *descriptors, int n_descriptors, int size, int count)
{
  double start = get_nanoseconds ();
  unsigned priority;

  for (int i = 0; i < count; i++)
    if (mq_send (descriptors[0], message, (size_t) size, 0) == -1 ||
        mq_receive (descriptors[0], message, sizeof message, &priority) == -1)
      return -1;

  return (get_nanoseconds () - start) / count;
}

static int
fill (int descriptor, int size)
{
  for (int i = 0; i < BATCH; i++)
    if (mq_send (descriptor, message, (size_t) size, 0) == -1)
      return -1;

  return 0;
}

static int
empty (int descriptor)
{
  unsigned priority;

  for (int i = 0; i < BATCH; i++)
    if (mq_receive (descriptor, message, sizeof message, &priority) == -1)
      return -1;

  return 0;
}

/* Receives ten messages that are there, of each queue: only that is counted. */
double
raw_receives (const int *descriptors, int n_descriptors, int size, int count)
{
  int turns = count / (BATCH * n_descriptors);
  double sum = 0;

  for (int i = 0; i < turns; i++)
    {
      double start;

      for (int j = 0; j < n_descriptors; j++)
        if (fill (descriptors[j], size) == -1)
          return -1;

      start = get_nanoseconds ();
      for (int j = 0; j < n_descriptors; j++)
        if (empty (descriptors[j]) == -1)
          return -1;
      sum += get_nanoseconds () - start;
    }

  return sum / (turns * BATCH * n_descriptors);
}
