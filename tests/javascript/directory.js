// SPDX-License-Identifier: LGPL-2.1-or-later

// The directory of queues.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertEqual, run, test} from './tap.js';
import {assertFails, bytes, findWatch, newName, newQueue, runWhatIsReady, waitUntil} from './queues.js';

const {CANCELLED, INVALID_ARGUMENT, INVALID_FILENAME, NOT_INITIALIZED} = Gio.IOErrorEnum;

function items(directory) {
  return Array.from({length: directory.get_n_items()}, (_, index) => directory.get_item(index));
}

function watchDirectory(directory) {
  const source = findWatch(directory.add_watch());

  addCleanup(() => source.destroy());
}

// What becomes of the call, or null.
function waitFor(directory, name, cancellable = null) {
  const outcome = {};

  directory.wait_for_async(name, GLib.PRIORITY_DEFAULT, cancellable, (source, result) => {
    assert(source === directory);
    try {
      outcome.value = directory.wait_for_finish(result);
    } catch (error) {
      outcome.error = error;
    }
  });

  return outcome;
}

function assertEnds(outcome, code) {
  waitUntil(() => outcome.error);
  assert(outcome.error.matches(Gio.IOErrorEnum, code), `not the code ${code}: ${outcome.error}`);
}

test('list', () => {
  const queue = newQueue();
  const directory = Mood.QueueDirectory.new();

  assert(directory instanceof Gio.ListModel);
  assertEqual(directory.n_items, directory.get_n_items());
  assert(items(directory).some(info => info.display_name === queue.name));
  assertEqual(directory.get_item(directory.n_items), null);

  const info = directory.lookup(queue.name);
  assertEqual(info.name, queue.name);
  assertEqual(info.get_display_name(), queue.name);
  assertEqual(info.mode, 0o100600);
  assertEqual(info.curmsgs, -1);
  assertEqual(info.get_notify_pid(), -1);
  assert(info.mtime instanceof GLib.DateTime);
  assertEqual(info.get_mtime().to_unix(), info.mtime.to_unix());
  assertEqual(directory.lookup('/mood-test-none'), null);
});

test('refresh', () => {
  const queue = newQueue();
  const directory = Mood.QueueDirectory.new();
  const info = directory.lookup(queue.name);
  const told = [];

  info.connect('notify', (_info, pspec) => told.push(pspec.name));
  queue.send(bytes('abc'), 0, null);
  assertEqual(directory.refresh(), true);
  for (const name of ['curmsgs', 'maxmsg', 'msgsize', 'queued-bytes', 'notify-pid'])
    assert(told.includes(name), `nobody told of ${name}`);
  assertEqual([info.curmsgs, info.maxmsg, info.msgsize, info.queued_bytes, info.notify_pid],
    [1, 4, 64, 3, 0]);

  queue.unlink();
  directory.refresh();
  assertEqual(directory.lookup(queue.name), null);
});

test('a watch, and a copy of the list that follows the signal', () => {
  const directory = Mood.QueueDirectory.new();
  const shadow = items(directory);

  directory.connect('items-changed', (_directory, position, removed, added) => {
    shadow.splice(position, removed,
      ...Array.from({length: added}, (_, index) => directory.get_item(position + index)));
    const listed = items(directory);
    assert(listed.length === shadow.length && listed.every((info, index) => info === shadow[index]));
  });
  watchDirectory(directory);

  for (let round = 0; round < 20; round++) {
    const queue = newQueue();

    waitUntil(() => directory.lookup(queue.name));
    queue.unlink();
    if (round % 2)
      waitUntil(() => !directory.lookup(queue.name));
  }
  runWhatIsReady();
  assertEqual(shadow.map(info => info.inode), items(directory).map(info => info.inode));
});

test('a source with a callback', () => {
  const directory = Mood.QueueDirectory.new();
  const source = directory.create_source(null);
  let calls = 0;

  source.set_callback(() => {
    calls++;
    return GLib.SOURCE_REMOVE;
  });
  source.attach(null);
  newQueue();
  waitUntil(() => source.is_destroyed());
  assertEqual(calls, 1);
});

test('wait for a queue', () => {
  const directory = Mood.QueueDirectory.new();
  const name = newName();
  const outcome = waitFor(directory, name);

  runWhatIsReady();
  assertEqual(outcome, {});
  const queue = Mood.MessageQueue.new(name, Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT, 0o600, 1, 1);
  waitUntil(() => outcome.value);
  const again = waitFor(directory, name);
  waitUntil(() => again.value);
  queue.close();
});

test('errors', () => {
  const directory = Mood.QueueDirectory.new();
  const cancellable = new Gio.Cancellable();
  const outcome = waitFor(directory, newName(), cancellable);

  cancellable.cancel();
  assertEnds(outcome, CANCELLED);
  assertEnds(waitFor(directory, 'no-slash'), INVALID_FILENAME);
  assertFails(INVALID_ARGUMENT, () => {
    directory.wait_for_finish(Gio.Task.new(directory, null, null));
  }, 'another call');

  const unopened = new Mood.QueueDirectory();
  assertEqual(unopened.get_n_items(), 0);
  assertFails(NOT_INITIALIZED, () => unopened.refresh(), 'never opened');
  assertEnds(waitFor(unopened, '/mood-test-any'), NOT_INITIALIZED);
  assertEqual(new Mood.QueueInfo().name, '');
});

test('a derived class', () => {
  const Derived = GObject.registerClass(class Derived extends Mood.QueueDirectory {});
  const queue = newQueue();
  const directory = new Derived();

  directory.init(null);
  assert(directory.lookup(queue.name) !== null);
});

run();
