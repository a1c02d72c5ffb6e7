# SPDX-License-Identifier: LGPL-2.1-or-later

"""Messages in and out: bytes, priorities, and messages that are too long for one."""

import array
import ctypes
import os

import tap
from queues import Gio, Mood, QueueTest

Flags = Mood.OpenFlags


class SendReceiveTest(QueueTest):
    def test_bytes_come_out_as_they_went_in(self):
        queue = self.new_queue(msgsize=256)
        message = bytes(range(256))
        self.assertEqual(queue.send(message, 0, None), 256)
        received = queue.recv(None)
        self.assertIs(type(received), bytes)
        self.assertEqual(received, message)

    def test_a_message_is_what_a_plain_program_sends_and_receives(self):
        library = ctypes.CDLL(None, use_errno=True)
        library.mq_receive.restype = ctypes.c_ssize_t
        library.mq_receive.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t,
                                       ctypes.POINTER(ctypes.c_uint)]
        library.mq_send.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint]
        queue = self.new_queue()
        plain = library.mq_open(os.fsencode(queue.get_name()), os.O_RDWR)
        self.assertNotEqual(plain, -1)
        self.addCleanup(os.close, plain)

        queue.send(b'to\0C', 12, None)
        buffer = ctypes.create_string_buffer(64)
        priority = ctypes.c_uint()
        length = library.mq_receive(plain, buffer, 64, ctypes.byref(priority))
        self.assertEqual((buffer.raw[:length], priority.value), (b'to\0C', 12))

        self.assertEqual(library.mq_send(plain, b'from\0C', 6, 13), 0)
        self.assertEqual(tuple(queue.receive(None)), (b'from\0C', 13))

    def test_an_empty_message_is_a_message(self):
        queue = self.new_queue()
        self.assertEqual(queue.send(b'', 3, None), 0)
        self.assertEqual(queue.sendall(b'', 2, None).bytes_sent, 0)
        self.assertEqual(queue.props.curmsgs, 2)
        self.assertEqual(tuple(queue.receive(None)), (b'', 3))
        self.assertEqual(queue.recv(None), b'')

    def test_what_can_be_sent(self):
        queue = self.new_queue()
        for message in bytearray(b'ab'), memoryview(b'ab'), array.array('B', b'ab'), [97, 98]:
            with self.subTest(kind=type(message)):
                self.assertEqual(queue.send(message, 0, None), 2)
                self.assertEqual(queue.recv(None), b'ab')

    def test_what_cannot_be_sent_is_a_python_error(self):
        queue = self.new_queue()
        bad = {
            'nothing': (None, 0, TypeError),
            'text': ('text', 0, TypeError),
            'a number': (5, 0, TypeError),
            'more than a byte': ([256], 0, OverflowError),
            'negative priority': (b'ab', -1, OverflowError),
            'huge priority': (b'ab', 1 << 32, OverflowError),
            'no priority': (b'ab', None, TypeError),
        }
        for what, (message, priority, expected) in bad.items():
            for function in queue.send, queue.sendall:
                with self.subTest(what, function=function), self.assertRaises(expected):
                    function(message, priority, None)
        self.assertEqual(queue.props.curmsgs, 0)

    def test_receive_gives_the_priority(self):
        queue = self.new_queue()
        queue.send(b'high', 32767, None)
        message, priority = queue.receive(None)
        self.assertEqual((message, priority), (b'high', 32767))
        queue.send(b'named', 5, None)
        self.assertEqual(queue.receive(None).priority, 5)

    def test_the_highest_priority_comes_first_and_then_the_oldest(self):
        queue = self.new_queue()
        for message, priority in (b'low', 0), (b'old', 7), (b'new', 7), (b'top', 9):
            queue.send(message, priority, None)
        self.assertEqual([queue.recv(None) for _ in range(4)], [b'top', b'old', b'new', b'low'])

    def test_the_cancellable_can_be_left_out_when_receiving(self):
        queue = self.new_queue()
        queue.send(b'one', 0, Gio.Cancellable())
        queue.send(b'two', 4, None)
        self.assertEqual(tuple(queue.receive()), (b'two', 4))
        self.assertEqual(queue.recv(), b'one')

    def test_send_tells_how_much_of_a_long_message_went(self):
        queue = self.new_queue(msgsize=8)
        self.assertEqual(queue.send(b'0123456789', 0, None), 8)
        self.assertEqual(queue.props.curmsgs, 1)
        self.assertEqual(queue.recv(None), b'01234567')

    def test_sendall_sends_the_rest_as_well(self):
        queue = self.new_queue(msgsize=8)
        done, bytes_sent = queue.sendall(b'0123456789abcdefghij', 6, None)
        self.assertIs(done, True)
        self.assertEqual(bytes_sent, 20)
        self.assertEqual([tuple(queue.receive(None)) for _ in range(3)],
                         [(b'01234567', 6), (b'89abcdef', 6), (b'ghij', 6)])
        self.assertEqual(queue.props.curmsgs, 0)

    def test_sendall_makes_no_empty_message_of_a_full_one(self):
        queue = self.new_queue(msgsize=8)
        self.assertEqual(queue.sendall(b'0123456789abcdef', 0, None).bytes_sent, 16)
        self.assertEqual(queue.props.curmsgs, 2)

    def test_sendall_that_fails_half_way_has_sent_the_first_half(self):
        queue = self.new_queue(Flags.RDWR | Flags.NONBLOCK, maxmsg=2, msgsize=8)
        with self.assert_fails(Gio.IOErrorEnum.WOULD_BLOCK):
            queue.sendall(b'0123456789abcdefghij', 0, None)
        self.assertEqual([queue.recv(None) for _ in range(2)], [b'01234567', b'89abcdef'])

    def test_message_larger_than_the_buffer_for_small_ones(self):
        queue = self.new_queue(maxmsg=1, msgsize=8192)
        message = os.urandom(8192)
        self.assertEqual(queue.send(message, 0, None), 8192)
        self.assertEqual(queue.recv(None), message)

    def test_one_direction_is_enough(self):
        sender = self.new_queue(Flags.WRONLY)
        receiver = self.open_again(sender, Flags.RDONLY)
        sender.send(b'one way', 0, None)
        self.assertEqual(receiver.recv(None), b'one way')


if __name__ == '__main__':
    tap.main()
