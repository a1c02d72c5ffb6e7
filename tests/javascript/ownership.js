// SPDX-License-Identifier: LGPL-2.1-or-later

// What becomes of the name of a queue.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

import {addCleanup, assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, newName, openAgain, text, waitUntil} from './queues.js';

const {INVALID_ARGUMENT, INVALID_FILENAME, NOT_FOUND} = Gio.IOErrorEnum;
const {KEEP, UNLINK_ON_CLOSE, ANONYMOUS} = Mood.Ownership;
const CREAT = Flags.RDWR | Flags.CREAT;

function exists(name) {
  try {
    Mood.MessageQueue.new(name, Flags.RDONLY, 0, -1, -1).close();
  } catch (error) {
    if (!error.matches(Gio.IOErrorEnum, NOT_FOUND))
      throw error;

    return false;
  }

  return true;
}

function newFull(name, ownership, flags = CREAT) {
  const queue = Mood.MessageQueue.new_full(
    name, flags, 0o600, 2, 16, ownership, Mood.GeometryPolicy.ACCEPT, false);

  addCleanup(() => queue.close());

  return queue;
}

test('created', () => {
  const name = newName();

  assertEqual(newFull(name, KEEP).created, true);
  assertEqual(newFull(name, KEEP).created, false);
  assertEqual(newFull(name, KEEP, Flags.RDWR).created, false);
});

test('keep', () => {
  const queue = newFull(newName(), KEEP);

  assertEqual(queue.ownership, KEEP);
  queue.close();
  assert(exists(queue.name));
});

test('unlink on close', () => {
  const queue = newFull(newName(), UNLINK_ON_CLOSE);
  const other = openAgain(queue, Flags.RDWR);

  assertEqual([queue.ownership, other.unlinked], [UNLINK_ON_CLOSE, false]);
  queue.send(bytes('last'), 0, null);
  queue.close();
  assert(!exists(queue.name));
  assertEqual(other.unlinked, true);
  assertBytes(other.recv(null), bytes('last'));
});

test('unlink on collection', () => {
  const name = newName();
  // In a function of its own, so that nothing here leads to the queue any more.
  const open = () => Mood.MessageQueue.new_full(
    name, CREAT, 0o600, 2, 16, UNLINK_ON_CLOSE, Mood.GeometryPolicy.ACCEPT, false).fd;

  open();
  waitUntil(() => {
    System.gc();
    return !exists(name);
  });
});

test('by properties', () => {
  const queue = new Mood.MessageQueue(
    {name: newName(), flags: CREAT, maxmsg: 2, msgsize: 16, ownership: UNLINK_ON_CLOSE});

  queue.init(null);
  queue.close();
  assert(!exists(queue.name));
});

test('what existed is left', () => {
  const name = newName();

  newFull(name, KEEP).close();
  newFull(name, UNLINK_ON_CLOSE).close();
  newFull(name, UNLINK_ON_CLOSE, Flags.RDWR).close();
  assert(exists(name));
});

test("another's queue is left", () => {
  const queue = newFull(newName(), UNLINK_ON_CLOSE);

  Mood.unlink(queue.name);
  assertEqual(newFull(queue.name, KEEP).created, true);
  queue.close();
  assert(exists(queue.name));
});

test('temporary', () => {
  const queue = Mood.MessageQueue.new_temporary(Flags.RDWR, 0o600, 3, 24);

  addCleanup(() => queue.close());
  assert(/^\/mood-[0-9a-f-]{36}$/.test(queue.name), queue.name);
  assertEqual([queue.ownership, queue.maxmsg, queue.msgsize], [UNLINK_ON_CLOSE, 3, 24]);
  openAgain(queue, Flags.WRONLY).send(bytes('by name'), 2, null);
  assertEqual(queue.receive(null), [bytes('by name'), 2]);
  queue.close();
  assert(!exists(queue.name));
});

test('anonymous', () => {
  const queue = Mood.MessageQueue.new_anonymous(Flags.RDWR, 3, 24);

  addCleanup(() => queue.close());
  assertEqual([queue.ownership, queue.unlinked, exists(queue.name)], [ANONYMOUS, true, false]);
  queue.reopen(Flags.WRONLY).send(bytes('from nowhere'), 2, null);
  assertEqual(text(queue.recv(null)), 'from nowhere');
  assertEqual(queue.close(), true);
});

test('refused', () => {
  const name = newName();

  assertFails(INVALID_ARGUMENT, () => newFull(name, ANONYMOUS), 'anonymous');
  assertFails(INVALID_ARGUMENT, () => newFull(null, ANONYMOUS, Flags.RDWR), 'CREAT');
  assertFails(INVALID_ARGUMENT, () => newFull(null, UNLINK_ON_CLOSE, Flags.RDWR), 'CREAT');
  assert(!exists(name));
});

test('no name is to be kept', () => {
  const error = assertThrows(() => newFull(null, KEEP));

  assert(error instanceof TypeError || error.matches(Gio.IOErrorEnum, INVALID_FILENAME));
});

test('what is no ownership is refused', () => {
  const name = newName();

  for (const ownership of [-1, 3, 99, 2 ** 31, Symbol('keep')]) {
    const error = assertThrows(() => newFull(name, ownership));

    assert(!(error instanceof GLib.Error), `${error}`);
  }
  assert(!exists(name));
});

test('exact mode', () => {
  // The umask is the whole process's, and JavaScript cannot set it: whatever it is, all bits are
  // what is left of none of them.
  const queue = Mood.MessageQueue.new_full(
    newName(), CREAT, 0o777, 2, 16, KEEP, Mood.GeometryPolicy.ACCEPT, true);

  addCleanup(() => queue.close());
  assertEqual([queue.exact_mode, queue.mode & 0o777], [true, 0o777]);
});

run();
