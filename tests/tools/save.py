#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood save."""

import errno
import os
import pathlib
import random
import re
import resource
import signal
import stat
import subprocess
import sys

import safety
import tool

MESSAGES = [(b"", 3), (b"first", 0), (b"x" * 64, 2), (b"second\0", 0), (bytes(range(64)), 2),
            (b"one", 1)]
IN_ORDER = sorted(MESSAGES, key=lambda each: -each[1])


class Save(safety.SafetyTest):
    def setUp(self):
        super().setUp()
        self.file = self.path("queues.mood")
        self.partial = self.file + ".partial"

    def new_filled(self, messages=None, maxmsg=8):
        queue = self.new_queue(maxmsg=maxmsg)
        for message, priority in MESSAGES if messages is None else messages:
            queue.send(message, priority)
        return queue

    def saved(self, queue, file=None):
        """What the file has of the queue, found out by restoring it."""
        before = queue.receive_all()
        self.run_tool("restore", file or self.file, queue.name)
        saved = queue.receive_all()
        for message, priority in before:
            queue.send(message, priority)
        return saved

    def files(self):
        return sorted(name for name in os.listdir(self.directory) if name != "state")

    def test_nothing_changes(self):
        queue, empty = self.new_filled(), self.new_queue()
        result = self.run_tool("save", self.file, queue.name[1:], empty.name, queue.name)
        self.assertIn("6 messages were saved", result.error)
        self.assertEqual(self.files(), ["queues.mood"])
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        self.assertEqual(self.saved(queue), IN_ORDER)
        self.assertEqual(self.saved(empty), [])
        self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_program_of_the_page(self):
        """That reads the file by what the page says of its bytes."""
        queue = self.new_filled()
        self.run_tool("save", self.file, queue.name)
        page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "archive-format.md"
        program = re.search("^```python\n(.*?)^```", page.read_text(encoding="utf-8"),
                            re.DOTALL | re.MULTILINE)[1]
        result = subprocess.run([sys.executable, "-c", program, self.file], check=True,
                                capture_output=True, timeout=tool.LIMIT_SECONDS)
        self.assertEqual(result.stdout.decode().splitlines(),
                         [f"0 {priority} {message}" for message, priority in IN_ORDER])

    def test_drain(self):
        queue, other = self.new_filled(), self.new_filled([(b"other", 5)])
        self.run_tool("save", "--drain", self.file, queue.name, other.name)
        self.assertEqual((queue.curmsgs, other.curmsgs), (0, 0))
        self.assertEqual(self.saved(queue), IN_ORDER)
        self.assertEqual(self.saved(other), [(b"other", 5)])

    def test_all_queues(self):
        queue, other = self.new_filled(), self.new_filled([(b"other", 5)])
        hidden = None
        if os.getuid() != 0:
            hidden = self.new_queue(mode=0o200)
        result = self.run_tool("save", self.file, status=0 if hidden is None else 1)
        if hidden is not None:
            self.assertIn(hidden.name, result.error)
        self.assertEqual(self.saved(queue), IN_ORDER)
        self.assertEqual(self.saved(other), [(b"other", 5)])

    def test_one_is_missing(self):
        queue, missing = self.new_filled(), self.new_name()
        self.assertIn(
            missing, self.run_tool("save", self.file, missing, queue.name, status=4).error)
        self.assertEqual(self.saved(queue), IN_ORDER)
        os.remove(self.file)
        self.run_tool("save", self.file, missing, status=4)
        self.assertEqual(self.files(), [])

    def test_existing_file(self):
        queue = self.new_filled()
        with open(self.file, "wb") as file:
            file.write(b"precious")
        self.assertIn("--force", self.run_tool("save", self.file, queue.name, status=1).error)
        with open(self.file, "rb") as file:
            self.assertEqual(file.read(), b"precious")
        self.run_tool("save", "--force", self.file, queue.name)
        self.assertEqual(self.saved(queue), IN_ORDER)

    def test_what_is_no_file(self):
        queue = self.new_filled()
        os.mkfifo(self.file)
        for options in ([], ["--force"]):
            result = self.run_tool("save", *options, self.file, queue.name, status=1)
            self.assertIn("no regular file", result.error)
        self.assertTrue(stat.S_ISFIFO(os.stat(self.file).st_mode))
        self.assertIn("A file is needed", self.run_tool("save", "-", queue.name, status=2).error)
        self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_name_of_the_incomplete_file_is_taken(self):
        """By what no interrupted save left: that stays as it is."""
        queue = self.new_filled()
        file = self.path("other")
        for data in (b"", b"precious"):
            with open(file, "wb") as stream:
                stream.write(data)
            os.symlink(file, self.partial)
            result = self.run_tool("save", self.file, queue.name, status=1)
            self.assertIn(self.partial, result.error)
            self.assertEqual(os.readlink(self.partial), file)
            with open(file, "rb") as stream:
                self.assertEqual(stream.read(), data)
            os.remove(self.partial)
        for make in (os.mkfifo, os.mkdir, lambda path: os.link(file, path)):
            make(self.partial)
            result = self.run_tool("save", self.file, queue.name, status=1)
            self.assertIn(self.partial, result.error)
            self.assertEqual(self.files(), ["other", "queues.mood.partial"])
            (os.rmdir if os.path.isdir(self.partial) else os.remove)(self.partial)
        self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_no_such_directory(self):
        queue = self.new_filled()
        path = self.path("missing/queues.mood")
        self.assertIn(path, self.run_tool("save", path, queue.name, status=1).error)
        self.assertEqual(queue.receive_all(), IN_ORDER)

    def test_name_that_is_no_text(self):
        queue = self.new_queue(suffix="\udcff")
        queue.send(b"one", 1)
        self.run_tool("save", self.file, queue.name)
        self.assertEqual(self.saved(queue), [(b"one", 1)])

    def test_message_sent_meanwhile(self):
        queue = self.new_filled()
        process = self.start_stopped("mq_timedreceive", "save", self.file, queue.name)
        queue.send(b"new", 3)
        process.send_signal(signal.SIGCONT)
        process.stderr.read()
        self.assertEqual(process.wait(tool.LIMIT_SECONDS), 0)
        # As many as waited at the start, of which one came later.
        self.assertEqual(self.saved(queue), [IN_ORDER[0], (b"new", 3), *IN_ORDER[1:-1]])
        self.assertEqual(safety.extra(queue.receive_all(), MESSAGES), [(b"new", 3)])

    def test_signal(self):
        for drain in ([], ["--drain"]):
            queue = self.new_filled()
            process = self.start_stopped(
                "mq_timedreceive", "save", self.file, queue.name, *drain)
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            self.assertIn(b"Nothing was saved", process.stderr.read())
            self.assertEqual(process.wait(tool.LIMIT_SECONDS), -signal.SIGTERM)
            self.assertEqual(safety.extra(queue.receive_all(), MESSAGES), [])
            self.assertEqual(self.files(), [])

    def test_on_the_disk_before_it_has_its_name(self):
        """And the name after that, and what makes the file complete."""
        for rename, options in (("renameat2", []), ("rename", ["--force"])):
            queue = self.new_filled()
            log = self.path(f"log-{rename}")
            self.run_tool("save", self.file, queue.name, *options,
                          env=safety.moments_environment(MOOD_TEST_LOG=log))
            with open(log, encoding="ascii") as file:
                calls = file.read().split()
            self.assertEqual(calls[-5:], ["ftruncate", "fsync", rename, "fsync", "fsync"])
            # The last message is back in its queue by then.
            self.assertIn("mq_timedsend", calls[:-5])

    def run_failing(self, call, number, *arguments, status=0):
        """With a call that fails, the first or a later one."""
        return self.run_tool(*arguments, status=status, env=safety.moments_environment(
            MOOD_TEST_FAIL=f"{call} {number} {errno.EIO}"))

    def test_disk_that_fails(self):
        for drain in ([], ["--drain"]):
            for call in ("fsync", "ftruncate", "renameat2"):
                queue = self.new_filled()
                error = self.run_failing(
                    call, 1, "save", self.file, queue.name, *drain, status=1).error
                self.assertIn(os.strerror(errno.EIO), error)
                self.assertIn("Nothing was saved", error)
                self.assertEqual(queue.receive_all(), IN_ORDER)
                self.assertEqual(self.files(), [])
                self.drop(queue)

    def test_disk_that_fails_when_all_is_there(self):
        for number in (2, 3):
            queue = self.new_filled()
            error = self.run_failing(
                "fsync", number, "save", "--drain", "--force", self.file, queue.name).error
            self.assertEqual(error, "mood: 6 messages were saved\n")
            self.assertEqual(self.files(), ["queues.mood"])
            self.assertEqual(self.saved(queue), IN_ORDER)
            self.drop(queue)

    def test_file_that_appears_meanwhile(self):
        """Also where the file system cannot rename without replacing."""
        for drain in ([], ["--drain"]):
            for number in (0, errno.EINVAL, errno.ENOSYS):
                queue = self.new_filled()
                process = self.start_stopped_at(
                    ["before renameat2"], "save", self.file, queue.name, *drain,
                    details={"MOOD_TEST_FAIL": f"renameat2 1 {number}"} if number else None)
                with open(self.file, "wb") as file:
                    file.write(b"precious")
                error = self.finish_stopped(process, status=1)
                self.assertIn(os.strerror(errno.EEXIST), error)
                self.assertIn("Nothing was saved", error)
                with open(self.file, "rb") as file:
                    self.assertEqual(file.read(), b"precious")
                self.assertEqual(queue.receive_all(), IN_ORDER)
                self.assertEqual(self.files(), ["queues.mood"])
                os.remove(self.file)
                self.drop(queue)

    def test_file_system_that_cannot_rename_without_replacing(self):
        queue = self.new_filled()
        self.run_tool("save", "--drain", self.file, queue.name, env=safety.moments_environment(
            MOOD_TEST_FAIL=f"renameat2 1 {errno.EINVAL}"))
        self.assertEqual(self.files(), ["queues.mood"])
        self.assertEqual(self.saved(queue), IN_ORDER)

    def test_file_appears_and_no_room_is_left(self):
        """What others have sent takes the place of what was taken: it stays where the command says."""
        queue = self.new_filled(maxmsg=6)
        process = self.start_stopped_at(
            ["before renameat2"], "save", "--drain", self.file, queue.name)
        others = [(f"other {number}".encode(), 9) for number in range(4)]
        for message, priority in others:
            queue.send(message, priority)
        with open(self.file, "wb") as file:
            file.write(b"precious")
        # Also ends the wait for room.
        process.send_signal(signal.SIGTERM)
        error = self.finish_stopped(process, status=-signal.SIGTERM)
        self.assertIn("4 messages could not be put back. They are kept", error)
        self.assertEqual(queue.receive_all(), others + IN_ORDER[:2])
        self.assertEqual(len(self.obey(error)), 1)
        self.assertEqual(queue.receive_all(), IN_ORDER[2:])
        self.assertEqual(self.files(), ["queues.mood"])
        with open(self.file, "rb") as file:
            self.assertEqual(file.read(), b"precious")

    def test_drain_while_others_send(self):
        """For each message that is taken another comes: there is an end all the same."""
        messages = [(f"message {number}".encode(), 0) for number in range(6)]
        queue = self.new_filled(messages[:2], maxmsg=2)
        process = self.start_stopped_at(
            ["after mq_timedreceive"] * 4, "save", "--drain", self.file, queue.name)
        for message, priority in messages[2:5]:
            queue.send(message, priority)
            self.go_on(process)
        queue.send(*messages[5])
        error = self.finish_stopped(process)
        self.assertIn(f"“{queue.name}” is still being sent to", error)
        self.assertIn("4 messages were saved", error)
        self.assertEqual(queue.receive_all(), messages[4:])
        self.run_tool("restore", "--timeout=0", self.file, status=3)
        saved = queue.receive_all()
        self.run_tool("restore", "--continue", self.file)
        self.assertEqual(saved + queue.receive_all(), messages[:4])

    def test_drain_does_not_warn_without_need(self):
        queue = self.new_filled()
        self.assertEqual(self.run_tool("save", "--drain", self.file, queue.name).error,
                         "mood: 6 messages were saved\n")

    def test_disk_without_room(self):
        for drain in ([], ["--drain"]):
            queue = self.new_filled()
            result = self.run_tool(
                "save", self.file, queue.name, *drain, status=1,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
            self.assertIn("There is no room", result.error)
            self.assertEqual(queue.receive_all(), IN_ORDER)
            self.assertEqual(self.files(), [])

    def test_disk_that_gets_full(self):
        # There is room for the first messages, and no more when the file has to grow.
        if os.getuid() != 0:
            self.skipTest("a file system of one's own needs root")
        disk = self.path("disk")
        os.mkdir(disk)
        queues = [self.new_queue(maxmsg=8, msgsize=8192) for _ in range(5)]
        messages = [(bytes([i]) * 8000, i % 3) for i in range(8)]
        for queue in queues:
            for message, priority in messages:
                queue.send(message, priority)
        script = ('mount -t tmpfs -o size=280k none "$1" || exit 77; cd "$1"; shift; '
                  '"$@"; status=$?; ls; exit $status')
        result = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", disk, tool.TOOL, "save", "x.mood",
             *(queue.name for queue in queues)],
            capture_output=True, check=False, timeout=tool.LIMIT_SECONDS)
        if result.returncode == 77 or result.stderr.startswith(b"unshare:"):
            self.skipTest("no file system of one's own")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(b"There is no room", result.stderr)
        self.assertEqual(result.stdout, b"")
        for queue in queues:
            self.assertEqual(safety.extra(queue.receive_all(), messages), [])

    def check_killed_at_each_moment(self, *drain):
        n_partial = n_whole = 0
        moment = 1
        while True:
            messages = [MESSAGES, [(b"other", 5), (b"third", 5)]]
            queues = [self.new_filled(each) for each in messages]
            names = [queue.name for queue in queues]
            killed = self.run_killed(moment, "save", self.file, *names, *drain)
            partial = os.path.exists(self.partial)
            n_partial += partial
            n_whole += os.path.exists(self.file)
            # Killed before anything could be taken, it may be empty.
            if partial and os.path.getsize(self.partial) == 0:
                self.run_tool("save", self.file, names[1])
            elif partial:
                self.run_tool("restore", "--remove", "--continue", self.partial)
            elif drain and os.path.exists(self.file):
                self.run_tool("restore", self.file)
            extra = []
            for queue, expected in zip(queues, messages):
                extra += safety.extra(queue.receive_all(), expected)
                self.drop(queue)
            self.assertLessEqual(len(extra), 1)
            for path in (self.partial, self.file):
                if os.path.exists(path):
                    os.remove(path)
            if not killed:
                break
            moment += 1
        self.assertGreater(n_partial, 16)
        self.assertGreater(n_whole, 1)

    def test_killed_at_each_moment(self):
        self.check_killed_at_each_moment()

    def test_drain_killed_at_each_moment(self):
        self.check_killed_at_each_moment("--drain")

    def test_killed_at_random(self):
        random.seed(os.environ.get("MOOD_TEST_SEED"))
        for _ in range(60):
            queue = self.new_filled()
            process = self.start_tool("save", self.file, queue.name, stderr=subprocess.DEVNULL)
            # Until it has been seen at work, and some more.
            while queue.curmsgs == len(MESSAGES) and process.poll() is None:
                pass
            for _ in range(random.randrange(40)):
                queue.attributes()
            process.kill()
            process.wait(tool.LIMIT_SECONDS)
            if os.path.exists(self.partial) and os.path.getsize(self.partial) > 0:
                self.run_tool("restore", "--remove", "--continue", self.partial)
            self.assertLessEqual(len(safety.extra(queue.receive_all(), MESSAGES)), 1)
            self.drop(queue)
            if os.path.exists(self.file):
                os.remove(self.file)

    def test_leftover_is_not_overwritten(self):
        queue = self.new_filled()
        process = self.start_stopped("mq_timedreceive", "save", self.file, queue.name)
        error = self.run_tool("save", self.file, queue.name, status=1).error
        self.assertIn("in use", error)
        process.kill()
        process.wait(tool.LIMIT_SECONDS)
        error = self.run_tool("save", self.file, queue.name, status=1).error
        self.assertIn("1 message ", error)
        self.assertEqual(len(self.obey(error)), 1)
        self.run_tool("save", self.file, queue.name)
        self.assertEqual(self.files(), ["queues.mood"])
        self.assertEqual(safety.extra(self.saved(queue), MESSAGES), [])


if __name__ == "__main__":
    tool.main()
