# SPDX-License-Identifier: LGPL-2.1-or-later

"""The public surface: that what is described and exported is exactly what is meant to be.

The program gets the paths of the GIR and of the library as its arguments.
"""

import shutil
import subprocess
import sys
import unittest
from xml.etree import ElementTree

import tap

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

# Every public name, by its kind and the C name behind it where there is one. A name that is added
# to the library is added here, on purpose.
NAMESPACE = {
    'bitfield OpenFlags',
    'callback InterruptFunc',
    'callback MessageFunc',
    'callback MessageQueueSourceFunc',
    'class MessageQueue',
    'class PriorityMessage',
    'class QueueDirectory',
    'class QueueInfo',
    'enumeration GeometryPolicy',
    'enumeration Ownership',
    'constant MAJOR_VERSION',
    'constant MICRO_VERSION',
    'constant MINOR_VERSION',
    'constant VERSION_S',
    'function chmod = mood_chmod',
    'function chown = mood_chown',
    # What is a function of a record is one of the namespace as well.
    'function limits_get = mood_limits_get',
    'function listen_queues = mood_listen_queues',
    'function recv = mood_recv',
    'function send = mood_send',
    'function set_interrupt_func = mood_set_interrupt_func',
    'function unlink = mood_unlink',
    'function-macro CHECK_VERSION = MOOD_CHECK_VERSION',
    'record Limits',
    # G_DECLARE_FINAL_TYPE makes them; they are private in all but name.
    'record MessageQueueClass',
    'record PriorityMessageClass',
    'record QueueDirectoryClass',
    'record QueueInfoClass',
}

