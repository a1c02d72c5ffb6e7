// SPDX-License-Identifier: LGPL-2.1-or-later

// Who may use a queue: its mode and its owner, changed by an open queue and by its name.

import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {assertEqual, run, test} from './tap.js';
import {Flags, assertFails, newName, newQueue, openAgain} from './queues.js';

const {CLOSED, INVALID_ARGUMENT, INVALID_FILENAME, NOT_FOUND, NOT_INITIALIZED} = Gio.IOErrorEnum;

const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

const userId = new Gio.Credentials().get_unix_user();

// What another object finds.
function found(queue) {
  return openAgain(queue, Flags.RDONLY).mode;
}

test('chmod', () => {
  const queue = newQueue();
  const told = [];

  queue.connect('notify::mode', () => told.push(queue.mode));
  assertEqual(queue.chmod(0o622), true);
  assertEqual(queue.chmod(queue.mode | 0o040), true);
  queue.chmod(queue.mode | 0o001);
  assertEqual(found(queue), S_IFREG | 0o663);
  assertEqual(told, [0o622, 0o662, 0o663].map(mode => S_IFREG | mode));
});

test('chown', () => {
  const queue = newQueue();
  const {gid} = queue;

  assertEqual(queue.chown(-1, -1), true);
  assertEqual(queue.chown(userId, gid), true);
  assertEqual([queue.uid, queue.gid], [userId, gid]);
  if (userId === 0) {
    queue.chown(4711, -1);
    assertEqual([queue.uid, queue.gid], [4711, gid]);
    queue.chown(-1, 2 ** 32 - 2);
    assertEqual([queue.uid, queue.gid], [4711, 2 ** 32 - 2]);
  }
});

test('by name', () => {
  const queue = newQueue();
  const {name, gid} = queue;

  assertEqual(Mood.chmod(name, 0o640), true);
  assertEqual(found(queue), S_IFREG | 0o640);
  assertEqual(Mood.chown(name, -1, gid), true);
  if (userId === 0) {
    Mood.chown(name, 4711, 4712);
    assertEqual([queue.uid, queue.gid], [4711, 4712]);
  }
  queue.close();
  Mood.chmod(name, 0o604);
  assertEqual(Mood.MessageQueue.new(name, Flags.RDONLY, 0, -1, -1).mode, S_IFREG | 0o604);
});

test('refused', () => {
  const queue = newQueue();
  const {name} = queue;

  for (const mode of [0o10000, S_IFDIR | 0o600, 2 ** 32 - 1]) {
    assertFails(INVALID_ARGUMENT, () => queue.chmod(mode), name, '0 to 07777');
    assertFails(INVALID_ARGUMENT, () => Mood.chmod(name, mode), name, '0 to 07777');
  }
  for (const id of [-2, 2 ** 32 - 1, 2 ** 40]) {
    for (const ids of [[id, -1], [-1, id]]) {
      assertFails(INVALID_ARGUMENT, () => queue.chown(...ids), name, '-1 to 4294967294');
      assertFails(INVALID_ARGUMENT, () => Mood.chown(name, ...ids), name, '-1 to 4294967294');
    }
  }
  assertEqual(found(queue), S_IFREG | 0o600);
  queue.close();
  assertFails(CLOSED, () => queue.chmod(0o600), name);
  assertFails(CLOSED, () => queue.chown(-1, -1), name);
  assertFails(NOT_FOUND, () => Mood.chmod(newName(), 0o600));
  assertFails(NOT_FOUND, () => Mood.chown(newName(), -1, -1));
  assertFails(INVALID_FILENAME, () => Mood.chmod('jobs', 0o600), 'jobs');
  assertFails(INVALID_FILENAME, () => Mood.chown('jobs', -1, -1), 'jobs');
  assertFails(NOT_INITIALIZED, () => new Mood.MessageQueue().chmod(0o600));
  assertFails(NOT_INITIALIZED, () => new Mood.MessageQueue().chown(-1, -1));
});

run();
