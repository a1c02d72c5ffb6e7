/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Usage: with-directory PROGRAM [ARGUMENT...]
 *
 * Runs a test that is written in another language where there can be a directory of queues. */

#include "mood-test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  if (argc < 2)
    return 2;

  if (!mood_test_allow_directory ())
    {
      printf ("1..0 # SKIP the process may neither mount the queues nor find them mounted\n");
      return 0;
    }

  execvp (argv[1], argv + 1);
  fprintf (stderr, "%s: %s\n", argv[1], strerror (errno));

  return 127;
}