MEMBERS = {
    'GeometryPolicy': {
        'member accept = MOOD_GEOMETRY_POLICY_ACCEPT',
        'member refuse = MOOD_GEOMETRY_POLICY_REFUSE',
        'member replace = MOOD_GEOMETRY_POLICY_REPLACE',
    },
    'Ownership': {
        'member anonymous = MOOD_OWNERSHIP_ANONYMOUS',
        'member keep = MOOD_OWNERSHIP_KEEP',
        'member unlink_on_close = MOOD_OWNERSHIP_UNLINK_ON_CLOSE',
    },
    'InterruptFunc': set(),
    'Limits': {
        'field msg_default',
        'field msg_max',
        'field msgsize_default',
        'field msgsize_max',
        'field queues_max',
        'field rlimit_hard',
        'field rlimit_soft',
        'function get = mood_limits_get',
        'method copy = mood_limits_copy',
        'method fit = mood_limits_fit',
        'method free = mood_limits_free',
        'method required_bytes = mood_limits_required_bytes',
    },
    'MessageFunc': set(),
    'MessageQueue': {
        'constructor new = mood_message_queue_new',
        'constructor new_anonymous = mood_message_queue_new_anonymous',
        'constructor new_from_fd = mood_message_queue_new_from_fd',
        'constructor new_full = mood_message_queue_new_full',
        'constructor new_temporary = mood_message_queue_new_temporary',
        'implements Gio.DatagramBased',
        'implements Gio.Initable',
        'method add_notification = mood_message_queue_add_notification',
        'method add_notification_full = mood_message_queue_add_notification_full',
        'method add_receiver = mood_message_queue_add_receiver',
        'method add_receiver_full = mood_message_queue_add_receiver_full',
        'method add_watch = mood_message_queue_add_watch',
        'method add_watch_full = mood_message_queue_add_watch_full',
        'method cancel_notification = mood_message_queue_cancel_notification',
        'method chmod = mood_message_queue_chmod',
        'method chown = mood_message_queue_chown',
        'method close = mood_message_queue_close',
        'method create_notification_source = mood_message_queue_create_notification_source',
        'method create_receiver_source = mood_message_queue_create_receiver_source',
        'method create_source = mood_message_queue_create_source',
        'method dup_fd = mood_message_queue_dup_fd',
        'method fileno = mood_message_queue_fileno',
        'method get_atime = mood_message_queue_get_atime',
        'method get_blocking = mood_message_queue_get_blocking',
        'method get_ctime = mood_message_queue_get_ctime',
        'method get_curmsgs = mood_message_queue_get_curmsgs',
        'method get_display_name = mood_message_queue_get_display_name',
        'method get_exact_mode = mood_message_queue_get_exact_mode',
        'method get_flags = mood_message_queue_get_flags',
        'method get_geometry_policy = mood_message_queue_get_geometry_policy',
        'method get_gid = mood_message_queue_get_gid',
        'method get_maxmsg = mood_message_queue_get_maxmsg',
        'method get_mode = mood_message_queue_get_mode',
        'method get_msgsize = mood_message_queue_get_msgsize',
        'method get_mtime = mood_message_queue_get_mtime',
        'method get_name = mood_message_queue_get_name',
        'method get_notify_pid = mood_message_queue_get_notify_pid',
        'method get_ownership = mood_message_queue_get_ownership',
        'method get_queued_bytes = mood_message_queue_get_queued_bytes',
        'method get_uid = mood_message_queue_get_uid',
        'method is_closed = mood_message_queue_is_closed',
        'method is_created = mood_message_queue_is_created',
        'method is_unlinked = mood_message_queue_is_unlinked',
        'method notify_by_signal = mood_message_queue_notify_by_signal',
        'method receive = mood_message_queue_receive',
        'method receive_async = mood_message_queue_receive_async',
        'method receive_finish = mood_message_queue_receive_finish',
        'method receive_each = mood_message_queue_receive_each',
        'method receive_into = mood_message_queue_receive_into',
        'method receive_into_with_timeout = mood_message_queue_receive_into_with_timeout',
        'method receive_many = mood_message_queue_receive_many',
        'method receive_with_timeout = mood_message_queue_receive_with_timeout',
        'method recv = mood_message_queue_recv',
        'method reopen = mood_message_queue_reopen',
        'method reserve_notification = mood_message_queue_reserve_notification',
        'method send = mood_message_queue_send',
        'method send_async = mood_message_queue_send_async',
        'method send_finish = mood_message_queue_send_finish',
        'method send_many = mood_message_queue_send_many',
        'method send_with_timeout = mood_message_queue_send_with_timeout',
        'method sendall = mood_message_queue_sendall',
        'method set_nonblocking = mood_message_queue_set_nonblocking',
        'method unlink = mood_message_queue_unlink',
        'property atime',
        'property blocking',
        'property closed',
        'property created',
        'property ctime',
        'property curmsgs',
        'property display-name',
        'property exact-mode',
        'property fd',
        'property flags',
        'property geometry-policy',
        'property gid',
        'property maxmsg',
        'property mode',
        'property msgsize',
        'property mtime',
        'property name',
        'property notify-pid',
        'property ownership',
        'property queued-bytes',
        'property uid',
        'property unlinked',
        'signal arrived',
    },
    'MessageQueueClass': {
        'field parent_class',
    },
    'MessageQueueSourceFunc': set(),
    'OpenFlags': {
        'member cloexec = MOOD_OPEN_CLOEXEC',
        'member creat = MOOD_OPEN_CREAT',
        'member excl = MOOD_OPEN_EXCL',
        'member nonblock = MOOD_OPEN_NONBLOCK',
        'member rdonly = MOOD_OPEN_RDONLY',
        'member rdwr = MOOD_OPEN_RDWR',
        'member wronly = MOOD_OPEN_WRONLY',
    },
    'PriorityMessage': {
        'constructor new = mood_priority_message_new',
        'method get_priority = mood_priority_message_get_priority',
        'property priority',
    },
    'PriorityMessageClass': {
        'field parent_class',
    },
    'QueueDirectory': {
        'constructor new = mood_queue_directory_new',
        'implements Gio.Initable',
        'implements Gio.ListModel',
        'method add_watch = mood_queue_directory_add_watch',
        'method create_source = mood_queue_directory_create_source',
        'method lookup = mood_queue_directory_lookup',
        'method refresh = mood_queue_directory_refresh',
        'method wait_for_async = mood_queue_directory_wait_for_async',
        'method wait_for_finish = mood_queue_directory_wait_for_finish',
        'property n-items',
    },
    'QueueDirectoryClass': {
        'field parent_class',
    },
    'QueueInfo': {
        'method get_atime = mood_queue_info_get_atime',
        'method get_ctime = mood_queue_info_get_ctime',
        'method get_curmsgs = mood_queue_info_get_curmsgs',
        'method get_display_name = mood_queue_info_get_display_name',
        'method get_gid = mood_queue_info_get_gid',
        'method get_inode = mood_queue_info_get_inode',
        'method get_maxmsg = mood_queue_info_get_maxmsg',
        'method get_mode = mood_queue_info_get_mode',
        'method get_msgsize = mood_queue_info_get_msgsize',
        'method get_mtime = mood_queue_info_get_mtime',
        'method get_name = mood_queue_info_get_name',
        'method get_notify_pid = mood_queue_info_get_notify_pid',
        'method get_queued_bytes = mood_queue_info_get_queued_bytes',
        'method get_uid = mood_queue_info_get_uid',
        'property display-name',
        'property atime',
        'property ctime',
        'property curmsgs',
        'property gid',
        'property inode',
        'property maxmsg',
        'property mode',
        'property msgsize',
        'property mtime',
        'property name',
        'property notify-pid',
        'property queued-bytes',
        'property uid',
    },
    'QueueInfoClass': {
        'field parent_class',
    },
}

