// SPDX-License-Identifier: LGPL-2.1-or-later

// What happens to a queue that is to be created, and exists with another geometry.

import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assertEqual, run, test} from './tap.js';
import {Flags, assertFails, bytes, newQueue, openAgain} from './queues.js';

const {BUSY, EXISTS} = Gio.IOErrorEnum;
const {ACCEPT, REFUSE, REPLACE} = Mood.GeometryPolicy;

// The name of a queue for two messages of 16 bytes, which nobody has open.
function leaveQueue() {
  const queue = newQueue({maxmsg: 2, msgsize: 16});

  queue.close();

  return queue.name;
}

function create(name, policy, {maxmsg = 3, msgsize = 24, flags = Flags.RDWR} = {}) {
  const queue = Mood.MessageQueue.new_full(name, flags | Flags.CREAT, 0o600, maxmsg, msgsize,
    Mood.Ownership.KEEP, policy, false);

  addCleanup(() => queue.close());
  assertEqual(queue.geometry_policy, policy);

  return queue;
}

test('accept', () => {
  const queue = create(leaveQueue(), ACCEPT);

  assertEqual([queue.maxmsg, queue.msgsize, queue.created], [2, 16, false]);
});

test('refuse', () => {
  const name = leaveQueue();

  for (const [maxmsg, msgsize] of [[3, 24], [3, 16], [2, 24]]) {
    assertFails(EXISTS, () => create(name, REFUSE, {maxmsg, msgsize}), name,
      'maxmsg 2 and msgsize 16', `maxmsg ${maxmsg} and msgsize ${msgsize} was asked for`);
  }
});

test('as asked', () => {
  const name = leaveQueue();

  for (const policy of [REFUSE, REPLACE]) {
    for (const [maxmsg, msgsize] of [[2, 16], [-1, 16], [2, -1], [-1, -1]]) {
      const queue = create(name, policy, {maxmsg, msgsize});

      assertEqual([queue.maxmsg, queue.msgsize, queue.created], [2, 16, false]);
    }
  }
});

test('replace', () => {
  const queue = create(leaveQueue(), REPLACE);

  assertEqual([queue.maxmsg, queue.msgsize, queue.created], [3, 24, true]);
  assertEqual(openAgain(queue, Flags.RDONLY).msgsize, 24);
});

test('messages are not thrown away', () => {
  const queue = newQueue({maxmsg: 2, msgsize: 16});

  queue.send(bytes('precious'), 5, null);
  queue.close();
  assertFails(BUSY, () => create(queue.name, REPLACE), queue.name, 'messages are waiting');
  assertEqual(openAgain(queue, Flags.RDONLY).receive(null), [bytes('precious'), 5]);
});

test('what is open stays', () => {
  const queue = newQueue({maxmsg: 2, msgsize: 16});

  assertFails(BUSY, () => create(queue.name, REPLACE), 'open', 'maxmsg 3 and msgsize 24');
  assertEqual(queue.unlinked, false);
});

test('exclusive', () => {
  assertFails(EXISTS, () => create(leaveQueue(), REPLACE, {flags: Flags.RDWR | Flags.EXCL}),
    'EXCL');
});

run();
