// SPDX-License-Identifier: LGPL-2.1-or-later

// Opening and creating queues, by function and by the object's construction.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertBytes, assertEqual, assertThrows, run, test}
  from './tap.js';
import {CREATE, Flags, assertFails, bytes, newName, newQueue, openAgain, text}
  from './queues.js';

function readLimit(name) {
  const [, contents] = GLib.file_get_contents(`/proc/sys/fs/mqueue/${name}`);

  return parseInt(text(contents));
}

// As a program would derive its own queue.
const Mailbox = GObject.registerClass({
  Properties: {
    owner: GObject.ParamSpec.string('owner', null, null,
      GObject.ParamFlags.READWRITE | GObject.ParamFlags.CONSTRUCT_ONLY, null),
  },
}, class Mailbox extends Mood.MessageQueue {
  deliver(letter) {
    return this.send(bytes(`${this.owner}: ${letter}`), 0, null);
  }
});

test('creates what does not exist', () => {
  const name = newName();
  const queue = Mood.MessageQueue.new(name, Flags.RDWR | Flags.CREAT, 0o600, 2, 16);

  assert(queue instanceof Mood.MessageQueue);
  assertEqual([queue.maxmsg, queue.msgsize], [2, 16]);
  assertEqual(queue.mode & 0o777 & ~0o600, 0);
  assertEqual(GLib.file_read_link(`/proc/self/fd/${queue.fd}`), name);
});

test('opens what exists', () => {
  const queue = newQueue();
  const other = openAgain(queue, Flags.RDWR);

  queue.send(bytes('the same queue'), 0, null);
  assertBytes(other.recv(null), bytes('the same queue'));
});

test('one that exists keeps its geometry and mode', () => {
  const queue = newQueue({maxmsg: 2, msgsize: 16});
  const other = Mood.MessageQueue.new(queue.name, Flags.RDWR | Flags.CREAT, 0o444, 3, 32);

  assertEqual([other.maxmsg, other.msgsize, other.mode], [2, 16, queue.mode]);
});

test('exclusive creation', () => {
  const queue = newQueue();

  assertFails(Gio.IOErrorEnum.EXISTS,
    () => Mood.MessageQueue.new(queue.name, Flags.RDWR | CREATE, 0o600, 2, 16), 'EXCL');
});

test('default geometry', () => {
  const queue = newQueue({maxmsg: -1, msgsize: -1});

  queue.unlink();
  assertEqual(queue.maxmsg, Math.min(readLimit('msg_default'), readLimit('msg_max')));
  assertEqual(queue.msgsize, Math.min(readLimit('msgsize_default'), readLimit('msgsize_max')));
});

test('default for one figure', () => {
  const queue = newQueue({maxmsg: -7, msgsize: 16});

  assertEqual(queue.maxmsg, Math.min(readLimit('msg_default'), readLimit('msg_max')));
  assertEqual(queue.msgsize, 16);
});

test('arguments of a wrong kind are JavaScript errors', () => {
  const name = newName();
  const good = [name, Flags.RDWR | CREATE, 0o600, 2, 8];
  const bad = [
    [null, ...good.slice(1)],
    [name, Flags.RDWR | CREATE, -1, 2, 8],
    good.slice(0, 1),
    [],
  ];

  for (const args of bad)
    assert(!(assertThrows(() => Mood.MessageQueue.new(...args)) instanceof GLib.Error));
  assertFails(Gio.IOErrorEnum.NOT_FOUND, () => Mood.unlink(name));
});

test('flags have their values', () => {
  assertEqual({...Flags},
    {RDONLY: 1, WRONLY: 2, RDWR: 3, CLOEXEC: 4, NONBLOCK: 8, CREAT: 16, EXCL: 32});
});

test('flags are kept as given', () => {
  for (const flags of [Flags.RDWR, Flags.RDONLY | Flags.CLOEXEC, Flags.WRONLY | Flags.NONBLOCK])
    assertEqual(newQueue({flags}).flags, flags | CREATE);
});

test('access mode is required', () => {
  assertFails(Gio.IOErrorEnum.INVALID_ARGUMENT, () => newQueue({flags: 0}), 'RDWR');
});

