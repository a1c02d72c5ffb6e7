#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the programs in the pages that people read, so that they cannot rot: every block of code that
is followed by a block of text has to write just that text. A block of shell commands between the two
is how the page says to compile the program, as example.c or the like, to ./example.

Arguments: [--interpreter LANGUAGE PATH]... BUILD_ROOT PAGE..."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = re.compile(
    r"^```(?P<language>\w+)\n(?P<code>(?:(?!^```).*\n)*)```\n\n"
    r"(?:```sh\n(?P<commands>(?:(?!^```).*\n)*)```\n\n)?"
    r"```text\n(?P<output>(?:(?!^```).*\n)*)```$",
    re.MULTILINE,
)

# For each language: the ending of the file, how to compile it unless the page says so, how to run it.
LANGUAGES = {
    "python": (".py", "", [sys.executable, "example.py"]),
    "js": (".js", "", ["gjs", "-m", "example.js"]),
    "c": (".c", "cc example.c -o example $(pkg-config --cflags --libs mood-1.0)", ["./example"]),
    "vala": (
        ".vala",
        "valac --fatal-warnings -X -w --vapidir {build}/gir --pkg mood-1.0 example.vala -o example",
        ["./example"],
    ),
    "lua": (".lua", "", ["lua", "example.lua"]),
    "perl": (".pl", "", ["perl", "example.pl"]),
    "ruby": (".rb", "", ["ruby", "example.rb"]),
}

# The languages whose programs are skipped where there is no interpreter that has the binding.
FURTHER_LANGUAGES = {"lua", "perl", "ruby"}


def check(build, interpreters, page, match, number):
    ending, commands, program = LANGUAGES[match["language"]]
    if match["language"] == "js" and not shutil.which("gjs"):
        return " # SKIP there is no gjs"
    if match["language"] in FURTHER_LANGUAGES:
        if match["language"] not in interpreters:
            return f" # SKIP there is no {match['language']} that has the binding"
        program = [interpreters[match["language"]], *program[1:]]
    if match["language"] == "vala" and not (build / "gir" / "mood-1.0.vapi").exists():
        return " # SKIP the build has no Vala binding"

    assert "/jobs" in match["code"], "the queue of an example is named /jobs"
    # With a queue of our own in the place of the page's.
    code = match["code"].replace("/jobs", f"/mood-test-{os.getpid()}-{number}")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / ("example" + ending)).write_text(code, encoding="utf-8")
        for command in [
            ["sh", "-e", "-c", (match["commands"] or commands).format(build=build)],
            program,
        ]:
            result = subprocess.run(
                command, check=False, cwd=folder, timeout=120, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            assert result.returncode == 0, result.stdout
    assert result.stdout == match["output"], f"{page.name} says otherwise:\n{result.stdout}"
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interpreter", nargs=2, action="append", default=[])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    interpreters = dict(arguments.interpreter)
    found = {
        page: list(PROGRAM.finditer(page.read_text(encoding="utf-8"))) for page in arguments.pages
    }
    programs = [(page, match) for page, matches in found.items() for match in matches]
    failures = 0

    if not all(found.values()):
        print("Bail out! a page has no program that is followed by its output")
        return 1

    print(f"1..{len(programs)}", flush=True)
    for number, (page, match) in enumerate(programs, start=1):
        title = f"{page.name}: {match['language']}"
        try:
            skipped = check(arguments.build, interpreters, page, match, number)
            print(f"ok {number} - {title}" + skipped, flush=True)
        except (AssertionError, subprocess.SubprocessError) as error:
            failures += 1
            print(f"not ok {number} - {title}")
            print("".join(f"# {line}\n" for line in str(error).splitlines()), end="", flush=True)

    return 1 if failures else 0


sys.exit(main())
