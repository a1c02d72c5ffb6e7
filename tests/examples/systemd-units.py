# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks systemd-analyze whether the units of the example are in order.

Usage: systemd-units.py UNIT...
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

# What the exit status tells the build.
SKIPPED = 77

PROGRAM = "/usr/local/libexec/mood-jobs"


def copy_units(paths, folder):
    """The units as they are, but for a program that is there, which they must have."""
    program = folder / "mood-jobs"
    program.write_text("#!/bin/sh\n", encoding="ascii")
    program.chmod(0o755)
    n_programs = 0
    for path in paths:
        text = pathlib.Path(path).read_text(encoding="utf-8")
        n_programs += text.count(PROGRAM)
        (folder / pathlib.Path(path).name).write_text(
            text.replace(PROGRAM, str(program)), encoding="utf-8"
        )
        yield str(folder / pathlib.Path(path).name)
    assert n_programs == 1, f"the units name {PROGRAM} {n_programs} times"


def main():
    if shutil.which("systemd-analyze") is None:
        print("there is no systemd-analyze")
        return SKIPPED

    with tempfile.TemporaryDirectory() as folder:
        units = list(copy_units(sys.argv[1:], pathlib.Path(folder)))
        # What these depend on has to be there; the rest of the system may be in any order.
        command = ["systemd-analyze", "--man=no", "--recursive-errors=one", "verify", *units]
        result = subprocess.run(
            command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    print(result.stdout, end="")
    # What it ignores, such as a setting with a wrong name, is no error to it.
    return 1 if result.returncode != 0 or result.stdout else 0


sys.exit(main())
