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


def examples(readme, language):
    """The blocks in @language, with queue names of our own in place of the README's."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert blocks and all("/jobs" in block for block in blocks)
    return [block.replace("/jobs", f"/mood-test-{os.getpid()}-{language}") for block in blocks]


def main():
    readme = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")

    with tempfile.TemporaryDirectory() as folder:
        calls, main_loop = examples(readme, "python")
        output = run(sys.executable, "-c", calls, folder=folder)
        assert output == "9 urgent\n0 can wait\n", output
        output = run(sys.executable, "-c", main_loop, folder=folder)
        assert output == "9 urgent\n0 stop\n", output

        (program,) = examples(readme, "c")
        (pathlib.Path(folder) / "example.c").write_text(program, encoding="utf-8")
        (command,) = re.findall(r"^cc example\.c .*$", readme, re.MULTILINE)
        run("sh", "-e", "-c", command, folder=folder)
        output = run("./example", folder=folder)
        assert output == "9 urgent\n", output


main()
