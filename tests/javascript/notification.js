// SPDX-License-Identifier: LGPL-2.1-or-later

// Being told, once, that a message has come to the empty queue.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {addCleanup, assert, assertEqual, run, test} from './tap.js';
import {Flags, assertFails, bytes, findWatch, inAnotherProcess, newQueue, openAgain,
  runWhatIsReady, waitUntil} from './queues.js';

const {IN, NVAL} = GLib.IOCondition;
const {BUSY, CLOSED, INVALID_ARGUMENT, WOULD_BLOCK} = Gio.IOErrorEnum;

// A callback that leaves the message where it is, and notes what it is called with.
function makeNote() {
  const conditions = [];
  const callback = (queue, condition) => {
    conditions.push(condition);
    return GLib.SOURCE_CONTINUE;
  };

  return {callback, conditions};
}

function add(queue, rearm, callback) {
  const identifier = queue.add_notification(GLib.PRIORITY_DEFAULT, rearm, callback);
  const source = findWatch(identifier);

  addCleanup(() => source.destroy());

  return source;
}

function assertFree(queue) {
  assertEqual(queue.reserve_notification(), true);
  assertEqual(queue.cancel_notification(), true);
}

function receiveAll(queue, received) {
  for (;;) {
    try {
      queue.receive_with_timeout(0, null);
      received.count++;
    } catch (error) {
      if (!error.matches(Gio.IOErrorEnum, WOULD_BLOCK))
        throw error;
      return;
    }
  }
}

test('a notification tells once', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote();
  const source = add(queue, false, callback);

  runWhatIsReady();
  assertEqual(conditions, []);
  queue.send(bytes('x'), 0, null);
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [IN]);
  assert(source.is_destroyed());
  assertFree(queue);
});

test('a notification tells of what another process sends', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote();

  add(queue, false, callback);
  inAnotherProcess(queue, 'queue.send(new Uint8Array([120]), 0, null)');
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [IN]);
});

test('a notification that is armed again', () => {
  const queue = newQueue();
  const received = {count: 0};

  // What is there already, too.
  queue.send(bytes('x'), 0, null);
  add(queue, true, () => {
    receiveAll(queue, received);
    return GLib.SOURCE_CONTINUE;
  });
  for (let round = 0; round < 5; round++) {
    queue.send(bytes('x'), 0, null);
    waitUntil(() => received.count === 2 + round);
  }
});

test('a notification without a callback', () => {
  const queue = newQueue();
  let arrived = 0;

  queue.connect('arrived', () => arrived++);
  add(queue, false, null);
  queue.send(bytes('x'), 0, null);
  waitUntil(() => arrived > 0);
  assertEqual(arrived, 1);
});

test('closing tells a notification', () => {
  const queue = newQueue();
  const other = openAgain(queue, Flags.RDWR);
  const {callback, conditions} = makeNote();

  add(queue, true, callback);
  queue.close();
  assertFree(other);
  waitUntil(() => conditions.length > 0);
  runWhatIsReady();
  assertEqual(conditions, [NVAL]);
});

test('a source of notification, and a cancellable', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();
  const source = queue.create_notification_source(true, cancellable);
  const {callback, conditions} = makeNote();

  GObject.source_set_closure(source, callback);
  source.attach(null);
  queue.send(bytes('x'), 0, null);
  waitUntil(() => conditions.length === 1);
  cancellable.cancel();
  waitUntil(() => conditions.length === 2);
  assertEqual(conditions, [IN, 0]);
  assert(source.is_destroyed());
  assertFree(queue);
});

test('a notification that is removed or cancelled', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote();

  add(queue, true, callback).destroy();
  assertFree(queue);
  add(queue, true, callback);
  openAgain(queue, Flags.WRONLY).cancel_notification();
  assertFree(queue);
  queue.send(bytes('x'), 0, null);
  runWhatIsReady();
  assertEqual(conditions, []);
});

test('what is refused', () => {
  const queue = newQueue();
  const {callback} = makeNote();
  const registrations = [
    () => queue.add_notification(0, true, callback),
    () => queue.create_notification_source(true, null),
    () => queue.notify_by_signal(10),
    () => queue.reserve_notification(),
  ];

  for (const number of [0, -1, 32, 65])
    assertFails(INVALID_ARGUMENT, () => queue.notify_by_signal(number), '1 to 31');
  assertEqual(queue.notify_by_signal(10), true);
  for (const register of registrations)
    assertFails(BUSY, register, 'this process', queue.name);
  assertEqual(queue.cancel_notification(), true);
  queue.close();
  for (const register of registrations)
    assertFails(CLOSED, register, 'register for notification');
  assertFails(CLOSED, () => queue.cancel_notification());
});

run();
