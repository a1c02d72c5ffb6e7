# SPDX-License-Identifier: LGPL-2.1-or-later

"""What PyGObject 3.50 and newer can await, with asyncio on a main loop of GLib's."""

import asyncio
import atexit
import unittest

import gi
from gi.events import GLibEventLoopPolicy

import tap
from overridden import OverrideTest, give_turn
from queues import LIMIT_SECONDS, GLib

# That of the default main context.
LOOP = GLibEventLoopPolicy().get_event_loop()
atexit.register(LOOP.close)


def run(coroutine):
    async def main():
        return await asyncio.wait_for(coroutine, LIMIT_SECONDS)

    return LOOP.run_until_complete(main())


class NativeAwaitTest(OverrideTest):
    def test_receive_and_send(self):
        queue = self.new_queue(maxmsg=1)

        async def main():
            task = asyncio.ensure_future(receive())
            await give_turn()
            await queue.send_async(b'x', 5)
            self.assertEqual(tuple(await task), (b'x', 5))
            await queue.send_async(b'1')
            second = asyncio.ensure_future(send())
            await give_turn()
            self.assertEqual(tuple(await queue.receive_async(GLib.PRIORITY_DEFAULT)), (b'1', 0))
            await second
            self.assertEqual(tuple(await queue.receive_async()), (b'2', 0))

        async def receive():
            return await queue.receive_async()

        async def send():
            return await queue.send_async(b'2')

        run(main())

    def test_error(self):
        queue = self.new_queue()

        async def main():
            task = asyncio.ensure_future(receive())
            await give_turn()
            queue.close()
            await task

        async def receive():
            return await queue.receive_async()

        with self.assertRaises(GLib.Error) as caught:
            run(main())
        self.assertIn(queue.name, caught.exception.message)

    @unittest.skipIf(gi.version_info < (3, 50, 1), 'PyGObject 3.50.0 cannot cancel')
    def test_cancel_before_a_message_comes(self):
        queue = self.new_queue()

        async def main():
            task = asyncio.ensure_future(receive())
            await give_turn()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        async def receive():
            return await queue.receive_async()

        run(main())
        queue.send(b'x')
        self.assertEqual(queue.receive(timeout=0), (b'x', 0))

    def test_coroutines_work_there_as_well(self):
        queue = self.new_queue(maxmsg=1)

        async def main():
            task = asyncio.ensure_future(receive())
            for number in range(20):
                await queue.asend(b'%d' % number)
            return await task

        async def receive():
            return [int((await queue.areceive())[0]) for _ in range(20)]

        self.assertEqual(run(main()), list(range(20)))

    def test_async_for_until_closed(self):
        queue = self.new_queue()
        queue.send(b'x')

        async def main():
            received = []
            async for message, _ in queue:
                received.append(message)
                asyncio.get_running_loop().call_later(0.001, queue.close)
            return received

        self.assertEqual(run(main()), [b'x'])


tap.main()
