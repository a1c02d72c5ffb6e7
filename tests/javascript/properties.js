// SPDX-License-Identifier: LGPL-2.1-or-later

// The properties of a queue, by attribute and by function.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, assertThrows, run, test} from './tap.js';
import {CREATE, Flags, bytes, newName, newQueue, openAgain} from './queues.js';

const getters = {
  name: 'get_name',
  'display-name': 'get_display_name',
  flags: 'get_flags',
  mode: 'get_mode',
  maxmsg: 'get_maxmsg',
  msgsize: 'get_msgsize',
  curmsgs: 'get_curmsgs',
  blocking: 'get_blocking',
  closed: 'is_closed',
  fd: 'fileno',
  ownership: 'get_ownership',
  'geometry-policy': 'get_geometry_policy',
  'exact-mode': 'get_exact_mode',
  created: 'is_created',
  unlinked: 'is_unlinked',
  'queued-bytes': 'get_queued_bytes',
  'notify-pid': 'get_notify_pid',
  uid: 'get_uid',
  gid: 'get_gid',
  atime: 'get_atime',
  mtime: 'get_mtime',
  ctime: 'get_ctime',
};

const neverOpened = {
  name: null,
  'display-name': null,
  flags: 0,
  mode: 0o600,
  maxmsg: -1,
  msgsize: -1,
  curmsgs: -1,
  blocking: false,
  closed: false,
  fd: -1,
  ownership: Mood.Ownership.KEEP,
  'geometry-policy': Mood.GeometryPolicy.ACCEPT,
  'exact-mode': false,
  created: false,
  unlinked: false,
  'queued-bytes': -1,
  'notify-pid': -1,
  uid: -1,
  gid: -1,
  atime: null,
  mtime: null,
  ctime: null,
};

const readOnly = ['display-name', 'curmsgs', 'closed', 'fd', 'created', 'unlinked', 'queued-bytes',
  'notify-pid', 'uid', 'gid', 'atime', 'mtime', 'ctime'];

// A value that is shown the same as another of the same meaning.
function plain(value) {
  return value instanceof GLib.DateTime ? value.format_iso8601() : value;
}

// What the kernel says about a descriptor of this process.
function readDescriptorFlags(descriptor) {
  const [, contents] = GLib.file_get_contents(`/proc/self/fdinfo/${descriptor}`);

  return parseInt(/^flags:\s+(\d+)$/m.exec(new TextDecoder().decode(contents))[1], 8);
}

test('values', () => {
  const name = newName();
  const queue = Mood.MessageQueue.new(name, Flags.RDWR | CREATE, 0o600, 3, 48);
  const info = Gio.File.new_for_path(`/proc/self/fd/${queue.fd}`)
    .query_info('unix::mode', Gio.FileQueryInfoFlags.NONE, null);

  assertEqual(queue.name, name);
  assertEqual(queue.flags, Flags.RDWR | CREATE);
  assertEqual(queue.mode, info.get_attribute_uint32('unix::mode'));
  assertEqual(queue.maxmsg, 3);
  assertEqual(queue.msgsize, 48);
  assertEqual(queue.curmsgs, 0);
  assertEqual(queue.blocking, true);
  assertEqual(queue.closed, false);
  assert(queue.fd >= 0);
  assertEqual(queue.ownership, Mood.Ownership.KEEP);
  assertEqual(queue.geometry_policy, Mood.GeometryPolicy.ACCEPT);
  assertEqual(queue.exact_mode, false);
});

test('every way to read gives the same', () => {
  const open = newQueue();
  const closed = newQueue();

  open.send(bytes('waiting'), 0, null);
  closed.close();
  for (const queue of [open, closed, new Mood.MessageQueue()]) {
    for (const [name, getter] of Object.entries(getters)) {
      const value = plain(queue[name]);

      assertEqual([name, plain(queue[getter]())], [name, value]);
      assertEqual([name, plain(queue[name.replace('-', '_')])], [name, value]);
    }
  }
});

test('all are known to the class', () => {
  const names = Mood.MessageQueue.list_properties().map(({name}) => name);

  assertEqual(names.sort(), Object.keys(getters).sort());
});

test('defaults of an object not opened', () => {
  const queue = new Mood.MessageQueue();

  for (const [name, value] of Object.entries(neverOpened))
    assertEqual([name, queue[name]], [name, value]);
  assertEqual(Object.keys(neverOpened), Object.keys(getters));
});

test('display name is text', () => {
  const queue = Mood.MessageQueue.new(`${newName()}-\x1b`, Flags.RDWR | CREATE, 0o600, 1, 8);

  queue.unlink();
  assertEqual([queue.display_name, queue.displayName], Array(2).fill(queue.name.replace('\x1b', '?')));
  queue.close();
});

test('curmsgs counts what waits', () => {
  const queue = newQueue();
  const other = openAgain(queue, Flags.WRONLY);

  queue.send(bytes('one'), 0, null);
  other.send(bytes('two'), 0, null);
  assertEqual([queue.curmsgs, other.curmsgs], [2, 2]);
  queue.recv(null);
  assertEqual(other.curmsgs, 1);
});

test('blocking is the mode of the descriptor', () => {
  const queue = newQueue();
  const asOpened = readDescriptorFlags(queue.fd);

  queue.blocking = false;
  assertEqual(queue.blocking, false);
  assert(readDescriptorFlags(queue.fd) !== asOpened);
  queue.set_nonblocking(false);
  assertEqual(queue.blocking, true);
  assertEqual(readDescriptorFlags(queue.fd), asOpened);
  assertEqual(newQueue({flags: Flags.RDWR | Flags.NONBLOCK}).blocking, false);
});

test('blocking notifies of changes only', () => {
  const queue = newQueue();
  const seen = [];

  queue.connect('notify::blocking', changed => seen.push(changed.blocking));
  queue.blocking = true;
  assertEqual(seen, []);
  queue.blocking = false;
  queue.set_nonblocking(true);
  queue.set_nonblocking(false);
  assertEqual(seen, [false, true]);
});

test('blocking can be bound', () => {
  const queue = newQueue();
  const other = newQueue();

  queue.bind_property('blocking', other, 'blocking', GObject.BindingFlags.SYNC_CREATE);
  queue.blocking = false;
  assertEqual(other.blocking, false);
});

test('what is read only cannot be written', () => {
  const queue = newQueue();

  for (const name of readOnly) {
    const before = queue[name];

    assertThrows(() => {
      queue[name] = before;
    });
    assertEqual([name, plain(queue[name])], [name, plain(before)]);
  }
});

test('version', () => {
  assertEqual(Mood.VERSION_S,
    [Mood.MAJOR_VERSION, Mood.MINOR_VERSION, Mood.MICRO_VERSION].join('.'));
});

run();
