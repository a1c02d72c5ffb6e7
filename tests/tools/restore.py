#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood restore, and that it believes nothing of what is in a file."""

import errno
import os
import signal
import struct
import subprocess

import safety
import tool

MESSAGES = [(b"", 3), (b"first", 0), (b"x" * 64, 2), (b"second\0", 0), (b"one", 1)]
IN_ORDER = sorted(MESSAGES, key=lambda each: -each[1])


class Restore(safety.SafetyTest):
    def setUp(self):
        super().setUp()
        self.file = self.path("queues.mood")

    def new_saved(self, maxmsg=8, **details):
        """An empty queue, and a file with what it had."""
        queue = self.new_queue(maxmsg=maxmsg, **details)
        for message, priority in MESSAGES:
            queue.send(message, priority)
        self.run_tool("save", "--drain", "--force", self.file, queue.name)
        return queue

    def shown(self):
        return self.run_tool("restore", "--list", "--json", self.file).json

    def test_again_and_again(self):
        queue = self.new_saved()
        for _ in range(3):
            self.assertIn("5 messages were restored", self.run_tool("restore", self.file).error)
            self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_missing_queue_is_created(self):
        for mode in (0o666, 0o400):
            queue = self.new_saved(maxmsg=7, mode=0o600)
            os.fchmod(queue.descriptor, mode)
            for message, priority in MESSAGES:
                queue.send(message, priority)
            if os.getuid() == 0:
                try:
                    os.fchown(queue.descriptor, 12345, 54321)
                except OSError as error:
                    # Of another user namespace, which has no such user.
                    self.assertEqual(error.errno, errno.EINVAL)
            before = os.fstat(queue.descriptor)
            # What may not be sent to cannot be put back.
            self.run_tool("save", "--force", self.file, queue.name,
                          status=0 if os.getuid() == 0 or mode == 0o666 else 1)
            tool.plain.unlink(queue.name)
            self.run_tool("restore", self.file, preexec_fn=lambda: os.umask(0o077))
            restored = tool.plain.Queue(queue.name, os.O_RDONLY)
            self.addCleanup(restored.close)
            status = os.fstat(restored.descriptor)
            if os.getuid() == 0 or mode == 0o666:
                self.assertEqual((status.st_uid, status.st_gid), (before.st_uid, before.st_gid))
                self.assertEqual(status.st_mode & 0o777, mode)
            self.assertEqual(restored.attributes()[1:3], [7, 64])
            self.assertEqual(restored.receive_all(), IN_ORDER)

    def test_owner_that_cannot_be(self):
        queue = self.new_saved()
        entry = 112
        data = self.read()
        data[entry + 8:entry + 16] = b"\xff" * 8
        self.write(data)
        tool.plain.unlink(queue.name)
        result = self.run_tool("restore", self.file)
        self.assertIn("warning: “" + queue.name + "” does not belong to user 4294967295", result.error)
        restored = tool.plain.Queue(queue.name)
        self.addCleanup(restored.close)
        self.assertEqual(restored.receive_all(), IN_ORDER)

    def test_name_that_is_no_text(self):
        queue = self.new_queue(suffix="\udcff")
        queue.send(b"one", 1)
        self.run_tool("save", "--drain", self.file, queue.name)
        self.assertIn("name_base64", self.shown()["queues"][0])
        tool.plain.unlink(queue.name)
        self.run_tool("restore", self.file)
        again = tool.plain.Queue(queue.name, os.O_RDONLY)
        self.addCleanup(again.close)
        self.assertEqual(again.receive_all(), [(b"one", 1)])

    def test_some_queues(self):
        one, other = self.new_queue(), self.new_queue()
        one.send(b"one")
        other.send(b"other")
        self.run_tool("save", "--drain", self.file, one.name, other.name)
        self.run_tool("restore", self.file, one.name[1:])
        self.assertEqual((one.receive_all(), other.curmsgs), ([(b"one", 0)], 0))
        # It was restored, and the file is not through with the other one.
        self.assertIn("--from-start", self.run_tool("restore", self.file, one.name, status=1).error)
        self.run_tool("restore", self.file, "--from-start", one.name)
        self.assertEqual((one.receive_all(), other.curmsgs), ([(b"one", 0)], 0))
        self.run_tool("restore", self.file, "--continue")
        self.assertEqual((one.curmsgs, other.receive_all()), (0, [(b"other", 0)]))
        self.run_tool("restore", self.file)
        self.assertEqual((one.receive_all(), other.receive_all()), ([(b"one", 0)], [(b"other", 0)]))
        missing = self.new_name()
        self.assertIn(missing, self.run_tool("restore", self.file, missing, status=4).error)

    def test_full_queue(self):
        queue = self.new_saved()
        for _ in range(6):
            queue.send(b"before", 9)
        result = self.run_tool("restore", self.file, "--timeout=0", status=3)
        self.assertIn("3 messages are left; --continue", result.error)
        self.assertEqual(self.shown()["queues"][0]["sent"], 2)
        self.assertEqual(queue.receive_all(), [(b"before", 9)] * 6 + IN_ORDER[:2])
        result = self.run_tool("restore", self.file, status=1)
        for part in ("--continue", "--from-start", " 5 ", " 2 "):
            self.assertIn(part, result.error)
        self.assertEqual(queue.curmsgs, 0)
        self.run_tool("restore", self.file, "--continue")
        self.assertEqual(queue.receive_all(), IN_ORDER[2:])
        # All is sent, and that cannot happen twice by accident.
        self.assertIn("nothing to continue",
                      self.run_tool("restore", self.file, "--continue", status=1).error)
        self.assertEqual(queue.curmsgs, 0)
        self.run_tool("restore", self.file)
        self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_from_start(self):
        queue = self.new_saved(maxmsg=5)
        queue.send(b"before", 9)
        self.run_tool("restore", self.file, "--timeout=0.01", status=3)
        queue.receive_all()
        self.run_tool("restore", self.file, "--from-start")
        self.assertEqual(queue.receive_all(), IN_ORDER)
        self.run_tool("restore", self.file)
        self.run_tool("restore", self.file, "--from-start", "--continue", status=2)

    def test_from_start_that_cannot_begin(self):
        """What was sent earlier is not forgotten for that."""
        one, other = self.new_queue(), self.new_queue()
        for message, priority in MESSAGES[:4]:
            one.send(message, priority)
        other.send(b"x" * 33)
        self.run_tool("save", "--drain", self.file, one.name, other.name)
        sent = sorted(MESSAGES[:4], key=lambda each: -each[1])
        for _ in range(2):
            one.send(b"before", 9)
        self.run_tool("restore", "--timeout=0", self.file, one.name, status=3)
        self.assertEqual(one.receive_all()[2:], sent[:2])
        before = self.read()

        # Too small for its message.
        tool.plain.unlink(other.name)
        small = tool.plain.Queue(other.name, maxmsg=1, msgsize=32)
        self.addCleanup(small.close)
        self.assertIn(" 33 ", self.run_tool("restore", "--from-start", self.file, status=1).error)
        self.assertEqual(self.read(), before)
        self.assertEqual((one.curmsgs, small.curmsgs), (0, 0))

        tool.plain.unlink(other.name)
        self.run_tool("restore", "--continue", self.file)
        self.assertEqual(one.receive_all(), sent[2:])

    def test_waits_for_room(self):
        queue = self.new_saved()
        tool.plain.unlink(queue.name)
        small = tool.plain.Queue(queue.name, maxmsg=1, msgsize=64)
        self.addCleanup(small.close)
        process = self.start_tool("restore", self.file, stderr=subprocess.PIPE)
        self.assertEqual([small.receive() for _ in MESSAGES], IN_ORDER)
        self.assertIn(b"5 messages were restored", process.stderr.read())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_signal(self):
        queue = self.new_saved()
        tool.plain.unlink(queue.name)
        small = tool.plain.Queue(queue.name, maxmsg=1, msgsize=64)
        self.addCleanup(small.close)
        process = self.start_tool("restore", self.file, stderr=subprocess.PIPE)
        received = [small.receive()]
        process.send_signal(signal.SIGTERM)
        self.assertIn(b"left; --continue", process.stderr.read())
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGTERM)
        received += small.receive_all()
        process = self.start_tool(
            "restore", self.file, "--continue", stderr=subprocess.PIPE)
        received += [small.receive() for _ in range(len(MESSAGES) - len(received))]
        self.assertEqual(received, IN_ORDER)
        process.stderr.read()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)

    def test_nothing_is_sent_unless_all_can_be(self):
        one, other, third = self.new_queue(), self.new_queue(), self.new_queue()
        one.send(b"one")
        other.send(b"x" * 33)
        self.run_tool("save", "--drain", self.file, third.name, one.name, other.name)
        tool.plain.unlink(third.name)
        tool.plain.unlink(other.name)
        small = tool.plain.Queue(other.name, maxmsg=1, msgsize=32)
        self.addCleanup(small.close)
        result = self.run_tool("restore", self.file, status=1)
        for part in (other.name, " 33 ", " 32;"):
            self.assertIn(part, result.error)
        self.assertEqual((one.curmsgs, small.curmsgs), (0, 0))
        self.assertFalse(tool.plain.unlink(third.name))

    def test_no_queue_is_created_unless_all_can_be(self):
        one, other = self.new_queue(maxmsg=1), self.new_queue(maxmsg=2)
        self.run_tool("save", self.file, one.name, other.name)
        data = self.read()
        at = data.index(struct.pack("<qq", 2, 64))
        data[at:at + 8] = struct.pack("<q", 65536)
        self.write(data)
        for queue in (one, other):
            tool.plain.unlink(queue.name)
        self.assertIn(other.name, self.run_tool("restore", self.file, status=1).error)
        self.assertFalse(tool.plain.unlink(one.name))

    def test_remove(self):
        queue = self.new_saved(maxmsg=5)
        queue.send(b"before", 9)
        self.run_tool("restore", "--remove", self.file, "--timeout=0", status=3)
        self.assertTrue(os.path.exists(self.file))
        queue.receive_all()
        self.run_tool("restore", "--remove", "--continue", self.file)
        self.assertFalse(os.path.exists(self.file))

    def test_file_that_may_not_be_written_to(self):
        if os.getuid() == 0:
            self.skipTest("root may write to every file")
        queue = self.new_saved()
        os.chmod(self.file, 0o400)
        for _ in range(2):
            self.run_tool("restore", self.file)
            self.assertEqual(queue.receive_all(), IN_ORDER)
        self.assertIn("--remove", self.run_tool("restore", "--remove", self.file, status=1).error)

    def test_list(self):
        queue = self.new_saved(mode=0o640)
        result = self.run_tool("restore", "--list", self.file)
        self.assertEqual(result.lines[0].split(),
                         ["NAME", "MODE", "OWNER", "MESSAGES", "SENT", "MAXMSG", "BYTES", "MSGSIZE"])
        fields = result.lines[1].split()
        self.assertEqual((fields[0], fields[1]), (queue.name, "rw-r-----"))
        self.assertEqual(fields[3:], ["5", "0", "8", "79", "64"])
        shown = self.shown()
        self.assertTrue(shown["complete"])
        self.assertEqual(shown["queues"][0]["name"], queue.name)
        self.assertEqual(shown["queues"][0]["mode"], "0640")
        self.assertEqual(shown["queues"][0]["messages"], 5)
        self.assertEqual(queue.curmsgs, 0)
        self.run_tool("restore", "--json", self.file, status=2)

    def test_time_that_cannot_be(self):
        """Beyond the years that a date is made of, in either direction."""
        queue = self.new_saved()
        for seconds, shown in ((0, "1970-01-01T00:00:00Z"), (253402300799, "9999-12-31T23:59:59Z"),
                               (253402300800, None), (1 << 40, None), ((1 << 63) - 1, None),
                               (-62135596801, None), (-(1 << 63), None)):
            data = self.read()
            data[40:48] = struct.pack("<q", seconds)
            self.write(data)
            result = self.run_tool("restore", "--list", "--json", self.file)
            self.assertEqual((result.json["created_at"], result.error), (shown, ""), seconds)
            self.assertEqual(result.json["queues"][0]["messages"], 5)
            result = self.run_tool("restore", "--list", self.file)
            self.assertEqual((result.lines[1].split()[3], result.error), ("5", ""))
        self.run_tool("restore", self.file)
        self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_list_with_what_is_for_sending(self):
        self.new_saved()
        before = self.read()
        for option in ("--continue", "--from-start", "--remove", "--timeout=0"):
            for options in ([option, "--list"], ["--list", "--json", option]):
                result = self.run_tool("restore", *options, self.file, status=2)
                self.assertIn("--list", result.error)
                self.assertEqual(result.output, b"")
        self.assertEqual(self.read(), before)

    def test_killed_at_each_moment(self):
        moment = 1
        while True:
            queue = self.new_saved()
            killed = self.run_killed(moment, "restore", self.file)
            received = queue.receive_all()
            if killed and self.shown()["queues"][0]["sent"] + len(received) > 0:
                subprocess.run([tool.TOOL, "restore", "--continue", self.file], check=False,
                               capture_output=True, timeout=tool.LIMIT_SECONDS)
            elif killed:
                subprocess.run([tool.TOOL, "restore", "--from-start", self.file], check=True,
                               capture_output=True, timeout=tool.LIMIT_SECONDS)
            received += queue.receive_all()
            self.assertLessEqual(len(safety.extra(received, MESSAGES)), 1)
            self.drop(queue)
            if not killed:
                break
            moment += 1
        self.assertGreater(moment, 6 * len(MESSAGES))

    def read(self):
        with open(self.file, "rb") as file:
            return bytearray(file.read())

    def write(self, data):
        with open(self.file, "wb") as file:
            file.write(data)

    def test_what_is_no_such_file(self):
        for data, part in ((b"", "not a file"), (b"hello\n" * 100, "not a file"),
                           (b"\x89MOOD\n\x1a" + b"\0" * 200, "not a file")):
            self.write(data)
            result = self.run_tool("restore", self.file, status=1)
            self.assertIn(part, result.error)
            self.assertIn(self.file, result.error)
        self.run_tool("restore", self.directory, status=1)
        self.run_tool("restore", "/dev/null", status=1)
        self.run_tool("restore", self.path("missing"), status=1)
        os.mkfifo(self.path("pipe"))
        self.run_tool("restore", self.path("pipe"), status=1)

    def test_damage(self):
        name = self.new_saved().name.encode()
        good = self.read()
        entry = 112
        record = entry + 32 + (len(name) + 7) // 8 * 8
        damages = (
            (8, struct.pack("<I", 2), "version 2"),
            (12, struct.pack("<I", 3), "flags"),
            (16, struct.pack("<I", 0xffffffff), "byte "),
            (16, struct.pack("<I", 0), "records begin elsewhere"),
            (20, struct.pack("<I", 0xffffffff), "ends here"),
            (20, struct.pack("<I", 4), "something follows"),
            (24, struct.pack("<I", 0), "round"),
            (32, struct.pack("<Q", 1 << 63), "records begin elsewhere"),
            (entry, struct.pack("<I", 0xfffffff8), "name of"),
            (entry, struct.pack("<I", 0), "no queue's name"),
            (entry + 4, struct.pack("<I", 0o7777), "mode"),
            (entry + 16, struct.pack("<q", -1), "maxmsg"),
            (entry + 24, struct.pack("<q", 0), "msgsize"),
            (entry + 24, struct.pack("<q", 1 << 40), "msgsize"),
            (entry + 24, struct.pack("<q", 63), "too long"),
            (entry + 32, b"x", "no queue's name"),
            (entry + 34, b"/", "no queue's name"),
            (entry + 34, b"\0", "no queue's name"),
            (record, struct.pack("<I", 1), "no message"),
            (record + 4, struct.pack("<I", 1), "no queue 1"),
            (record + 8, struct.pack("<I", 32768), "no priority"),
            (record + 12, struct.pack("<I", 65), "too long"),
        )
        for offset, value, part in damages:
            data = bytearray(good)
            data[offset:offset + len(value)] = value
            self.write(data)
            for option in ([], ["--list"]):
                result = self.run_tool("restore", self.file, *option, status=1)
                self.assertIn(part, result.error, offset)
                self.assertIn(self.file, result.error)
        self.write(good + b"\0")
        self.assertIn("something follows", self.run_tool("restore", self.file, status=1).error)

    def test_queue_that_is_there_twice(self):
        one, other = self.new_queue(), self.new_queue()
        self.run_tool("save", self.file, one.name, other.name)
        self.write(self.read().replace(other.name.encode(), one.name.encode()))
        self.assertIn("second time", self.run_tool("restore", self.file, status=1).error)

    def test_every_byte_and_every_length(self):
        self.new_saved()
        good = self.read()
        for complete in (True, False):
            if not complete:
                good[12] = 0
            for length in range(len(good)):
                self.write(good[:length])
                result = self.run_tool("restore", "--list", self.file, status=1)
                self.assertIn(self.file, result.error)
        for offset in range(len(good)):
            data = bytearray(good)
            data[offset] ^= 1 << offset % 8
            self.write(data)
            result = subprocess.run([tool.TOOL, "restore", "--list", self.file], check=False,
                                    capture_output=True, timeout=tool.LIMIT_SECONDS)
            self.assertIn(result.returncode, (0, 1), result.stderr)


if __name__ == "__main__":
    tool.main()
