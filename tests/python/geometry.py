# SPDX-License-Identifier: LGPL-2.1-or-later

"""What happens to a queue that is to be created, and exists with another geometry."""

import tap
from queues import Gio, Mood, QueueTest

Flags = Mood.OpenFlags
Policy = Mood.GeometryPolicy


class GeometryTest(QueueTest):
    def leave_queue(self):
        """The name of a queue for two messages of 16 bytes, which nobody has open."""
        queue = self.new_queue(maxmsg=2, msgsize=16)
        queue.close()
        return queue.get_name()

    def create(self, name, policy, maxmsg=3, msgsize=24, flags=Flags.RDWR):
        queue = Mood.MessageQueue.new_full(
            name, flags | Flags.CREAT, 0o600, maxmsg, msgsize, Mood.Ownership.KEEP, policy, False)
        self.addCleanup(queue.close)
        self.assertEqual(queue.props.geometry_policy, policy)
        return queue

    def test_accept(self):
        queue = self.create(self.leave_queue(), Policy.ACCEPT)
        self.assertEqual((queue.props.maxmsg, queue.props.msgsize), (2, 16))
        self.assertIs(queue.props.created, False)

    def test_refuse(self):
        name = self.leave_queue()
        for asked in (3, 24), (3, 16), (2, 24):
            with self.subTest(asked=asked), self.assert_fails(
                    Gio.IOErrorEnum.EXISTS, name, 'maxmsg 2 and msgsize 16',
                    'maxmsg {} and msgsize {} was asked for'.format(*asked)):
                self.create(name, Policy.REFUSE, *asked)

    def test_as_asked(self):
        name = self.leave_queue()
        for policy in Policy.REFUSE, Policy.REPLACE:
            for asked in (2, 16), (-1, 16), (2, -1), (-1, -1):
                with self.subTest(policy=policy, asked=asked):
                    queue = self.create(name, policy, *asked)
                    self.assertIs(queue.props.created, False)
                    self.assertEqual((queue.props.maxmsg, queue.props.msgsize), (2, 16))

    def test_replace(self):
        queue = self.create(self.leave_queue(), Policy.REPLACE)
        self.assertIs(queue.props.created, True)
        self.assertEqual((queue.props.maxmsg, queue.props.msgsize), (3, 24))
        self.assertEqual(self.open_again(queue, Flags.RDONLY).props.msgsize, 24)

    def test_messages_are_not_thrown_away(self):
        queue = self.new_queue(maxmsg=2, msgsize=16)
        name = queue.get_name()
        queue.send(b'precious', 5, None)
        queue.close()
        with self.assert_fails(Gio.IOErrorEnum.BUSY, name, 'messages are waiting'):
            self.create(name, Policy.REPLACE)
        self.assertEqual(
            tuple(self.open_again(queue, Flags.RDONLY).receive(None)), (b'precious', 5))

    def test_what_is_open_stays(self):
        for flags in Flags.RDONLY, Flags.WRONLY:
            with self.subTest(flags=flags):
                queue = self.new_queue(flags, maxmsg=2, msgsize=16)
                with self.assert_fails(Gio.IOErrorEnum.BUSY, 'open', 'maxmsg 3 and msgsize 24'):
                    self.create(queue.get_name(), Policy.REPLACE)
                self.assertIs(queue.props.unlinked, False)

    def test_exclusive(self):
        with self.assert_fails(Gio.IOErrorEnum.EXISTS, 'EXCL'):
            self.create(self.leave_queue(), Policy.REPLACE, flags=Flags.RDWR | Flags.EXCL)

    def test_by_properties(self):
        queue = Mood.MessageQueue(
            name=self.leave_queue(), flags=Flags.RDWR | Flags.CREAT, maxmsg=3, msgsize=24,
            geometry_policy=Policy.REFUSE)
        with self.assert_fails(Gio.IOErrorEnum.EXISTS, 'maxmsg 2 and msgsize 16'):
            queue.init(None)


if __name__ == '__main__':
    tap.main()
