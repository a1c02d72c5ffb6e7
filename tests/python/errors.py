# SPDX-License-Identifier: LGPL-2.1-or-later

"""What goes wrong, as the program sees it: an error of GIO's whose message tells what helps."""

import contextlib
import os
import resource
import shutil
import subprocess
import sys

import tap
from queues import CREATE, Gio, GLib, Mood, QueueTest

Flags = Mood.OpenFlags
Code = Gio.IOErrorEnum

# Above what the kernel grants anybody, whatever the limits are.
TOO_MANY_MESSAGES = 65537
TOO_MANY_BYTES = 16 * 1024 * 1024 + 1

FILL = '--fill-namespace'


@contextlib.contextmanager
def limited(which, soft):
    before = resource.getrlimit(which)
    resource.setrlimit(which, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(which, before)


@contextlib.contextmanager
def other_user(test):
    """Runs the block as a user who does not own what this one made."""
    if os.geteuid() != 0:
        test.skipTest('only root can become another user')
    try:
        os.seteuid(65534)
    except OSError as error:
        test.skipTest(f'there is no other user here: {error}')
    try:
        yield
    finally:
        os.seteuid(0)


def fill_namespace():
    """Makes queues until there can be no more of them; prints the error.

    Runs in an IPC namespace of its own, as others would miss the queues that it takes.
    """
    names = [f'/mood-test-{number}' for number in range(10_000)]
    made = 0
    try:
        for name in names:
            Mood.MessageQueue.new(name, Flags.RDWR | CREATE, 0o600, 1, 1)
            made += 1
    except GLib.Error as error:
        print(made, error.domain, error.code, error.message, sep='\n')
    finally:
        for name in names[:made]:
            Mood.unlink(name)


class OpenErrorsTest(QueueTest):
    def create(self, maxmsg=2, msgsize=8):
        return Mood.MessageQueue.new(self.new_name(), Flags.RDWR | CREATE, 0o600, maxmsg, msgsize)

    def test_domain(self):
        with self.assertRaises(GLib.Error) as caught:
            Mood.unlink(self.new_name())
        self.assertEqual(caught.exception.domain, 'g-io-error-quark')
        self.assertEqual(caught.exception.code, Code.NOT_FOUND)

    def test_names(self):
        bad = {
            '': Code.INVALID_FILENAME,
            'no-slash': Code.INVALID_FILENAME,
            '/': Code.INVALID_FILENAME,
            '//': Code.INVALID_FILENAME,
            '/two/slashes': Code.INVALID_FILENAME,
            '/.': Code.INVALID_FILENAME,
            '/..': Code.INVALID_FILENAME,
            '/' + 'x' * 256: Code.FILENAME_TOO_LONG,
            '/' + 'é' * 128: Code.FILENAME_TOO_LONG,
        }
        for name, code in bad.items():
            with self.subTest(name=name):
                with self.assert_fails(code, f'“{name}”', 'a slash followed by 1 to 255 bytes'):
                    Mood.MessageQueue.new(name, Flags.RDWR | Flags.CREAT, 0o600, 2, 8)
                with self.assert_fails(code):
                    Mood.MessageQueue(name=name, flags=Flags.RDWR | Flags.CREAT).init(None)
                with self.assert_fails(code):
                    Mood.unlink(name)

    def test_not_there(self):
        name = self.new_name()
        with self.assert_fails(Code.NOT_FOUND, name, 'CREAT'):
            Mood.MessageQueue.new(name, Flags.RDWR, 0, -1, -1)
        with self.assert_fails(Code.NOT_FOUND, name):
            Mood.unlink(name)

    def test_geometry(self):
        bad = {
            (0, 8): ('maxmsg is 0',),
            (2, 0): ('msgsize is 0',),
            (TOO_MANY_MESSAGES, 8): ('maxmsg 65537 is above 65536', 'Linux'),
            (2, TOO_MANY_BYTES): ('msgsize 16777217 is above 16777216', 'Linux'),
        }
        for geometry, words in bad.items():
            with self.subTest(geometry=geometry):
                with self.assert_fails(Code.INVALID_ARGUMENT, *words):
                    self.create(*geometry)

    def test_bytes_of_all_queues_of_the_user(self):
        with limited(resource.RLIMIT_MSGQUEUE, 100):
            # maxmsg times 48, twice, and maxmsg times msgsize.
            with self.assert_fails(Code.TOO_MANY_OPEN_FILES, 'RLIMIT_MSGQUEUE', ' 208 bytes',
                                   ' 100 bytes', 'of this user'):
                self.create(2, 8)

    def test_descriptors_of_the_process(self):
        with limited(resource.RLIMIT_NOFILE, 0):
            with self.assert_fails(Code.TOO_MANY_OPEN_FILES, 'RLIMIT_NOFILE'):
                self.create()

    def test_queues_of_the_namespace(self):
        if not shutil.which('unshare'):
            self.skipTest('there is no unshare')
        # Root can do without a user namespace, which is not to be had in a chroot, but is above the
        # limits while it has that capability.
        for inside in (['unshare', '--ipc', 'setpriv', '--bounding-set=-sys_resource', '--'],
                       ['unshare', '--user', '--map-root-user', '--ipc', '--']):
            if subprocess.run([*inside, 'true'], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0:
                break
        else:
            self.skipTest('namespaces cannot be made here')
        output = subprocess.run([*inside, sys.executable, '-B', __file__, FILL], check=True,
                                stdout=subprocess.PIPE, encoding='utf-8').stdout
        made, domain, code, message = output.splitlines()
        self.assertEqual((domain, int(code)), ('g-io-error-quark', Code.NO_SPACE))
        self.assertIn(f'the {made} that /proc/sys/fs/mqueue/queues_max allows', message)

    def test_mode_that_forbids(self):
        queue = Mood.MessageQueue.new(self.new_name(), Flags.RDWR | CREATE, 0, 2, 8)
        # Root is not bound by any mode.
        user = other_user(self) if os.geteuid() == 0 else contextlib.nullcontext()
        with user, self.assert_fails(Code.PERMISSION_DENIED, queue.get_name()):
            self.open_again(queue, Flags.RDONLY)

    def test_unlinking_what_belongs_to_another(self):
        queue = self.new_queue()
        with other_user(self), self.assert_fails(Code.PERMISSION_DENIED, queue.get_name(),
                                                 'owner'):
            queue.unlink()


class UseErrorsTest(QueueTest):
    def operations(self, queue):
        return {
            'send': lambda: queue.send(b'message', 0, None),
            'sendall': lambda: queue.sendall(b'message', 0, None),
            'recv': lambda: queue.recv(None),
            'receive': lambda: queue.receive(None),
            'set_nonblocking': lambda: queue.set_nonblocking(False),
        }

    def test_never_initialised(self):
        for queue in Mood.MessageQueue(), Mood.MessageQueue(name='/never', flags=Flags.RDWR):
            operations = self.operations(queue)
            operations['close'] = queue.close
            operations['unlink'] = queue.unlink
            for name, operation in operations.items():
                with self.subTest(name):
                    with self.assert_fails(Code.NOT_INITIALIZED):
                        operation()
            # Nobody can be told; all that counts is that it does no harm.
            queue.props.blocking = True
            self.assertIs(queue.props.blocking, False)
            self.assertIs(queue.props.closed, False)
            self.assertEqual(queue.fileno(), -1)

    def test_init_without_properties(self):
        with self.assert_fails(Code.INVALID_FILENAME, 'without a name'):
            Mood.MessageQueue().init(None)
        with self.assert_fails(Code.INVALID_ARGUMENT, 'access mode'):
            Mood.MessageQueue(name=self.new_name()).init(None)

    def test_closed(self):
        queue = self.new_queue()
        queue.close()
        for name, operation in self.operations(queue).items():
            with self.subTest(name):
                with self.assert_fails(Code.CLOSED, queue.get_name()):
                    operation()
        queue.props.blocking = True
        self.assertIs(queue.props.blocking, False)

    def test_wrong_direction(self):
        sender = self.operations(self.new_queue(Flags.WRONLY))
        receiver = self.operations(self.new_queue(Flags.RDONLY))
        for operation in sender['recv'], sender['receive']:
            with self.assert_fails(Code.PERMISSION_DENIED, 'RDONLY'):
                operation()
        for operation in receiver['send'], receiver['sendall']:
            with self.assert_fails(Code.PERMISSION_DENIED, 'WRONLY'):
                operation()

    def test_would_block(self):
        queue = self.new_queue(Flags.RDWR | Flags.NONBLOCK, maxmsg=1)
        operations = self.operations(queue)
        for operation in operations['recv'], operations['receive']:
            with self.assert_fails(Code.WOULD_BLOCK, 'empty'):
                operation()
        queue.send(b'fills it', 0, None)
        for operation in operations['send'], operations['sendall']:
            with self.assert_fails(Code.WOULD_BLOCK, 'full'):
                operation()
        with self.assert_fails(Code.WOULD_BLOCK):
            queue.send(b'with a cancellable, too', 0, Gio.Cancellable())
        self.assertEqual(queue.recv(None), b'fills it')

    def test_cancelled_before(self):
        queue = self.new_queue()
        queue.send(b'stays', 0, None)
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        for operation in (lambda: queue.send(b'message', 0, cancellable),
                          lambda: queue.sendall(b'message', 0, cancellable),
                          lambda: queue.recv(cancellable),
                          lambda: queue.receive(cancellable)):
            with self.assert_fails(Code.CANCELLED):
                operation()
        self.assertEqual(queue.props.curmsgs, 1)
        self.assertEqual(queue.recv(None), b'stays')

    def test_priority_out_of_range(self):
        queue = self.new_queue()
        for priority in 32768, 4294967295:
            for function in queue.send, queue.sendall:
                with self.subTest(priority=priority, function=function):
                    with self.assert_fails(Code.INVALID_ARGUMENT, str(priority), '32767'):
                        function(b'message', priority, None)
        self.assertEqual(queue.props.curmsgs, 0)

    def test_no_descriptor_left_to_wait_with(self):
        queue = self.new_queue()
        cancellable = Gio.Cancellable()
        with limited(resource.RLIMIT_NOFILE, 0):
            with self.assert_fails(Code.TOO_MANY_OPEN_FILES, 'descriptor', 'cancelled'):
                queue.recv(cancellable)
        queue.send(b'no harm done', 0, None)
        self.assertEqual(queue.recv(cancellable), b'no harm done')


if __name__ == '__main__':
    if FILL in sys.argv:
        fill_namespace()
    else:
        tap.main()
