// SPDX-License-Identifier: LGPL-2.1-or-later

// The queue as a Gio.DatagramBased, and the priority as a control message. Its receive_messages()
// and send_messages() take pointers to memory, and are for C.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, bytes, inAnotherProcess, newQueue, openAgain, runWhatIsReady,
  waitUntil} from './queues.js';

const {CANCELLED, CLOSED, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, NOT_INITIALIZED, PERMISSION_DENIED,
  TIMED_OUT} = Gio.IOErrorEnum;
const {IN, OUT, ERR, HUP, NVAL} = GLib.IOCondition;

const NO_WAIT = 0;
const SHORT_US = 10_000;
const HOUR_US = 3_600_000_000;

function newFullQueue(flags = Flags.RDWR) {
  const queue = newQueue({flags, maxmsg: 1});

  queue.send(bytes('full'), 0, null);

  return queue;
}

test('a queue is a Gio.DatagramBased', () => {
  assert(newQueue() instanceof Gio.DatagramBased);
  assert(GObject.type_is_a(Mood.MessageQueue, Gio.DatagramBased));
  assert(!(new Mood.PriorityMessage() instanceof Gio.DatagramBased));
});

test('no messages, and messages without memory', () => {
  const queue = newFullQueue();

  assertEqual(queue.receive_messages([], 0, -1, null), 0);
  assertEqual(queue.send_messages([], 0, -1, null), 0);
  assertFails(MESSAGE_TOO_LARGE,
    () => queue.receive_messages([new Gio.InputMessage()], 0, -1, null), '64 bytes');
  assertEqual(queue.curmsgs, 1);
});

test('sources', () => {
  for (const create of [
    queue => queue.create_source(IN, null),
    queue => Gio.DatagramBased.prototype.create_source.call(queue, IN, null),
  ]) {
    const queue = newQueue();
    const source = create(queue);
    const seen = [];

    GObject.source_set_closure(source, (ready, condition) => {
      assert(ready === queue);
      seen.push(condition);
      return GLib.SOURCE_CONTINUE;
    });
    source.attach(null);
    addCleanup(() => source.destroy());
    runWhatIsReady();
    assertEqual(seen, []);
    queue.send(bytes('ready'), 0, null);
    waitUntil(() => seen.length > 0);
    assertEqual(seen[0], IN);
    queue.recv(null);
    seen.length = 0;
    queue.close();
    waitUntil(() => seen.length > 0);
    runWhatIsReady();
    assertEqual(seen, [NVAL]);
  }
});

test('condition_check tells what holds now', () => {
  const queue = newQueue({maxmsg: 2});
  const sender = openAgain(queue, Flags.WRONLY);
  const receiver = openAgain(queue, Flags.RDONLY);

  for (const [count, both, sending, receiving] of [
    [0, OUT, OUT, 0],
    [1, IN | OUT, OUT, IN],
    [2, IN, 0, IN],
  ]) {
    while (queue.curmsgs < count)
      queue.send(bytes('x'), 0, null);
    assertEqual(queue.condition_check(IN | OUT), both);
    assertEqual(queue.condition_check(IN), both & IN);
    assertEqual(queue.condition_check(OUT), both & OUT);
    assertEqual(queue.condition_check(0), 0);
    assertEqual(queue.condition_check(ERR | HUP | NVAL), 0);
    assertEqual(sender.condition_check(IN | OUT), sending);
    assertEqual(receiver.condition_check(IN | OUT), receiving);
  }
  sender.close();
  receiver.close();
});

test('condition_check tells of a queue that is not open that it has hung up', () => {
  const closed = newFullQueue();

  closed.close();
  for (const queue of [closed, new Mood.MessageQueue()]) {
    for (const condition of [IN, OUT, IN | OUT, 0])
      assertEqual(queue.condition_check(condition), HUP);
  }
});

test('condition_wait for what holds already', () => {
  const queue = newQueue({maxmsg: 2});

  queue.send(bytes('x'), 0, null);
  for (const condition of [IN, OUT, IN | OUT, IN | HUP | NVAL]) {
    for (const timeout of [-1, NO_WAIT, HOUR_US, -(2 ** 63), 2 ** 53 - 1])
      assertEqual(queue.condition_wait(condition, timeout, null), true);
  }
});

test('condition_wait is given its time', () => {
  for (const flags of [Flags.RDWR, Flags.RDWR | Flags.NONBLOCK]) {
    for (const cancellable of [null, new Gio.Cancellable()]) {
      for (const [queue, condition, word] of [
        [newQueue({flags}), IN, 'empty'],
        [newFullQueue(flags), OUT, 'full'],
      ]) {
        const start = GLib.get_monotonic_time();

        assertFails(TIMED_OUT, () => queue.condition_wait(condition, SHORT_US, cancellable),
          queue.name, word);
        assert(GLib.get_monotonic_time() - start >= SHORT_US);
        assertFails(TIMED_OUT, () => queue.condition_wait(condition, NO_WAIT, cancellable), word);
      }
    }
  }
});

