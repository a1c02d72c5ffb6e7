// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls with a time limit: tries, waits that expire, and waits for what another process does.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, inAnotherProcess, newQueue} from './queues.js';

const {CANCELLED, CLOSED, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, NOT_INITIALIZED, PERMISSION_DENIED,
  TIMED_OUT, WOULD_BLOCK} = Gio.IOErrorEnum;

// The limit counts, and not the mode of the queue.
const MODES = [Flags.RDWR, Flags.RDWR | Flags.NONBLOCK];

const NO_WAIT = 0;
const SHORT_US = 10_000;
const HOUR_US = 3_600_000_000;

function newFullQueue(flags = Flags.RDWR) {
  const queue = newQueue({flags, maxmsg: 1});

  queue.send(bytes('full'), 0, null);

  return queue;
}

test('a try goes through where nothing stands in the way', () => {
  for (const flags of MODES) {
    const queue = newQueue({flags});

    assertEqual(queue.send_with_timeout(bytes('two'), 2, NO_WAIT, null), 3);
    assertEqual(queue.send_with_timeout(bytes('three'), 3, NO_WAIT, null), 5);
    assertEqual(queue.receive_with_timeout(NO_WAIT, null), [bytes('three'), 3]);
    assertEqual(queue.receive_with_timeout(NO_WAIT, null), [bytes('two'), 2]);
  }
});

test('a try does not wait', () => {
  for (const flags of MODES) {
    const empty = newQueue({flags});
    const full = newFullQueue(flags);

    assertFails(WOULD_BLOCK, () => empty.receive_with_timeout(NO_WAIT, null), empty.name, 'empty');
    assertFails(WOULD_BLOCK, () => full.send_with_timeout(bytes('no room'), 0, NO_WAIT, null),
      full.name, 'full');
    assertEqual([empty.curmsgs, full.curmsgs], [0, 1]);
  }
});

test('a wait is given its time', () => {
  for (const flags of MODES) {
    const empty = newQueue({flags});
    const full = newFullQueue(flags);

    for (const cancellable of [null, new Gio.Cancellable()]) {
      for (const [func, word] of [
        [() => empty.receive_with_timeout(SHORT_US, cancellable), 'empty'],
        [() => full.send_with_timeout(bytes('late'), 0, SHORT_US, cancellable), 'full'],
      ]) {
        const start = GLib.get_monotonic_time();

        assertFails(TIMED_OUT, func, word, `${SHORT_US}`);
        assert(GLib.get_monotonic_time() - start >= SHORT_US);
      }
    }
    assertEqual([empty.curmsgs, full.curmsgs], [0, 1]);
  }
});

test('what is there comes however short the time', () => {
  const queue = newQueue();

  assertEqual(queue.send_with_timeout(bytes('at once'), 1, 1, null), 7);
  assertEqual(queue.receive_with_timeout(1, null), [bytes('at once'), 1]);
});

test('a wait ends with a message', () => {
  for (const flags of MODES) {
    for (const timeout of [-1, HOUR_US]) {
      const queue = newQueue({flags});

      inAnotherProcess(queue, "queue.send('awaited', 4, null)");
      assertEqual(queue.receive_with_timeout(timeout, null), [bytes('awaited'), 4]);
    }
  }
});

test('a wait ends with room', () => {
  for (const flags of MODES) {
    for (const timeout of [-1, HOUR_US]) {
      const queue = newFullQueue(flags);

      inAnotherProcess(queue, 'queue.recv(null)');
      assertEqual(queue.send_with_timeout(bytes('patient'), 4, timeout, null), 7);
      assertEqual(queue.receive(null), [bytes('patient'), 4]);
    }
  }
});

test('cancelled before', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();

  queue.send(bytes('stays'), 0, null);
  cancellable.cancel();
  for (const timeout of [-1, NO_WAIT, HOUR_US]) {
    assertFails(CANCELLED, () => queue.receive_with_timeout(timeout, cancellable));
    assertFails(CANCELLED, () => queue.send_with_timeout(bytes('late'), 0, timeout, cancellable));
  }
  assertEqual(queue.curmsgs, 1);
});

test('bytes come out as they went in', () => {
  const queue = newQueue({msgsize: 256});
  const messages = [
    Uint8Array.from({length: 256}, (_, index) => index),
    new Uint8Array(),
    bytes('\0'),
    bytes('a\0b\0'),
  ];

  for (const message of messages) {
    assertEqual(queue.send_with_timeout(message, 32767, NO_WAIT, null), message.length);
    assertEqual(queue.receive_with_timeout(NO_WAIT, null), [message, 32767]);
  }
});

test('a message that is too long is refused and not cut', () => {
  const queue = newQueue({msgsize: 8});

  assertFails(MESSAGE_TOO_LARGE,
    () => queue.send_with_timeout(bytes('012345678'), 0, HOUR_US, null), '9 bytes', 'at most 8');
  assertEqual(queue.curmsgs, 0);
  assertEqual(queue.send_with_timeout(bytes('01234567'), 0, NO_WAIT, null), 8);
});

test('bad input', () => {
  const closed = newQueue();
  const queue = newQueue();

  closed.close();
  for (const [bad, code] of [[closed, CLOSED], [new Mood.MessageQueue(), NOT_INITIALIZED]]) {
    assertFails(code, () => bad.receive_with_timeout(HOUR_US, null));
    assertFails(code, () => bad.send_with_timeout(bytes('message'), 0, HOUR_US, null));
  }
  assertFails(PERMISSION_DENIED,
    () => newQueue({flags: Flags.WRONLY}).receive_with_timeout(HOUR_US, null), 'RDONLY');
  assertFails(PERMISSION_DENIED,
    () => newQueue({flags: Flags.RDONLY}).send_with_timeout(bytes('a'), 0, HOUR_US, null),
    'WRONLY');
  assertFails(INVALID_ARGUMENT,
    () => queue.send_with_timeout(bytes('message'), 32768, NO_WAIT, null), '32768');
  assert(!(assertThrows(() => queue.send_with_timeout(bytes('message'), 0, 1e30, null))
    instanceof GLib.Error));
  assertEqual(queue.curmsgs, 0);
});

run();
