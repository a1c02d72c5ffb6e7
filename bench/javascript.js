// SPDX-License-Identifier: LGPL-2.1-or-later

// The part of bench/javascript.c that is written in JavaScript. For each line on the standard input
// it sends and receives that many messages, and writes another.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

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

const [way, size] = System.programArgs;
const name = `/mood-bench-${new Gio.Credentials().get_unix_pid()}`;
const queue = Mood.MessageQueue.new(name, RDWR | CREAT | EXCL, 0o600, 1, Number(size));
queue.unlink();

const message = new Uint8Array(Number(size));
const input = GLib.IOChannel.unix_new(0);
for (;;) {
  const [status, line] = input.read_line();
  if (status !== GLib.IOStatus.NORMAL)
    break;

  WAYS[way](queue, message, Number(line));
  print('done');
}
