#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Completion in bash, zsh and fish, with the queues that there are.

Argument: the folder with the shells' functions"""

import os
import shutil
import subprocess
import sys
import unittest

import tool

FOLDER = sys.argv[1]
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"


class Candidates(tool.ToolTest):
    """What the command tells the shells."""

    def candidates(self, *words):
        lines = self.run_tool("complete", "--", *words).lines
        return [line.split("\t")[0] for line in lines]

    def test_commands(self):
        self.assertIn("list", self.candidates(""))
        self.assertEqual(self.candidates("inf"), ["info"])
        self.assertEqual(self.candidates("help", "inf"), ["info"])
        self.assertEqual(self.candidates("--v"), ["--version"])
        self.assertEqual(self.candidates("frobnicate", ""), [])

    def test_explanation(self):
        self.assertEqual(
            self.run_tool("complete", "--", "inf").text, "info\tTells everything about a queue\n")

    def test_options(self):
        self.assertEqual(self.candidates("list", "--j"), ["--json"])
        self.assertIn("--help", self.candidates("list", "-"))
        # After “--” there are none.
        self.assertEqual(self.candidates("info", "--", "--j"), [])

    def test_queues(self):
        name = self.new_queue().name
        self.assertIn(name, self.candidates("info", ""))
        self.assertEqual(self.candidates("info", name), [name])
        self.assertEqual(self.candidates("info", name[1:-1]), [name[1:]])
        self.assertEqual(self.candidates("info", "--json", "/other", name), [name])
        # It takes no argument.
        self.assertEqual(self.candidates("list", name), [])


class Shells(tool.ToolTest):
    def setUp(self):
        # The name is what the shells find the function by.
        self.environment = {
            **os.environ, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
            "PATH": os.path.dirname(tool.TOOL) + ":" + os.environ["PATH"]}

    def run_shell(self, *command):
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=tool.LIMIT_SECONDS,
            env=self.environment).stdout.splitlines()

    def bash(self, *words):
        return self.run_shell("bash", "-c", f"""
            source {BASH_COMPLETION} && source {FOLDER}/mood.bash
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${{#COMP_LINE}}
            compopt() {{ :; }}  # outside a completion of bash's own it fails
            _mood
            printf '%s\\n' "${{COMPREPLY[@]}}"
            """, "bash", *words)

    @unittest.skipUnless(os.path.exists(BASH_COMPLETION), "bash-completion is not there")
    def test_bash(self):
        name = self.new_queue().name
        self.assertEqual(self.bash("mood", "inf"), ["info"])
        self.assertEqual(self.bash("mood", "info", name[:-1]), [name])
        self.assertEqual(self.bash("mood", "list", "--j"), ["--json"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not there")
    def test_fish(self):
        name = self.new_queue().name

        def complete(line):
            output = self.run_shell(
                "fish", "--no-config", "-c", f"source {FOLDER}/mood.fish; complete -C $argv", line)
            return [each.split("\t")[0] for each in output]

        self.assertEqual(complete("mood inf"), ["info"])
        self.assertEqual(complete(f"mood info {name[:-1]}"), [name])
        self.assertEqual(complete("mood list --j"), ["--json"])

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not there")
    def test_zsh(self):
        name = self.new_queue().name
        terminal = tool.Terminal(
            ["-f", "-i"], program="zsh", columns=200, environment=self.environment)
        self.addCleanup(terminal.close)
        terminal.type(f"PS1='> '; fpath=({FOLDER} $fpath); autoload -U compinit; compinit -D; echo r''eady\n")
        terminal.wait_for("\nready\n")
        for begun, whole in (
            ("mood inf", "mood info"),
            (f"mood info {name[:-1]}", f"mood info {name}"),
            ("mood list --j", "mood list --json"),
        ):
            terminal.type(f"{begun}\t")
            terminal.wait_for(f"> {whole}")
            # Away with the line.
            terminal.type("\x15clear\n")
            terminal.wait_for(lambda text: text == ">")


if __name__ == "__main__":
    sys.argv[1:] = []
    tool.main()
