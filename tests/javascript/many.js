// SPDX-License-Identifier: LGPL-2.1-or-later

// Several messages in one call: their bytes one after the other, their sizes, their priorities.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, inAnotherProcess, newQueue, text} from './queues.js';

const {CANCELLED, CLOSED, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, NOT_INITIALIZED, PERMISSION_DENIED,
  TIMED_OUT, WOULD_BLOCK} = Gio.IOErrorEnum;

// The limit counts, and not the mode of the queue.
const MODES = [Flags.RDWR, Flags.RDWR | Flags.NONBLOCK];

const NO_WAIT = 0;
const SHORT_US = 10_000;
const LIMIT_US = 30_000_000;
const HOUR_US = 3_600_000_000;

const ROOM = 4;

function newFullQueue(flags = Flags.RDWR) {
  const queue = newQueue({flags});

  assertEqual(queue.send_many(bytes('full'), [1, 1, 1, 1], null, NO_WAIT, null), ROOM);

  return queue;
}

// What receive_many() gives, as an array of [bytes, priority].
function split([together, sizes, priorities]) {
  let begin = 0;

  assert(together instanceof Uint8Array);
  assertEqual(priorities.length, sizes.length);
  const messages = sizes.map((size, index) => {
    const message = together.slice(begin, begin + size);

    begin += size;

    return [message, priorities[index]];
  });
  assertEqual(begin, together.length);

  return messages;
}

test('there and back in the order of the queue', () => {
  for (const flags of MODES) {
    for (const timeout of [-1, NO_WAIT, HOUR_US]) {
      const queue = newQueue({flags});

      assertEqual(queue.send_many(bytes('low\0zero\0more'), [3, 0, 6, 4], [0, 32767, 9, 9], timeout,
        null), 4);
      assertEqual(split(queue.receive_many(10, timeout, null)), [
        [bytes(''), 32767], [bytes('\0zero\0'), 9], [bytes('more'), 9], [bytes('low'), 0]]);
    }
  }
});

test('every byte', () => {
  const queue = newQueue({msgsize: 256});
  const message = Uint8Array.from({length: 512}, (_, index) => index < 256 ? index : 511 - index);

  assertEqual(queue.send_many(message, [256, 256], null, NO_WAIT, null), 2);
  assertEqual(queue.receive_many(10, NO_WAIT, null), [message, [256, 256], [0, 0]]);
});

test('nothing but empty messages', () => {
  const queue = newQueue();

  for (const nothing of [new Uint8Array(), [], '']) {
    assertEqual(queue.send_many(nothing, [0, 0], null, NO_WAIT, null), 2);
    assertEqual(queue.receive_many(10, NO_WAIT, null), [new Uint8Array(), [0, 0], [0, 0]]);
  }
});

test('no message', () => {
  for (const queue of [newQueue(), newFullQueue()]) {
    const before = queue.curmsgs;

    for (const timeout of [-1, NO_WAIT, HOUR_US]) {
      for (const priorities of [null, []])
        assertEqual(queue.send_many(new Uint8Array(), [], priorities, timeout, null), 0);
    }
    assertEqual(queue.curmsgs, before);
  }
});

test('what else can be sent', () => {
  const queue = newQueue();

  for (const [messages, sizes, priorities] of [
    ['öne', [2, 2], []],
    [[0xc3, 0xb6, 0x6e, 0x65], new Uint8Array([2, 2]), null],
    [bytes('öne'), new Uint32Array([2, 2]), new Uint16Array([0, 0])],
  ]) {
    assertEqual(queue.send_many(messages, sizes, priorities, NO_WAIT, null), 2);
    assertEqual(queue.receive_many(10, NO_WAIT, null), [bytes('öne'), [2, 2], [0, 0]]);
  }
});

test('what is above the limit stays', () => {
  const queue = newQueue();

  assertEqual(queue.send_many(bytes('abcd'), [1, 1, 1, 1], [1, 2, 3, 4], NO_WAIT, null), 4);
  assertEqual(queue.receive_many(1, -1, null), [bytes('d'), [1], [4]]);
  assertEqual(queue.curmsgs, 3);
  assertEqual(queue.receive_many(2, -1, null), [bytes('cb'), [1, 1], [3, 2]]);
  assertEqual(queue.receive_many(2 ** 32 - 1, -1, null), [bytes('a'), [1], [1]]);
});

