#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes the examples out of the README and runs them, so that they cannot rot: the Python one as
it is, the C one with the command that the README gives.

Arguments: README"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile


def run(*command, folder):
    return subprocess.run(
        command, check=True, cwd=folder, stdout=subprocess.PIPE, text=True, timeout=60
    ).stdout


def example(readme, language):
    """The one block in @language, with a queue name of our own in place of the README's."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert "/jobs" in block
    return block.replace("/jobs", f"/mood-test-{os.getpid()}-{language}")


def main():
    readme = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")

    with tempfile.TemporaryDirectory() as folder:
        output = run(sys.executable, "-c", example(readme, "python"), folder=folder)
        assert output == "9 urgent\n0 can wait\n", output

        (pathlib.Path(folder) / "example.c").write_text(example(readme, "c"), encoding="utf-8")
        (command,) = re.findall(r"^cc example\.c .*$", readme, re.MULTILINE)
        run("sh", "-e", "-c", command, folder=folder)
        output = run("./example", folder=folder)
        assert output == "9 urgent\n", output


main()
