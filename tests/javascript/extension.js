// SPDX-License-Identifier: LGPL-2.1-or-later

// The calls that the extension carries: which ones those are, that they give what introspection
// gives, and that nothing of a queue that is gone is touched. What it gives to the override is
// counted on its way there, before the override is loaded.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import MoodGjs from 'gi://MoodGjs?version=1.0';
import System from 'system';

// More than there are numbers for at once.
const MANY_QUEUES = 1100;

const {define_calls: defineCalls} = MoodGjs;
const native = {};
const carried = {send: 0, receive: 0};

MoodGjs.define_calls = () => {
  defineCalls();
  native.take = globalThis.moodCalls.take;
  for (const name of Object.keys(carried)) {
    native[name] = globalThis.moodCalls[name];
    globalThis.moodCalls[name] = (...args) => {
      const result = native[name](...args);

      if (result !== undefined)
        carried[name]++;

      return result;
    };
  }
};

const {default: Mood} = await import('gi://Mood?version=1.0');
const {addCleanup, assert, assertBytes, assertEqual, assertThrows, run, test} =
  await import('./tap.js');
const {CREATE, Flags, bytes, newName, newQueue, openAgain, text} = await import('./queues.js');

const Letterbox = GObject.registerClass(class Letterbox extends Mood.MessageQueue {});

class Letter extends Uint8Array {
  get length() {
    return 1;
  }
}

// Whether the extension sent and received this many messages while func() ran.
function assertCarries({send = 0, receive = 0}, func) {
  const before = {...carried};

  func();
  assertEqual([carried.send - before.send, carried.receive - before.receive], [send, receive]);
}

// The message and its priority, by the extension alone, or undefined.
function receiveNatively(number) {
  const length = native.receive(number);

  if (length === undefined)
    return undefined;

  const message = new Uint8Array(length);

  return [message, native.take(message)];
}

// A queue that is gone with the program, whatever becomes of it.
function newAnonymous() {
  return Mood.MessageQueue.new_anonymous(Flags.RDWR, 2, 8);
}

test('the plain calls are carried, also by the functions', () => {
  const queue = newQueue();

  assertCarries({send: 3, receive: 3}, () => {
    assertEqual(queue.send(bytes('one')), 3);
    assertEqual(queue.send('größer', 9), 8);
    assertEqual(Mood.send(queue, bytes('three'), 3), 5);
    assertEqual(queue.receive(), [bytes('größer'), 9]);
    assertEqual(text(queue.recv()), 'three');
    assertEqual(text(Mood.recv(queue)), 'one');
  });
});

test('the functions are for the override alone', () => {
  assertEqual(Object.hasOwn(globalThis, 'moodCalls'), false);
});

test('calls that can be cancelled are not carried', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();

  assertCarries({}, () => {
    queue.send('x', 5, cancellable);
    queue.send('y', 4, cancellable);
    assertEqual(queue.receive(cancellable), [bytes('x'), 5]);
    assertEqual(text(queue.recv(cancellable)), 'y');
  });
});

test('whatever holds bytes is carried, with all of its bytes and no others', () => {
  const queue = newQueue();
  const memory = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  for (const [message, expected] of [
    [memory.subarray(2, 5), [3, 4, 5]],
    [new Uint16Array(memory.buffer, 2, 2), [3, 4, 5, 6]],
    [new DataView(memory.buffer, 7), [8]],
    [memory.buffer, memory],
    [new GLib.Bytes(memory), memory],
    [Letter.of(1, 2, 3), [1, 2, 3]],
    ['', []],
    ['a\0b', bytes('a\0b')],
  ]) {
    assertCarries({send: 1, receive: 1}, () => {
      assertEqual(queue.send(message), expected.length);
      assertBytes(queue.recv(), expected);
    });
  }
});

test('messages of any size', () => {
  for (const size of [1, 96, 97, 4096, 8192]) {
    const queue = newQueue({maxmsg: 1, msgsize: size});
    const message = Uint8Array.from({length: size}, (_, index) => index * 7);

    assertCarries({send: 3, receive: 3}, () => {
      assertEqual(queue.send(message), size);
      assertBytes(queue.recv(), message);
      assertEqual(queue.send(new Uint8Array()), 0);
      assertEqual(queue.receive(), [new Uint8Array(), 0]);
      // Of one that is too long as much as there is room for.
      assertEqual(queue.send(Uint8Array.of(...message, 1, 2)), size);
      assertBytes(queue.recv(), message);
    });
    queue.close();
  }
});

