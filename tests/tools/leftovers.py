#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a command does with the files that it finds where messages are kept while they are under way:
those of others that run, those that were left, and what was never one."""

import os
import pathlib
import signal
import stat

import safety
import tool

MESSAGES = [(b"one", 2), (b"two", 1)]


class Leftovers(safety.SafetyTest):
    def new_pair(self):
        source, target = self.new_queue(maxmsg=2), self.new_queue(maxmsg=2)
        for message, priority in MESSAGES:
            source.send(message, priority)
        return source, target

    def kill(self, process):
        process.kill()
        process.wait(tool.LIMIT_SECONDS)

    def check_kept(self, process, source):
        """The command has stopped with a message that only its file has."""
        self.assertEqual(source.curmsgs, 1)
        self.assertEqual(self.run_other(), "mood: 0 messages were moved\n")
        self.kill(process)
        self.assertEqual(len(self.put_leftovers_back()), 1)
        self.assertEqual(source.receive_all(), MESSAGES)

    def start_looking(self, *moments):
        """Another command that looks for what was left, and has stopped there."""
        one, other = self.new_queue(maxmsg=1, msgsize=1), self.new_queue(maxmsg=1, msgsize=1)
        return self.start_stopped_at(moments, "move", one.name, other.name)

    def test_another_comes_while_the_file_is_created(self):
        """Whether it finds it before it is locked, and has it removed, or after."""
        for moment, n_left in (("before flock", 0), ("after flock", 1)):
            source, target = self.new_pair()
            process = self.start_stopped_at(
                [moment, "after mq_timedreceive"], "move", source.name, target.name)
            self.assertEqual(self.run_other(), "mood: 0 messages were moved\n")
            self.assertEqual(len(self.leftovers()), n_left)
            self.go_on(process)
            self.check_kept(process, source)

    def test_another_is_about_to_remove_the_file(self):
        """It has it locked, and who created it waits for that."""
        source, target = self.new_pair()
        process = self.start_stopped_at(
            ["before flock", "after mq_timedreceive"], "move", source.name, target.name)
        other = self.start_looking("after flock")
        process.send_signal(signal.SIGCONT)
        self.assertEqual(self.finish_stopped(other), "mood: 0 messages were moved\n")
        self.wait_until_stopped(process)
        self.check_kept(process, source)

    def test_another_has_only_opened_the_file(self):
        source, target = self.new_pair()
        process = self.start_stopped_at(
            ["before flock", "after mq_timedreceive"], "move", source.name, target.name)
        other = self.start_looking("before flock")
        self.go_on(process)
        self.assertEqual(self.finish_stopped(other), "mood: 0 messages were moved\n")
        self.check_kept(process, source)

    def start_with_a_name_that_is_used_again(self, file):
        """Two that save in one file. The first has opened what a third had left, which the second
        has removed; the second has taken a message into a file of that name."""
        source, _target = self.new_pair()
        self.kill(self.start_stopped_at(["before flock"], "save", file, source.name))
        first = self.start_stopped_at(["before flock"], "save", file, source.name)
        second = self.start_stopped("mq_timedreceive", "save", file, source.name)
        return source, first, second

    def test_name_that_is_used_again(self):
        file = self.path("queues.mood")
        source, first, second = self.start_with_a_name_that_is_used_again(file)
        self.assertIn("File exists", self.finish_stopped(first, status=1))
        self.kill(second)
        self.run_tool("restore", "--remove", file + ".partial")
        self.assertEqual(source.receive_all(), MESSAGES)

    def test_file_that_was_finished_meanwhile(self):
        """It was opened by the name that it had before it was complete."""
        file = self.path("queues.mood")
        source, _target = self.new_pair()
        saving = self.start_stopped("mq_timedreceive", "save", file, source.name)
        other = self.start_stopped_at(["before flock"], "save", "--force", file, source.name)
        self.finish_stopped(saving)
        self.assertIn("2 messages were saved", self.finish_stopped(other))
        self.assertEqual(source.receive_all(), MESSAGES)
        self.run_tool("restore", file)
        self.assertEqual(source.receive_all(), MESSAGES)

    def place(self, name):
        os.makedirs(os.path.join(self.state, "mood"), exist_ok=True)
        return os.path.join(self.state, "mood", name)

    def saved(self, name, messages):
        """A complete file elsewhere."""
        queue = self.new_queue()
        for message, priority in messages:
            queue.send(message, priority)
        file = self.path(name)
        self.run_tool("save", "--drain", file, queue.name)
        return file

    def test_what_is_none_of_its_files(self):
        """That stays as it is, and nothing waits for it."""
        empty = self.path("empty.mood")
        with open(empty, "wb"):
            pass
        os.mkfifo(self.path("pipe.mood"))
        targets = {
            "move-1-00000001.mood": self.saved("full.mood", MESSAGES),
            "move-1-00000002.mood": self.saved("through.mood", []),
            "move-1-00000003.mood": empty,
            "move-1-00000004.mood": self.path("missing.mood"),
            "move-1-00000005.mood": self.path("pipe.mood"),
        }
        before = {target: pathlib.Path(target).read_bytes() for target in targets.values()
                  if os.path.isfile(target)}
        for name, target in targets.items():
            os.symlink(target, self.place(name))
        pipe, directory = self.place("move-1-00000006.mood"), self.place("move-1-00000007.mood")
        os.mkfifo(pipe)
        os.mkdir(directory)
        names = sorted(self.leftovers())

        error = self.run_other()

        self.assertEqual(sorted(self.leftovers()), names)
        self.assertNotIn("mood restore", error)
        for name, target in targets.items():
            self.assertEqual(os.readlink(self.place(name)), target)
        self.assertTrue(stat.S_ISFIFO(os.lstat(pipe).st_mode))
        self.assertTrue(os.path.isdir(directory))
        for target, data in before.items():
            self.assertEqual(pathlib.Path(target).read_bytes(), data)
        for name in names:
            self.assertIn(f"“{self.place(name)}”", error)

    def test_file_that_is_not_named_as_its_files(self):
        file = self.place("notes")
        with open(file, "wb"):
            pass
        self.assertEqual(self.run_other(), "mood: 0 messages were moved\n")
        self.assertEqual(self.leftovers(), ["notes"])

    def test_files_without_messages_are_removed(self):
        """Of processes that were killed before they took one, or had written anything."""
        source, target = self.new_pair()
        for moment in ("after flock", "after fallocate"):
            self.kill(self.start_stopped_at([moment], "move", source.name, target.name))
            self.assertEqual(len(self.leftovers()), 1)
            self.assertEqual(self.put_leftovers_back(), [])


if __name__ == "__main__":
    tool.main()
