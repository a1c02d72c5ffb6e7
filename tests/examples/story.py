# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the examples that show something in a queue of their own show it, in each language.

Whatever the language, they must do the same and write the same, to the letter. The first language
that is given is the measure for what the library's errors say.

The first argument is the name of the example.
"""

import functools
import os
import sys

from driver import create, expect, main, names, run, unlink

OUTPUTS = {
    "notification": """\
once: first
armed: second
armed: third
busy: somebody is registered
cancelled: not told of 1 message
""",
    "waiting": """\
try: nothing there
limit: nothing within 10 milliseconds
cancel: given up
await: first
subscribe: 9 urgent
subscribe: 1 later
batch: 3 messages, 1 + 0 + 3 bytes
""",
}

EXAMPLE = sys.argv.pop(1)


def run_example(language, *arguments):
    return run(getattr(language, EXAMPLE), *arguments)


def test_story(language):
    name = next(names)
    try:
        expect(run_example(language, name), (0, OUTPUTS[EXAMPLE], ""))
    finally:
        was_left = unlink(name)
    expect(was_left, False)


def test_usage(language):
    for arguments in [], ["/a", "/b"]:
        expect(run_example(language, *arguments), (2, "", f"Usage: {EXAMPLE} NAME\n"))


def expect_error(measure, language, name):
    status, output, error = run_example(language, name)
    expect((status, output), (1, ""))
    expect(error, run_example(measure, name)[2])
    expect(error.startswith(f"{EXAMPLE}: "), True)


def test_name(measure, language):
    for name in "no-slash", "/":
        expect_error(measure, language, name)


def test_existing_queue(measure, language):
    name = next(names)
    # As large as the example's own, so that one that takes this queue for its own ends all the
    # same, and is found out.
    os.close(create(name, maxmsg=8, msgsize=64))
    try:
        expect_error(measure, language, name)
    finally:
        was_left = unlink(name)
    # It was somebody else's.
    expect(was_left, True)


def plan(languages):
    """All tests: pairs of a title and a function."""
    for language in languages:
        for title, test in (
            ("the story", test_story),
            ("wrong usage", test_usage),
            ("a wrong name", functools.partial(test_name, languages[0])),
            ("a queue that exists", functools.partial(test_existing_queue, languages[0])),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main([EXAMPLE], plan)
