#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood create."""

import os
import pathlib
import stat

import tool

# Of a user and a group that have no name, as far as one can tell.
NUMBER = 54321

# What a message takes of RLIMIT_MSGQUEUE besides its bytes.
CHARGE = 96


def limit(name):
    return int(pathlib.Path("/proc/sys/fs/mqueue", name).read_text(encoding="ascii"))


class Create(tool.ToolTest):
    def open(self, name):
        queue = tool.plain.Queue(name)
        self.addCleanup(queue.close)
        return queue

    def size_of(self, name):
        """maxmsg and msgsize."""
        return tuple(self.open(name).attributes()[1:3])

    def status_of(self, name):
        return os.fstat(self.open(name).descriptor)

    def assert_missing(self, name):
        self.assertFalse(tool.plain.unlink(name), name)

    def test_default_size(self):
        name = self.new_name()
        result = self.run_tool("create", name)
        self.assertEqual((result.output, result.error), (b"", ""))
        self.assertEqual(self.size_of(name), (
            min(limit("msg_default"), limit("msg_max")),
            min(limit("msgsize_default"), limit("msgsize_max"))))

    def test_size(self):
        name = self.new_name()
        self.run_tool("create", "--maxmsg=3", "--msgsize=40", name)
        self.assertEqual(self.size_of(name), (3, 40))
        name = self.new_name()
        self.run_tool("create", "-n", "4", "-s", "50", name[1:])
        self.assertEqual(self.size_of(name), (4, 50))
        name = self.new_name()
        self.run_tool("create", "--msgsize=60", name)
        self.assertEqual(self.size_of(name)[1], 60)

    def test_mode_is_exact(self):
        for options, mode in (((), 0o600), (("--mode=622",), 0o622), (("-m", "0"), 0),
                              (("--mode=g+w",), 0o620)):
            name = self.new_name()
            self.run_tool("create", "-n", "2", "-s", "8", *options, name, umask=0o277)
            # One with mode 0 only root can open, to see its mode.
            if mode == 0 and os.geteuid() != 0:
                self.assertRaises(PermissionError, self.open, name)
            else:
                self.assertEqual(stat.S_IMODE(self.status_of(name).st_mode), mode)

    def test_one_that_exists(self):
        queue, other = self.new_queue(maxmsg=4, msgsize=64), self.new_name()
        queue.send(b"one")
        error = self.run_tool("create", "-n", "2", "-s", "8", queue.name, other, status=1).error
        self.assertIn(f"{queue.name}” exists already; --exist-ok", error)
        self.assertEqual(self.size_of(queue.name), (4, 64))
        self.assertEqual(queue.receive(), (b"one", 0))
        # The other one was created all the same.
        self.assertEqual(self.size_of(other), (2, 8))

    def test_exist_ok(self):
        queue, other = self.new_queue(maxmsg=4, msgsize=64, mode=0o640), self.new_name()
        queue.send(b"one")
        for option in ("--exist-ok", "-e"):
            for figures in ((), ("--maxmsg=4",), ("--msgsize=64", "--maxmsg=4")):
                self.run_tool("create", option, "--mode=600", *figures, queue.name)
        self.assertEqual(stat.S_IMODE(os.fstat(queue.descriptor).st_mode), 0o640)
        self.assertEqual(queue.receive(), (b"one", 0))
        self.run_tool("create", "--exist-ok", "-n", "2", "-s", "8", other)
        self.assertEqual(self.size_of(other), (2, 8))

    def test_exist_ok_with_other_figures(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        for figure in ("--maxmsg=3", "--msgsize=63"):
            error = self.run_tool("create", "--exist-ok", figure, queue.name, status=1).error
            self.assertIn("it exists with maxmsg 4 and msgsize 64", error)
        self.assertEqual(self.size_of(queue.name), (4, 64))

    def test_exist_ok_does_not_give_away(self):
        queue = self.new_queue()
        self.run_tool("create", "--exist-ok", f"--owner={NUMBER}", f"--group={NUMBER}", queue.name)
        self.assertEqual(os.fstat(queue.descriptor).st_uid, os.geteuid())

    def test_replace_empty(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        queue.close()
        self.run_tool("create", "--replace-empty", "-n", "2", "-s", "8", queue.name)
        self.assertEqual(self.size_of(queue.name), (2, 8))
        other = self.new_name()
        self.run_tool("create", "-r", "-n", "2", "-s", "8", other)
        self.assertEqual(self.size_of(other), (2, 8))

    def test_replace_empty_of_the_same_figures(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        inode = os.fstat(queue.descriptor).st_ino
        self.run_tool("create", "--replace-empty", "-n", "4", "-s", "64", queue.name)
        self.assertEqual(self.status_of(queue.name).st_ino, inode)

    def test_replace_empty_that_is_open(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        error = self.run_tool(
            "create", "--replace-empty", "-n", "2", "-s", "8", queue.name, status=1).error
        self.assertIn("somebody has it open", error)
        self.assertEqual(self.size_of(queue.name), (4, 64))

    def test_replace_empty_that_is_not(self):
        queue = self.new_queue(maxmsg=4, msgsize=64)
        queue.send(b"one")
        queue.close()
        error = self.run_tool(
            "create", "--replace-empty", "-n", "2", "-s", "8", queue.name, status=1).error
        self.assertIn("messages are waiting", error)
        self.assertEqual(self.open(queue.name).receive(), (b"one", 0))

    def test_owner(self):
        name = self.new_name()
        queue = self.new_queue()
        try:
            os.fchown(queue.descriptor, NUMBER, NUMBER)
        except OSError as error:
            self.skipTest(f"a queue cannot be given to anybody: {error}")
        self.run_tool("create", "-n", "2", "-s", "8", "-o", str(NUMBER), "-g", str(NUMBER + 1), name)
        status = self.status_of(name)
        self.assertEqual((status.st_uid, status.st_gid), (NUMBER, NUMBER + 1))

    def test_own_group(self):
        """This anybody may."""
        name = self.new_name()
        self.run_tool("create", "-n", "2", "-s", "8", f"--group={os.getegid()}", name)
        self.assertEqual(self.status_of(name).st_gid, os.getegid())

    def test_owner_that_it_cannot_be_given_to(self):
        names = [self.new_name(), self.new_name()]
        error = self.run_tool(
            "create", "-n", "2", "-s", "8", f"--owner={NUMBER}", *names, status=1,
            preexec_fn=self.without_privilege()).error
        for name in names:
            self.assertIn(f"Cannot change the owner of message queue “{name}”", error)
            self.assert_missing(name)

    def test_limit(self):
        name = self.new_name()
        error = self.run_tool(
            "create", "--maxmsg=10", "--msgsize=4000", name, status=1,
            preexec_fn=self.with_room(20_000)).error
        self.assertIn(f"it takes {10 * (4000 + CHARGE)} bytes", error)
        self.assertIn("RLIMIT_MSGQUEUE", error)

    def test_limit_of_the_kernel(self):
        error = self.run_tool("create", "--msgsize=16777217", self.new_name(), status=1).error
        self.assertIn("16777217", error)

    def test_fit(self):
        """The second one takes what the first one leaves, and the third one finds nothing."""
        names = [self.new_name() for _ in range(3)]
        result = self.run_tool(
            "create", "--fit", "--msgsize=1000", *names, status=1,
            preexec_fn=self.with_room(20_000))
        first = min(limit("msg_max"), 20_000 // (1000 + CHARGE))
        second = min(limit("msg_max"), 20_000 // (1000 + CHARGE) - first)
        self.assertEqual(result.lines[:2], [f"{names[0]}: {first} messages of 1000 bytes",
                                            f"{names[1]}: {second} messages of 1000 bytes"])
        self.assertEqual(self.size_of(names[0]), (first, 1000))
        self.assertEqual(self.size_of(names[1]), (second, 1000))
        if first + second == 20_000 // (1000 + CHARGE):
            self.assertIn(f"{names[2]}”: it takes {1000 + CHARGE} bytes", result.error)
            self.assert_missing(names[2])

    def test_fit_up_to_maxmsg(self):
        for maxmsg, fits in (("3", 3), ("1", 1), ("10", 4)):
            name = self.new_name()
            result = self.run_tool("create", "-f", "-n", maxmsg, "-s", "1000", name,
                                   preexec_fn=self.with_room(4 * (1000 + CHARGE) + 1000))
            self.assertTrue(result.lines[0].startswith(f"{name}: {fits} message"), result.text)
            self.assertEqual(self.size_of(name), (fits, 1000))
            tool.plain.unlink(name)

    def test_fit_in_what_is_left(self):
        """However many messages another queue has left room for."""
        left = range(1, 10)
        script = "".join(f"""
            "$0" create --maxmsg={10 - n} --msgsize=1000 one
            "$0" create --fit --maxmsg=10 --msgsize=1000 other
            "$0" unlink one other""" for n in left)
        text = self.run_script(script, 10 * (1000 + CHARGE) + 500)
        self.assertEqual([int(line.split()[1]) for line in text.splitlines()], list(left))

    def test_fit_of_one_message_less(self):
        names = [self.new_name() for _ in range(2)]
        result = self.run_tool("create", "--fit", "-n", "2", "-s", "1000", *names,
                               preexec_fn=self.with_room(3 * (1000 + CHARGE)))
        self.assertEqual(result.lines, [f"{names[0]}: 2 messages of 1000 bytes",
                                        f"{names[1]}: 1 message of 1000 bytes"])

    def test_fit_above_what_the_namespace_allows(self):
        """Root is not bound by msg_max, but in a namespace of its own it is."""
        name = self.new_name()
        self.run_tool("create", "--fit", "--maxmsg=1000", "--msgsize=1", name,
                      preexec_fn=self.with_room(1000 * (1 + CHARGE)))
        self.assertEqual(self.size_of(name), (min(1000, limit("msg_max")), 1))

    def test_fit_of_one_that_exists(self):
        queue = self.new_queue(maxmsg=2, msgsize=64)
        error = self.run_tool("create", "--fit", "-s", "64", queue.name, status=1).error
        self.assertIn("exists already", error)
        result = self.run_tool("create", "--fit", "-s", "64", "--exist-ok", queue.name)
        self.assertEqual(result.lines, [f"{queue.name}: 2 messages of 64 bytes"])
        # Where there is no room for another one, it is there all the same.
        self.run_tool("create", "--fit", "-s", "64", "--exist-ok", queue.name,
                      preexec_fn=self.with_room(0))
        error = self.run_tool(
            "create", "--fit", "-s", "65", "--exist-ok", queue.name, status=1).error
        self.assertIn("it exists with maxmsg 2 and msgsize 64", error)

    def test_one_failure_does_not_stop_the_others(self):
        name = self.new_name()
        error = self.run_tool("create", "-n", "2", "-s", "8", "/a/b", name, status=1).error
        self.assertIn("/a/b", error)
        self.assertEqual(self.size_of(name), (2, 8))

    def test_usage(self):
        name = self.new_name()
        for arguments, text in (
                ((), "argument is needed"), (("--maxmsg=0", name), "at least 1"),
                (("--maxmsg=-1", name), "at least 1"), (("--msgsize=0", name), "at least 1"),
                (("--mode=999", name), "is no mode"), (("--owner=no such user", name), "no user"),
                (("--group=no such group", name), "no group"),
                (("--replace-empty", name), "needs --maxmsg or --msgsize"),
                (("--replace-empty", "--maxmsg=2", "--exist-ok", name), "do not go together"),
                (("--replace-empty", "--maxmsg=2", "--fit", name), "do not go together")):
            self.assertIn(text, self.run_tool("create", *arguments, status=2).error)
        self.assert_missing(name)


if __name__ == "__main__":
    tool.main()
