/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a process of a benchmark runs. */

#include "pin.h"

#include <sched.h>

/* Keeps the process, and the threads that it starts from now on, on one core: the one with this
 * index, from 0, among those that it may use. With only one there is nothing to choose. */
void
bench_pin (int index)
{
  cpu_set_t allowed;
  cpu_set_t one;

  if (sched_getaffinity (0, sizeof allowed, &allowed) == -1 || CPU_COUNT (&allowed) < 2)
    return;

  CPU_ZERO (&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET (cpu, &allowed) && index-- == 0)
      CPU_SET (cpu, &one);
  sched_setaffinity (0, sizeof one, &one);
}
