// SPDX-License-Identifier: LGPL-2.1-or-later

// What the override adds to the constructors of queues that are to be created or were handed over:
// defaults, names for the details, and clear errors for what is none of what can be said.

import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertEqual, run, test} from './tap.js';
import {CREATE, Flags, assertFails, assertRefused, descriptorIsOpen, newName, newQueue, runAsService,
  text} from './queues.js';

const {BUSY, EXISTS, INVALID_ARGUMENT, NOT_FOUND} = Gio.IOErrorEnum;
const {KEEP, UNLINK_ON_CLOSE, ANONYMOUS} = Mood.Ownership;
const {ACCEPT, REFUSE, REPLACE} = Mood.GeometryPolicy;

const NO_MEMBERS = [null, -1, 3, 1.5, '1', 'KEEP', 1n, true, {}, [], NaN, Symbol('1'),
  Object.create(null), Mood.Ownership, Mood.Ownership.$gtype, Mood.GeometryPolicy.$gtype];

const Mailbox = GObject.registerClass(class Mailbox extends Mood.MessageQueue {});

function keep(queue) {
  addCleanup(() => queue.close());

  return queue;
}

function open(details) {
  return keep(Mood.MessageQueue.open(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 16, ...details}));
}

function isGone(name) {
  assertFails(NOT_FOUND, () => Mood.unlink(name));

  return true;
}

test('what is not said', () => {
  const queue = open();

  assertEqual([queue.ownership, queue.geometry_policy, queue.exact_mode], [KEEP, ACCEPT, false]);
  assertEqual([queue.ownership, queue.geometryPolicy, queue.exactMode], [KEEP, ACCEPT, false]);
  queue.close();
  assertEqual(queue.unlink(), true);
});

test('what is undefined is not said', () => {
  const queue = open(
    {mode: undefined, ownership: undefined, geometry_policy: undefined, exact_mode: undefined});

  assertEqual([queue.ownership, queue.geometry_policy, queue.exact_mode], [KEEP, ACCEPT, false]);
  assertEqual(queue.mode & 0o777 & ~0o600, 0);
});

test('unlinked on close', () => {
  const queue = open({ownership: UNLINK_ON_CLOSE});

  assertEqual(queue.ownership, UNLINK_ON_CLOSE);
  queue.close();
  assert(isGone(queue.name));
});

test('without a name', () => {
  for (const name of [null, undefined]) {
    const temporary = open({name, ownership: UNLINK_ON_CLOSE});
    const anonymous = open({name, ownership: ANONYMOUS});

    assertEqual([temporary.unlinked, anonymous.unlinked], [false, true]);
    temporary.close();
    assert(isGone(temporary.name));
    assert(isGone(anonymous.name));
  }

  const {flags} = newQueue();
  const anonymous = keep(Mood.MessageQueue.open({flags, ownership: ANONYMOUS, maxmsg: 2, msgsize: 16}));

  assertEqual(anonymous.unlinked, true);
  assertFails(INVALID_ARGUMENT, () => open({name: null, flags: Flags.RDWR, ownership: ANONYMOUS}),
    'CREAT');
  assertFails(INVALID_ARGUMENT, () => open({ownership: ANONYMOUS}), 'anonymous');
  for (const name of [null, undefined])
    assertRefused(() => open({name}), 'name');
});

test('another geometry', () => {
  const {name} = open();

  assertEqual(open({name, flags: Flags.RDWR | Flags.CREAT, maxmsg: 3}).maxmsg, 2);
  assertFails(EXISTS, () => open(
    {name, flags: Flags.RDWR | Flags.CREAT, maxmsg: 3, geometry_policy: REFUSE}),
  'maxmsg 2 and msgsize 16', 'maxmsg 3 and msgsize 16');
  assertFails(BUSY, () => open(
    {name, flags: Flags.RDWR | Flags.CREAT, maxmsg: 3, geometry_policy: REPLACE}), 'open');
});

test('another geometry is replaced', () => {
  const first = open();

  first.close();
  const second = open({name: first.name, flags: Flags.RDWR | Flags.CREAT, maxmsg: 3,
    geometry_policy: REPLACE});

  assertEqual([second.created, second.maxmsg], [true, 3]);
});

test('exact mode', () => {
  assertEqual(open({mode: 0o777, exact_mode: true}).mode & 0o777, 0o777);
  assertEqual(open({mode: 0o777, exact_mode: true}).exact_mode, true);
});

test('names that open does not know', () => {
  for (const key of ['owner', 'geometryPolicy', 'exactMode', '__proto__x', 'toString']) {
    assertRefused(() => open({[key]: 1}), key, 'geometry_policy', 'exact_mode');
  }
});

test('details without a prototype, or with one', () => {
  const details = {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 16};
  const queue = keep(Mood.MessageQueue.open(Object.assign(Object.create(null), details)));

  queue.send('x');
  assertEqual(text(queue.recv()), 'x');

  // As it is for any other function that takes an object of details.
  const inherited = Object.create({...details, flags: Flags.RDWR, ownership: ANONYMOUS});

  assertRefused(() => Mood.MessageQueue.open(Object.create(null)), 'name');
  assertEqual(keep(Mood.MessageQueue.open(
    Object.assign(inherited, {name: queue.name, flags: Flags.RDWR, ownership: KEEP}))).name,
  queue.name);
});

