# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the example of notification show it, in each language.

Whatever the language, it must do the same and write the same, to the letter. The first language
that is given is the measure for what the library's errors say.
"""

import functools
import os

from driver import create, expect, main, names, run, unlink

USAGE = "Usage: notification NAME\n"
STEPS = """\
once: first
armed: second
armed: third
busy: somebody is registered
cancelled: not told of 1 message
"""


def test_steps(language):
    name = next(names)
    try:
        expect(run(language.notification, name), (0, STEPS, ""))
    finally:
        was_left = unlink(name)
    expect(was_left, False)


def test_usage(language):
    for arguments in [], ["/a", "/b"]:
        expect(run(language.notification, *arguments), (2, "", USAGE))


def expect_error(measure, language, name):
    status, output, error = run(language.notification, name)
    expect((status, output), (1, ""))
    expect(error, run(measure.notification, name)[2])
    expect(error.startswith("notification: "), True)


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
            ("being told", test_steps),
            ("wrong usage", test_usage),
            ("a wrong name", functools.partial(test_name, languages[0])),
            ("a queue that exists", functools.partial(test_existing_queue, languages[0])),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["notification"], plan)
