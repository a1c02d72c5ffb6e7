// SPDX-License-Identifier: LGPL-2.1-or-later

// What the override makes of asynchronous calls: promises, and for await.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, assertFails, assertRefused, bytes, inAnotherProcess, newQueue, openAgain,
  runWhatIsReady, settle, text, waitUntil} from './queues.js';

const {CANCELLED, CLOSED, INVALID_ARGUMENT, MESSAGE_TOO_LARGE, NOT_INITIALIZED, PERMISSION_DENIED} =
  Gio.IOErrorEnum;

const PRIORITY = GLib.PRIORITY_DEFAULT;

// Takes from the queue what a loop gives, and notes it; the loop ends when body() says so.
async function collect(queue, received, body = () => true) {
  for await (const [message, priority] of queue) {
    received.push([text(message), priority]);
    if (!body(message))
      break;
  }
}

// Nothing waits for a message any more.
function assertNobodyReceives(queue) {
  queue.send('untouched');
  runWhatIsReady();
  assertEqual(queue.curmsgs, 1);
  assertEqual(text(queue.recv()), 'untouched');
}

test('receive_async gives a promise', () => {
  const queue = newQueue();

  for (const args of [[], [PRIORITY], [PRIORITY, null], [GLib.PRIORITY_LOW, new Gio.Cancellable()],
    [undefined, undefined]]) {
    queue.send('there', 7);
    assertEqual(settle(queue.receive_async(...args)), [bytes('there'), 7]);

    const later = queue.receive_async(...args);
    queue.send('');
    assertEqual(settle(later), [bytes(''), 0]);
  }
});

test('receive_async with a callback is what it was', () => {
  const queue = newQueue();

  for (const args of [[], [PRIORITY], [PRIORITY, null]]) {
    let received = null;

    assertEqual(queue.receive_async(...args, (source, result) => {
      assert(source === queue);
      received = queue.receive_finish(result);
    }), undefined);
    queue.send('x', 3);
    waitUntil(() => received !== null);
    assertEqual(received, [bytes('x'), 3]);
  }
});

test('receive_async without promise and callback takes no message', () => {
  const queue = newQueue();

  assertEqual(queue.receive_async(PRIORITY, null, null), undefined);
  assertNobodyReceives(queue);
});

test('send_async gives a promise', () => {
  const queue = newQueue({maxmsg: 1});

  for (const [args, priority] of [[[], 0], [[9], 9], [[9, PRIORITY], 9], [[9, PRIORITY, null], 9],
    [[undefined, undefined, new Gio.Cancellable()], 0]]) {
    assertEqual(settle(queue.send_async('first', ...args)), true);
    const second = queue.send_async(bytes('second'), ...args);
    assertEqual(queue.receive(), [bytes('first'), priority]);
    assertEqual(settle(second), true);
    assertEqual(queue.receive(), [bytes('second'), priority]);
  }
});

test('send_async with a callback is what it was', () => {
  const queue = newQueue();

  for (const args of [[], [5], [5, PRIORITY], [5, PRIORITY, null]]) {
    let sent = null;

    assertEqual(queue.send_async(bytes('x'), ...args, (source, result) => {
      assert(source === queue);
      sent = queue.send_finish(result);
    }), undefined);
    waitUntil(() => sent !== null);
    assertEqual([sent, queue.receive()], [true, [bytes('x'), args[0] ?? 0]]);
  }
  assertEqual(queue.send_async('x', 0, PRIORITY, null, null), undefined);
  assertEqual(text(queue.recv()), 'x');
});

test('to promisify once more changes nothing', () => {
  const queue = newQueue();

  Gio._promisify(Mood.MessageQueue.prototype, 'receive_async', 'receive_finish');
  Gio._promisify(Mood.MessageQueue.prototype, 'send_async', 'send_finish');
  assertEqual(settle(queue.send_async('x', 5)), true);
  assertEqual(settle(queue.receive_async()), [bytes('x'), 5]);
});

