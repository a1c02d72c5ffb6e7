// SPDX-License-Identifier: LGPL-2.1-or-later

// What the tests share: queues that are gone after the test, errors, the loop, what another does.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertThrows} from './tap.js';

export const Flags = Mood.OpenFlags;
export const CREATE = Flags.CREAT | Flags.EXCL;

// Far longer than any event takes, also on a busy machine.
const LIMIT_SECONDS = 30;

const processId = new Gio.Credentials().get_unix_pid();
let number = 0;

function remove(name) {
  try {
    Mood.unlink(name);
  } catch (error) {
    if (!error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND))
      throw error;
  }
}

// The name of a queue that does not exist, and will not after the test.
export function newName() {
  const name = `/mood-test-${processId}-${number++}`;

  // A process of the same number that was killed may have left it.
  remove(name);
  addCleanup(() => remove(name));

  return name;
}

// A new queue, small, because all the queues of a user share one limit, and closed after the test,
// because it takes its part of that until somebody collects it.
export function newQueue({flags = Flags.RDWR, maxmsg = 4, msgsize = 64} = {}) {
  const queue = Mood.MessageQueue.new(newName(), flags | CREATE, 0o600, maxmsg, msgsize);

  addCleanup(() => queue.close());

  return queue;
}

export function openAgain(queue, flags) {
  return Mood.MessageQueue.new(queue.name, flags, 0, -1, -1);
}

export function bytes(text) {
  return new TextEncoder().encode(text);
}

export function text(message) {
  return new TextDecoder().decode(message);
}

// The function must throw this error of GIO's, with each of the words in its message.
export function assertFails(code, func, ...words) {
  const error = assertThrows(func);

  assert(error instanceof GLib.Error, `${error} is not an error of GLib's`);
  assert(error.matches(Gio.IOErrorEnum, code), `not the code ${code}: ${error}`);
  for (const word of words)
    assert(error.message.includes(word), `“${word}” is not in: ${error}`);
}

// The function must throw a TypeError, with each of the words in its message.
export function assertRefused(func, ...words) {
  const error = assertThrows(func);

  assert(error instanceof TypeError, `no TypeError: ${error}`);
  for (const word of words)
    assert(error.message.includes(word), `“${word}” is not in: ${error}`);
}

// Runs the main loop until condition() holds.
export function waitUntil(condition) {
  let expired = false;
  const watchdog = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, LIMIT_SECONDS, () => {
    expired = true;
    return GLib.SOURCE_CONTINUE;
  });

  try {
    while (!condition()) {
      assert(!expired, `not seen within ${LIMIT_SECONDS} s`);
      GLib.MainContext.default().iteration(true);
    }
  } finally {
    GLib.source_remove(watchdog);
  }
}

// Runs the main loop until the promise is settled, and gives or throws what came of it.
export function settle(promise) {
  let outcome = null;

  promise.then(value => {
    outcome = {value};
  }, error => {
    outcome = {error};
  });
  waitUntil(() => outcome !== null);
  if ('error' in outcome)
    throw outcome.error;

  return outcome.value;
}

// Runs the main loop until it has nothing better to do: a source of the lowest priority is
// dispatched only when no other is ready, so that one that was not dispatched was not ready.
export function runWhatIsReady() {
  let idle = false;

  GLib.idle_add(GLib.PRIORITY_LOW, () => {
    idle = true;
    return GLib.SOURCE_REMOVE;
  });
  waitUntil(() => idle);
}

export function findWatch(identifier) {
  return GLib.MainContext.default().find_source_by_id(identifier);
}

export function watch(queue, condition, func) {
  const identifier = queue.add_watch(GLib.PRIORITY_DEFAULT, condition, func);
  const source = findWatch(identifier);

  addCleanup(() => source.destroy());

  return identifier;
}

export function descriptorIsOpen(descriptor) {
  return GLib.file_test(`/proc/self/fd/${descriptor}`, GLib.FileTest.IS_SYMLINK);
}

// There are no threads here, so it is another process that ends a wait. It takes so long to start
// that the wait has begun by then. What the last expression comes to is its exit status.
export function inAnotherProcess(queue, statement) {
  const peer = Gio.Subprocess.new([GLib.file_read_link('/proc/self/exe'), '-c', `
    imports.gi.versions.Mood = '1.0';
    const {Mood} = imports.gi;
    const queue = Mood.MessageQueue.new('${queue.name}', Mood.OpenFlags.RDWR, 0, -1, -1);
    ${statement};
    0;
  `], Gio.SubprocessFlags.NONE);

  addCleanup(() => peer.wait_check(null));
}

// What a program writes that is started with these descriptors, which it takes, from 3 on, as
// systemd would start a service.
export function runAsService(program, descriptors, environment = {}) {
  const launcher = new Gio.SubprocessLauncher(
    {flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE});

  descriptors.forEach((descriptor, index) => launcher.take_fd(descriptor, 3 + index));
  for (const [name, value] of
    Object.entries({LISTEN_FDS: `${descriptors.length}`, ...environment}))
    launcher.setenv(name, value, true);

  // Only the process itself knows the number that it will have.
  const service = launcher.spawnv(['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh',
    GLib.file_read_link('/proc/self/exe'), '-c', `
    imports.gi.versions.Mood = '1.0';
    const {GLib, Mood} = imports.gi;
    const System = imports.system;
    ${program}`]);
  const [, output] = service.communicate_utf8(null, null);

  assert(service.get_successful(), output);

  return output;
}
