# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the example of coroutines use a queue from asyncio."""

import functools

from driver import expect, main, names, run, unlink

USAGE = "Usage: coroutines NAME\n"
OUTPUT = """\
done: job 0, job 1, job 2, job 3, job 4, job 5
received: 9 urgent
received: 1 later
limit: nothing within 10 milliseconds
closed: no more messages
"""


def test_coroutines(language):
    name = next(names)
    try:
        expect(run(language.coroutines, name), (0, OUTPUT, ""))
    finally:
        was_left = unlink(name)
    expect(was_left, False)


def test_usage(language):
    for arguments in [], ["/a", "/b"]:
        expect(run(language.coroutines, *arguments), (2, "", USAGE))


def test_name(language):
    status, output, error = run(language.coroutines, "no-slash")
    expect((status, output), (1, ""))
    expect(error.startswith("coroutines: Cannot create message queue “no-slash”: "), True)


def plan(languages):
    """All tests: pairs of a title and a function."""
    for language in languages:
        for title, test in (
            ("coroutines", test_coroutines),
            ("wrong usage", test_usage),
            ("a wrong name", test_name),
        ):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["coroutines"], plan)