test('a promise tells what is wrong', () => {
  const closed = newQueue();
  const queue = newQueue({msgsize: 8});

  closed.close();
  for (const [code, start] of [
    [CLOSED, () => closed.receive_async()],
    [CLOSED, () => closed.send_async('x')],
    [NOT_INITIALIZED, () => new Mood.MessageQueue().receive_async()],
    [PERMISSION_DENIED, () => newQueue({flags: Flags.WRONLY}).receive_async()],
    [PERMISSION_DENIED, () => newQueue({flags: Flags.RDONLY}).send_async('x')],
    [MESSAGE_TOO_LARGE, () => queue.send_async('012345678')],
    [INVALID_ARGUMENT, () => queue.send_async('x', 32768)],
  ]) {
    const promise = start();

    assertFails(code, () => settle(promise));
  }
  for (const [args, word] of [[[5], 'message'], [[[1, 2]], 'message'], [[undefined], 'message'],
    [['x', -1], 'priority'], [['x', 1.5], 'priority'], [['x', 0, 0, 5], 'cancellable'],
    [['x', 0, new Gio.Cancellable()], 'main loop'], [['x', 0, 2 ** 40], 'main loop']]) {
    const promise = queue.send_async(...args);

    assertRefused(() => settle(promise), word);
    assertRefused(() => queue.send_async(...args, () => {}), word);
  }
  for (const [args, word] of [[[PRIORITY, 5], 'cancellable'], [[PRIORITY, queue], 'cancellable'],
    [[new Gio.Cancellable()], 'main loop'], [[1.5], 'main loop'], [[2 ** 31], 'main loop'],
    [['x'], 'main loop'], [[null], 'main loop']]) {
    const promise = queue.receive_async(...args);

    assertRefused(() => settle(promise), word);
    assertRefused(() => queue.receive_async(...args, () => {}), word);
  }
  assertEqual(queue.curmsgs, 0);
});

test('a cancellable ends it', () => {
  const queue = newQueue({maxmsg: 1});
  const cancellable = new Gio.Cancellable();
  const received = queue.receive_async(PRIORITY, cancellable);

  cancellable.cancel();
  assertFails(CANCELLED, () => settle(received));
  assertNobodyReceives(queue);

  queue.send('full');
  const again = new Gio.Cancellable();
  const sent = queue.send_async('late', 0, PRIORITY, again);
  again.cancel();
  assertFails(CANCELLED, () => settle(sent));
  assertEqual(text(queue.recv()), 'full');
  assertEqual(queue.curmsgs, 0);
});

test('a message that was taken is delivered though it was cancelled', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();

  queue.send('taken', 4);
  const promise = queue.receive_async(PRIORITY, cancellable);
  assertEqual(queue.curmsgs, 0);
  cancellable.cancel();
  assertEqual(settle(promise), [bytes('taken'), 4]);
});

test('for await gives each message until the queue is closed', () => {
  const queue = newQueue();
  const received = [];

  queue.send_many(['low', ['high', 9]]);
  const loop = collect(queue, received, message => {
    // What is not asked for stays where it is.
    assertEqual(queue.curmsgs, message.length === 4 ? 1 : 0);
    return true;
  });
  waitUntil(() => received.length === 2);
  queue.send('', 1);
  waitUntil(() => received.length === 3);
  assertEqual(received, [['high', 9], ['low', 0], ['', 1]]);
  queue.close();
  assertEqual(settle(loop), undefined);
  // Another one on the closed queue ends at once.
  assertEqual(settle(collect(queue, received)), undefined);
  assertEqual(received.length, 3);
});

test('for await ends when its body closes the queue', () => {
  const queue = newQueue();
  const other = openAgain(queue, Flags.RDONLY);
  const received = [];

  queue.send_many(['taken', 'stays']);
  settle(collect(queue, received, () => queue.close()));
  assertEqual(received, [['taken', 0]]);
  assertEqual(text(other.recv()), 'stays');
  other.close();
});

