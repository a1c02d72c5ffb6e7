// SPDX-License-Identifier: LGPL-2.1-or-later

// Asynchronous calls, as promises.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, run, test} from './tap.js';
import {bytes, newQueue, settle, text} from './queues.js';

Gio._promisify(Mood.MessageQueue.prototype, 'receive_async', 'receive_finish');
Gio._promisify(Mood.MessageQueue.prototype, 'send_async', 'send_finish');

const PRIORITY = GLib.PRIORITY_DEFAULT;

function assertIsError(code, error) {
  assert(error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, code),
    `not the code ${code}: ${error}`);
}

test('receive at once and later', () => {
  const queue = newQueue();

  queue.send(bytes('there'), 7, null);
  const there = settle(queue.receive_async(PRIORITY, null));
  assertEqual(text(there[0]), 'there');
  assertEqual(there[1], 7);

  const later = queue.receive_async(PRIORITY, null);
  queue.send(bytes(''), 1, null);
  const [message, priority] = settle(later);
  assert(message instanceof Uint8Array);
  assertEqual(message.length, 0);
  assertEqual(priority, 1);
});

test('receive in the order asked', () => {
  const queue = newQueue();
  const promises = [300, 0, -100].map(ioPriority => queue.receive_async(ioPriority, null));

  for (const message of ['1', '2', '3'])
    queue.send(bytes(message), 0, null);
  const outcomes = settle(Promise.all(promises));
  assertEqual(outcomes.map(([message]) => text(message)).join(), '1,2,3');
});

test('a cancelled call leaves its message to the next', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();
  const outcomes = Promise.allSettled([
    queue.receive_async(PRIORITY, cancellable),
    queue.receive_async(PRIORITY, null),
  ]);

  cancellable.cancel();
  queue.send(bytes('x'), 0, null);
  const [cancelled, next] = settle(outcomes);
  assertIsError(Gio.IOErrorEnum.CANCELLED, cancelled.reason);
  assertEqual(text(next.value[0]), 'x');
});

test('closing ends all calls', () => {
  const queue = newQueue();
  const outcomes = Promise.allSettled([
    queue.receive_async(PRIORITY, null),
    queue.receive_async(PRIORITY, null),
  ]);

  queue.close();
  for (const outcome of settle(outcomes))
    assertIsError(Gio.IOErrorEnum.CLOSED, outcome.reason);
});

test('send waits for room', () => {
  const queue = newQueue({maxmsg: 1});
  const promises = ['1', '2'].map(message => queue.send_async(bytes(message), 0, PRIORITY, null));

  assertEqual(settle(promises[0]), true);
  assertEqual(queue.curmsgs, 1);
  assertEqual(text(queue.recv(null)), '1');
  assertEqual(settle(promises[1]), true);
  assertEqual(text(queue.recv(null)), '2');
});

test('send refuses what is too long', () => {
  const queue = newQueue();

  const [outcome] = settle(Promise.allSettled([
    queue.send_async(new Uint8Array(65), 0, PRIORITY, null),
  ]));
  assertIsError(Gio.IOErrorEnum.MESSAGE_TOO_LARGE, outcome.reason);
  assertEqual(queue.curmsgs, 0);
});

test('a result is kept', () => {
  const queue = newQueue();
  const kept = new Promise(resolve => {
    queue.receive_async(PRIORITY, null, (_queue, result) => resolve(result));
  });

  queue.send(bytes('x'), 3, null);
  const result = settle(kept);
  queue.send(bytes('y'), 0, null);
  const [next] = settle(queue.receive_async(PRIORITY, null));
  assertEqual(text(next), 'y');
  queue.close();
  assert(result.get_source_object() === queue);
  const [message, priority] = queue.receive_finish(result);
  assertEqual(text(message), 'x');
  assertEqual(priority, 3);
});

run();