test('only the first is waited for', () => {
  for (const timeout of [-1, NO_WAIT, HOUR_US]) {
    const queue = newQueue();

    assertEqual(queue.send_many(bytes('abcdef'), [1, 1, 1, 1, 1, 1], null, timeout, null), ROOM);
    assertEqual(text(queue.receive_many(1, NO_WAIT, null)[0]), 'a');
    assertEqual(queue.send_many(bytes('ef'), [1, 1], null, timeout, null), 1);
    assertEqual(text(queue.receive_many(10, timeout, null)[0]), 'bcde');
  }
});

test('a try does not wait', () => {
  for (const flags of MODES) {
    const empty = newQueue({flags});
    const full = newFullQueue(flags);

    assertFails(WOULD_BLOCK, () => empty.receive_many(10, NO_WAIT, null), empty.name, 'empty');
    assertFails(WOULD_BLOCK, () => full.send_many(bytes('ab'), [1, 1], null, NO_WAIT, null),
      full.name, 'full');
    assertEqual(full.curmsgs, ROOM);
  }
});

test('a wait is given its time', () => {
  for (const flags of MODES) {
    const empty = newQueue({flags});
    const full = newFullQueue(flags);

    for (const cancellable of [null, new Gio.Cancellable()]) {
      for (const [func, word] of [
        [() => empty.receive_many(10, SHORT_US, cancellable), 'empty'],
        [() => full.send_many(bytes('a'), [1], null, SHORT_US, cancellable), 'full'],
      ]) {
        const start = GLib.get_monotonic_time();

        assertFails(TIMED_OUT, func, word, `${SHORT_US}`);
        assert(GLib.get_monotonic_time() - start >= SHORT_US);
      }
    }
  }
});

test('a wait ends with a message', () => {
  for (const timeout of [-1, HOUR_US]) {
    const queue = newQueue();

    inAnotherProcess(queue, "queue.send('awaited', 4, null)");
    assertEqual(split(queue.receive_many(10, timeout, null)), [[bytes('awaited'), 4]]);
  }
});

test('a wait ends with room', () => {
  for (const timeout of [-1, HOUR_US]) {
    const queue = newFullQueue();

    inAnotherProcess(queue, 'queue.recv(null)');
    assertEqual(queue.send_many(bytes('onetwo'), [3, 3], [5, 5], timeout, null), 1);
    assertEqual(queue.receive_many(1, NO_WAIT, null), [bytes('one'), [3], [5]]);
  }
});

test('cancelled before', () => {
  const queue = newFullQueue();
  const cancellable = new Gio.Cancellable();

  cancellable.cancel();
  for (const timeout of [-1, NO_WAIT, HOUR_US]) {
    assertFails(CANCELLED, () => queue.receive_many(10, timeout, cancellable));
    assertFails(CANCELLED, () => queue.send_many(bytes('late'), [4], null, timeout, cancellable));
  }
  assertEqual(queue.curmsgs, ROOM);
});

test('refused', () => {
  const closed = newQueue();
  const full = newFullQueue();
  const sender = newQueue({flags: Flags.WRONLY});
  const receiver = newQueue({flags: Flags.RDONLY});

  closed.close();
  for (const timeout of [-1, NO_WAIT, HOUR_US]) {
    for (const [bad, code] of [[closed, CLOSED], [new Mood.MessageQueue(), NOT_INITIALIZED]]) {
      assertFails(code, () => bad.receive_many(10, timeout, null));
      assertFails(code, () => bad.send_many(bytes('a'), [1], null, timeout, null));
      assertFails(code, () => bad.send_many([], [], null, timeout, null));
    }
    assertFails(PERMISSION_DENIED, () => sender.receive_many(10, timeout, null), 'RDONLY');
    assertFails(PERMISSION_DENIED,
      () => receiver.send_many(bytes('a'), [1], null, timeout, null), 'WRONLY');
    // What is no number is 0.
    for (const limit of [0, null, undefined, NaN])
      assertFails(INVALID_ARGUMENT, () => full.receive_many(limit, timeout, null), 'limit');
  }
});

