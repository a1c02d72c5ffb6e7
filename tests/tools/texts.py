#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Texts that others chose, in any locale: JSON has them as they are, and what people read is not
forged by them."""

import base64
import json
import os
import tempfile

import tool

# Locales whose charset has what is beyond ASCII, and has not.
LOCALES = ("C.UTF-8", "C")

# U+001F is a control character, which JSON has escaped, U+007F is none to JSON.
HARD = "\x1f\x7f\x01\t\"\\ü\u2028😀"

# It would clear the screen, begin a line of its own, and turn the writing around.
HOSTILE = "\x1b[2J\nmood: forged\u202e"
SAFE = "?[2J?mood: forged?"


class TextTest(tool.ToolTest):
    def run_in_locale(self, locale, *arguments, **keywords):
        return self.run_tool(*arguments, env={**os.environ, "LC_ALL": locale}, **keywords)


class Lossless(TextTest):
    def test_messages_in_json(self):
        queue = self.new_queue()
        no_text = b"\xff\x1f\0" + HARD.encode()
        for locale in LOCALES:
            with self.subTest(locale=locale):
                queue.send(HARD.encode(), 1)
                queue.send(no_text)
                result = self.run_in_locale(locale, "recv", queue.name, "-n2", "--format=json")
                first, second = [json.loads(line) for line in result.output.split(b"\n")[:-1]]
                self.assertEqual(
                    first, {"priority": 1, "length": len(HARD.encode()), "text": HARD})
                self.assertEqual(second, {
                    "priority": 0, "length": len(no_text),
                    "text_base64": base64.b64encode(no_text).decode()})

    def test_names_in_json(self):
        queue = self.new_queue(suffix=HARD)
        for locale in LOCALES:
            with self.subTest(locale=locale):
                listed = self.run_in_locale(locale, "list", "--json").json
                self.assertIn(queue.name, [each.get("name") for each in listed])
                figures, = self.run_in_locale(locale, "info", "--json", queue.name).json
                self.assertEqual(figures["name"], queue.name)

    def test_names_that_are_no_text_in_json(self):
        queue = self.new_queue(suffix="\udcff\x1f")
        expected = base64.b64encode(os.fsencode(queue.name)).decode()
        for locale in LOCALES:
            with self.subTest(locale=locale):
                listed = self.run_in_locale(locale, "list", "--json").json
                self.assertIn(expected, [each.get("name_base64") for each in listed])

    def test_names_to_complete_to(self):
        for suffix in ("-ü名", "\udcff"):
            name = self.new_queue(suffix=suffix).name
            for locale in LOCALES:
                with self.subTest(suffix=suffix, locale=locale):
                    result = self.run_in_locale(
                        locale, "complete", "--", "info", name.removesuffix(suffix))
                    self.assertEqual(result.output, os.fsencode(name) + b"\n")


class Hostile(TextTest):
    def check_one_line(self, text, part):
        """Nothing in it but that line, which nobody else could have written."""
        self.assertEqual(text.count("\n"), 1, text)
        self.assertIn(part, text)
        for character in HOSTILE:
            if not character.isprintable() and character != "\n":
                self.assertNotIn(character, text)

    def test_names_of_processes(self):
        queue = self.new_queue()
        n_lines = self.run_tool("info", queue.name).text.count("\n")
        # What the kernel keeps of it is 15 bytes; see prctl(2), PR_SET_NAME.
        with open("/proc/self/comm", "r+b", buffering=0) as own_name:
            previous = own_name.read()
            own_name.write(b"\x1b[2J\nmood: one")
            try:
                text = self.run_tool("info", queue.name).text
            finally:
                own_name.write(previous.rstrip(b"\n"))
        self.assertIn(f"{os.getpid()} (?[2J?mood: one) rw", text)
        self.assertEqual(text.count("\n"), n_lines)
        self.assertNotIn("\x1b", text)

    def test_names_of_queues_that_are_missing(self):
        name, other = self.new_name(HOSTILE), self.new_queue().name
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        for arguments in (
            ["info", name], ["drain", name], ["unlink", name], ["recv", name], ["send", name, "x"],
            ["watch", name], ["chmod", "600", name], ["chown", str(os.getuid()), name],
            ["move", name, other], ["copy", other, name],
            ["save", os.path.join(directory.name, "saved"), name],
        ):
            for locale in LOCALES:
                with self.subTest(arguments=arguments, locale=locale):
                    result = self.run_in_locale(locale, *arguments, status=4)
                    self.check_one_line(result.error, SAFE)

    def test_names_of_queues_that_are_there(self):
        queue = self.new_queue(suffix=HOSTILE)
        for arguments, status in (
            (["drain", queue.name], 0), (["create", queue.name], 1),
            (["move", queue.name, queue.name], 1), (["send", queue.name, "x" * 65], 1),
            (["recv", queue.name, "--timeout=0"], 3), (["recv", queue.name, "--timeout=0.01"], 3),
        ):
            with self.subTest(arguments=arguments):
                self.check_one_line(self.run_tool(*arguments, status=status).error, SAFE)
        self.assertEqual(self.run_tool("info", queue.name).lines[0].count(SAFE), 1)

    def test_words_of_the_line(self):
        for arguments, text in (
            ([HOSTILE], SAFE), (["info", f"--{HOSTILE}"], SAFE), (["list", HOSTILE], SAFE),
            (["recv", "/x", f"--format={HOSTILE}"], SAFE),
        ):
            with self.subTest(arguments=arguments):
                error = self.run_tool(*arguments, status=2).error
                # The second one is about the help.
                first, second, rest = error.split("\n")
                self.check_one_line(first + "\n", text)
                self.assertTrue(second.startswith("Try “mood "))
                self.assertEqual(rest, "")


if __name__ == "__main__":
    tool.main()
