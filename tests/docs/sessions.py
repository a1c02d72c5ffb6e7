#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the shell sessions in the pages that people read: what a block of commands writes is what the
block of text after it shows, but for what differs from run to run, such as times and the numbers of
processes. Each runs in an IPC namespace of its own, with no queues but its own and the limits that the
kernel starts with, and in an empty folder.

With --update the pages are written anew, with what the commands write now.

Arguments: [--update] TOOL PAGE..."""

import argparse
import difflib
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

SESSION = re.compile(
    r"(?P<before>^```sh\n(?P<commands>(?:(?!^```).*\n)*)```\n\n```text\n)"
    r"(?P<output>(?:(?!^```).*\n)*)(?=```$)",
    re.MULTILINE,
)
# The commands that compile a program of the page are another test's.
COMPILING = re.compile(r"^cc ", re.MULTILINE)

# What is the same in each run is compared, what is between is not.
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d( [+-]\d{4}|Z)?"), "DATE"),
    (re.compile(r"\b\d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
    (re.compile(r"\b\d+ \((?=[\w-]+\))"), "PID ("),
    (re.compile(r"(?m)^(  inode +)\d+$"), r"\1NUMBER"),
    # Of processes of other users.
    (re.compile(r", and perhaps others that may not be looked at$", re.MULTILINE), ""),
    (re.compile(r'("(?:inode|notify_pid|pid)" : )\d+'), r"\1NUMBER"),
)


def namespace():
    """What a command goes behind to run in an IPC namespace of its own; None if there can be none."""
    options = ["--ipc"]
    if os.geteuid() != 0:
        # To list the queues takes a mount, and so a namespace of mounts in which one may mount.
        options += ["--user", "--map-root-user", "--mount"]
    command = ["unshare", *options]
    try:
        result = subprocess.run([*command, "true"], check=False, capture_output=True)
    except FileNotFoundError:
        return None
    return command if result.returncode == 0 else None


def limit_queues():
    """As the kernel does for the first process, where somebody has changed it."""
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (819200, 819200))


def may_limit_queues():
    _soft, hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)
    return hard == resource.RLIM_INFINITY or hard >= 819200


def run(launcher, tool, commands):
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "PATH": f"{tool.parent}:{os.environ['PATH']}",
        "TZ": "UTC",
    }
    with tempfile.TemporaryDirectory() as folder:
        environment["HOME"] = environment["XDG_STATE_HOME"] = folder
        work = pathlib.Path(folder) / "work"
        work.mkdir()
        result = subprocess.run(
            [*launcher, "bash", "-c", commands], check=False, cwd=work, env=environment, timeout=120,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=limit_queues,
        )
    return result.stdout


def normalize(text):
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text


def sessions_of(text):
    return [
        match for match in SESSION.finditer(text) if not COMPILING.search(match["commands"])
    ]


def update(launcher, tool, page):
    def renew(match):
        if COMPILING.search(match["commands"]):
            return match[0]
        output = run(launcher, tool, match["commands"])
        # The times of the last run are as good as those of this one.
        if normalize(output) == normalize(match["output"]):
            return match[0]
        return match["before"] + output

    page.write_text(SESSION.sub(renew, page.read_text(encoding="utf-8")), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("tool", type=pathlib.Path)
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    tool = arguments.tool.resolve()
    launcher = namespace()

    if launcher is None:
        print("1..0 # SKIP there can be no IPC namespace here")
        return 0
    if not may_limit_queues():
        print("1..0 # SKIP the hard limit on the bytes of queues is lower than the kernel's own")
        return 0
    if arguments.update:
        for page in arguments.pages:
            update(launcher, tool, page)
        return 0

    sessions = [
        (page, match) for page in arguments.pages
        for match in sessions_of(page.read_text(encoding="utf-8"))
    ]
    failures = 0
    print(f"1..{len(sessions)}", flush=True)
    for number, (page, match) in enumerate(sessions, start=1):
        line = 1 + match.string.count("\n", 0, match.start())
        title = f"{page.name}, line {line}"
        expected = normalize(match["output"])
        actual = normalize(run(launcher, tool, match["commands"]))
        if actual == expected:
            print(f"ok {number} - {title}", flush=True)
        else:
            failures += 1
            print(f"not ok {number} - {title}")
            difference = difflib.unified_diff(
                expected.splitlines(), actual.splitlines(), "page", "command", lineterm="")
            print("".join(f"# {line}\n" for line in difference), end="", flush=True)
    if not sessions:
        print("# no page has a session")
        return 1

    return 1 if failures else 0


sys.exit(main())
