#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The manual page: that man shows it without a warning, and that it says what the help says.

Argument: the page"""

import os
import re
import shutil
import subprocess
import sys
import unittest

import tool

PAGE = sys.argv[1]


def squeeze(text):
    return " ".join(text.split())


class Manual(tool.ToolTest):
    def show(self):
        environment = {
            **os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFOPT": "-c",
            "MAN_KEEP_FORMATTING": ""}
        result = subprocess.run(
            ["man", "--warnings", "--local-file", PAGE], capture_output=True, text=True,
            check=True, env=environment, timeout=tool.LIMIT_SECONDS)
        self.assertEqual(result.stderr, "")
        # Without what breaks a word at the end of a line.
        return squeeze(re.sub(r"[‐]\n\s*", "", result.stdout))

    @unittest.skipUnless(shutil.which("man"), "there is no man")
    def test_as_shown(self):
        page = self.show()
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "SEE ALSO"):
            self.assertIn(section, page)
        self.assertIn("mood - make, feed, read and watch POSIX message queues", page)

    def test_same_as_help(self):
        with open(PAGE, encoding="utf-8") as file:
            source = file.read()
        source = re.sub(r"\\f.|\\&", "", source).replace("\\-", "-").replace("\\(aq", "'")
        source = squeeze(source.replace("\\e", "\\"))
        names = [
            line.split()[0] for line in
            self.run_tool("--help").text.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
        self.assertIn("list", names)
        for name in names:
            text = self.run_tool(name, "--help").text
            usage = text.splitlines()[1]
            self.assertIn(squeeze(usage), source)
            options, rest = text.split("Application Options:\n")[1].split("\n\n", 1) \
                if "Application Options:" in text else ("", text.split("Help Options:")[1])
            for option in re.findall(r"--[a-z-]+", options):
                with self.subTest(command=name, option=option):
                    self.assertIn(option, source)
            description, examples = rest.split("Examples:\n")
            for paragraph in description.strip().split("\n\n"):
                if not paragraph.startswith(("  -h", "-h")):
                    with self.subTest(command=name):
                        self.assertIn(squeeze(paragraph), source)
            for example in examples.splitlines():
                self.assertIn(squeeze(example), source)


if __name__ == "__main__":
    sys.argv[1:] = []
    tool.main()
