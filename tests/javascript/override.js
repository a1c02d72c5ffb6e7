// SPDX-License-Identifier: LGPL-2.1-or-later

// What the override adds to the calls that do not wait on the main loop: default arguments, text as
// messages, and clear errors for what cannot be passed on.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {CREATE, Flags, assertFails, assertRefused, bytes, findWatch, inAnotherProcess,
  newName, newQueue, openAgain, text, waitUntil} from './queues.js';

const {CANCELLED, EXISTS, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, NOT_FOUND, NOT_INITIALIZED,
  TIMED_OUT, WOULD_BLOCK} = Gio.IOErrorEnum;

const NO_WAIT = 0;
const SHORT_US = 10_000;

const NO_PRIORITIES = [-1, 1.5, 2 ** 32, NaN, Infinity, null, '9', 9n, {}, Symbol('9')];
const NO_TIMEOUTS = [1.5, 2 ** 53, 1e30, NaN, Infinity, null, '9', 9n, {}];
const NO_CANCELLABLES = [5, 'x', true, {}, () => {}, new Gio.SimpleAction({name: 'x'}),
  Gio.Cancellable, Gio.Cancellable.prototype, Object.create(Gio.Cancellable.prototype)];

const Mailbox = GObject.registerClass(class Mailbox extends Mood.MessageQueue {
  deliver(letter) {
    return this.send(letter);
  }
});

function open(details) {
  const queue = Mood.MessageQueue.open(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 8, ...details});

  addCleanup(() => queue.close());

  return queue;
}

function newCancelled() {
  const cancellable = new Gio.Cancellable();

  cancellable.cancel();

  return cancellable;
}

test('a queue is opened by names', () => {
  const queue = open({maxmsg: 3, msgsize: 24});

  assert(queue instanceof Mood.MessageQueue);
  assertEqual([queue.flags, queue.maxmsg, queue.msgsize], [Flags.RDWR | CREATE, 3, 24]);
  assertEqual(queue.mode & 0o777, 0o600);
  assertEqual(open({mode: 0o400}).mode & 0o777, 0o400);
  assertFails(EXISTS, () => open({name: queue.name}));
  assertFails(NOT_FOUND, () => Mood.MessageQueue.open({name: newName(), flags: Flags.RDWR}),
    'CREAT');
});

test('names that open does not know', () => {
  const good = {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 8};

  assertRefused(() => Mood.MessageQueue.open({...good, msgSize: 8}), 'msgSize', 'msgsize');
  assertRefused(() => Mood.MessageQueue.open({...good, name: undefined}), 'name');
  assertRefused(() => Mood.MessageQueue.open({...good, flags: undefined}), 'flags');
  for (const details of [undefined, null, 5, good.name])
    assertRefused(() => Mood.MessageQueue.open(details), 'name');
  assertFails(NOT_FOUND, () => Mood.unlink(good.name));
});

test('a queue is opened with defaults', () => {
  const queue = newQueue({maxmsg: 2, msgsize: 8});
  const other = Mood.MessageQueue.new(queue.name, Flags.RDWR);

  queue.send('x');
  assertEqual(text(other.recv()), 'x');
});

test('the default size is that of the kernel', () => {
  const described = [];

  for (const make of [
    name => Mood.MessageQueue.open({name, flags: Flags.RDWR | CREATE}),
    name => Mood.MessageQueue.new(name, Flags.RDWR | CREATE),
    name => {
      const queue = new Mood.MessageQueue({name, flags: Flags.RDWR | CREATE});

      queue.init(null);

      return queue;
    },
  ]) {
    const queue = make(newName());

    described.push([queue.mode, queue.maxmsg, queue.msgsize]);
    queue.close();
    queue.unlink();
  }
  assertEqual(described, Array(3).fill(described[2]));
});

test('what is no name, number or flag', () => {
  const name = newName();
  const good = [name, Flags.RDWR | CREATE, 0o600, 2, 8];

  for (const [position, values, word] of [
    [0, [undefined, null, 5, bytes(name), `${name}\0x`, '\0'], 'name'],
    [1, [undefined, null, -1, 1.5, '3', 3n, 2 ** 32], 'flags'],
    [2, [null, -1, 1.5, '384', 2 ** 32], 'mode'],
    [3, [null, 1.5, '2', 2n, 1e30, NaN], 'maxmsg'],
    [4, [null, 1.5, '8', 8n, 1e30, NaN], 'msgsize'],
  ]) {
    for (const value of values) {
      const args = [...good];

      args[position] = value;
      assertRefused(() => Mood.MessageQueue.new(...args), word);
    }
  }
  assertThrows(() => Mood.MessageQueue.new(name, Flags.RDWR | CREATE | 64));
  assertFails(NOT_FOUND, () => Mood.unlink(name));
});

test('a name ends where it ends', () => {
  const queue = newQueue();
  const name = `${queue.name}\0x`;

  assertRefused(() => new Mood.MessageQueue({name, flags: Flags.RDWR}), 'null character');
  assertRefused(() => new Mailbox({name, flags: Flags.RDWR}), 'null character');
  assertRefused(() => Mood.unlink(name), 'null character');
  for (const other of [undefined, null, 5, queue])
    assertRefused(() => Mood.unlink(other), 'string');
  assertEqual(Mood.unlink(queue.name), true);
});

test('permissions are whole numbers, and owners that are left out stay', () => {
  const queue = newQueue();
  const {name, mode, uid, gid} = queue;

  for (const chmod of [value => queue.chmod(value), value => Mood.chmod(name, value)]) {
    for (const value of [undefined, null, -1, 1.5, '384', 384n, 2 ** 32, NaN])
      assertRefused(() => chmod(value), 'mode');
  }
  for (const chown of [(...ids) => queue.chown(...ids), (...ids) => Mood.chown(name, ...ids)]) {
    for (const value of [null, 1.5, '0', 0n, 2 ** 53, NaN]) {
      assertRefused(() => chown(value), 'uid');
      assertRefused(() => chown(undefined, value), 'gid');
    }
    assertEqual(chown(), true);
    assertEqual(chown(uid), true);
    assertEqual(chown(undefined, gid), true);
  }
  for (const other of [undefined, null, 5, queue]) {
    assertRefused(() => Mood.chmod(other, 0o600), 'string');
    assertRefused(() => Mood.chown(other), 'string');
  }
  assertRefused(() => Mood.chmod(`${name}\0x`, 0o600), 'null character');
  assertEqual([openAgain(queue, Flags.RDONLY).mode, queue.uid, queue.gid], [mode, uid, gid]);
});

test('construction by properties', () => {
  const queue = new Mood.MessageQueue(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 8});

  assertFails(NOT_INITIALIZED, () => queue.send('x'));
  assertEqual(queue.init(null), true);
  assertEqual(queue.send('x'), 1);
  assertFails(NOT_INITIALIZED, () => new Mood.MessageQueue().recv());
});

test('a derived class opens objects of its own', () => {
  const opened = Mailbox.open(
    {name: newName(), flags: Flags.RDWR | CREATE, maxmsg: 2, msgsize: 8});
  const again = Mailbox.new(opened.name, Flags.RDWR);

  for (const box of [opened, again]) {
    assert(box instanceof Mailbox);
    assertEqual(box.deliver('hello'), 5);
    assertEqual(text(box.recv()), 'hello');
  }
});

test('what else is optional when a message is sent', () => {
  const queue = newQueue();

  assertEqual(queue.send('low'), 3);
  assertEqual(queue.send('high', 9), 4);
  assertEqual(queue.send('higher', 10, null), 6);
  assertEqual(queue.send('highest', 32767, new Gio.Cancellable()), 7);
  for (const [message, priority] of [['highest', 32767], ['higher', 10], ['high', 9], ['low', 0]])
    assertEqual(queue.receive(), [bytes(message), priority]);
  queue.send('x', undefined, undefined);
  assertEqual(queue.receive(undefined), [bytes('x'), 0]);
  assertFails(CANCELLED, () => queue.send('x', 0, newCancelled()));
  assertEqual(queue.curmsgs, 0);
});

test('text is sent as UTF-8', () => {
  const queue = newQueue();

  for (const message of ['größer', '', 'a\0b', '\0', '日本', '\u{1f600}']) {
    assertEqual(queue.send(message), bytes(message).length);
    assertBytes(queue.recv(), bytes(message));
  }
  queue.send('a\ud800b');
  assertBytes(queue.recv(), bytes('a\ufffdb'));
});

test('what holds bytes is sent as these bytes', () => {
  const queue = newQueue();
  const memory = Uint8Array.of(0, 1, 2, 3, 254, 255, 0, 7);

  for (const [message, expected] of [
    [memory, memory],
    [memory.subarray(2, 5), [2, 3, 254]],
    [new Uint8ClampedArray(memory), memory],
    [new Int8Array(memory), memory],
    [new Uint16Array(memory.buffer, 2, 2), [2, 3, 254, 255]],
    [new Float64Array(memory.buffer), memory],
    [new DataView(memory.buffer, 5, 2), [255, 0]],
    [memory.buffer, memory],
    [new GLib.Bytes(memory), memory],
    [new Uint8Array(), []],
    [new ArrayBuffer(0), []],
    [new GLib.Bytes([]), []],
  ]) {
    for (const send of [
      () => queue.send(message), () => queue.sendall(message),
      () => queue.send_with_timeout(message, 0, NO_WAIT), () => queue.send_many([message]),
    ]) {
      send();
      assertBytes(queue.recv(), expected);
    }
  }
});

test('what holds no bytes is refused', () => {
  const queue = newQueue();

  for (const message of [undefined, null, 5, 5n, true, [], [1, 2], {}, {length: 1}, () => {}, queue,
    new Date(), Symbol('x'), Object.create(null)]) {
    assertRefused(() => queue.send(message), 'string', 'typed array');
    assertRefused(() => queue.sendall(message), 'string', 'typed array');
    assertRefused(() => queue.send_with_timeout(message, 0, NO_WAIT), 'string', 'typed array');
  }
  for (const prototype of [Uint8Array, ArrayBuffer, GLib.Bytes].map(kind => kind.prototype)) {
    for (const message of [prototype, Object.create(prototype)])
      assertThrows(() => queue.send(message));
  }
  assertEqual(queue.curmsgs, 0);
});

test('what is no priority is refused', () => {
  const queue = newQueue();

  for (const send of [
    priority => queue.send('x', priority),
    priority => queue.sendall('x', priority),
    priority => queue.send_with_timeout('x', priority, NO_WAIT),
    priority => queue.send_many(['a', ['x', priority]]),
  ]) {
    for (const priority of NO_PRIORITIES)
      assertRefused(() => send(priority), 'priority', '32767');
    for (const priority of [32768, 2 ** 32 - 1])
      assertFails(INVALID_ARGUMENT, () => send(priority), `${priority}`, '32767');
  }
  assertEqual(queue.curmsgs, 0);
});

test('what is no cancellable is refused', () => {
  const queue = newQueue();

  queue.send('stays');
  for (const call of [
    cancellable => queue.send('x', 0, cancellable),
    cancellable => queue.sendall('x', 0, cancellable),
    cancellable => queue.send_with_timeout('x', 0, NO_WAIT, cancellable),
    cancellable => queue.send_many(['x'], NO_WAIT, cancellable),
    cancellable => queue.recv(cancellable),
    cancellable => queue.receive(cancellable),
    cancellable => queue.receive_with_timeout(NO_WAIT, cancellable),
    cancellable => queue.receive_many(1, NO_WAIT, cancellable),
  ]) {
    for (const cancellable of NO_CANCELLABLES)
      assertRefused(() => call(cancellable));
    assertFails(CANCELLED, () => call(newCancelled()));
  }
  assertEqual(text(queue.recv()), 'stays');
});

test('what is no time limit is refused', () => {
  const queue = newQueue();

  queue.send('stays');
  for (const call of [
    timeout => queue.send_with_timeout('x', 0, timeout),
    timeout => queue.send_many(['x'], timeout),
    timeout => queue.receive_with_timeout(timeout),
    timeout => queue.receive_many(1, timeout),
  ]) {
    for (const timeout of NO_TIMEOUTS)
      assertRefused(() => call(timeout), 'microseconds');
  }
  assertRefused(() => queue.send_with_timeout('x', 0), 'microseconds');
  assertRefused(() => queue.receive_with_timeout(), 'microseconds');
  assertEqual(queue.curmsgs, 1);
});

test('what is no number of messages is refused', () => {
  const queue = newQueue();

  queue.send('stays');
  for (const limit of [-1, 1.5, 2 ** 32, NaN, Infinity, undefined, null, '1', 1n, {}])
    assertRefused(() => queue.receive_many(limit), 'how many');
  assertFails(INVALID_ARGUMENT, () => queue.receive_many(0), 'limit');
  assertEqual(queue.curmsgs, 1);
});

test('what is no result is refused', () => {
  const queue = newQueue();
  const other = Gio.Task.new(queue, null, null);

  for (const result of [undefined, null, 5, {}, queue, new Gio.Cancellable()])
    assertRefused(() => queue.receive_finish(result), 'Gio.AsyncResult');
  // What GJS crashes over is what an earlier call left behind.
  for (let times = 0; times < 3; times++)
    assertRefused(() => queue.receive_finish(Object.create(Gio.Task.prototype)));
  assertFails(INVALID_ARGUMENT, () => queue.receive_finish(other));
});

test('what is no queue is refused', () => {
  const {prototype} = Mood.MessageQueue;

  for (const self of [undefined, null, 5, {}, new Gio.Cancellable(), prototype,
    Object.create(prototype)]) {
    for (const call of [
      () => prototype.send.call(self, 'x'),
      () => prototype.recv.call(self),
      () => prototype.receive.call(self),
      () => prototype.receive_many.call(self, 1),
      () => prototype.receive_with_timeout.call(self, NO_WAIT),
    ])
      assertThrows(call);
  }
});

test('functions beside the methods', () => {
  const queue = newQueue();

  assertEqual(Mood.send(queue, 'low'), 3);
  assertEqual(Mood.send(queue, bytes('high'), 9), 4);
  assertEqual([text(Mood.recv(queue)), text(Mood.recv(queue))], ['high', 'low']);
  assertRefused(() => Mood.send(queue, 5), 'string');
  for (const other of [null, {}, 'x', Object.create(queue), Mood.MessageQueue.prototype]) {
    assertThrows(() => Mood.recv(other));
    assertThrows(() => Mood.send(other, 'x'));
  }
  queue.close();
  assertFails(Gio.IOErrorEnum.CLOSED, () => Mood.recv(queue));
});

test('limited times', () => {
  for (const flags of [Flags.RDWR, Flags.RDWR | Flags.NONBLOCK]) {
    const queue = newQueue({flags, maxmsg: 1});

    assertFails(WOULD_BLOCK, () => queue.receive_with_timeout(NO_WAIT));
    assertFails(TIMED_OUT, () => queue.receive_with_timeout(SHORT_US));
    assertFails(TIMED_OUT, () => queue.receive_many(10, SHORT_US));
    assertEqual(queue.send_with_timeout('full', 3, SHORT_US), 4);
    assertFails(WOULD_BLOCK, () => queue.send_with_timeout('late', 0, NO_WAIT));
    assertFails(TIMED_OUT, () => queue.send_with_timeout('late', 0, SHORT_US));
    assertFails(TIMED_OUT, () => queue.send_many(['late'], SHORT_US));
    assertEqual(queue.receive_with_timeout(-1), [bytes('full'), 3]);
  }
});

test('sendall sends all and gives nothing back', () => {
  const queue = newQueue({msgsize: 8});

  assertEqual(queue.sendall('0123456789ö', 6), undefined);
  assertEqual(queue.sendall(''), undefined);
  assertEqual(queue.sendall(new Uint8Array(8), 5, null), undefined);
  assertEqual(queue.receive_many(10), [[bytes('01234567'), 6], [bytes('89ö'), 6],
    [new Uint8Array(8), 5], [bytes(''), 0]]);
});

test('sendall that fails half-way tells how much went', () => {
  const queue = newQueue({flags: Flags.RDWR | Flags.NONBLOCK, maxmsg: 2, msgsize: 8});
  const error = assertThrows(() => queue.sendall('0123456789abcdefghij'));

  assert(error.matches(Gio.IOErrorEnum, WOULD_BLOCK), `${error}`);
  assertEqual(error.bytes_sent, 16);
  assertEqual(assertThrows(() => queue.sendall('x')).bytes_sent, 0);
  assertEqual(queue.receive_many(10).map(([message]) => text(message)), ['01234567', '89abcdef']);
});

test('many messages there and back', () => {
  const queue = newQueue({msgsize: 16});

  assertEqual(queue.send_many(['größer', ['urgent', 9], new Uint8Array(), [bytes('\0'), 9]]), 4);
  const received = queue.receive_many(10);

  assertEqual(received,
    [[bytes('urgent'), 9], [bytes('\0'), 9], [bytes('größer'), 0], [bytes(''), 0]]);
  for (const [message] of received)
    assertEqual(message.buffer.byteLength, message.length);
  // What was received can be sent on as it is.
  assertEqual(queue.send_many(received, NO_WAIT, null), 4);
  assertEqual(queue.receive_many(3, NO_WAIT, null), received.slice(0, 3));
  assertEqual(queue.receive_many(10, NO_WAIT), received.slice(3));
});

