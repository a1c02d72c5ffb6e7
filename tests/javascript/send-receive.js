// SPDX-License-Identifier: LGPL-2.1-or-later

// Messages in and out: bytes, priorities, and messages that are too long for one.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, newQueue, openAgain} from './queues.js';

test('bytes come out as they went in', () => {
  const queue = newQueue({msgsize: 256});
  const message = Uint8Array.from({length: 256}, (_, index) => index);

  assertEqual(queue.send(message, 0, null), 256);
  assertBytes(queue.recv(null), message);
});

test('an empty message is a message', () => {
  const queue = newQueue();

  assertEqual(queue.send(new Uint8Array(), 3, null), 0);
  assertEqual(queue.sendall(new Uint8Array(), 2, null), [true, 0]);
  assertEqual(queue.curmsgs, 2);
  const [message, priority] = queue.receive(null);
  assertBytes(message, []);
  assertEqual(priority, 3);
  assertBytes(queue.recv(null), []);
});

test('what else can be sent', () => {
  const queue = newQueue();

  queue.send('héllo', 0, null);
  assertBytes(queue.recv(null), bytes('héllo'));
  queue.send([1, 2, 255], 0, null);
  assertBytes(queue.recv(null), [1, 2, 255]);
});

test('what cannot be sent is a JavaScript error', () => {
  const queue = newQueue();

  for (const args of [[null, 0, null], [5, 0, null], [bytes('a'), -1, null], [bytes('a')]]) {
    for (const name of ['send', 'sendall'])
      assert(!(assertThrows(() => queue[name](...args)) instanceof GLib.Error));
  }
  assertEqual(queue.curmsgs, 0);
});

test('receive gives the priority', () => {
  const queue = newQueue();

  queue.send(bytes('high'), 32767, null);
  const [message, priority] = queue.receive(null);
  assertBytes(message, bytes('high'));
  assertEqual(priority, 32767);
});

test('the highest priority comes first and then the oldest', () => {
  const queue = newQueue();

  for (const [message, priority] of [['low', 0], ['old', 7], ['new', 7], ['top', 9]])
    queue.send(bytes(message), priority, null);
  for (const message of ['top', 'old', 'new', 'low'])
    assertBytes(queue.recv(null), bytes(message));
});

test('a cancellable that is not cancelled changes nothing', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();

  queue.send(bytes('one'), 0, cancellable);
  assertBytes(queue.recv(cancellable), bytes('one'));
});

test('send tells how much of a long message went', () => {
  const queue = newQueue({msgsize: 8});

  assertEqual(queue.send(bytes('0123456789'), 0, null), 8);
  assertEqual(queue.curmsgs, 1);
  assertBytes(queue.recv(null), bytes('01234567'));
});

test('sendall sends the rest as well', () => {
  const queue = newQueue({msgsize: 8});

  assertEqual(queue.sendall(bytes('0123456789abcdefghij'), 6, null), [true, 20]);
  for (const expected of ['01234567', '89abcdef', 'ghij']) {
    const [message, priority] = queue.receive(null);

    assertBytes(message, bytes(expected));
    assertEqual(priority, 6);
  }
  assertEqual(queue.curmsgs, 0);
});

test('sendall that fails half-way has sent the first half', () => {
  const queue = newQueue({flags: Flags.RDWR | Flags.NONBLOCK, maxmsg: 2, msgsize: 8});

  assertFails(Gio.IOErrorEnum.WOULD_BLOCK,
    () => queue.sendall(bytes('0123456789abcdefghij'), 0, null));
  assertBytes(queue.recv(null), bytes('01234567'));
  assertBytes(queue.recv(null), bytes('89abcdef'));
});

test('one direction is enough', () => {
  const sender = newQueue({flags: Flags.WRONLY});
  const receiver = openAgain(sender, Flags.RDONLY);

  sender.send(bytes('one way'), 0, null);
  assertBytes(receiver.recv(null), bytes('one way'));
});

run();