# What bindings do not see: C has it, and introspection has something better or nothing.
HIDDEN = {
    'mood_limits_free',
    'mood_message_queue_add_notification',
    'mood_message_queue_add_receiver',
    'mood_message_queue_add_watch',
    'mood_message_queue_receive_each',
    'mood_message_queue_receive_into',
    'mood_message_queue_receive_into_with_timeout',
    'mood_set_interrupt_func',
    'MoodInterruptFunc',
    'MOOD_CHECK_VERSION',
}

VERSIONS = {'1.0'}

# What an element is made of, as against what it contains.
PARTS = {'doc', 'source-position', 'type', 'parameters', 'return-value'}


def kind(element):
    return element.tag.rpartition('}')[2]


def describe(element):
    name = element.get(C + 'identifier')
    return f'{kind(element)} {element.get("name")}' + (f' = {name}' if name else '')


def contents(element):
    return {describe(child) for child in element if kind(child) not in PARTS}


class GirTest(unittest.TestCase):
    def setUp(self):
        self.namespace = ElementTree.parse(sys.argv[1]).find(CORE + 'namespace')
        self.queue = self.namespace.find(CORE + 'class[@name="MessageQueue"]')
        self.public = [element for element in self.namespace
                       if not element.get(GLIB + 'is-gtype-struct-for')]

    def test_namespace_holds_the_public_names_and_no_others(self):
        self.assertEqual(contents(self.namespace), NAMESPACE)

    def test_each_holds_the_public_names_and_no_others(self):
        for name, expected in MEMBERS.items():
            with self.subTest(name):
                element = self.namespace.find(f'*[@name="{name}"]')
                self.assertEqual(contents(element), expected)

    def test_all_that_has_members_is_listed(self):
        containers = {element.get('name') for element in self.namespace
                      if kind(element) not in ('constant', 'function', 'function-macro')}
        self.assertEqual(containers, set(MEMBERS))

    def test_hidden_are_only_those_that_should_be(self):
        hidden = {element.get(C + 'identifier', element.get(C + 'type')) for element in self.namespace.iter()
                  if element.get('introspectable') == '0'}
        self.assertEqual(hidden, HIDDEN)

    def test_full_form_takes_the_place_of_the_one_for_c(self):
        for name in 'add_watch', 'add_receiver', 'add_notification':
            with self.subTest(name):
                full = self.queue.find(f'{CORE}method[@name="{name}_full"]')
                self.assertEqual(full.get('shadows'), name)

    def test_every_name_tells_its_version(self):
        versioned = {'class', 'bitfield', 'enumeration', 'callback', 'constant', 'function', 'function-macro',
                     'constructor', 'method', 'property', 'record', 'signal'}
        for element in self.public:
            for described in element.iter():
                if kind(described) in versioned:
                    with self.subTest(describe(described)):
                        self.assertIn(described.get('version'), VERSIONS)

    def test_every_name_is_documented(self):
        for element in self.public:
            for described in [element, *element.iter()]:
                if described.get('name') and kind(described) not in ('type', 'array', 'implements'):
                    with self.subTest(describe(element) + ': ' + describe(described)):
                        self.assertTrue(described.findtext(CORE + 'doc', '').strip())

    def test_every_result_is_documented(self):
        for element in self.public:
            for result in element.iter(CORE + 'return-value'):
                if result.find(CORE + 'type[@name="none"]') is None:
                    with self.subTest(describe(element)):
                        self.assertTrue(result.findtext(CORE + 'doc', '').strip())

    def test_messages_come_out_as_bytes_that_the_caller_owns(self):
        for name in ('recv', 'receive', 'receive_with_timeout', 'receive_finish',
                     'receive_many'):
            with self.subTest(name):
                method = self.queue.find(f'{CORE}method[@name="{name}"]')
                result = method.find(CORE + 'return-value')
                self.assertEqual(result.get('transfer-ownership'), 'full')
                array = result.find(CORE + 'array')
                self.assertEqual(array.find(CORE + 'type').get('name'), 'guint8')
                length = method.findall(f'{CORE}parameters/{CORE}parameter')[
                    int(array.get('length'))]
                self.assertEqual(length.get('name'), 'length')

    def test_messages_go_in_as_bytes_that_the_caller_keeps(self):
        for name in 'send', 'send_with_timeout', 'sendall', 'send_async':
            with self.subTest(name):
                message = self.queue.find(
                    f'{CORE}method[@name="{name}"]/{CORE}parameters/'
                    f'{CORE}parameter[@name="message"]')
                self.assertEqual(message.get('transfer-ownership'), 'none')
                self.assertEqual(message.find(f'{CORE}array/{CORE}type').get('name'), 'guint8')

    def test_each_array_has_a_length_of_its_own(self):
        for name in 'receive_many', 'send_many':
            with self.subTest(name):
                method = self.queue.find(f'{CORE}method[@name="{name}"]')
                lengths = [array.get('length') for array in method.iter(CORE + 'array')]
                self.assertEqual(len(lengths), 3)
                self.assertEqual(len(set(lengths)), 3)

    def test_messages_are_handed_over_as_bytes(self):
        parameters = self.namespace.findall(
            f'{CORE}callback[@name="MessageFunc"]/{CORE}parameters/{CORE}parameter')
        names = [parameter.get('name') for parameter in parameters]
        self.assertEqual(names, ['queue', 'message', 'length', 'priority', 'user_data'])
        array = parameters[1].find(CORE + 'array')
        self.assertEqual(array.find(CORE + 'type').get('name'), 'guint8')
        self.assertEqual(names[int(array.get('length'))], 'length')
        self.assertEqual(parameters[1].get('transfer-ownership'), 'none')

    def test_every_timeout_has_64_bits_and_tells_its_unit(self):
        methods = [method.get('name') for method in self.queue.iter(CORE + 'method')
                   if 'timeout' in method.get('name') or 'many' in method.get('name')]
        self.assertGreater(len(methods), 0)
        for name in methods:
            with self.subTest(name):
                timeout = self.queue.find(
                    f'{CORE}method[@name="{name}"]/{CORE}parameters/'
                    f'{CORE}parameter[@name="timeout_us"]')
                self.assertEqual(timeout.find(CORE + 'type').get('name'), 'gint64')

    def test_every_result_that_is_an_object_belongs_to_the_caller(self):
        for name in ('create_source', 'create_receiver_source', 'create_notification_source',
                     'reopen'):
            with self.subTest(name):
                result = self.queue.find(f'{CORE}method[@name="{name}"]/{CORE}return-value')
                self.assertEqual(result.get('transfer-ownership'), 'full')

    def test_no_property_is_set_or_read_by_what_may_fail(self):
        """GJS calls the functions of properties without a place for an error."""
        accessors = set()
        for found in self.namespace.iter(CORE + 'property'):
            accessors |= {found.get('setter'), found.get('getter')}
        self.assertIn('get_blocking', accessors)
        for method in self.queue.iter(CORE + 'method'):
            if method.get('name') in accessors:
                with self.subTest(method.get('name')):
                    self.assertIsNone(method.get('throws'))

    def test_a_queue_may_have_no_name(self):
        for name in 'get_name', 'get_display_name':
            with self.subTest(name):
                result = self.queue.find(f'{CORE}method[@name="{name}"]/{CORE}return-value')
                self.assertEqual(result.get('nullable'), '1')

    def test_every_cancellable_can_be_left_out(self):
        for parameter in self.namespace.iter(CORE + 'parameter'):
            if parameter.get('name') == 'cancellable':
                self.assertEqual(parameter.get('nullable'), '1')

    def test_library_exports_what_is_described_and_nothing_else(self):
        if not shutil.which('nm'):
            self.skipTest('there is no nm')
        described = set()
        for element in self.namespace.iter():
            if kind(element) in ('function', 'constructor', 'method'):
                described.add(element.get(C + 'identifier'))
            described.add(element.get(GLIB + 'get-type'))
        described.discard(None)
        output = subprocess.run(['nm', '-D', '--defined-only', sys.argv[2]], check=True,
                                stdout=subprocess.PIPE, encoding='utf-8').stdout
        # Leading underscores belong to the compiler and the linker, which differ in what they add.
        exported = {name for name in (line.split()[-1] for line in output.splitlines())
                    if not name.startswith('_')}
        self.assertEqual(exported, described)
        self.assertEqual({name for name in exported if not name.startswith('mood_')}, set())


if __name__ == '__main__':
    tap.main()