test('a message that is kept stays as it is', () => {
  const queue = newQueue();
  const messages = ['first', 'second', 'third'].map(message => {
    queue.send(message);

    return queue.recv();
  });

  queue.send('fourth', 4);
  messages.push(queue.receive()[0]);
  messages[1][0] = 0x53;
  assertEqual(messages.map(text), ['first', 'Second', 'third', 'fourth']);
  for (const message of messages)
    assertEqual([message.byteOffset, message.buffer.byteLength], [0, message.length]);
});

test('priorities of all kinds', () => {
  const queue = newQueue();

  assertCarries({send: 3, receive: 3}, () => {
    for (const priority of [0, 1, 32767])
      queue.send('x', priority);
    for (const priority of [32767, 1, 0])
      assertEqual(queue.receive(), [bytes('x'), priority]);
  });
  assertCarries({}, () => {
    for (const priority of [32768, 2 ** 31, 2 ** 32 - 1, -1, 0.5, '1'])
      assertThrows(() => queue.send('x', priority));
  });
  assertEqual(queue.curmsgs, 0);
});

test('an error is the same as that of introspection', () => {
  const full = newQueue({flags: Flags.RDWR | Flags.NONBLOCK, maxmsg: 1});
  const empty = newQueue({flags: Flags.RDWR | Flags.NONBLOCK});
  const closed = newQueue();
  const unopened = new Mood.MessageQueue(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 1, msgsize: 8});

  full.send('x');
  closed.close();

  for (const [queue, calls] of [
    [full, ['send']],
    [empty, ['recv', 'receive']],
    [closed, ['send', 'recv', 'receive']],
    [unopened, ['send', 'recv', 'receive']],
    [openAgain(empty, Flags.RDONLY), ['send']],
    [openAgain(empty, Flags.WRONLY), ['recv', 'receive']],
  ]) {
    for (const call of calls) {
      const args = call === 'send' ? ['x', 1] : [];

      assertCarries({}, () => {
        const error = assertThrows(() => queue[call](...args));
        const expected = assertThrows(() => queue[call](...args, new Gio.Cancellable()));

        assert(error instanceof GLib.Error, `${error}`);
        assertEqual([error.domain, error.code, error.message],
          [expected.domain, expected.code, expected.message]);
      });
    }
  }

  // A queue that is opened late is carried from then on.
  unopened.init(null);
  assertCarries({send: 1, receive: 1}, () => {
    unopened.send('x');
    assertEqual(text(unopened.recv()), 'x');
  });
  unopened.close();
});

test('a queue of a derived class, and one that nothing can be added to', () => {
  const letterbox = Letterbox.open(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 1, msgsize: 8});

  addCleanup(() => letterbox.close());
  for (const queue of [letterbox, Object.freeze(newQueue())]) {
    assertCarries({send: 2, receive: 2}, () => {
      for (let times = 0; times < 2; times++) {
        queue.send('x');
        assertEqual(text(queue.recv()), 'x');
      }
    });
  }
});

test('what only inherits from a queue is none', () => {
  const queue = newQueue();

  queue.send('stays');
  for (const other of [Object.create(queue), Object.create(Object.create(queue)),
    new Proxy(queue, {})]) {
    assertCarries({}, () => {
      for (const call of [() => other.send('x'), () => other.recv(), () => other.receive()])
        assertThrows(call);
    });
  }
  assertEqual(text(queue.recv()), 'stays');
});

