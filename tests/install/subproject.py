#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds and runs a program of a project that has libmood as a subproject.

Arguments: SOURCE_ROOT"""

import os
import pathlib
import subprocess
import sys
import tempfile

PROJECT = """
project('outer', 'c', meson_version: '>= 1.0.0')
mood = dependency('mood-1.0', fallback: 'libmood',
  default_options: ['introspection=disabled'])
test('program', executable('program', 'program.c', dependencies: mood), args: '{queue}')
"""

PROGRAM = """
#include <mood.h>

int
main (int argc, char **argv)
{
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new (argv[1], MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, NULL);

  return queue != NULL && mood_message_queue_unlink (queue, NULL) ? 0 : 1;
}
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "subprojects").mkdir()
        (folder / "subprojects/libmood").symlink_to(sys.argv[1])
        (folder / "meson.build").write_text(PROJECT.format(queue=f"/mood-test-{os.getpid()}"))
        (folder / "program.c").write_text(PROGRAM)

        # A libmood of the system's must not stand in.
        for command in (
            ["meson", "setup", folder / "build", folder, "--wrap-mode=forcefallback"],
            ["meson", "test", "-C", folder / "build", "--print-errorlogs"],
        ):
            print("#", *command, flush=True)
            subprocess.run(command, check=True)

        tests = (folder / "build/meson-logs/testlog.json").read_text().splitlines()
        assert len(tests) == 1, "libmood's own tests became tests of the outer project"


main()
