// SPDX-License-Identifier: LGPL-2.1-or-later

// Sends messages and receives them, from JavaScript.
//
// Requests: WAY SIZE COUNT

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

const {RDWR, CREAT, EXCL} = Mood.OpenFlags;

// Each is a function of its own, so that the compiler knows what it calls.
const WAYS = {
  plain(queue, message, count) {
    for (let i = 0; i < count; i++) {
      queue.send(message, 0, null);
      queue.recv(null);
    }
  },

  short(queue, message, count) {
    for (let i = 0; i < count; i++) {
      queue.send(message);
      queue.recv();
    }
  },

  priority(queue, message, count) {
    for (let i = 0; i < count; i++) {
      queue.send(message, 9);
      queue.receive();
    }
  },
};

const queues = new Map();

function getQueue(size) {
  if (!queues.has(size)) {
    const name = `/mood-bench-${new Gio.Credentials().get_unix_pid()}-${size}`;
    const queue = Mood.MessageQueue.new(name, RDWR | CREAT | EXCL, 0o600, 1, size);
    queue.unlink();
    queues.set(size, queue);
  }
  return queues.get(size);
}

const input = GLib.IOChannel.unix_new(0);
for (;;) {
  const [status, line] = input.read_line();
  if (status !== GLib.IOStatus.NORMAL)
    break;

  const [way, size, count] = line.trim().split(' ');
  const begin = GLib.get_monotonic_time();
  WAYS[way](getQueue(Number(size)), new Uint8Array(Number(size)), Number(count));
  print(JSON.stringify({seconds: (GLib.get_monotonic_time() - begin) / 1e6}));
}
