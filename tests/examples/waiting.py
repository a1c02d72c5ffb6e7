# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the example of the ways to wait show them, in each language.

Whatever the language, it must do the same and write the same, to the letter. The first language
that is given is the measure for what the library's errors say.
"""

import functools
import os

from driver import create, expect, main, names, run, unlink

USAGE = "Usage: waiting NAME\n"
WAYS = """\
try: nothing there
limit: nothing within 10 milliseconds
cancel: given up
await: first
subscribe: 9 urgent
subscribe: 1 later
batch: 3 messages, 1 + 0 + 3 bytes
"""


def test_ways(language):
    name = next(names)
    try:
        expect(run(language.waiting, name), (0, WAYS, ""))
    finally:
        was_left = unlink(name)
    expect(was_left, False)


def test_usage(language):
    for arguments in [], ["/a", "/b"]:
        expect(run(language.waiting, *arguments), (2, "", USAGE))


def expect_error(measure, language, name):
    status, output, error = run(language.waiting, name)
    expect((status, output), (1, ""))
    expect(error, run(measure.waiting, name)[2])
    expect(error.startswith("waiting: "), True)


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
            ("the ways to wait", test_ways),
            ("wrong usage", test_usage),
            ("a wrong name", functools.partial(test_name, languages[0])),
            ("a queue that exists", functools.partial(test_existing_queue, languages[0])),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["waiting"], plan)
