# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the example that passes a queue to a child do so, in each language.

Whatever the language, it must write the same, to the letter.
"""

import functools

from driver import expect, main, run

USAGE = "Usage: passing\n"
OUTPUT = """\
the child has ended
received: 9 urgent
received: 1 later
"""


def test_passing(language):
    expect(run(language.passing), (0, OUTPUT, ""))


def test_without_queues(language):
    """What cannot be had is told, as the library has it."""
    command = ["prlimit", "--msgqueue=0", *language.passing]
    status, output, error = run(command)
    expect((status, output), (1, ""))
    expect(error.startswith("passing: Cannot create message queue"), True)
    expect("RLIMIT_MSGQUEUE" in error, True)


def test_usage(language):
    for arguments in ["/a"], ["child", "3"]:
        expect(run(language.passing, *arguments), (2, "", USAGE))


def plan(languages):
    """All tests: pairs of a title and a function."""
    for language in languages:
        for title, test in (
            ("a queue is passed to a child", test_passing),
            ("no queue can be made", test_without_queues),
            ("wrong usage", test_usage),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["passing"], plan)
