// SPDX-License-Identifier: LGPL-2.1-or-later

// Queues that a service manager passes. The test is the service manager, too.

import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertEqual, run, test} from './tap.js';
import {Flags, bytes, newQueue, openAgain, runAsService} from './queues.js';

const SHOW = `
  try {
    const [queues, names] = Mood.listen_queues();

    queues.forEach((queue, index) =>
      print(queue.fd, names[index], queue.name, queue.flags));
    print(queues.length, names.length);
  } catch (error) {
    print(error.message);
  }
`;

test('queues', () => {
  const queue = newQueue();
  const receiver = openAgain(queue, Flags.RDONLY | Flags.NONBLOCK);
  const socket = Gio.Socket.new(
    Gio.SocketFamily.UNIX, Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT);

  addCleanup(() => receiver.close());
  // The launcher takes what it passes, and the other object never looks again.
  const output = runAsService(SHOW, [receiver.dup_fd(), socket.fd, queue.dup_fd()],
    {LISTEN_FDNAMES: 'jobs:web:control'});

  assertEqual(output.split('\n'), [
    `3 jobs ${queue.name} ${Flags.RDONLY | Flags.NONBLOCK | Flags.CLOEXEC}`,
    `5 control ${queue.name} ${Flags.RDWR | Flags.CLOEXEC}`,
    '2 2',
    '',
  ]);
});

test('messages are there', () => {
  const queue = newQueue();

  queue.send(bytes('before the service'), 3, null);
  assertEqual(runAsService(`
    const [[queue], [name]] = Mood.listen_queues();
    const [message, priority] = queue.receive(null);
    print(name, new TextDecoder().decode(message), priority);
  `, [queue.dup_fd()]), 'unknown before the service 3\n');
});

test('only once', () => {
  assertEqual(runAsService(`
    Mood.listen_queues()[0][0].close();
    print(JSON.stringify(Mood.listen_queues()));
  `, [newQueue().dup_fd()]), '[[],[]]\n');
});

test('none', () => {
  assertEqual(Mood.listen_queues(), [[], []]);
  assertEqual(runAsService(SHOW, []), '0 0\n');
});

test('contradictions', () => {
  for (const [environment, word] of [
    [{LISTEN_FDS: 'x'}, 'LISTEN_FDS'],
    [{LISTEN_FDS: '1000'}, 'is not open'],
    [{LISTEN_FDNAMES: 'a:b'}, 'LISTEN_FDNAMES'],
  ]) {
    const output = runAsService(SHOW, [newQueue().dup_fd()], environment);

    assert(output.includes(word), output);
  }
});

// The list has a reference to each queue, and the library none.
test('each goes once', () => {
  const queue = newQueue();

  queue.send(bytes('x'), 0, null);
  const output = runAsService(`
    const N = 100;
    const isOpen = descriptor =>
      GLib.file_test('/proc/self/fd/' + descriptor, GLib.FileTest.IS_SYMLINK);
    const countOpen = () =>
      [...Array(N).keys()].filter(index => isOpen(3 + index)).length;
    // In a function of its own, so that nothing here leads to the other queues any more.
    const take = () => Mood.listen_queues()[0][N - 1];
    const kept = take();

    while (countOpen() > 1)
      System.gc();
    print(countOpen(), kept.recv(null).length, kept.close(), countOpen());
    System.gc();
  `, Array.from({length: 100}, () => queue.dup_fd()));

  assertEqual(output, '1 1 true 0\n');
});

run();