test('what is no member of an enumeration is refused', () => {
  const name = newName();

  for (const value of NO_MEMBERS) {
    assertRefused(() => open({name, ownership: value}), 'Mood.Ownership');
    assertRefused(() => open({name, geometry_policy: value}), 'Mood.GeometryPolicy');
  }
  assert(isGone(name));
});

test('the order of the C library', () => {
  const queue = keep(Mood.MessageQueue.new_full(
    newName(), Flags.RDWR | CREATE, 0o600, 2, 16, UNLINK_ON_CLOSE, REFUSE, true));

  assertEqual([queue.ownership, queue.geometry_policy, queue.exact_mode],
    [UNLINK_ON_CLOSE, REFUSE, true]);

  const again = keep(Mood.MessageQueue.new_full(queue.name, Flags.RDWR));

  assertEqual([again.ownership, again.geometry_policy, again.exact_mode, again.created],
    [KEEP, ACCEPT, false, false]);
});

test('temporary and anonymous with defaults', () => {
  const {maxmsg, msgsize} = (() => {
    const queue = open({maxmsg: undefined, msgsize: undefined});

    queue.close();
    queue.unlink();

    return queue;
  })();

  for (const make of [() => Mood.MessageQueue.new_temporary(),
    () => Mood.MessageQueue.new_anonymous()]) {
    const queue = make();

    assertEqual([queue.flags, queue.maxmsg, queue.msgsize],
      [Flags.RDWR | Flags.CREAT, maxmsg, msgsize]);
    queue.close();
    assert(isGone(queue.name));
  }
});

test('temporary and anonymous in detail', () => {
  const temporary = keep(Mood.MessageQueue.new_temporary(Flags.RDONLY, 0o400, 3, 24));
  const anonymous = keep(Mood.MessageQueue.new_anonymous(Flags.WRONLY, 3, 24));

  assertEqual([temporary.flags, temporary.mode & 0o777, temporary.maxmsg, temporary.msgsize],
    [Flags.RDONLY | Flags.CREAT, 0o400, 3, 24]);
  assertEqual([anonymous.flags, anonymous.maxmsg, anonymous.msgsize],
    [Flags.WRONLY | Flags.CREAT, 3, 24]);
  for (const value of [null, '3', 1.5, 3n, -1, Symbol('3')]) {
    assertRefused(() => Mood.MessageQueue.new_temporary(value), 'flags');
    assertRefused(() => Mood.MessageQueue.new_anonymous(value), 'flags');
  }
  assertRefused(() => Mood.MessageQueue.new_temporary(Flags.RDWR, 'rw'), 'mode');
  assertRefused(() => Mood.MessageQueue.new_anonymous(Flags.RDWR, 1.5), 'maxmsg');
  assertFails(INVALID_ARGUMENT, () => Mood.MessageQueue.new_anonymous(Flags.RDWR, 0, 16),
    'maxmsg');
});

test('a derived class makes objects of its own', () => {
  for (const box of [
    Mailbox.new_full(newName(), Flags.RDWR | CREATE, 0o600, 2, 16),
    Mailbox.new_temporary(Flags.RDWR, 0o600, 2, 16),
    Mailbox.new_anonymous(Flags.RDWR, 2, 16),
    Mailbox.open({flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 16, ownership: ANONYMOUS}),
  ])
    assert(keep(box) instanceof Mailbox);
  assert(keep(Mailbox.new_from_fd(newQueue().dup_fd())) instanceof Mood.MessageQueue);
});

test('what is no descriptor is refused', () => {
  const queue = newQueue();

  for (const descriptor of [undefined, null, 1.5, NaN, '3', 3n, {}, [3], 2 ** 31, -(2 ** 31) - 1,
    2 ** 40, queue, Symbol('3'), Object.create(null)])
    assertRefused(() => Mood.MessageQueue.new_from_fd(descriptor), 'descriptor');
  assertRefused(() => Mood.MessageQueue.new_from_fd(), 'descriptor');
  assertFails(INVALID_ARGUMENT, () => Mood.MessageQueue.new_from_fd(-1), 'not open');
});

test('a queue from a descriptor has what the override adds', () => {
  const queue = newQueue();
  const descriptor = queue.dup_fd();
  const same = Mood.MessageQueue.new_from_fd(descriptor);

  same.send('text');
  assertEqual(text(queue.recv()), 'text');
  same.close();
  assert(!descriptorIsOpen(descriptor));
});

test('queues that a service manager passes have it, too', () => {
  const queue = newQueue();

  queue.send('before', 3);
  assertEqual(runAsService(`
    const [[queue], [name]] = Mood.listen_queues();
    const [message, priority] = queue.receive();
    queue.send('after');
    print(name, new TextDecoder().decode(message), priority);
  `, [queue.dup_fd()], {LISTEN_FDNAMES: 'jobs'}), 'jobs before 3\n');
  assertEqual(text(queue.recv()), 'after');
});

run();
