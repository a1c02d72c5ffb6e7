#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The command in other languages: that no text is forgotten.

Argument: the source tree"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tool

ROOT = pathlib.Path(sys.argv[1])


def lines_of(name):
    """Of a list in po/, without its comments."""
    lines = (ROOT / "po" / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@unittest.skipUnless(shutil.which("xgettext"), "there is no gettext")
class Translations(tool.ToolTest):
    def run_gettext(self, *command):
        return subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=tool.LIMIT_SECONDS,
            cwd=ROOT).stderr

    def extract(self, pot):
        """As the build does it, by the keywords of GLib."""
        self.run_gettext(
            "xgettext", "--from-code=UTF-8", "--add-comments", "--keyword=_", "--keyword=N_",
            "--keyword=ngettext:1,2", f"--output={pot}", *lines_of("POTFILES"))

    def test_files(self):
        with_texts = [
            f"tools/{path.name}" for path in ROOT.glob("tools/*.c")
            if re.search(r"\b(N?_|ngettext) \(", path.read_text(encoding="utf-8"))]
        self.assertEqual(sorted(with_texts), lines_of("POTFILES"))

    def test_complete(self):
        languages = lines_of("LINGUAS")
        self.assertIn("de", languages)
        with tempfile.TemporaryDirectory() as folder:
            pot = f"{folder}/mood.pot"
            self.extract(pot)
            for language in languages:
                merged = f"{folder}/{language}.po"
                self.run_gettext(
                    "msgmerge", "--quiet", f"--output-file={merged}", f"po/{language}.po", pot)
                statistics = self.run_gettext(
                    "msgfmt", "--check", "--statistics", "--output-file=/dev/null", merged)
                with self.subTest(language=language):
                    self.assertRegex(statistics, r"\A\d+ translated messages\.\n\Z")


if __name__ == "__main__":
    sys.argv[1:] = []
    tool.main()
