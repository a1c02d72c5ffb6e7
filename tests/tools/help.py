#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The help of each command, and what is told without one."""

import os
import re
import subprocess
import tempfile

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

    def test_value_right_after_its_letter(self):
        queue = self.new_queue()
        self.run_tool("send", "-p7", queue.name, "--", "-p8")
        self.assertEqual(queue.receive(), (b"-p8", 7))
        queue.send(b"one")
        queue.send(b"two")
        self.assertEqual(self.run_tool("recv", "-t0", "-n2", queue.name).output, b"onetwo")
        # Letters may stand together before it.
        self.assertIn("--follow has no end", self.run_tool("recv", "-fn2", queue.name, status=2).error)

    def test_version(self):
        version = self.run_tool("--version").text
        self.assertRegex(version, r"\Amood \d+\.\d+\.\d+\n\Z")
        self.assertEqual(self.run_tool("list", "--version").text, version)

    def test_full_disk(self):
        for arguments in (["--help"], ["help"], ["help", "send"], ["send", "--help"], ["recv", "-h"],
                          ["list", "-wh"], ["info", "-?"], ["--version"], ["list", "--version"]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                process = self.start_tool(*arguments, stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(process.stderr.read(), b"mood: Cannot write to standard output\n")
                self.assertEqual(process.wait(tool.LIMIT_SECONDS), 1)

    def test_closed_descriptors(self):
        """What is opened next must not take their place."""
        queue = self.new_queue()
        queue.send(b"one")
        file = tempfile.NamedTemporaryFile(suffix=".mood")
        self.addCleanup(file.close)
        self.run_tool("save", "--force", file.name, queue.name)
        with open(file.name, "rb") as saved:
            before = saved.read()
        for descriptors in ((0,), (1,), (2,), (0, 1, 2)):
            with self.subTest(closed=descriptors):
                def close():
                    for descriptor in descriptors:
                        os.close(descriptor)

                process = subprocess.run(
                    [tool.TOOL, "restore", file.name, "/mood-test-not-there"],
                    preexec_fn=close, check=False, timeout=tool.LIMIT_SECONDS,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.assertNotEqual(process.returncode, 0)
                with open(file.name, "rb") as saved:
                    self.assertEqual(saved.read(), before)
        # Nor is there anything to be read.
        process = subprocess.run(
            [tool.TOOL, "send", queue.name], preexec_fn=lambda: os.close(0), check=False,
            timeout=tool.LIMIT_SECONDS, stderr=subprocess.DEVNULL)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(queue.receive_all(), [(b"one", 0)])

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
