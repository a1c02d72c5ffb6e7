# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets the client of each language ask the service of every other one for its queue, over D-Bus."""

import contextlib
import functools
import itertools
import subprocess
import tempfile

from driver import expect, main, run

USAGE = (
    "Usage: passing-over-dbus service ADDRESS\n"
    "       passing-over-dbus client ADDRESS TEXT...\n"
)


@contextlib.contextmanager
def new_address():
    with tempfile.TemporaryDirectory() as folder:
        yield f"unix:path={folder}/jobs"


def send(language, address, *texts):
    expect(run(language.dbus, "client", address, *texts), (0, "", ""))


def test_passing(service_language, client_language):
    with new_address() as address:
        command = [*service_language.dbus, "service", address]
        service = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        with service:
            try:
                expect(service.stdout.readline(), "ready\n")
                send(client_language, address, "first", "größer als 100 %")
                # Each client gets a descriptor of its own.
                send(client_language, address, "from another", "")
                output, error = service.communicate()
            finally:
                service.kill()
        expect(
            (service.returncode, output, error),
            (0, "first\ngrößer als 100 %\nfrom another\n", ""),
        )


def test_errors(language):
    with new_address() as address:
        status, output, error = run(language.dbus, "client", address, "text")
        expect((status, output), (1, ""))
        expect(error.startswith("passing-over-dbus: "), True)
        for arguments in ["service", "nonsense"], ["client", "nonsense"]:
            status, output, error = run(language.dbus, *arguments)
            expect((status, output), (1, ""))
            expect(error.startswith("passing-over-dbus: "), True)


def test_usage(language):
    for arguments in [], ["service"], ["client"], ["service", "a", "b"], ["other", "a"]:
        expect(run(language.dbus, *arguments), (2, "", USAGE))


def plan(languages):
    """All tests: pairs of a title and a function."""
    for service, client in itertools.product(languages, repeat=2):
        yield (
            f"{client.name} gets the queue of {service.name}",
            functools.partial(test_passing, service, client),
        )
    for language in languages:
        for title, test in ("errors", test_errors), ("wrong usage", test_usage):
            yield f"{language.name}: {title}", functools.partial(test, language)


if __name__ == "__main__":
    main(["dbus"], plan)