test('unknown flags are refused', () => {
  const name = newName();

  assertThrows(() => Mood.MessageQueue.new(name, Flags.RDWR | CREATE | 64, 0o600, 2, 8));
  assertFails(Gio.IOErrorEnum.NOT_FOUND, () => Mood.unlink(name));
});

test('construction is completed by init', () => {
  const queue = new Mood.MessageQueue(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 16});

  assertFails(Gio.IOErrorEnum.NOT_FOUND, () => Mood.unlink(queue.name));
  assertEqual(queue.init(null), true);
  assertEqual([queue.maxmsg, queue.msgsize], [2, 16]);
  queue.send(bytes('opened'), 0, null);
  assertEqual(queue.init(null), true);
  assertBytes(queue.recv(null), bytes('opened'));
});

test('init can be tried again after an error', () => {
  const name = newName();
  const late = new Mood.MessageQueue({name, flags: Flags.RDONLY});

  assertFails(Gio.IOErrorEnum.NOT_FOUND, () => late.init(null), name);
  Mood.MessageQueue.new(name, Flags.WRONLY | CREATE, 0o600, 2, 8).send(bytes('now'), 0, null);
  assertEqual(late.init(null), true);
  assertBytes(late.recv(null), bytes('now'));
});

test('init that was cancelled', () => {
  const queue = new Mood.MessageQueue(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 16});
  const cancellable = new Gio.Cancellable();

  cancellable.cancel();
  assertFails(Gio.IOErrorEnum.CANCELLED, () => queue.init(cancellable));
  assertEqual(queue.fd, -1);
});

test('subclass', () => {
  const box = new Mailbox(
    {owner: 'ann', name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 32});

  box.init(null);
  assert(box instanceof Mood.MessageQueue);
  assertEqual(box.deliver('hello'), 10);
  assertBytes(box.recv(null), bytes('ann: hello'));
});

function reopen(queue, flags) {
  const again = queue.reopen(flags);

  addCleanup(() => again.close());

  return again;
}

test('reopened it is the same queue though the name leads elsewhere', () => {
  const queue = newQueue({maxmsg: 2, msgsize: 16});

  queue.unlink();
  const impostor = Mood.MessageQueue.new(queue.name, Flags.RDWR | CREATE, 0o600, 1, 8);
  addCleanup(() => impostor.close());
  const again = reopen(queue, Flags.RDWR);
  assert(again instanceof Mood.MessageQueue);
  assert(again !== queue && again.fd !== queue.fd);
  assertEqual([again.name, again.maxmsg, again.msgsize, again.mode],
    [queue.name, 2, 16, queue.mode]);
  queue.send(bytes('there'), 3, null);
  assertEqual(again.receive(null), [bytes('there'), 3]);
  again.send(bytes('back'), 4, null);
  assertEqual(queue.receive(null), [bytes('back'), 4]);
  assertEqual(impostor.curmsgs, 0);
});

test('reopened it has a mode and an access of its own', () => {
  const queue = newQueue();
  const flags = Flags.RDONLY | Flags.NONBLOCK;
  const again = reopen(queue, flags);

  assertEqual([again.flags, again.blocking, queue.blocking], [flags, false, true]);
  assertFails(Gio.IOErrorEnum.WOULD_BLOCK, () => again.recv(null));
  assertFails(Gio.IOErrorEnum.PERMISSION_DENIED, () => again.send(bytes('not'), 0, null),
    'WRONLY');
  queue.close();
  assertEqual([again.closed, again.curmsgs], [false, 0]);
});

test('reopened it can do more than the first', () => {
  const receiver = newQueue({flags: Flags.RDONLY});

  reopen(receiver, Flags.WRONLY | CREATE).send(bytes('other end'), 0, null);
  assertBytes(receiver.recv(null), bytes('other end'));
});

test('what cannot be reopened', () => {
  const queue = newQueue();
  const {name} = queue;

  assertFails(Gio.IOErrorEnum.INVALID_ARGUMENT, () => queue.reopen(Flags.NONBLOCK), name,
    'access mode');
  assert(!(assertThrows(() => queue.reopen(Flags.RDWR | 64)) instanceof GLib.Error));
  assertFails(Gio.IOErrorEnum.NOT_INITIALIZED,
    () => new Mood.MessageQueue().reopen(Flags.RDWR));
  queue.close();
  assertFails(Gio.IOErrorEnum.CLOSED, () => queue.reopen(Flags.RDWR), name);
});

run();
