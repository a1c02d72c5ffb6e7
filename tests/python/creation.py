# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the constructors say about a queue that is to be created: what becomes of its name, what to do
about one that exists with another geometry, its mode. And what an open queue tells about itself."""

import datetime
import gc
import inspect
import os
import signal
import stat
import subprocess
import warnings

from gi.repository import GObject

import tap
from overridden import CREATE, PYTHON, OverrideTest
from queues import LIMIT_SECONDS, Gio, Mood

Flags = Mood.OpenFlags
Ownership = Mood.Ownership
Policy = Mood.GeometryPolicy

CREAT = os.O_RDWR | os.O_CREAT


END_OF_PROGRAM = """
import os, signal, sys, gi
gi.require_version('Mood', '1.0')
from gi.repository import Mood
queue = Mood.MessageQueue(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600, 2, 16,
                          ownership=Mood.Ownership.UNLINK_ON_CLOSE)
queue.add_receiver(lambda *_: True)
print('created', flush=True)
"""

# Classes that do with what is special in Python as they like.
END_OF_SPECIAL_QUEUES = """
import sys, gi
gi.require_version('Mood', '1.0')
from gi.repository import Mood

class Job(Mood.MessageQueue):
    def __init__(self, name, number):
        super().__init__(name, Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT, 0o600, 2, 16,
                         ownership=Mood.Ownership.UNLINK_ON_CLOSE)
        self.number = number

    def __eq__(self, other):
        return self.number == other.number

    def __hash__(self):
        return hash(self.number)

    def close(self):
        raise RuntimeError('later')

class Unhashable(Job):
    __hash__ = None

for make in Job, Job, Unhashable:
    queue = make(sys.argv.pop(), 5)
    queue.add_receiver(lambda *_: True)