test('for await that is left takes no more', () => {
  const leave = {
    async break(queue) {
      for await (const pair of queue) {
        assert(pair);
        break;
      }
    },
    async return(queue) {
      for await (const [message] of queue)
        return text(message);
      return null;
    },
    async throw(queue) {
      for await (const [message] of queue)
        throw new RangeError(text(message));
    },
  };

  for (const [way, func] of Object.entries(leave)) {
    const queue = newQueue();

    queue.send_many(['taken', 'stays', 'stays, too']);
    if (way === 'throw')
      assert(assertThrows(() => settle(func(queue))) instanceof RangeError);
    else
      assertEqual(settle(func(queue)), way === 'return' ? 'taken' : undefined);
    assertEqual(queue.curmsgs, 2);
    // The next loop goes on where this one was left.
    const received = [];
    settle(collect(queue, received, () => received.length < 2));
    assertEqual(received, [['stays', 0], ['stays, too', 0]]);
    assertNobodyReceives(queue);
  }
});

test('for await tells other errors', () => {
  for (const [queue, code] of [
    [newQueue({flags: Flags.WRONLY}), PERMISSION_DENIED],
    [new Mood.MessageQueue(), NOT_INITIALIZED],
  ])
    assertFails(code, () => settle(collect(queue, [])));
});

test('two loops share a queue', () => {
  const queue = newQueue();
  const first = [];
  const second = [];
  const loops = Promise.all([collect(queue, first), collect(queue, second)]);
  const count = 100;

  for (let number = 0; number < count; number++) {
    queue.send(String(number));
    waitUntil(() => first.length + second.length > number);
  }
  queue.close();
  settle(loops);
  assert(first.length > 0 && second.length > 0);
  assertEqual([...first, ...second].map(([message]) => Number(message)).sort((a, b) => a - b),
    Array.from({length: count}, (_, number) => number));
});

test('an iterator that is told to end waits no more', () => {
  const queue = newQueue();
  const iterator = queue[Symbol.asyncIterator]();
  const waiting = [iterator.next(), iterator.next()];

  assert(iterator[Symbol.asyncIterator]() === iterator);
  assertEqual(settle(iterator.return('value')), {value: 'value', done: true});
  for (const next of [...waiting, iterator.next()])
    assertEqual(settle(next), {value: undefined, done: true});
  assertNobodyReceives(queue);
});

test('an iterator that is told to end gives what it took', () => {
  const queue = newQueue();
  const iterator = queue[Symbol.asyncIterator]();

  queue.send('taken', 2);
  const next = iterator.next();
  assertEqual(queue.curmsgs, 0);
  settle(iterator.return());
  assertEqual(settle(next), {value: [bytes('taken'), 2], done: false});
  assertEqual(settle(iterator.next()), {value: undefined, done: true});
});

test('an iterator gives messages in the order asked', () => {
  const queue = newQueue();
  const iterator = queue[Symbol.asyncIterator]();
  const asked = Promise.all([iterator.next(), iterator.next(), iterator.next()]);

  for (const message of ['1', '2', '3'])
    queue.send(message);
  assertEqual(settle(asked).map(({value: [message]}) => text(message)).join(), '1,2,3');
});

test('an iterator that failed is at its end', () => {
  const iterator = newQueue({flags: Flags.WRONLY})[Symbol.asyncIterator]();
  const next = iterator.next();

  assertFails(PERMISSION_DENIED, () => settle(next));
  assertEqual(settle(iterator.next()), {value: undefined, done: true});
});

test('nothing is lost between loops that come and go', () => {
  const count = 5_000;
  const queue = newQueue({maxmsg: 8, msgsize: 8});
  const received = [];

  inAnotherProcess(queue, `
    for (let number = 0; number < ${count}; number++)
      queue.send(String(number), 0, null);
  `);
  while (received.length < count) {
    const end = Math.min(count, received.length + 7);

    settle(collect(queue, received, () => received.length < end));
  }
  assertEqual(received.map(([message]) => message),
    Array.from({length: count}, (_, number) => `${number}`));
  assertEqual(queue.curmsgs, 0);
});

run();
