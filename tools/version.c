/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which program this is. */

#include "version.h"

#include <mood.h>

void
version_print (void)
{
  g_print ("mood %s\n", MOOD_VERSION_S);
}
