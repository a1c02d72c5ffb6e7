# SPDX-License-Identifier: LGPL-2.1-or-later

"""Errors are at once GLib.Error and what Python raises in such a case."""

import asyncio
import copy
import errno
import os
import pickle
import traceback

from gi.repository import GObject

import tap
from overridden import OverrideTest
from queues import Gio, GLib, Mood

Code = Gio.IOErrorEnum


class ExceptionsTest(OverrideTest):
    def assert_raises(self, call, kind, number, code, name):
        with self.assertRaises(kind) as caught:
            call()
        error = caught.exception
        self.assertIsInstance(error, OSError)
        self.assertIsInstance(error, GLib.Error)
        self.assertEqual(error.errno, number)
        self.assertEqual(error.filename, name)
        self.assertEqual(error.strerror, error.message)
        self.assertEqual(error.domain, 'g-io-error-quark')
        self.assertTrue(error.matches(Gio.io_error_quark(), code))
        self.assertEqual(error.code, code)
        self.assertEqual(str(error), f'[Errno {number}] {error.message}')
        self.assertIn(name or 'without a name', error.message)
        # Nothing of what is inside is shown to the user.
        self.assertIsNone(error.__cause__)
        self.assertTrue(error.__suppress_context__ or error.__context__ is None)
        return error

    def test_kinds(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK, maxmsg=1, msgsize=8)
        name = queue.name
        queue.send(b'x')
        sender = self.open_again(queue, os.O_WRONLY)
        receiver = self.open_again(queue, os.O_RDONLY)
        closed = self.open_again(queue, os.O_RDWR)
        closed.close()
        missing = name + '-missing'
        long = '/' + 256 * 'x'
        cancelled = Gio.Cancellable()
        cancelled.cancel()
        for call, kind, number, code, filename in (
                (lambda: queue.send(b'y'), BlockingIOError, errno.EAGAIN, Code.WOULD_BLOCK, name),
                (lambda: queue.send(b'y', timeout=0), BlockingIOError, errno.EAGAIN,
                 Code.WOULD_BLOCK, name),
                (lambda: queue.send(b'y', timeout=0.001), TimeoutError, errno.ETIMEDOUT,
                 Code.TIMED_OUT, name),
                (lambda: queue.sendall(b'y'), BlockingIOError, errno.EAGAIN, Code.WOULD_BLOCK,
                 name),
                (lambda: queue.send_many([b'y']), BlockingIOError, errno.EAGAIN, Code.WOULD_BLOCK,
                 name),
                (lambda: sender.recv(), PermissionError, errno.EACCES, Code.PERMISSION_DENIED,
                 name),
                (lambda: receiver.send(b'y'), PermissionError, errno.EACCES,
                 Code.PERMISSION_DENIED, name),
                (lambda: receiver.send_many([b'y']), PermissionError, errno.EACCES,
                 Code.PERMISSION_DENIED, name),
                (lambda: queue.send(b'123456789', timeout=0), OSError, errno.EMSGSIZE,
                 Code.MESSAGE_TOO_LARGE, name),
                (lambda: queue.send(b'y', 32768), ValueError, errno.EINVAL, Code.INVALID_ARGUMENT,
                 name),
                (lambda: queue.recv(cancelled), OSError, errno.ECANCELED, Code.CANCELLED, name),
                (lambda: queue.send(b'y', 0, cancelled), OSError, errno.ECANCELED, Code.CANCELLED,
                 name),
                (lambda: closed.recv(), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: closed.receive(timeout=1), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: closed.receive_many(1), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: closed.send(b''), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: len(closed), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: closed.set_nonblocking(False), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: closed.reopen(os.O_RDWR), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: Mood.MessageQueue(missing, os.O_RDWR), FileNotFoundError, errno.ENOENT,
                 Code.NOT_FOUND, missing),
                (lambda: Mood.MessageQueue.new(missing, os.O_RDWR), FileNotFoundError,
                 errno.ENOENT, Code.NOT_FOUND, missing),
                (lambda: Mood.unlink(missing), FileNotFoundError, errno.ENOENT, Code.NOT_FOUND,
                 missing),
                (lambda: Mood.chmod(missing, 0o600), FileNotFoundError, errno.ENOENT,
                 Code.NOT_FOUND, missing),
                (lambda: Mood.chown(missing), FileNotFoundError, errno.ENOENT, Code.NOT_FOUND,
                 missing),
                (lambda: closed.chmod(0o600), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: closed.chown(), ValueError, errno.EBADF, Code.CLOSED, name),
                (lambda: Mood.MessageQueue(name, os.O_RDWR | os.O_CREAT | os.O_EXCL),
                 FileExistsError, errno.EEXIST, Code.EXISTS, name),
                (lambda: Mood.MessageQueue('jobs', os.O_RDWR), ValueError, errno.EINVAL,
                 Code.INVALID_FILENAME, 'jobs'),
                (lambda: Mood.unlink(b'jobs'), ValueError, errno.EINVAL, Code.INVALID_FILENAME,
                 'jobs'),
                (lambda: Mood.MessageQueue(long, os.O_RDWR), OSError, errno.ENAMETOOLONG,
                 Code.FILENAME_TOO_LONG, long),
                (lambda: Mood.MessageQueue(missing, os.O_RDWR | os.O_CREAT, maxmsg=0), ValueError,
                 errno.EINVAL, Code.INVALID_ARGUMENT, missing)):
            with self.subTest(kind=kind, code=code):
                self.assert_raises(call, kind, number, code, filename)

    def test_never_opened(self):
        queue = GObject.new(Mood.MessageQueue)
        self.assertEqual(repr(queue), '<Mood.MessageQueue not opened>')
        self.assertEqual(queue.flags, Mood.OpenFlags(0))
        for call in (queue.recv, queue.receive, lambda: queue.send(b''), lambda: len(queue),
                     lambda: queue.receive_many(1), lambda: queue.send_many([b'']),
                     lambda: queue.sendall(b''), lambda: list(queue), queue.unlink,
                     lambda: queue.receive(timeout=1), lambda: asyncio.run(queue.areceive()),
                     lambda: asyncio.run(queue.asend(b''))):
            with self.subTest(call=call):
                self.assert_raises(call, ValueError, errno.EBADF, Code.NOT_INITIALIZED, None)
        for call in (lambda: queue.send(b'', 32768), lambda: queue.receive_many(0)):
            with self.subTest(call=call):
                self.assert_raises(call, ValueError, errno.EINVAL, Code.INVALID_ARGUMENT, None)

    def test_never_made(self):
        """An object whose constructor was never called."""
        queue = GObject.Object.__new__(Mood.MessageQueue)
        for call in (queue.recv, queue.receive, lambda: queue.send(b''), lambda: len(queue),
                     lambda: queue.receive_many(1), lambda: repr(queue), queue.close):
            with self.assertRaises((TypeError, RuntimeError)):
                call()

    def test_too_many_open_files(self):
        """The diagnosis is in the text."""
        code = '''if True:
            import os, resource, sys, gi
            gi.require_version('Mood', '1.0')
            from gi.repository import Mood
            resource.setrlimit(resource.RLIMIT_MSGQUEUE, (1000, 1000))
            try:
                Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600, 10, 1000)
            except OSError as error:
                print(error.errno, error)
            '''
        output = self.run_python(code, self.new_name())
        self.assertTrue(output.startswith(f'{errno.EMFILE} '), output)
        self.assertIn('RLIMIT_MSGQUEUE', output)

    def test_other_domains_stay_as_they_are(self):
        with self.assertRaises(GLib.Error) as caught:
            GLib.file_get_contents('/does/not/exist')
        self.assertNotIsInstance(caught.exception, OSError)

    def get_error(self):
        queue = self.new_queue(os.O_RDWR | os.O_NONBLOCK)
        with self.assertRaises(BlockingIOError) as caught:
            queue.recv()
        return caught.exception

    def test_copies(self):
        error = self.get_error()
        error.note = 'mine'
        for made in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error),
                     error.copy()):
            self.assertIs(type(made), type(error))
            for name in 'errno', 'strerror', 'filename', 'message', 'domain', 'code':
                self.assertEqual(getattr(made, name), getattr(error, name))
            self.assertEqual(str(made), str(error))
            self.assertTrue(made.matches(Gio.io_error_quark(), Code.WOULD_BLOCK))
        self.assertEqual(copy.copy(error).note, 'mine')

    def test_text(self):
        error = self.get_error()
        self.assertEqual(repr(error), f'BlockingIOError(11, {error.message!r})')
        self.assertTrue(traceback.format_exception_only(error)[-1].startswith(
            'BlockingIOError: [Errno 11] Cannot receive from message queue'))

    def test_properties_raise_none(self):
        queue = self.new_queue()
        queue.close()
        for name in 'name', 'flags', 'mode', 'maxmsg', 'msgsize', 'curmsgs', 'fd', 'blocking':
            getattr(queue, name)


tap.main()
