# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the override share, in which a queue is Python's through and through."""

import asyncio
import os
import subprocess
import sys

from queues import LIMIT_SECONDS, Mood, QueueTest

CREATE = os.O_CREAT | os.O_EXCL

# Without the warnings of PyGObject's own.
PYTHON = sys.executable, '-X', 'dev', '-W', 'ignore:DynamicImporter:ImportWarning', '-B'


async def give_turn():
    """Lets everything that is ready in the loop have its turn, which is not a matter of time."""
    loop = asyncio.get_running_loop()
    turn = loop.create_future()
    loop.call_soon(turn.set_result, None)
    await turn


class OverrideTest(QueueTest):
    def new_queue(self, flags=os.O_RDWR, maxmsg=4, msgsize=64):
        queue = Mood.MessageQueue(self.new_name(), flags | CREATE, 0o600, maxmsg, msgsize)
        self.addCleanup(queue.close)
        return queue

    def open_again(self, queue, flags):
        again = Mood.MessageQueue(queue.name, flags)
        self.addCleanup(again.close)
        return again

    def run_python(self, code, *arguments, **environment):
        """What Python code writes that runs in another process, with the override under test."""
        result = subprocess.run(
            [*PYTHON, '-c', code, *arguments], check=False, timeout=LIMIT_SECONDS, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environment})
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout
