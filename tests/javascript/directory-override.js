// SPDX-License-Identifier: LGPL-2.1-or-later

// What the override makes of the directory of queues.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, run, test} from './tap.js';
import {assertFails, assertRefused, newName, newQueue, settle, waitUntil} from './queues.js';

const {CANCELLED, INVALID_FILENAME} = Gio.IOErrorEnum;

function create(name) {
  return Mood.MessageQueue.open({name, flags: Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT, maxmsg: 1,
    msgsize: 1});
}

test('for over the queues', () => {
  const queue = newQueue();
  const directory = Mood.QueueDirectory.new();
  const names = [];

  for (const info of directory)
    names.push(info.display_name);
  assertEqual(names.length, directory.n_items);
  assert(names.includes(queue.name));
  assertEqual([...directory].map(info => info.display_name), names);
});

test('for over queues that go meanwhile', () => {
  const queues = [newQueue(), newQueue(), newQueue()];
  const directory = Mood.QueueDirectory.new();
  const seen = [];

  for (const info of directory) {
    assert(info instanceof Mood.QueueInfo);
    if (queues.some(queue => queue.name === info.display_name)) {
      seen.push(info.name);
      Mood.unlink(info.name);
      directory.refresh();
    }
  }
  assert(seen.length >= 2);
  assertEqual(seen.length, new Set(seen).size);
});

test('lookup', () => {
  const queue = newQueue();
  const directory = Mood.QueueDirectory.new();

  assertEqual(directory.lookup(queue.name).name, queue.name);
  assertEqual(directory.lookup('no-slash'), null);
  assertRefused(() => directory.lookup(1), 'a string');
  assertRefused(() => directory.lookup('/a\0b'), 'null character');
});

test('wait_for_async gives a promise', () => {
  const directory = Mood.QueueDirectory.new();

  for (const args of [[], [GLib.PRIORITY_DEFAULT], [GLib.PRIORITY_LOW, null],
    [GLib.PRIORITY_DEFAULT, new Gio.Cancellable()], [undefined, undefined]]) {
    const name = newName();
    const promise = directory.wait_for_async(name, ...args);
    const queue = create(name);

    assertEqual(settle(promise), true);
    assertEqual(settle(directory.wait_for_async(name, ...args)), true);
    queue.close();
  }
});

test('wait_for_async with a callback is what it was', () => {
  const directory = Mood.QueueDirectory.new();
  const queue = newQueue();

  for (const args of [[], [GLib.PRIORITY_DEFAULT], [GLib.PRIORITY_DEFAULT, null]]) {
    let exists = null;

    assertEqual(directory.wait_for_async(queue.name, ...args, (_source, result) => {
      exists = directory.wait_for_finish(result);
    }), undefined);
    waitUntil(() => exists);
  }
});

test('what is wrong is told by the promise', () => {
  const directory = Mood.QueueDirectory.new();
  const cancellable = new Gio.Cancellable();

  cancellable.cancel();
  assertFails(CANCELLED,
    () => settle(directory.wait_for_async(newName(), GLib.PRIORITY_DEFAULT, cancellable)));
  assertFails(INVALID_FILENAME, () => settle(directory.wait_for_async('no-slash')));
  assertRefused(() => settle(directory.wait_for_async()), 'a string');
  assertRefused(() => settle(directory.wait_for_async('/a\0b')), 'null character');
  assertRefused(() => settle(directory.wait_for_async('/a', 1.5)), 'whole number');
  assertRefused(() => settle(directory.wait_for_async('/a', 0, {})), 'Gio.Cancellable');
  assertRefused(() => directory.wait_for_finish({}), 'Gio.AsyncResult');
});

test('create_source', () => {
  const directory = Mood.QueueDirectory.new();
  const cancellable = new Gio.Cancellable();
  const source = directory.create_source(cancellable);

  source.attach(null);
  cancellable.cancel();
  waitUntil(() => source.is_destroyed());
  directory.create_source();
  assertRefused(() => directory.create_source(1), 'Gio.Cancellable');
});

run();
