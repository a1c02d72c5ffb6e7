#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs into a prefix of its own, and then uses what was installed as a stranger would: a C
program built by what pkg-config says, a Vala program built by what valac finds, and the typelib
and the override from Python and, if there is a gjs, from JavaScript; and the command.

Arguments: SOURCE_ROOT PYTHON_WITH_GI [GJS]"""

import os
import pathlib
import subprocess
import sys
import tempfile

C_PROGRAM = r"""
#include <mood.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MoodMessageQueue) queue =
      mood_message_queue_new (argv[1], MOOD_OPEN_RDWR | MOOD_OPEN_CREAT, 0600, 1, 8, &error);

#if !MOOD_CHECK_VERSION (1, 0, 0)
#error "This is not the libmood that was installed"
#endif
  if (queue == NULL || !mood_message_queue_unlink (queue, &error))
    g_error ("%s", error->message);

  return 0;
}
"""

VALA_PROGRAM = """
int main (string[] args) {
    try {
        new Mood.MessageQueue (args[1], RDWR | CREAT, 0600, 1, 8).unlink ();
    } catch (Error error) {
        GLib.error (error.message);
    }
    return 0;
}
"""

PYTHON_PROGRAM = """
import os, sys, gi
gi.require_version('Mood', '1.0')
from gi.repository import Mood
with Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8) as queue:
    queue.unlink()
"""

JAVASCRIPT_PROGRAM = """
import Mood from 'gi://Mood?version=1.0';
import System from 'system';
const {RDWR, CREAT} = Mood.OpenFlags;
const [name] = System.programArgs;
const queue = Mood.MessageQueue.open({name, flags: RDWR | CREAT, maxmsg: 1, msgsize: 8});
queue.unlink();
queue.send('x');
await queue.receive_async();
// The extension gives a queue a number.
const [mark] = Object.getOwnPropertySymbols(queue);
if (!(queue[mark].number > 0))
  throw new Error('the extension is not used');
"""


def run(*command, **keywords):
    print("#", *command, flush=True)
    return subprocess.run(
        [str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, **keywords
    ).stdout


def main():
    source_root, python_with_gi, *gjs = sys.argv[1:]
    queue = f"/mood-test-{os.getpid()}"

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        prefix = folder / "prefix"

        run("meson", "setup", folder / "build", source_root, f"--prefix={prefix}", "--libdir=lib",
            "-Dauto_features=enabled", "-Dtests=disabled", "-Dexamples=disabled", "-Ddocs=disabled")
        run("meson", "install", "-C", folder / "build")

        site = list(prefix.glob("lib/python3*/*-packages"))
        environment = dict(
            os.environ,
            GJS_PATH="",
            GI_TYPELIB_PATH=str(prefix / "lib/girepository-1.0"),
            LD_LIBRARY_PATH=str(prefix / "lib"),
            PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"),
            PYTHONPATH=":".join(map(str, site)),
            XDG_DATA_DIRS=f"{prefix / 'share'}:/usr/local/share:/usr/share",
        )

        for installed in (
            "bin/mood",
            "include/mood-1.0/mood.h",
            "lib/libmood-1.0.so.0",
            "share/bash-completion/completions/mood",
            "share/fish/vendor_completions.d/mood.fish",
            "share/gir-1.0/Mood-1.0.gir",
            "share/gjs-1.0/overrides/Mood.js",
            "lib/girepository-1.0/MoodGjs-1.0.typelib",
            "lib/libmood-gjs-1.0.so",
            "share/man/man1/mood.1",
            "share/vala/vapi/mood-1.0.deps",
            "share/zsh/site-functions/_mood",
        ):
            assert (prefix / installed).exists(), f"{installed} was not installed"
        stubs = [path / "gi-stubs/repository/Mood.pyi" for path in site]
        assert any(path.exists() for path in stubs), f"the stub was not installed in {site}"

        flags = run("pkg-config", "--cflags", "--libs", "mood-1.0", env=environment).split()
        (folder / "program.c").write_text(C_PROGRAM)
        run("cc", folder / "program.c", "-o", folder / "c-program", *flags)
        run(folder / "c-program", queue, env=environment)

        (folder / "program.vala").write_text(VALA_PROGRAM)
        run("valac", "--pkg=mood-1.0", f"--output={folder / 'vala-program'}",
            folder / "program.vala", env=environment)
        run(folder / "vala-program", queue, env=environment)

        run(python_with_gi, "-c", PYTHON_PROGRAM, queue, env=environment)

        assert run(prefix / "bin/mood", "--version", env=environment).startswith("mood ")
        # A locale that every machine has, and a language that only LANGUAGE names.
        german = {**environment, "LC_ALL": "C.UTF-8", "LANGUAGE": "de"}
        assert "Befehle:" in run(prefix / "bin/mood", "--help", env=german)

        if gjs:
            (folder / "program.js").write_text(JAVASCRIPT_PROGRAM)
            run(*gjs, "-m", folder / "program.js", queue, env=environment)


main()