"""


class Jobs(Mood.MessageQueue):
    pass


class CreationTest(OverrideTest):
    def exists(self, name):
        try:
            Mood.MessageQueue(name, os.O_RDONLY).close()
        except FileNotFoundError:
            return False
        return True

    def new(self, name, flags=CREAT, mode=0o600, maxmsg=2, msgsize=16, **keywords):
        queue = Mood.MessageQueue(name, flags, mode, maxmsg, msgsize, **keywords)
        self.addCleanup(queue.close)
        return queue

    def leave_queue(self):
        """The name of a queue for two messages of 16 bytes, which nobody has open."""
        name = self.new_name()
        self.new(name).close()
        return name


class OwnershipTest(CreationTest):
    def test_defaults(self):
        queue = self.new(self.new_name())
        self.assertEqual(queue.ownership, Ownership.KEEP)
        self.assertEqual(queue.geometry_policy, Policy.ACCEPT)
        self.assertIs(queue.exact_mode, False)
        self.assertIs(queue.created, True)

    def test_created(self):
        name = self.new_name()
        self.assertIs(self.new(name).created, True)
        self.assertIs(self.new(name).created, False)
        self.assertIs(self.new(name, os.O_RDWR).created, False)

    def test_keep(self):
        name = self.new_name()
        with self.new(name, ownership=Ownership.KEEP):
            pass
        self.assertTrue(self.exists(name))

    def test_unlink_on_close(self):
        name = self.new_name()
        with self.new(name, ownership=Ownership.UNLINK_ON_CLOSE) as queue:
            self.assertEqual(queue.ownership, Ownership.UNLINK_ON_CLOSE)
            self.assertTrue(self.exists(name))
        self.assertFalse(self.exists(name))

    def test_unlink_on_collection(self):
        name = self.new_name()
        queue = Mood.MessageQueue(
            name, CREAT, maxmsg=2, msgsize=16, ownership=Ownership.UNLINK_ON_CLOSE)
        with self.assertWarnsRegex(ResourceWarning, 'unclosed'):
            del queue
            gc.collect()
        self.assertFalse(self.exists(name))

    def test_close_that_may_not_unlink(self):
        if os.geteuid() != 0:
            self.skipTest('only root may become another user')
        name = self.new_name()
        queue = self.new(name, ownership=Ownership.UNLINK_ON_CLOSE)
        os.seteuid(65534)
        try:
            with self.assertRaisesRegex(PermissionError, 'closed all the same') as caught:
                queue.close()
        finally:
            os.seteuid(0)
        self.assertEqual(caught.exception.filename, name)
        self.assertIs(queue.closed, True)
        self.assertTrue(self.exists(name))

    def test_no_name(self):
        for ownership, is_anonymous in (
                (Ownership.UNLINK_ON_CLOSE, False), (Ownership.ANONYMOUS, True)):
            with self.subTest(ownership=ownership):
                queue = self.new(None, ownership=ownership)
                name = queue.name
                self.assertRegex(name, '^/mood-[0-9a-f-]{36}$')
                self.assertIs(queue.unlinked, is_anonymous)
                self.assertIs(self.exists(name), not is_anonymous)
                self.assertIn(name, repr(queue))
                queue.close()
                self.assertFalse(self.exists(name))
                self.assertEqual(queue.name, name)

    def test_no_name_is_for_new_queues(self):
        for ownership in Ownership.UNLINK_ON_CLOSE, Ownership.ANONYMOUS:
            with self.subTest(ownership=ownership), self.assertRaisesRegex(ValueError, 'CREAT'):
                self.new(None, os.O_RDWR, ownership=ownership)
        with self.assertRaisesRegex(TypeError, 'str, bytes or os'):
            self.new(None)

    def test_anonymous_has_no_name(self):
        name = self.new_name()
        with self.assertRaisesRegex(ValueError, 'anonymous') as caught:
            self.new(name, ownership=Ownership.ANONYMOUS)
        self.assertIsInstance(caught.exception, OSError)
        self.assertEqual(caught.exception.filename, name)
        self.assertFalse(self.exists(name))

    def test_other_types_are_refused(self):
        name = self.new_name()
        for ownership in None, 'keep', 1, True, Policy.REFUSE:
            with self.subTest(ownership=ownership), \
                    self.assertRaisesRegex(TypeError, r'Mood\.Ownership, such as .*\.KEEP'):
                self.new(name, ownership=ownership)
        for policy in None, 'refuse', 1, Ownership.ANONYMOUS:
            with self.subTest(policy=policy), \
                    self.assertRaisesRegex(TypeError, r'Mood\.GeometryPolicy, such as .*\.ACCEPT'):
                self.new(name, geometry_policy=policy)
        with self.assertRaises(TypeError):
            Mood.MessageQueue(name, CREAT, 0o600, 2, 16, Ownership.UNLINK_ON_CLOSE)
        with self.assertRaisesRegex(TypeError, r"^MessageQueue\(\) .*'owner'"):
            self.new(name, owner=Ownership.KEEP)
        self.assertFalse(self.exists(name))

    def test_name_that_is_no_utf8(self):
        name = self.new_name().encode() + b'-\xff'
        queue = self.new(name, ownership=Ownership.UNLINK_ON_CLOSE, geometry_policy=Policy.REFUSE,
                         exact_mode=True)
        self.assertEqual(os.fsencode(queue.name), name)
        self.assertEqual((queue.ownership, queue.geometry_policy, queue.exact_mode),
                         (Ownership.UNLINK_ON_CLOSE, Policy.REFUSE, True))
        self.assertEqual(queue.flags, CREAT)
        with self.assertRaises(FileExistsError) as caught:
            self.new(name, msgsize=24, geometry_policy=Policy.REFUSE)
        self.assertEqual(os.fsencode(caught.exception.filename), name)
        queue.close()
        self.assertFalse(self.exists(name))
        with self.assertRaises(ValueError):
            self.new(name, ownership=Ownership.ANONYMOUS)

    def test_end_of_the_program(self):
        """A source of the main loop holds the queue, and is never let go of."""
        for end, status in ('', 0), ('sys.exit(1)', 1), ('1 / 0', 1), (
                'signal.raise_signal(signal.SIGINT)', -signal.SIGINT):
            with self.subTest(end):
                name = self.new_name()
                result = subprocess.run(
                    [*PYTHON, '-c', END_OF_PROGRAM + end, name], check=False,
                    timeout=LIMIT_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertEqual(result.stdout, b'created\n')
                self.assertFalse(self.exists(name))

    def test_end_of_derived_classes(self):
        names = [self.new_name() for _ in range(3)]
        result = subprocess.run(
            [*PYTHON, '-c', END_OF_SPECIAL_QUEUES, *names], check=False, timeout=LIMIT_SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((result.returncode, result.stdout), (0, b''))
        self.assertEqual([self.exists(name) for name in names], [False] * 3)

    def test_child(self):
        """What is forked closes its copy, and leaves the name to the parent."""
        name = self.new_name()
        queue = self.new(name, ownership=Ownership.UNLINK_ON_CLOSE)
        child = os.fork()
        if child == 0:
            queue.close()
            os._exit(0)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(self.exists(name))
        queue.close()
        self.assertFalse(self.exists(name))


class ConstructorsTest(CreationTest):
    def test_full(self):
        name = self.new_name()
        queue = Mood.MessageQueue.new_full(
            name, CREAT, 0o600, 2, 16, Ownership.UNLINK_ON_CLOSE, Policy.REFUSE, True)
        self.addCleanup(queue.close)
        self.assertEqual((queue.name, queue.flags, queue.maxmsg, queue.msgsize),
                         (name, CREAT, 2, 16))
        self.assertEqual((queue.ownership, queue.geometry_policy, queue.exact_mode),
                         (Ownership.UNLINK_ON_CLOSE, Policy.REFUSE, True))
        with self.assertRaises(FileExistsError):
            Mood.MessageQueue.new_full(
                name, CREAT, 0o600, 3, 16, Ownership.KEEP, Policy.REFUSE, False)

    def test_temporary(self):
        queue = Mood.MessageQueue.new_temporary(maxmsg=2, msgsize=16)
        self.addCleanup(queue.close)
        name = queue.name
        self.assertEqual(queue.ownership, Ownership.UNLINK_ON_CLOSE)
        self.assertEqual(queue.flags, Flags.RDWR | Flags.CREAT)
        with self.open_again(queue, os.O_WRONLY) as sender:
            sender.send(b'by name', 2)
        self.assertEqual(queue.receive(), (b'by name', 2))
        queue.close()
        self.assertFalse(self.exists(name))

    def test_temporary_in_detail(self):
        queue = Mood.MessageQueue.new_temporary(os.O_RDONLY | os.O_NONBLOCK, 0o400, 3, 24)
        self.addCleanup(queue.close)
        self.assertEqual(queue.flags, Flags.RDONLY | Flags.NONBLOCK | Flags.CREAT)
        self.assertIs(queue.blocking, False)
        self.assertEqual(stat.S_IMODE(queue.mode), 0o400)
        self.assertEqual((queue.maxmsg, queue.msgsize), (3, 24))

    def test_anonymous(self):
        queue = Mood.MessageQueue.new_anonymous(maxmsg=2, msgsize=16)
        self.addCleanup(queue.close)
        self.assertEqual(queue.ownership, Ownership.ANONYMOUS)
        self.assertIs(queue.unlinked, True)
        with queue.reopen(os.O_WRONLY) as sender:
            sender.send(b'from nowhere', 2)
        self.assertEqual(queue.receive(), (b'from nowhere', 2))
        with self.assertRaises(FileNotFoundError):
            queue.unlink()

    def test_anonymous_in_detail(self):
        queue = Mood.MessageQueue.new_anonymous(Flags.RDONLY, 3, 24)
        self.addCleanup(queue.close)
        self.assertEqual((queue.maxmsg, queue.msgsize), (3, 24))
        with self.assertRaises(PermissionError):
            queue.send(b'x')

    def test_default_geometry(self):
        default = Mood.MessageQueue(self.new_name(), CREAT)
        self.addCleanup(default.close)
        default.unlink()
        for new in Mood.MessageQueue.new_temporary, Mood.MessageQueue.new_anonymous:
            with self.subTest(new=new), new() as queue:
                self.assertEqual((queue.maxmsg, queue.msgsize), (default.maxmsg, default.msgsize))

    def test_subclass(self):
        name = self.new_name()
        for queue in (
                Jobs.new(name, CREAT, 0o600, 2, 16),
                Jobs(name, CREAT, ownership=Ownership.KEEP),
                Jobs.new_full(name, CREAT, 0o600, 2, 16, Ownership.KEEP, Policy.REFUSE, False),
                Jobs.new_temporary(maxmsg=2, msgsize=16),
                Jobs.new_anonymous(maxmsg=2, msgsize=16)):
            with queue:
                self.assertIs(type(queue), Jobs)

    def test_other_types_are_refused(self):
        for call in (
                lambda: Mood.MessageQueue.new_temporary('r'),
                lambda: Mood.MessageQueue.new_temporary(Flags.RDWR, 0o600, 1.5),
                lambda: Mood.MessageQueue.new_anonymous('r'),
                lambda: Mood.MessageQueue.new_anonymous(Flags.RDWR, '2'),
                lambda: Mood.MessageQueue.new_anonymous(maxmsg=None)):
            with self.subTest(call=inspect.getsource(call)), self.assertRaises(TypeError):
                call()
        for new in Mood.MessageQueue.new_temporary, Mood.MessageQueue.new_anonymous:
            with self.assertRaises(ValueError):
                new(maxmsg=0, msgsize=16)

    def test_left_open(self):
        for new in Mood.MessageQueue.new_temporary, Mood.MessageQueue.new_anonymous:
            queue = new(maxmsg=1, msgsize=8)
            name = queue.name
            with self.subTest(new=new), self.assertWarnsRegex(ResourceWarning, name):
                del queue
                gc.collect()
            self.assertFalse(self.exists(name))

    def test_closed_is_silent(self):
        with warnings.catch_warnings():
            warnings.simplefilter('error', ResourceWarning)
            Mood.MessageQueue.new_anonymous(maxmsg=1, msgsize=8).close()
            with self.assertRaises(ValueError):
                Mood.MessageQueue.new_anonymous(maxmsg=0, msgsize=8)
            gc.collect()


class GeometryTest(CreationTest):
    def test_accept(self):
        queue = self.new(self.leave_queue(), maxmsg=3, geometry_policy=Policy.ACCEPT)
        self.assertEqual((queue.maxmsg, queue.created), (2, False))

    def test_refuse(self):
        name = self.leave_queue()
        with self.assertRaisesRegex(
                FileExistsError, 'maxmsg 2 and msgsize 16, and maxmsg 3 and msgsize 24') as caught:
            self.new(name, maxmsg=3, msgsize=24, geometry_policy=Policy.REFUSE)
        self.assertEqual(caught.exception.filename, name)
        queue = self.new(name, maxmsg=2, msgsize=-1, geometry_policy=Policy.REFUSE)
        self.assertIs(queue.created, False)

    def test_replace(self):
        queue = self.new(
            self.leave_queue(), maxmsg=3, msgsize=24, geometry_policy=Policy.REPLACE)
        self.assertEqual((queue.maxmsg, queue.msgsize, queue.created), (3, 24, True))

    def test_messages_are_not_thrown_away(self):
        name = self.new_name()
        with self.new(name) as queue:
            queue.send(b'precious')
        with self.assertRaisesRegex(OSError, 'messages are waiting') as caught:
            self.new(name, maxmsg=3, geometry_policy=Policy.REPLACE)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY))
        self.assertEqual(self.new(name, os.O_RDONLY).recv(), b'precious')

    def test_what_is_open_stays(self):
        name = self.new_name()
        queue = self.new(name)
        with self.assertRaisesRegex(OSError, 'somebody has it open'):
            self.new(name, maxmsg=3, geometry_policy=Policy.REPLACE)
        self.assertIs(queue.unlinked, False)

    def test_exclusive(self):
        with self.assertRaisesRegex(FileExistsError, 'EXCL'):
            self.new(self.leave_queue(), os.O_RDWR | CREATE, geometry_policy=Policy.REPLACE)


class ModeTest(CreationTest):
    def test_exact_mode(self):
        self.addCleanup(os.umask, os.umask(0o027))
        for keywords, mode in (({}, 0o640), ({'exact_mode': False}, 0o640),
                               ({'exact_mode': True}, 0o666), ({'exact_mode': 1}, 0o666)):
            with self.subTest(keywords=keywords):
                queue = self.new(self.new_name(), mode=0o666, **keywords)
                self.assertEqual(queue.mode, stat.S_IFREG | mode)
                self.assertEqual(os.fstat(queue.fileno()).st_mode, stat.S_IFREG | mode)
                self.assertIs(queue.exact_mode, bool(keywords.get('exact_mode')))


class StatusTest(CreationTest):
    def test_what_is_told(self):
        queue = self.new_queue()
        self.assertEqual((queue.queued_bytes, queue.notify_pid, queue.unlinked), (0, 0, False))
        self.assertEqual((queue.uid, queue.gid), (os.geteuid(), os.getegid()))
        queue.send_many([b'one', b'two', b'three'])
        self.assertEqual(queue.queued_bytes, 11)
        queue.unlink()
        self.assertIs(queue.unlinked, True)

    def test_times(self):
        queue = self.new_queue()
        os.utime(queue.fileno(), (1000000, 2000000))
        utc = datetime.timezone.utc
        self.assertEqual(queue.atime, datetime.datetime(1970, 1, 12, 13, 46, 40, tzinfo=utc))
        self.assertEqual(queue.mtime, datetime.datetime(1970, 1, 24, 3, 33, 20, tzinfo=utc))
        self.assertEqual(queue.ctime.timestamp(), int(os.fstat(queue.fileno()).st_ctime))
        for time in queue.atime, queue.mtime, queue.ctime:
            self.assertIs(type(time), datetime.datetime)
            self.assertIs(time.tzinfo, utc)
        os.utime(queue.fileno(), (0, 0))
        self.assertEqual(queue.atime.timestamp(), 0)
        # Introspection's own are where they were.
        self.assertEqual(queue.props.atime.to_unix(), 0)
        self.assertEqual(queue.get_mtime().to_unix(), 0)

    def test_what_is_not_open_tells_nothing(self):
        closed = self.new_queue()
        closed.close()
        for queue in closed, GObject.new(Mood.MessageQueue):
            self.assertEqual(
                (queue.queued_bytes, queue.notify_pid, queue.uid, queue.gid), (-1, -1, -1, -1))
            self.assertEqual((queue.atime, queue.mtime, queue.ctime), (None, None, None))
            self.assertIs(queue.unlinked, False)
            self.assertIs(queue.created, queue is closed)

    def test_cannot_be_set(self):
        queue = self.new_queue()
        for name in ('ownership', 'geometry_policy', 'exact_mode', 'created', 'unlinked',
                     'queued_bytes', 'notify_pid', 'uid', 'gid', 'atime', 'mtime', 'ctime'):
            with self.subTest(name=name), self.assertRaises(AttributeError):
                setattr(queue, name, getattr(queue, name))


tap.main()