test('many messages as far as there is room', () => {
  const queue = newQueue({maxmsg: 4});

  assertEqual(queue.send_many([]), 0);
  assertEqual(queue.send_many([...'abcdef']), 4);
  assertFails(WOULD_BLOCK, () => queue.send_many(['g'], NO_WAIT));
  assertEqual(queue.receive_many(10).map(([message]) => text(message)).join(''), 'abcd');
});

test('many messages are waited for unless a time is given', () => {
  const queue = newQueue({maxmsg: 1});

  inAnotherProcess(queue, "queue.send('awaited', 4, null)");
  assertEqual(queue.receive_many(10), [[bytes('awaited'), 4]]);
  queue.send('full');
  inAnotherProcess(queue, 'queue.recv(null)');
  assertEqual(queue.send_many(['patient']), 1);
  assertEqual(text(queue.recv()), 'patient');
});

test('many messages of which one cannot be sent', () => {
  const queue = newQueue({msgsize: 8});

  for (const messages of [undefined, null, 'ab', bytes('ab'), new Set(['a']), {}, 5])
    assertRefused(() => queue.send_many(messages), 'array');
  for (const item of [5, null, [], [5], [['a', 1], 1], [null, 1], {}])
    assertRefused(() => queue.send_many(['good', item]), 'a message');
  assertRefused(() => queue.send_many(['good', ['a', 1, 2]]), 'two');
  assertFails(MESSAGE_TOO_LARGE, () => queue.send_many(['good', 'x'.repeat(9)]), '2 of 2');
  assertEqual(queue.curmsgs, 0);
});

test('a watch with and without a priority', () => {
  const queue = newQueue();
  const seen = [];
  const callback = (...args) => {
    seen.push(args);
    return GLib.SOURCE_REMOVE;
  };

  queue.send('x');
  for (const [args, priority] of [
    [[GLib.IOCondition.IN, callback], GLib.PRIORITY_DEFAULT],
    [[GLib.PRIORITY_HIGH, GLib.IOCondition.IN, callback], GLib.PRIORITY_HIGH],
  ]) {
    assertEqual(findWatch(queue.add_watch(...args)).get_priority(), priority);
    waitUntil(() => seen.length > 0);
    const [[ready, condition, ...rest]] = seen.splice(0);
    assert(ready === queue);
    assertEqual([condition, rest], [GLib.IOCondition.IN, []]);
  }
  for (const args of [[], [callback], [GLib.IOCondition.IN], [GLib.IOCondition.IN, null]])
    assertThrows(() => queue.add_watch(...args));
});

test('a receiver with and without a priority', () => {
  const queue = newQueue();
  const seen = [];
  const callback = (...args) => {
    seen.push(args);
    return seen.length < 2;
  };

  for (const [args, priority] of [
    [[callback], GLib.PRIORITY_DEFAULT],
    [[GLib.PRIORITY_LOW, callback], GLib.PRIORITY_LOW],
  ]) {
    queue.send_many([['a\0b', 5], '']);
    assertEqual(findWatch(queue.add_receiver(...args)).get_priority(), priority);
    waitUntil(() => seen.length === 2);
    const messages = seen.splice(0);
    assert(messages.every(([receiving]) => receiving === queue));
    assertEqual(messages.map(([, ...rest]) => rest), [[bytes('a\0b'), 5], [bytes(''), 0]]);
  }
  for (const args of [[], [null], [5]])
    assertThrows(() => queue.add_receiver(...args));
});

