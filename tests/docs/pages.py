#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the programs in the pages that people read, so that they cannot rot: every block of code that
is followed by a block of text has to write just that text, and to leave no queue behind. A block of
shell commands between the two is how the page says to compile the program, as example.c or the like,
to ./example. What a page shows of the command mood, sessions.py runs.

Arguments: [--interpreter LANGUAGE PATH]... BUILD_ROOT PAGE..."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import gi

gi.require_version("Mood", "1.0")
from gi.repository import Gio, GLib, Mood  # noqa: E402

PROGRAM = re.compile(
    r"^```(?P<language>(?!sh\n)\w+)\n(?P<code>(?:(?!^```).*\n)*)```\n\n"
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


def may_list_queues():
    """Neither may everybody mount the file system of the queues, nor has everybody done so."""
    try:
        Mood.QueueDirectory()
    except GLib.Error as error:
        if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_MOUNTED):
            raise
        return False
    return True


def unlink_if_there(name):
    try:
        return Mood.unlink(name)
    except FileNotFoundError:
        return False


def run(folder, commands):
    """What the last of the commands writes."""
    for command in commands:
        result = subprocess.run(
            command, check=False, cwd=folder, timeout=120, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        assert result.returncode == 0, result.stdout
    return result.stdout


def check(build, interpreters, page, match, name):
    ending, commands, program = LANGUAGES[match["language"]]
    if match["language"] == "js" and not shutil.which("gjs"):
        return " # SKIP there is no gjs"
    if match["language"] in FURTHER_LANGUAGES:
        if match["language"] not in interpreters:
            return f" # SKIP there is no {match['language']} that has the binding"
        program = [interpreters[match["language"]], *program[1:]]
    if match["language"] == "vala" and not (build / "gir" / "mood-1.0.vapi").exists():
        return " # SKIP the build has no Vala binding"

    if "QueueDirectory" in match["code"] and not may_list_queues():
        return " # SKIP the queues cannot be listed here"

    assert re.search("/jobs|anonymous", match["code"]), "a queue is named /jobs, or not at all"
    # With a queue of our own in the place of the page's.
    code = match["code"].replace("/jobs", name)
    compiling = (match["commands"] or commands).format(build=build)
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / ("example" + ending)).write_text(code, encoding="utf-8")
        try:
            output = run(folder, [["sh", "-e", "-c", compiling], program])
        finally:
            was_left = unlink_if_there(name)
    assert output == match["output"], f"{page.name} says otherwise:\n{output}"
    assert not was_left, "the program left its queue behind"
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
        line = 1 + match.string.count("\n", 0, match.start())
        title = f"{page.name}, line {line}: {match['language']}"
        name = f"/mood-test-{os.getpid()}-{number}"
        try:
            skipped = check(arguments.build, interpreters, page, match, name)
            print(f"ok {number} - {title}" + skipped, flush=True)
        except (AssertionError, subprocess.SubprocessError) as error:
            failures += 1
            print(f"not ok {number} - {title}")
            print("".join(f"# {line}\n" for line in str(error).splitlines()), end="", flush=True)

    return 1 if failures else 0


sys.exit(main())
