// SPDX-License-Identifier: LGPL-2.1-or-later

// Queues from descriptors, and descriptors from queues.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, descriptorIsOpen, newQueue, runAsService} from './queues.js';

const {CLOSED, INVALID_ARGUMENT, NOT_INITIALIZED} = Gio.IOErrorEnum;

function fromDescriptor(descriptor) {
  const queue = Mood.MessageQueue.new_from_fd(descriptor);

  addCleanup(() => queue.close());

  return queue;
}

test('is the same queue', () => {
  const queue = newQueue();
  const descriptor = queue.dup_fd();
  const same = fromDescriptor(descriptor);

  assert(same instanceof Mood.MessageQueue);
  assert(descriptor !== queue.fd);
  assertEqual([same.fd, same.name, same.flags], [descriptor, queue.name, Flags.RDWR | Flags.CLOEXEC]);
  assertEqual([same.mode, same.maxmsg, same.msgsize, same.created], [queue.mode, 4, 64, false]);
  same.send(bytes('by descriptor'), 3, null);
  assertEqual(queue.receive(null), [bytes('by descriptor'), 3]);
});

test('takes the descriptor', () => {
  const queue = newQueue();
  const descriptor = queue.dup_fd();

  Mood.MessageQueue.new_from_fd(descriptor).close();
  assert(!descriptorIsOpen(descriptor));
  assert(descriptorIsOpen(queue.fd));
});

test('flags are found out', () => {
  for (const flags of
    [Flags.RDONLY, Flags.WRONLY, Flags.RDWR, Flags.RDWR | Flags.NONBLOCK]) {
    const same = fromDescriptor(newQueue({flags}).dup_fd());

    assertEqual([same.flags, same.blocking],
      [flags | Flags.CLOEXEC, (flags & Flags.NONBLOCK) === 0]);
  }
});

test('an unlinked queue', () => {
  const queue = newQueue();

  queue.unlink();
  const same = fromDescriptor(queue.dup_fd());

  assertEqual([same.name, same.unlinked], [queue.name, true]);
});

test('a duplicate shares the blocking mode', () => {
  const queue = newQueue();
  const same = fromDescriptor(queue.dup_fd());

  same.set_nonblocking(true);
  assertEqual(queue.blocking, false);
  queue.close();
  assertEqual([same.closed, same.curmsgs], [false, 0]);
});

test('what is no queue is refused', () => {
  const socket = Gio.Socket.new(
    Gio.SocketFamily.UNIX, Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT);

  assertFails(INVALID_ARGUMENT, () => Mood.MessageQueue.new_from_fd(socket.fd),
    `descriptor ${socket.fd}`, 'a socket');
  assert(descriptorIsOpen(socket.fd));
  socket.close();
  for (const descriptor of [-1, -7, 2 ** 31 - 1])
    assertFails(INVALID_ARGUMENT, () => Mood.MessageQueue.new_from_fd(descriptor), 'not open');
});

test('arguments of a wrong kind are JavaScript errors', () => {
  const error = assertThrows(() => Mood.MessageQueue.new_from_fd(Symbol('3')));

  assert(!(error instanceof GLib.Error), `${error}`);
});

test('duplicates of what is not open', () => {
  const queue = newQueue();

  queue.close();
  assertFails(CLOSED, () => queue.dup_fd(), queue.name);
  assertFails(NOT_INITIALIZED, () => new Mood.MessageQueue().dup_fd());
});

test('handed to another process', () => {
  const queue = Mood.MessageQueue.new_anonymous(Flags.RDWR, 1, 16);

  addCleanup(() => queue.close());
  queue.send(bytes('there'), 3, null);
  const output = runAsService(`
    const queue = Mood.MessageQueue.new_from_fd(3);
    const [message, priority] = queue.receive(null);
    queue.send(new TextEncoder().encode('back'), priority + 1, null);
    print(new TextDecoder().decode(message), queue.unlinked);
  `, [queue.dup_fd()]);

  assertEqual(output, 'there true\n');
  assertEqual(queue.receive(null), [bytes('back'), 4]);
});

run();
