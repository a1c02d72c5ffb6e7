# SPDX-License-Identifier: LGPL-2.1-or-later

"""asyncio: without threads, without a main loop of GLib's, and without losing a message."""

import asyncio
import os
import random
import select
import sys
import threading

import tap
from overridden import OverrideTest, give_turn
from queues import LIMIT_SECONDS, Gio, Mood

Code = Gio.IOErrorEnum


def run(coroutine):
    """Runs it, and reports what goes wrong in callbacks as well as what does in the coroutine."""
    problems = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: problems.append(context))
        return await asyncio.wait_for(coroutine, LIMIT_SECONDS)

    result = asyncio.run(main())
    assert not problems, problems
    return result


async def wait_in_line(coroutine):
    """A task that has come to where it waits."""
    task = asyncio.ensure_future(coroutine)
    await give_turn()
    return task


class CoroutinesTest(OverrideTest):
    def test_at_once(self):
        queue = self.new_queue()

        async def main():
            self.assertEqual(await queue.asend(b'a\0b'), 3)
            self.assertEqual(await queue.asend(bytearray(b'x'), priority=7), 1)
            self.assertEqual(await queue.asend(b'', 9), 0)
            return [await queue.areceive() for _ in range(3)]

        self.assertEqual(run(main()), [(b'', 9), (b'x', 7), (b'a\0b', 0)])

    def test_waiting(self):
        for flags in os.O_RDWR, os.O_RDWR | os.O_NONBLOCK:
            queue = self.new_queue(flags, maxmsg=1)

            async def main():
                task = await wait_in_line(queue.areceive())
                self.assertFalse(task.done())
                queue.send(b'x', 5)
                self.assertEqual(await task, (b'x', 5))
                queue.send(b'1')
                task = await wait_in_line(queue.asend(b'2', 3))
                self.assertFalse(task.done())
                self.assertEqual(queue.recv(), b'1')
                self.assertEqual(await task, 1)
                self.assertEqual(queue.receive(), (b'2', 3))

            run(main())
            # The mode of the queue is what it was.
            self.assertEqual(queue.blocking, not flags & os.O_NONBLOCK)

    def test_no_thread(self):
        queue = self.new_queue()

        async def main():
            task = await wait_in_line(queue.areceive())
            self.assertEqual(threading.active_count(), 1)
            self.assertEqual(len(os.listdir('/proc/self/task')), threads)
            queue.send(b'x')
            return await task

        threads = len(os.listdir('/proc/self/task'))
        self.assertEqual(run(main()), (b'x', 0))

    def test_order(self):
        queue = self.new_queue(maxmsg=10)
        served = []

        async def receive(number):
            served.append((number, (await queue.areceive())[0]))

        async def main():
            tasks = [await wait_in_line(receive(number)) for number in range(10)]
            for number in range(10):
                queue.send(b'%d' % number)
            await asyncio.gather(*tasks)

        run(main())
        self.assertEqual(served, [(number, b'%d' % number) for number in range(10)])

    def test_order_of_sends(self):
        queue = self.new_queue(maxmsg=1)

        async def main():
            tasks = [await wait_in_line(queue.asend(b'%d' % number)) for number in range(10)]
            received = [(await queue.areceive())[0] for _ in range(10)]
            await asyncio.gather(*tasks)
            return received

        self.assertEqual(run(main()), [b'%d' % number for number in range(10)])

    def test_who_comes_late_waits_behind(self):
        """Also when a message has come meanwhile."""
        queue = self.new_queue()

        async def main():
            first = await wait_in_line(queue.areceive())
            queue.send(b'1')
            queue.send(b'2')
            second = asyncio.ensure_future(queue.areceive())
            self.assertEqual(await second, (b'2', 0))
            self.assertEqual(await first, (b'1', 0))

        run(main())

    def test_cancel_takes_no_message(self):
        queue = self.new_queue()

        async def main():
            first = await wait_in_line(queue.areceive())
            second = await wait_in_line(queue.areceive())
            first.cancel()
            queue.send(b'x')
            self.assertEqual(await second, (b'x', 0))
            self.assertTrue(first.cancelled())

            # The message is there, and who waits was told so, when it is cancelled.
            first = await wait_in_line(queue.areceive())
            second = await wait_in_line(queue.areceive())
            queue.send(b'y')
            line = queue._lines[asyncio.get_running_loop(), 1]
            line.wake_first()
            first.cancel()
            self.assertEqual(await second, (b'y', 0))
            self.assertTrue(first.cancelled())

            task = await wait_in_line(queue.areceive())
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        run(main())
        self.assertEqual(len(queue), 0)

    def test_timeout(self):
        queue = self.new_queue(maxmsg=1)

        async def main():
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await queue.areceive()
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(queue.areceive(), 0.001)
            queue.send(b'1')
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await queue.asend(b'2')
            return await queue.areceive()

        self.assertEqual(run(main()), (b'1', 0))
        self.assertEqual(len(queue), 0)

    def test_random_cancels_lose_nothing(self):
        queue = self.new_queue(maxmsg=4)
        numbers = random.Random(5)
        received = []
        has_all = asyncio.Event()
        count = 2000

        async def receive():
            while len(received) < count:
                task = asyncio.ensure_future(queue.areceive())
                for _ in range(numbers.randrange(3)):
                    await give_turn()
                if numbers.random() < 0.5:
                    task.cancel()
                try:
                    received.append(int((await task)[0]))
                except asyncio.CancelledError:
                    pass
            has_all.set()

        async def send():
            for number in range(count):
                sent = False
                while not sent:
                    task = asyncio.ensure_future(queue.asend(b'%d' % number))
                    await give_turn()
                    if numbers.random() < 0.3:
                        task.cancel()
                    try:
                        await task
                        sent = True
                    except asyncio.CancelledError:
                        pass

        async def main():
            receivers = [asyncio.ensure_future(receive()) for _ in range(3)]
            await send()
            await has_all.wait()
            for task in receivers:
                task.cancel()
            await asyncio.gather(*receivers, return_exceptions=True)

        run(main())
        self.assertEqual(sorted(received), list(range(count)))
        self.assertEqual(len(queue), 0)

    def test_two_queues(self):
        questions, answers = self.new_queue(maxmsg=2), self.new_queue(maxmsg=2)

        async def answer():
            async for message, priority in questions:
                if not message:
                    return
                await answers.asend(message.upper(), priority)

        async def main():
            task = asyncio.ensure_future(answer())
            received = []
            for number in range(100):
                await questions.asend(b'q%d' % number, number)
                received.append(await answers.areceive())
            await questions.asend(b'')
            await task
            return received

        self.assertEqual(run(main()), [(b'Q%d' % number, number) for number in range(100)])

    def test_both_directions_of_one_queue(self):
        queue = self.new_queue(maxmsg=1)

        async def send():
            for number in range(50):
                await queue.asend(b'%d' % number)

        async def receive():
            return [int((await queue.areceive())[0]) for _ in range(50)]

        async def main():
            return (await asyncio.gather(receive(), send()))[0]

        self.assertEqual(run(main()), list(range(50)))

    def test_others_have_their_turn(self):
        """A queue that is never empty does not stop the loop."""
        queue = self.new_queue()
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await give_turn()

        async def main():
            counter = asyncio.ensure_future(count())
            for _ in range(1000):
                queue.send(b'x')
                await queue.areceive()
            counter.cancel()

        run(main())
        self.assertGreater(turns, 1000 // 20)

    def test_users_reader_is_the_users(self):
        queue = self.new_queue()

        async def main():
            loop = asyncio.get_running_loop()
            called = asyncio.Event()
            loop.add_reader(queue, called.set)
            task = await wait_in_line(queue.areceive())
            queue.send(b'x')
            await task
            await called.wait()
            self.assertTrue(loop.remove_reader(queue))

        run(main())

    def test_nothing_is_left_in_the_loop(self):
        queue = self.new_queue()

        async def main():
            descriptors = os.listdir('/proc/self/fd')
            for _ in range(3):
                task = await wait_in_line(queue.areceive())
                queue.send(b'x')
                await task
                task = await wait_in_line(queue.areceive())
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await give_turn()
            self.assertEqual(os.listdir('/proc/self/fd'), descriptors)

        run(main())


class EndTest(OverrideTest):
    def test_async_for(self):
        queue = self.new_queue()

        async def main():
            received = []
            queue.send(b'1')
            queue.send(b'2', 5)
            async for message, priority in queue:
                received.append((message, priority))
                if len(received) == 2:
                    queue.close()
            return received

        self.assertEqual(run(main()), [(b'2', 5), (b'1', 0)])

    def test_break_takes_no_message(self):
        queue = self.new_queue()

        async def main():
            queue.send(b'1')
            queue.send(b'2')
            async for message, _ in queue:
                break
            return message

        self.assertEqual(run(main()), b'1')
        self.assertEqual(queue.recv(), b'2')

    def test_close_ends_all(self):
        queue = self.new_queue(maxmsg=1)
        queue.send(b'x')

        async def receive_all():
            async for _ in queue:
                pass
            return 'end'

        async def main():
            tasks = [await wait_in_line(queue.asend(b'y')) for _ in range(3)]
            reader = self.new_queue()
            tasks += [await wait_in_line(reader.areceive()) for _ in range(3)]
            queue.close()
            reader.close()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                self.assertIsInstance(outcome, ValueError)
                self.assert_error(outcome, Code.CLOSED)
            for call in reader.areceive, lambda: reader.asend(b''):
                with self.assertRaises(ValueError):
                    await call()
            return await receive_all()

        self.assertEqual(run(main()), 'end')

    def test_close_in_another_thread(self):
        queue = self.new_queue()

        async def receive_all():
            return [message async for message in queue]

        async def main():
            tasks = [await wait_in_line(receive_all()) for _ in range(3)]
            thread = threading.Thread(target=queue.close)
            thread.start()
            thread.join(LIMIT_SECONDS)
            return await asyncio.gather(*tasks)

        self.assertEqual(run(main()), [[], [], []])

    def test_late_for_the_end(self):
        """Who joins the line when those in it were told already, but have not left."""
        queue = self.new_queue()

        async def main():
            first = await wait_in_line(queue.areceive())
            queue.close()
            late = [asyncio.ensure_future(queue.areceive()) for _ in range(3)]
            return await asyncio.gather(first, *late, return_exceptions=True)

        for outcome in run(main()):
            self.assert_error(outcome, Code.CLOSED)

    def test_close_just_before_the_wait(self):
        """Another thread may close at any time, and another file get the number."""
        for others in 0, 1:
            queue = self.new_queue()
            epoll = select.epoll
            files = []

            def close_before():
                queue.close()
                files.extend(os.open('/dev/null', os.O_RDONLY) for _ in range(others))
                return epoll()

            def close_after():
                made = epoll()
                queue.close()
                files.extend(os.open('/dev/null', os.O_RDONLY) for _ in range(others))
                return made

            for function in close_before, close_after:
                with self.subTest(others=others, function=function.__name__):
                    queue = self.new_queue()
                    select.epoll = function
                    try:
                        with self.assertRaises(ValueError) as caught:
                            run(queue.areceive())
                        self.assert_error(caught.exception, Code.CLOSED)
                    finally:
                        select.epoll = epoll
                        while files:
                            os.close(files.pop())

    def test_loops_of_several_threads_end_at_once(self):
        queue = self.new_queue(maxmsg=10)
        problems = []

        def exchange():
            try:
                for _ in range(100):
                    asyncio.run(queue.asend(b'x'))
                    asyncio.run(queue.areceive())
            except BaseException as error:
                problems.append(error)

        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        threads = [threading.Thread(target=exchange) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
        self.assertEqual(problems, [])
        self.assertEqual(len(queue), 0)

    def test_loops_one_after_the_other(self):
        queue = self.new_queue()
        for number in range(3):
            async def main():
                task = await wait_in_line(queue.areceive())
                queue.send(b'%d' % number)
                return await task

            self.assertEqual(run(main()), (b'%d' % number, 0))
        self.assertEqual(len(queue._lines), 1)

    def test_loop_closed_under_it(self):
        queue = self.new_queue()
        loop = asyncio.new_event_loop()
        coroutine = queue.areceive()
        task = loop.create_task(coroutine)
        loop.run_until_complete(give_turn())
        descriptors = len(os.listdir('/proc/self/fd'))
        loop.close()
        # Without a word about the task: it was left on purpose.
        task._log_destroy_pending = False
        del task
        coroutine.close()
        self.assertLess(len(os.listdir('/proc/self/fd')), descriptors)
        queue.send(b'x')
        self.assertEqual(run(queue.areceive()), (b'x', 0))
        queue.close()

    def test_loops_in_two_threads(self):
        queue = self.new_queue(maxmsg=4)
        received = []

        async def receive():
            async for message, _ in queue:
                received.append(int(message))
                if len(received) == 1000:
                    has_all.set()

        has_all = threading.Event()
        threads = [threading.Thread(target=asyncio.run, args=(receive(),)) for _ in range(3)]
        for thread in threads:
            thread.start()

        async def send():
            for number in range(1000):
                await queue.asend(b'%d' % number)

        run(send())
        self.assertTrue(has_all.wait(LIMIT_SECONDS))
        queue.close()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
        self.assertEqual(sorted(received), list(range(1000)))

    def test_errors(self):
        queue = self.new_queue(msgsize=8)
        receiver = self.open_again(queue, os.O_RDONLY)
        sender = self.open_again(queue, os.O_WRONLY)

        async def receive_all():
            async for _ in sender:
                pass

        for coroutine, error in (
                (lambda: receiver.asend(b''), PermissionError), (sender.areceive, PermissionError),
                (receive_all, PermissionError), (lambda: queue.asend(b'123456789'), OSError),
                (lambda: queue.asend('text'), TypeError), (lambda: queue.asend(b'', -1), ValueError),
                (lambda: queue.asend(b'', 1.5), TypeError)):
            with self.subTest(error=error), self.assertRaises(error):
                run(coroutine())
        self.assertEqual(len(queue), 0)

    def test_no_descriptor_is_left(self):
        code = '''if True:
            import asyncio, os, resource, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import GLib, Mood
            queue = Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, maxmsg=1, msgsize=8)
            queue.unlink()

            async def main():
                last = os.dup(0)
                resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, last + 1))
                try:
                    await queue.areceive()
                except GLib.Error as error:
                    print(error.errno, error.filename == queue.name)
                os.close(last)
                queue.send(b'x')
                print(await queue.areceive())

            asyncio.run(main())
            queue.close()
            '''
        self.assertEqual(self.run_python(code, self.new_name()), "24 True\n(b'x', 0)\n")


tap.main()