test('a notification with and without what may be left out', () => {
  const queue = newQueue();
  const seen = [];
  let arrived = 0;
  const callback = (...args) => {
    seen.push(args.slice(1));
    return GLib.SOURCE_CONTINUE;
  };

  queue.connect('arrived', () => arrived++);
  for (const [args, priority, rearm] of [
    [[], GLib.PRIORITY_DEFAULT, false],
    [[callback], GLib.PRIORITY_DEFAULT, false],
    [[true], GLib.PRIORITY_DEFAULT, true],
    [[true, callback], GLib.PRIORITY_DEFAULT, true],
    [[GLib.PRIORITY_HIGH], GLib.PRIORITY_HIGH, false],
    [[GLib.PRIORITY_HIGH, callback], GLib.PRIORITY_HIGH, false],
    [[GLib.PRIORITY_HIGH, true, null], GLib.PRIORITY_HIGH, true],
  ]) {
    const source = findWatch(queue.add_notification(...args));

    assertEqual(source.get_priority(), priority);
    queue.send('x');
    waitUntil(() => arrived === 1);
    assertEqual(source.is_destroyed(), !rearm);
    assertEqual(seen.splice(0), args.includes(callback) ? [[GLib.IOCondition.IN]] : []);
    source.destroy();
    queue.recv();
    arrived = 0;
  }

  const source = queue.create_notification_source();
  GObject.source_set_closure(source, callback);
  source.attach(null);
  queue.send('x');
  waitUntil(() => source.is_destroyed());
  assertEqual(seen, [[GLib.IOCondition.IN]]);

  for (const args of [['x'], [0, 'x'], [1.5, callback], [NaN], [callback, 1], [0, true, callback, 1]])
    assertRefused(() => queue.add_notification(...args));
  assertRefused(() => queue.create_notification_source(true, 1));
  for (const rearm of [new Gio.Cancellable(), null, 1, 'no'])
    assertRefused(() => queue.create_notification_source(rearm), 'rearm');
  for (const number of [undefined, '10', 1.5, 2 ** 32])
    assertRefused(() => queue.notify_by_signal(number));
  assertEqual(queue.reserve_notification(), true);
});

test('sources without a cancellable', () => {
  const queue = newQueue();
  let calls = 0;

  queue.send('x');
  for (const source of [
    queue.create_source(GLib.IOCondition.IN), queue.create_receiver_source(),
  ]) {
    GObject.source_set_closure(source, () => {
      calls++;
      return GLib.SOURCE_REMOVE;
    });
    source.attach(null);
    waitUntil(() => source.is_destroyed());
  }
  assertEqual([calls, queue.curmsgs], [2, 0]);
});

test('what has no override works as ever', () => {
  const queue = newQueue();
  const other = queue.reopen(Flags.RDONLY);

  queue.blocking = false;
  queue.send('x');
  assertEqual(text(other.recv()), 'x');
  assertEqual([queue.close(), other.close(), queue.closed], [true, true, true]);
  assertEqual(queue.unlink(), true);
  assertFails(NOT_FOUND, () => openAgain(queue, Flags.RDWR));
});

// No call may crash, whatever it is given in the place of one of its arguments.
test('anything for an argument', () => {
  const queue = newQueue();
  const callback = () => GLib.SOURCE_REMOVE;
  const values = [...NO_PRIORITIES, ...NO_TIMEOUTS, ...NO_CANCELLABLES, undefined, true, '', [], [[]],
    new Uint8Array(3), callback, queue, new Date(), Object.create(Gio.Task.prototype),
    Object.create(null), Mood.MessageQueue, Mood.MessageQueue.prototype];
  const calls = {
    send: ['x', 0, null],
    sendall: ['x', 0, null],
    send_with_timeout: ['x', 0, NO_WAIT, null],
    send_many: [['x'], NO_WAIT, null],
    recv: [null],
    receive: [null],
    receive_with_timeout: [NO_WAIT, null],
    receive_many: [2, NO_WAIT, null],
    receive_finish: [null],
    send_finish: [null],
    send_async: ['x', 0, 0, newCancelled(), callback],
    receive_async: [0, newCancelled(), callback],
    add_watch: [0, GLib.IOCondition.IN, callback],
    add_receiver: [0, callback],
    add_notification: [0, true, callback],
    create_notification_source: [true, null],
    notify_by_signal: [0],
    create_source: [GLib.IOCondition.IN, null],
    create_receiver_source: [null],
    reopen: [Flags.RDWR],
  };
  const outcomes = [];

  for (const [name, good] of Object.entries(calls)) {
    for (const position of good.keys()) {
      for (const value of values) {
        const args = [...good];

        // Neither empty nor full: some of the values are good ones, that wait without end.
        while (queue.curmsgs > 1)
          queue.recv();
        if (queue.curmsgs === 0)
          queue.send('x');
        args[position] = value;
        try {
          const outcome = queue[name](...args);

          // Asynchronous ones tell later.
          outcome?.catch?.(() => {});
          outcomes.push(outcome);
        } catch (error) {
          assert(error instanceof Error || error instanceof GLib.Error, `${name}: ${error}`);
          outcomes.push(error);
        }
      }
    }
  }
  assert(outcomes.length > 1000);
  queue.close();
});

run();
