# SPDX-License-Identifier: LGPL-2.1-or-later

"""Queues that a service manager passes. The test is the service manager, too."""

import os

import tap
from queues import Mood, QueueTest

Flags = Mood.OpenFlags

SHOW = '''if True:
    from queues import GLib, Mood
    try:
        queues, names = Mood.listen_queues()
        for queue, name in zip(queues, names):
            print(queue.fileno(), name, queue.get_name(), int(queue.props.flags))
        print(len(queues), len(names))
    except GLib.Error as error:
        print(error.message)
    '''


class ListenTest(QueueTest):
    def test_queues(self):
        queue = self.new_queue()
        receiver = self.open_again(queue, Flags.RDONLY | Flags.NONBLOCK)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        output = self.run_as_service(
            SHOW, [receiver.fileno(), reader, queue.fileno()], LISTEN_FDNAMES='jobs:web:control')
        name = queue.get_name()
        flags = [int(flags | Flags.CLOEXEC)
                 for flags in (Flags.RDONLY | Flags.NONBLOCK, Flags.RDWR)]
        self.assertEqual(
            output, f'3 jobs {name} {flags[0]}\n5 control {name} {flags[1]}\n2 2\n')

    def test_messages_are_there(self):
        queue = self.new_queue()
        queue.send(b'before the service', 3, None)
        code = '''if True:
            from queues import Mood
            [queue], names = Mood.listen_queues()
            print(names, tuple(queue.receive(None)))
            '''
        self.assertEqual(
            self.run_as_service(code, [queue.fileno()]),
            "['unknown'] (b'before the service', 3)\n")

    def test_only_once(self):
        code = '''if True:
            from queues import Mood
            first, names = Mood.listen_queues()
            del first, names
            print(*Mood.listen_queues())
            '''
        queue = self.new_queue()
        self.assertEqual(self.run_as_service(code, [queue.fileno()]), '[] []\n')

    def test_none(self):
        queues, names = Mood.listen_queues()
        self.assertEqual((queues, names), ([], []))
        self.assertEqual(self.run_as_service(SHOW, []), '0 0\n')

    def test_contradiction(self):
        queue = self.new_queue()
        output = self.run_as_service(SHOW, [queue.fileno()], LISTEN_FDNAMES='a:b')
        self.assertIn('LISTEN_FDNAMES', output)

    def test_each_goes_once(self):
        """The list has a reference to each queue, and the library none."""
        code = '''if True:
            import gc, os
            from queues import Mood
            queues, names = Mood.listen_queues()
            before = len(os.listdir('/proc/self/fd'))
            queues[0].send(b'x', 0, None)
            kept = queues.pop()
            print(len(queues), set(names))
            del queues
            gc.collect()
            print(before - len(os.listdir('/proc/self/fd')), kept.recv(None))
            kept.close()
            del kept
            gc.collect()
            print(before - len(os.listdir('/proc/self/fd')))
            '''
        queue = self.new_queue()
        self.assertEqual(
            self.run_as_service(code, 100 * [queue.fileno()]),
            "99 {'unknown'}\n99 b'x'\n100\n")


if __name__ == '__main__':
    tap.main()