test('what is no queue, message or priority is not taken', () => {
  const queue = newQueue();
  const number = MoodGjs.register(queue);
  const message = bytes('x');

  for (const args of [
    [], [number], [number, message], [number, 'x', 0], [number, null, 0], [number, {}, 0],
    [number, Object.create(Uint8Array.prototype), 0], [number, new Int8Array(1), 0],
    [number, message, '0'], [number, message, -1], [number, message, 0.5],
    [number + 0.5, message, 0], [`${number}`, message, 0], [queue, message, 0],
    [0, message, 0], [-number, message, 0], [number + 1, message, 0], [number + 1024, message, 0],
  ])
    assertEqual(native.send(...args), undefined);
  assertEqual(queue.curmsgs, 0);

  queue.send(message);

  // A fraction in whose lower half a careless look finds the number.
  const [lookalike] = new Float64Array(Uint32Array.of(number, 0x40000000).buffer);

  for (const other of [undefined, null, 0, -number, number + 1, number + 1024, number + 0.5, lookalike,
    queue]) {
    assertEqual(native.receive(other), undefined);
  }
  assertEqual(native.receive(number), 1);
  for (const other of [undefined, null, 1, 'x', {}, new Int8Array(1), new Uint8Array(),
    new Uint8Array(2)])
    assertEqual(native.take(other), undefined);

  const taken = new Uint8Array(1);

  assertEqual(native.take(taken), 0);
  assertBytes(taken, message);
  // There is nothing more to take, nor after a call that failed.
  assertEqual(native.take(taken), undefined);
  queue.send(message);
  assertEqual(native.receive(number), 1);
  assertEqual(native.receive(0), undefined);
  assertEqual(native.take(taken), undefined);
});

test('a queue keeps its number, and its number ends with it', () => {
  const queue = newAnonymous();
  const number = MoodGjs.register(queue);

  queue.send('x');
  queue.send('y');
  assertEqual(MoodGjs.register(queue), number);
  assertEqual(receiveNatively(number), [bytes('x'), 0]);
  // GJS itself would complain about each use of the queue from here on.
  queue.run_dispose();
  assertEqual(receiveNatively(number), undefined);
  assertEqual(native.send(number, bytes('z'), 0), undefined);

  // Nor is it given to any of those that take its place.
  for (let times = 0; times < MANY_QUEUES; times++) {
    const other = newAnonymous();

    assert(MoodGjs.register(other) !== number);
    other.close();
    other.run_dispose();
  }
  assertEqual(receiveNatively(number), undefined);
});

test('a queue that only C holds on to for a while', () => {
  const store = new Gio.ListStore({item_type: Mood.MessageQueue.$gtype});
  const number = (() => {
    const queue = newAnonymous();

    store.append(queue);
    queue.send('x');

    return MoodGjs.register(queue);
  })();

  System.gc();
  assertCarries({receive: 1}, () => assertEqual(text(store.get_item(0).recv()), 'x'));
  assertEqual(MoodGjs.register(store.get_item(0)), number);
});

test('queues without number, when there are too many, and with one, when others are gone', () => {
  const use = queue => {
    queue.send('x');
    assertEqual(text(queue.recv()), 'x');
    queue.close();

    return queue;
  };
  (() => {
    const before = carried.receive;
    const queues = Array.from({length: MANY_QUEUES}, () => use(newAnonymous()));
    const last = newAnonymous();

    assert(carried.receive - before < MANY_QUEUES, 'there is no end of numbers');
    assertCarries({}, () => use(last));
    queues.length = 0;
  })();
  System.gc();
  assertCarries({send: 1, receive: 1}, () => use(newAnonymous()));
});

test('an extension that cannot be loaded is done without', () => {
  const launcher = new Gio.SubprocessLauncher(
    {flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE});
  const libraries = GLib.getenv('LD_LIBRARY_PATH').split(':');

  launcher.unsetenv('G_DEBUG');
  launcher.setenv('LD_LIBRARY_PATH',
    libraries.filter(path => GLib.path_get_basename(path) !== 'gjs').join(':'), true);

  const program = launcher.spawnv([GLib.file_read_link('/proc/self/exe'), '-c', `
    imports.gi.versions.Mood = '1.0';
    const {Mood} = imports.gi;
    const queue = Mood.MessageQueue.new_anonymous(Mood.OpenFlags.RDWR, 1, 8);
    queue.send('x', 9);
    print(queue.receive());
  `]);
  const [, output] = program.communicate_utf8(null, null);

  assert(program.get_successful(), output);
  assert(output.includes('Mood goes on without its extension'), output);
  assert(output.endsWith('x,9\n') || output.endsWith('120,9\n'), output);
});

run();
