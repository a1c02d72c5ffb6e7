#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What valac and the C compiler say to programs that use the Vala binding: nothing to the examples,
and something to those that cannot work.

Arguments: BUILD_ROOT VALAC EXAMPLE..."""

import os
import pathlib
import subprocess
import sys
import tempfile

# What is wrong, and what valac has to say of it.
MISTAKES = {
    "a class made of the queue's": (
        "class Jobs : Mood.MessageQueue { }",
        "cannot inherit from sealed class `Mood.MessageQueue'",
    ),
    "a class made of the control message's": (
        "class Urgency : Mood.PriorityMessage { }",
        "cannot inherit from sealed class `Mood.PriorityMessage'",
    ),
    "text for bytes": (
        "void tell (Mood.MessageQueue queue) throws IOError { queue.send (\"text\"); }",
        "to `unowned uint8[]'",
    ),
    "an error that nobody catches": (
        "void ask (Mood.MessageQueue queue) { queue.recv (); }",
        "unhandled error `GLib.IOError'",
    ),
    "a callback of a source that expects something else": (
        "void watch (Mood.MessageQueue queue) {"
        " queue.create_source (IOCondition.IN).set_callback ((number, text, more) => false); }",
        "too many parameters",
    ),
}


# valac registers each class by a macro of GLib's that gcc warns of, whatever the class is.
EVERY_CLASS = "__atomic_load"


def compile_vala(build, valac, folder, *arguments):
    """Compiles without linking. What is only a warning to valac is an error here."""
    environment = dict(os.environ, PKG_CONFIG_PATH=str(build / "meson-uninstalled"))
    return subprocess.run(
        [
            valac, "--fatal-warnings", "-c", "--pkg", "posix",
            "--vapidir", build / "gir", "--pkg", "mood-1.0", *arguments,
        ],
        check=False, cwd=folder, env=environment, text=True, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


def check_example(build, valac, example):
    with tempfile.TemporaryDirectory() as folder:
        result = compile_vala(build, valac, folder, example)
    assert result.returncode == 0, result.stdout
    warnings = [line for line in result.stdout.splitlines() if "warning:" in line]
    assert all(EVERY_CLASS in line for line in warnings), result.stdout


def check_mistake(build, valac, code, words):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "mistake.vala").write_text(code, encoding="utf-8")
        result = compile_vala(build, valac, folder, "mistake.vala")
    assert result.returncode != 0, "it was compiled"
    assert words in result.stdout, result.stdout


def main():
    build, valac, *examples = sys.argv[1:]
    build = pathlib.Path(build)
    tests = [
        (f"{pathlib.Path(example).name} has no warning", check_example, [example])
        for example in examples
    ] + [
        (f"{mistake} is refused", check_mistake, [code, words])
        for mistake, (code, words) in MISTAKES.items()
    ]
    failures = 0

    print(f"1..{len(tests)}", flush=True)
    for number, (title, check, arguments) in enumerate(tests, start=1):
        try:
            check(build, valac, *arguments)
            print(f"ok {number} - {title}", flush=True)
        except (AssertionError, subprocess.SubprocessError) as error:
            failures += 1
            print(f"not ok {number} - {title}")
            print("".join(f"# {line}\n" for line in str(error).splitlines()), end="", flush=True)

    return 1 if failures else 0


sys.exit(main())
