# SPDX-License-Identifier: LGPL-2.1-or-later

"""An asyncio program, one with a main loop of GLib's and a plain one that blocks each exchange
messages with a C program that knows nothing but mqueue.h; none is lost, and none is changed."""

import asyncio
import subprocess
import sys
import threading

import tap
from overridden import OverrideTest
from queues import GLib

MESSAGES = 100_000

# Of all lengths, with all bytes, and all priorities that arrive in the order in which they were sent.
def get_message(number):
    return (b'%d ' % number + bytes(range(256)))[:number % 250 + 6]


class ExchangeTest(OverrideTest):
    def setUp(self):
        self.questions = self.new_queue(maxmsg=10, msgsize=256)
        self.answers = self.new_queue(maxmsg=10, msgsize=256)
        self.peer = subprocess.Popen([sys.argv[1], 'echo', self.questions.name, self.answers.name])
        self.addCleanup(self.peer.wait)
        self.addCleanup(self.peer.kill)
        self.received = 0

    def check(self, message, priority):
        expected = get_message(self.received)
        if (message, priority) != (expected, 1):
            self.assertEqual((message, priority), (expected, 1))
        self.received += 1

    def check_end(self):
        self.questions.send(b'', 0)
        self.assertEqual(self.answers.receive(), (b'', 0))
        self.assertEqual(self.peer.wait(), 0)
        self.assertEqual(self.received, MESSAGES)
        self.assertEqual(len(self.answers), 0)

    def test_blocking(self):
        def send():
            for number in range(MESSAGES):
                self.questions.send(get_message(number), 1)

        thread = threading.Thread(target=send)
        thread.start()
        while self.received < MESSAGES:
            if self.received % 3:
                self.check(*self.answers.receive())
            else:
                for pair in self.answers.receive_many(5):
                    self.check(*pair)
        thread.join()
        self.check_end()

    def test_asyncio(self):
        async def send():
            for number in range(MESSAGES):
                await self.questions.asend(get_message(number), 1)

        async def main():
            task = asyncio.ensure_future(send())
            async for pair in self.answers:
                self.check(*pair)
                if self.received == MESSAGES:
                    break
            await task

        asyncio.run(main())
        self.check_end()

    def test_main_loop(self):
        loop = GLib.MainLoop()
        problems = []
        sent = 0

        def on_writable(queue, _condition):
            nonlocal sent
            try:
                while sent < MESSAGES:
                    queue.send(get_message(sent), 1, timeout=0)
                    sent += 1
            except BlockingIOError:
                return True
            return False

        def on_message(_queue, message, priority):
            try:
                self.check(message, priority)
            except AssertionError as error:
                problems.append(error)
            if problems or self.received == MESSAGES:
                loop.quit()
                return False
            return True

        self.questions.add_watch(GLib.IOCondition.OUT, on_writable)
        self.answers.add_receiver(on_message)
        loop.run()
        self.assertEqual(problems, [])
        self.check_end()


tap.main()