test('condition_wait ends with a message, and leaves it there', () => {
  for (const timeout of [-1, HOUR_US]) {
    const queue = newQueue();

    inAnotherProcess(queue, "queue.send('awaited', 4, null)");
    assertEqual(queue.condition_wait(IN, timeout, null), true);
    assertEqual(queue.receive(null), [bytes('awaited'), 4]);
  }
});

test('condition_wait ends with room', () => {
  for (const timeout of [-1, HOUR_US]) {
    const queue = newFullQueue();

    inAnotherProcess(queue, 'queue.recv(null)');
    assertEqual(queue.condition_wait(OUT, timeout, null), true);
    assertEqual(queue.curmsgs, 0);
  }
});

test('condition_wait that cannot be', () => {
  const closed = newFullQueue();
  const queue = newFullQueue();
  const sender = newQueue({flags: Flags.WRONLY});
  const receiver = newQueue({flags: Flags.RDONLY});
  const cancellable = new Gio.Cancellable();

  closed.close();
  cancellable.cancel();
  for (const timeout of [-1, NO_WAIT, HOUR_US]) {
    assertFails(CANCELLED, () => queue.condition_wait(IN, timeout, cancellable));
    assertFails(PERMISSION_DENIED, () => sender.condition_wait(IN, timeout, null), 'RDONLY');
    assertFails(PERMISSION_DENIED, () => receiver.condition_wait(OUT, timeout, null), 'WRONLY');
    for (const condition of [0, ERR, HUP | NVAL]) {
      assertFails(INVALID_ARGUMENT, () => queue.condition_wait(condition, timeout, null),
        'no condition');
    }
    for (const condition of [IN, OUT, 0]) {
      assertFails(CLOSED, () => closed.condition_wait(condition, timeout, null), closed.name);
      assertFails(NOT_INITIALIZED,
        () => new Mood.MessageQueue().condition_wait(condition, timeout, null));
    }
  }
});

test('what is no condition, number or cancellable is a JavaScript error', () => {
  const queue = newFullQueue();

  for (const func of [
    () => queue.condition_check(-1),
    () => queue.condition_check(2 ** 32),
    () => queue.condition_check(0xffff),
    () => queue.condition_check(),
    () => queue.condition_wait(-1, NO_WAIT, null),
    () => queue.condition_wait(0xffff, NO_WAIT, null),
    () => queue.condition_wait(IN, 1e30, null),
    () => queue.condition_wait(IN, NO_WAIT, 5),
    () => queue.condition_wait(IN, NO_WAIT, queue),
    () => queue.condition_wait(IN, NO_WAIT),
    () => queue.create_source(0xffff, null),
    () => Mood.PriorityMessage.new(-1),
    () => Mood.PriorityMessage.new(2 ** 32),
    () => Mood.PriorityMessage.new('high'),
    () => Mood.PriorityMessage.new(),
    () => new Mood.PriorityMessage(5),
  ])
    assert(!(assertThrows(func) instanceof GLib.Error));
  assertEqual(queue.curmsgs, 1);
});

test('the priority as a control message', () => {
  for (const priority of [0, 1, 32767, 32768, 2 ** 32 - 1]) {
    for (const message of [
      Mood.PriorityMessage.new(priority),
      new Mood.PriorityMessage({priority}),
    ]) {
      assert(message instanceof Mood.PriorityMessage);
      assert(message instanceof Gio.SocketControlMessage);
      assertEqual([message.priority, message.get_priority()], [priority, priority]);
      assertEqual([message.get_size(), message.get_msg_type()], [4, 1]);
      // No level of a socket's, so that none takes it for one of its own.
      assert(message.get_level() > 0xffff);
    }
  }
  assertEqual(new Mood.PriorityMessage().priority, 0);
});

test('a control message comes back from its bytes', () => {
  const message = Mood.PriorityMessage.new(0);
  const [level, type] = [message.get_level(), message.get_msg_type()];
  const number = new Uint8Array(new Uint32Array([32767]).buffer);
  const back = Gio.SocketControlMessage.deserialize(level, type, number);

  assert(back instanceof Mood.PriorityMessage);
  assertEqual(back.priority, 32767);
  for (const [otherLevel, otherType, data] of [
    [level + 1, type, number], [level, type + 1, number], [level, type, new Uint8Array(5)],
    [level, type, new Uint8Array()],
  ])
    assertEqual(Gio.SocketControlMessage.deserialize(otherLevel, otherType, data), null);
});

run();
