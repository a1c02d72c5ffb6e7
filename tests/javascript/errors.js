// SPDX-License-Identifier: LGPL-2.1-or-later

// What goes wrong, as the program sees it: an error of GIO's whose message tells what would help.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, newName, newQueue} from './queues.js';

const Code = Gio.IOErrorEnum;

// Above what the kernel grants anybody, whatever the limits are.
const TOO_MANY_MESSAGES = 65537;
const TOO_MANY_BYTES = 16 * 1024 * 1024 + 1;

function operations(queue) {
  return {
    send: () => queue.send(bytes('message'), 0, null),
    sendall: () => queue.sendall(bytes('message'), 0, null),
    recv: () => queue.recv(null),
    receive: () => queue.receive(null),
    setNonblocking: () => queue.set_nonblocking(false),
  };
}

test('they are GLib.Error', () => {
  const error = assertThrows(() => Mood.unlink(newName()));

  assert(error instanceof GLib.Error);
  assertEqual(error.domain, Gio.io_error_quark());
  assertEqual(error.code, Code.NOT_FOUND);
});

test('names', () => {
  const bad = {
    '': Code.INVALID_FILENAME,
    'no-slash': Code.INVALID_FILENAME,
    '/': Code.INVALID_FILENAME,
    '/two/slashes': Code.INVALID_FILENAME,
    '/..': Code.INVALID_FILENAME,
    [`/${'x'.repeat(256)}`]: Code.FILENAME_TOO_LONG,
  };

  for (const [name, code] of Object.entries(bad)) {
    assertFails(code, () => Mood.MessageQueue.new(name, Flags.RDWR | Flags.CREAT, 0o600, 2, 8),
      `“${name}”`, 'a slash followed by 1 to 255 bytes');
    assertFails(code,
      () => new Mood.MessageQueue({name, flags: Flags.RDWR | Flags.CREAT}).init(null));
    assertFails(code, () => Mood.unlink(name));
  }
});

test('not there', () => {
  const name = newName();

  assertFails(Code.NOT_FOUND, () => Mood.MessageQueue.new(name, Flags.RDWR, 0, -1, -1), 'CREAT');
  assertFails(Code.NOT_FOUND, () => Mood.unlink(name));
});

test('geometry', () => {
  assertFails(Code.INVALID_ARGUMENT, () => newQueue({maxmsg: 0}), 'maxmsg is 0');
  assertFails(Code.INVALID_ARGUMENT, () => newQueue({msgsize: 0}), 'msgsize is 0');
  assertFails(Code.INVALID_ARGUMENT, () => newQueue({maxmsg: TOO_MANY_MESSAGES}),
    'maxmsg 65537 is above 65536', 'Linux');
  assertFails(Code.INVALID_ARGUMENT, () => newQueue({msgsize: TOO_MANY_BYTES}),
    'msgsize 16777217 is above 16777216', 'Linux');
});

test('never initialised', () => {
  const constructed = [
    new Mood.MessageQueue(),
    new Mood.MessageQueue({name: '/never', flags: Flags.RDWR}),
  ];

  for (const queue of constructed) {
    const all = {
      ...operations(queue),
      close: () => queue.close(),
      unlink: () => queue.unlink(),
    };

    for (const operation of Object.values(all))
      assertFails(Code.NOT_INITIALIZED, operation);
    // Nobody can be told; all that counts is that it does no harm.
    queue.blocking = true;
    assertEqual(queue.blocking, false);
  }
});

test('init without properties', () => {
  assertFails(Code.INVALID_FILENAME, () => new Mood.MessageQueue().init(null), 'without a name');
  assertFails(Code.INVALID_ARGUMENT,
    () => new Mood.MessageQueue({name: newName()}).init(null), 'access mode');
});

test('closed', () => {
  const queue = newQueue();

  queue.close();
  for (const operation of Object.values(operations(queue)))
    assertFails(Code.CLOSED, operation, queue.name);
});

test('wrong direction', () => {
  const sender = operations(newQueue({flags: Flags.WRONLY}));
  const receiver = operations(newQueue({flags: Flags.RDONLY}));

  for (const operation of [sender.recv, sender.receive])
    assertFails(Code.PERMISSION_DENIED, operation, 'RDONLY');
  for (const operation of [receiver.send, receiver.sendall])
    assertFails(Code.PERMISSION_DENIED, operation, 'WRONLY');
});

test('would block', () => {
  const queue = newQueue({flags: Flags.RDWR | Flags.NONBLOCK, maxmsg: 1});
  const {send, sendall, recv, receive} = operations(queue);

  for (const operation of [recv, receive])
    assertFails(Code.WOULD_BLOCK, operation, 'empty');
  queue.send(bytes('fills it'), 0, null);
  for (const operation of [send, sendall])
    assertFails(Code.WOULD_BLOCK, operation, 'full');
  assertBytes(queue.recv(null), bytes('fills it'));
});

test('cancelled', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();

  queue.send(bytes('stays'), 0, null);
  cancellable.cancel();
  assertFails(Code.CANCELLED, () => queue.send(bytes('message'), 0, cancellable));
  assertFails(Code.CANCELLED, () => queue.sendall(bytes('message'), 0, cancellable));
  assertFails(Code.CANCELLED, () => queue.recv(cancellable));
  assertFails(Code.CANCELLED, () => queue.receive(cancellable));
  assertEqual(queue.curmsgs, 1);
  assertBytes(queue.recv(null), bytes('stays'));
});

test('priority out of range', () => {
  const queue = newQueue();

  for (const name of ['send', 'sendall']) {
    assertFails(Code.INVALID_ARGUMENT, () => queue[name](bytes('message'), 32768, null),
      '32768', '32767');
  }
  assertEqual(queue.curmsgs, 0);
});

run();
