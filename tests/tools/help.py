#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The help of each command, and what is told without one."""

import re

import tool


class Help(tool.ToolTest):
    def commands(self):
        """The names that the program's own help lists."""
        lines = self.run_tool("--help").text.split("Commands:\n")[1].split("\n\n")[0].splitlines()
        return [line.split()[0] for line in lines]

    def test_all_commands_are_listed(self):
        self.assertEqual(self.commands(), [
            "list", "info", "create", "send", "recv", "drain", "move", "copy", "watch", "top",
            "unlink", "chmod", "chown", "limits", "bench", "save", "restore"])

    def test_each_command_has_help_with_examples(self):
        for command in self.commands():
            with self.subTest(command=command):
                text = self.run_tool(command, "--help").text
                self.assertEqual(text, self.run_tool("help", command).text)
                self.assertRegex(text, rf"(?m)^  mood {command}\b")
                examples = text.split("Examples:\n")[1].splitlines()
                self.assertGreaterEqual(len(examples), 4)
                self.assertIn(f"mood {command}", examples[0])
                for example in examples[::2]:
                    self.assertIn("mood ", example)
                self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_options_of_examples_exist(self):
        for command in self.commands():
            text = self.run_tool(command, "--help").text
            known, examples = text.split("Examples:\n")
            for line in examples.splitlines()[::2]:
                for part in re.findall(rf"mood {command}[^|;&<>]*", line):
                    for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", part):
                        with self.subTest(example=line):
                            self.assertRegex(known, rf"(?m)(^  |, ){option}[=, \n]")

    def test_version(self):
        version = self.run_tool("--version").text
        self.assertRegex(version, r"\Amood \d+\.\d+\.\d+\n\Z")
        self.assertEqual(self.run_tool("list", "--version").text, version)

    def test_usage(self):
        for arguments, text in (
            ([], "A command is needed"),
            (["frobnicate"], "no command “frobnicate”"),
            (["--frobnicate"], "Unknown option --frobnicate"),
            (["help", "frobnicate"], "no command “frobnicate”"),
            (["list", "--frobnicate"], "Unknown option --frobnicate"),
            (["list", "/jobs"], "“/jobs” is one argument too many"),
        ):
            with self.subTest(arguments=arguments):
                result = self.run_tool(*arguments, status=2)
                self.assertIn(text, result.error)
                self.assertRegex(result.error, r"Try “mood .*--help”\.\n\Z")
                self.assertEqual(result.output, b"")

    def test_bytes_that_would_steer_a_terminal(self):
        result = self.run_tool("info", b"/mood-test-\x1b[2J\xff", status=4)
        self.assertIn("/mood-test-?[2J", result.error)
        self.assertNotIn("\033", result.error)


if __name__ == "__main__":
    tool.main()