test('batches of which nothing is sent', () => {
  const queue = newQueue({msgsize: 8});

  for (const [code, messages, sizes, priorities, ...words] of [
    [MESSAGE_TOO_LARGE, 'good012345678', [4, 9], null, 'message 2 of 2', '9 bytes', 'at most 8'],
    [MESSAGE_TOO_LARGE, 'ab', [2 ** 63, 2 ** 63, 2], null, 'message 1 of 3'],
    [MESSAGE_TOO_LARGE, 'ab', [-1, 3], null, 'message 1 of 2'],
    [INVALID_ARGUMENT, 'ab', [1], null, 'add up to 1', 'there are 2'],
    [INVALID_ARGUMENT, 'ab', [1, 1, 1], null, 'add up to 3', 'there are 2'],
    [INVALID_ARGUMENT, 'ab', [], null, 'add up to 0', 'there are 2'],
    [INVALID_ARGUMENT, '', [1], null, 'add up to 1', 'there are 0'],
    // The size of a text is that of its bytes.
    [INVALID_ARGUMENT, 'ö', [1], null, 'add up to 1', 'there are 2'],
    [INVALID_ARGUMENT, 'ab', ['x', 'y'], null, 'add up to 0', 'there are 2'],
    [INVALID_ARGUMENT, 'ab', [1, 1], [1], '2 sizes', '1 priorities'],
    [INVALID_ARGUMENT, 'ab', [1, 1], [1, 2, 3], '2 sizes', '3 priorities'],
    [INVALID_ARGUMENT, 'ab', [1, 1], [1, 32768], 'message 2 of 2', '32768', '32767'],
    [INVALID_ARGUMENT, 'ab', [1, 1], [-1, 1], 'message 1 of 2', '32767'],
  ]) {
    assertFails(code, () => queue.send_many(messages, sizes, priorities, NO_WAIT, null), queue.name,
      ...words);
    assertEqual(queue.curmsgs, 0);
  }
});

// Of receive_many() there is nothing here but what is too few: GJS 1.74 crashes when it refuses an
// argument of a function that gives back arrays.
test('what is no array, number or cancellable is a JavaScript error', () => {
  const queue = newQueue();
  const message = bytes('ab');

  for (const args of [
    [null, [1, 1], null, NO_WAIT, null], [undefined, [1, 1], null, NO_WAIT, null],
    [5, [1, 1], null, NO_WAIT, null], [{}, [1, 1], null, NO_WAIT, null],
    [message, null, null, NO_WAIT, null], [message, undefined, null, NO_WAIT, null],
    [message, 2, null, NO_WAIT, null], [message, '11', null, NO_WAIT, null],
    [message, {}, null, NO_WAIT, null],
    [message, [1, 1], undefined, NO_WAIT, null], [message, [1, 1], 5, NO_WAIT, null],
    [message, [1, 1], '55', NO_WAIT, null], [message, [1, 1], {}, NO_WAIT, null],
    [message, [1, 1], null, 1e30, null], [message, [1, 1], null, -1e30, null],
    [message, [1, 1], null, NO_WAIT, 5], [message, [1, 1], null, NO_WAIT, queue],
    [message, [1, 1]],
  ])
    assert(!(assertThrows(() => queue.send_many(...args)) instanceof GLib.Error));
  assert(!(assertThrows(() => queue.receive_many(10, NO_WAIT)) instanceof GLib.Error));
  assertEqual(queue.curmsgs, 0);
});

test('nothing is lost', () => {
  const count = 20_000;
  const queue = newQueue({maxmsg: 8, msgsize: 8});
  const received = [];

  inAnotherProcess(queue, `
    for (let begin = 0; begin < ${count};) {
      const numbers = [];
      for (let number = begin; number < Math.min(begin + 7, ${count}); number++)
        numbers.push(String(number));
      begin += queue.send_many(numbers.join(''), numbers.map(number => number.length), null,
        ${LIMIT_US}, null);
    }
  `);
  while (received.length < count) {
    for (const [message] of split(queue.receive_many(5, LIMIT_US, null)))
      received.push(text(message));
  }
  assertEqual(received, Array.from({length: count}, (_, number) => `${number}`));
  assertEqual(queue.curmsgs, 0);
});

run();
