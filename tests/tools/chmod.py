#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood chmod."""

import os
import stat

import tool


class Chmod(tool.ToolTest):
    def mode_of(self, queue):
        return stat.S_IMODE(os.fstat(queue.descriptor).st_mode)

    def assert_changes(self, before, mode, after, umask=0o022):
        queue = self.new_queue()
        os.fchmod(queue.descriptor, before)
        self.run_tool("chmod", "--", mode, queue.name, umask=umask)
        self.assertEqual(oct(self.mode_of(queue)), oct(after), mode)

    def test_octal(self):
        for mode, after in (("640", 0o640), ("0622", 0o622), ("0", 0), ("777", 0o777)):
            self.assert_changes(0o600, mode, after)

    def test_changes(self):
        for before, mode, after in (
                (0o600, "g+r", 0o640), (0o660, "g-w", 0o640), (0o666, "o=", 0o660),
                (0o600, "u+rw,g+r,o+w", 0o642), (0o600, "go+rw-w", 0o644),
                (0o600, "a+r", 0o644), (0o647, "o=r", 0o644), (0o700, "u-x", 0o600),
                (0o640, "o=g", 0o644), (0o640, "g=u", 0o660), (0o604, "g+o", 0o644),
                (0o666, "ugo-w", 0o444), (0o600, "u=r,g=u", 0o440)):
            self.assert_changes(before, mode, after)

    def test_changes_without_a_class_mind_the_umask(self):
        for before, mode, after, umask in (
                (0o400, "+w", 0o600, 0o022), (0o400, "+w", 0o620, 0o002),
                (0o666, "-w", 0o466, 0o022), (0o600, "=r", 0o440, 0o007)):
            self.assert_changes(before, mode, after, umask)

    def test_a_queue_that_cannot_be_received_from(self):
        """Its owner may see its mode all the same."""
        self.assert_changes(0o200, "g+w", 0o220)

    def test_several(self):
        missing, one, other = self.new_name(), self.new_queue(), self.new_queue()
        error = self.run_tool("chmod", "640", one.name, missing, other.name[1:], status=4).error
        self.assertIn(missing, error)
        self.assertEqual((self.mode_of(one), self.mode_of(other)), (0o640, 0o640))

    def test_several_with_modes_of_their_own(self):
        missing, one, other = self.new_name(), self.new_queue(), self.new_queue()
        os.fchmod(other.descriptor, 0o622)
        error = self.run_tool("chmod", "g+r", one.name, missing, other.name, status=4).error
        self.assertIn(missing, error)
        self.assertEqual((self.mode_of(one), self.mode_of(other)), (0o640, 0o662))

    def test_bad_modes(self):
        queue = self.new_queue()
        for mode in ("888", "1000", "64x", "", "u", "u+q", "u+r,", ",u+r", "u+rg", "z+r", "u+t"):
            error = self.run_tool("chmod", "--", mode, queue.name, status=2).error
            self.assertIn(f"“{mode}” is no mode", error)
        self.assertEqual(self.mode_of(queue), 0o600)

    def test_usage(self):
        self.assertIn("2 arguments are needed", self.run_tool("chmod", "640", status=2).error)


if __name__ == "__main__":
    tool.main()
