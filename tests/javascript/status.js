// SPDX-License-Identifier: LGPL-2.1-or-later

// What an open queue tells about itself, without a mounted file system of queues.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertEqual, run, test} from './tap.js';
import {Flags, bytes, newQueue} from './queues.js';

function readAttribute(queue, name) {
  return Gio.File.new_for_path(`/proc/self/fd/${queue.fd}`)
    .query_info(name, Gio.FileQueryInfoFlags.NONE, null);
}

test('queued bytes', () => {
  const queue = newQueue();

  assertEqual(queue.queued_bytes, 0);
  queue.send(bytes('seven b'), 1, null);
  queue.send(bytes('and five'), 1, null);
  assertEqual([queue.queued_bytes, queue.queuedBytes], [15, 15]);
  queue.recv(null);
  assertEqual(queue.queued_bytes, 8);
});

test('send only', () => {
  const queue = newQueue({flags: Flags.WRONLY});

  assertEqual([queue.queued_bytes, queue.notify_pid], [-1, -1]);
  assert(queue.uid >= 0);
});

test('notify pid', () => {
  assertEqual(newQueue().notify_pid, 0);
});

test('unlinked', () => {
  const queue = newQueue();

  assertEqual(queue.unlinked, false);
  queue.unlink();
  assertEqual(queue.unlinked, true);
  const another = Mood.MessageQueue.new(queue.name, Flags.RDWR | Flags.CREAT, 0o600, 1, 8);
  addCleanup(() => another.close());
  assertEqual([queue.unlinked, another.unlinked], [true, false]);
});

test('owner', () => {
  const queue = newQueue();
  const info = readAttribute(queue, 'unix::*');

  assertEqual([queue.uid, queue.gid],
    [info.get_attribute_uint32('unix::uid'), info.get_attribute_uint32('unix::gid')]);
  assertEqual(queue.uid, new Gio.Credentials().get_unix_user());
});

test('times', () => {
  const queue = newQueue();
  const created = queue.mtime;
  const info = readAttribute(queue, 'time::*');

  assert(created instanceof GLib.DateTime);
  assertEqual(created.get_utc_offset(), 0);
  assertEqual([queue.atime.to_unix(), queue.mtime.to_unix()],
    [info.get_attribute_uint64('time::access'), info.get_attribute_uint64('time::modified')]);
  // The clock of files may lag behind by a tick.
  const age = GLib.DateTime.new_now_utc().to_unix() - created.to_unix();
  assert(age >= 0 && age < 120, `${age}`);
  queue.send(bytes('now'), 0, null);
  assertEqual(queue.mtime.to_unix(),
    readAttribute(queue, 'time::*').get_attribute_uint64('time::modified'));
});

run();
