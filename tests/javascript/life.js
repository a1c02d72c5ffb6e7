// SPDX-License-Identifier: LGPL-2.1-or-later

// The end of a queue: closing, unlinking and collection.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

import {assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {CREATE, Flags, assertFails, bytes, descriptorIsOpen, newName, newQueue, openAgain,
  waitUntil, watch} from './queues.js';

test('close gives the descriptor back', () => {
  const queue = newQueue();
  const descriptor = queue.fileno();

  assert(descriptorIsOpen(descriptor));
  assertEqual(queue.close(), true);
  assert(!descriptorIsOpen(descriptor));
  assertEqual([queue.fileno(), queue.fd, queue.curmsgs, queue.closed], [-1, -1, -1, true]);
});

test('close can be repeated', () => {
  const queue = newQueue();

  queue.close();
  // Whoever gets the number next must not lose it to the second close.
  const other = newQueue();
  assertEqual(queue.close(), true);
  assert(descriptorIsOpen(other.fd));
});

test('close notifies once', () => {
  const queue = newQueue();
  const seen = [];

  queue.connect('notify::closed', ({closed, fd}, {name}) => seen.push([name, closed, fd]));
  queue.connect('notify::fd', ({closed, fd}, {name}) => seen.push([name, closed, fd]));
  queue.close();
  queue.close();
  assertEqual(seen.sort(), [['closed', true, -1], ['fd', true, -1]]);
});

test('close keeps the queue and its messages', () => {
  const queue = newQueue();

  queue.send(bytes('kept'), 0, null);
  queue.close();
  assertBytes(openAgain(queue, Flags.RDONLY).recv(null), bytes('kept'));
});

test('close keeps what the queue was', () => {
  const queue = newQueue({maxmsg: 2, msgsize: 8});
  const {name, mode} = queue;

  queue.close();
  assertEqual([queue.name, queue.flags, queue.mode, queue.maxmsg, queue.msgsize],
    [name, Flags.RDWR | CREATE, mode, 2, 8]);
});

test('unlinking by name', () => {
  const queue = newQueue();

  assertEqual(Mood.unlink(queue.name), true);
  assertFails(Gio.IOErrorEnum.NOT_FOUND, () => openAgain(queue, Flags.RDWR));
});

test('unlinking leaves those alone who have it open', () => {
  const queue = newQueue();
  const other = openAgain(queue, Flags.RDWR);

  assertEqual(queue.unlink(), true);
  queue.send(bytes('still works'), 0, null);
  assertBytes(other.recv(null), bytes('still works'));
});

test('unlinking after closing', () => {
  const queue = newQueue();

  queue.close();
  assertEqual(queue.unlink(), true);
  assertFails(Gio.IOErrorEnum.NOT_FOUND, () => queue.unlink(), queue.name);
});

test('unlinking needs a name', () => {
  assert(!(assertThrows(() => Mood.unlink(null)) instanceof GLib.Error));
});

test('collection closes the descriptor', () => {
  // In a function of its own, so that nothing here leads to the queue any more.
  const open = () => Mood.MessageQueue.new(newName(), Flags.RDWR | CREATE, 0o600, 2, 8).fd;
  const descriptor = open();

  waitUntil(() => {
    System.gc();
    return !descriptorIsOpen(descriptor);
  });
});

test('a watch keeps the queue', () => {
  const received = [];
  const open = () => {
    const receiver = Mood.MessageQueue.new(newName(), Flags.RDONLY | CREATE, 0o600, 2, 8);
    const sender = openAgain(receiver, Flags.WRONLY);

    watch(receiver, GLib.IOCondition.IN, queue => {
      received.push(queue.recv(null));
      return GLib.SOURCE_CONTINUE;
    });

    return sender;
  };
  const sender = open();

  System.gc();
  sender.send(bytes('heard'), 0, null);
  waitUntil(() => received.length > 0);
  assertBytes(received[0], bytes('heard'));
});

run();
