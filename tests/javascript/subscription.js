// SPDX-License-Identifier: LGPL-2.1-or-later

// Subscription: messages that come to a callback, by add_receiver() or by a source.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

import {addCleanup, assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {CREATE, Flags, bytes, findWatch, newName, newQueue, openAgain, runWhatIsReady, waitUntil}
  from './queues.js';

// One dispatch takes no more, so that a fast sender leaves the main loop to others, too.
const MESSAGES_PER_DISPATCH = 16;

// A callback that notes what it is called with.
function makeNote(answer = GLib.SOURCE_CONTINUE) {
  const messages = [];
  const queues = [];
  const callback = (queue, message, priority) => {
    queues.push(queue);
    messages.push([message, priority]);
    return answer;
  };

  return {callback, messages, queues};
}

function subscribe(queue, callback, priority = GLib.PRIORITY_DEFAULT) {
  const identifier = queue.add_receiver(priority, callback);
  const source = findWatch(identifier);

  assert(identifier > 0);
  addCleanup(() => source.destroy());

  return identifier;
}

function addSource(queue, callback, cancellable = null) {
  const source = queue.create_receiver_source(cancellable);

  GObject.source_set_closure(source, callback);
  source.attach(null);
  addCleanup(() => source.destroy());

  return source;
}

// From text to what the callback should have been called with.
function expected(...messages) {
  return messages.map(([message, priority]) => [bytes(message), priority]);
}

function send(queue, ...messages) {
  for (const [message, priority] of messages)
    queue.send(bytes(message), priority, null);
}

// These messages are in the queue, and no others.
function assertLeft(queue, ...messages) {
  const left = [];

  while (queue.curmsgs > 0)
    left.push(queue.receive(null));
  assertEqual(left, expected(...messages));
}

function assertEnded(identifier) {
  runWhatIsReady();
  assertEqual(findWatch(identifier), null);
}

test('a receiver gets queue, message and priority', () => {
  for (const flags of [Flags.RDWR, Flags.RDWR | Flags.NONBLOCK]) {
    const queue = newQueue({flags});
    const {callback, messages, queues} = makeNote();

    subscribe(queue, callback);
    runWhatIsReady();
    assertEqual(messages, []);
    send(queue, ['low', 0], ['old', 7], ['new', 7], ['top', 32767]);
    waitUntil(() => messages.length >= 4);
    send(queue, ['later', 1]);
    waitUntil(() => messages.length >= 5);
    runWhatIsReady();
    assertEqual(messages,
      expected(['top', 32767], ['old', 7], ['new', 7], ['low', 0], ['later', 1]));
    assert(queues.every(seen => seen === queue));
    assertEqual(queue.curmsgs, 0);
  }
});

test('bytes come out as they went in', () => {
  const queue = newQueue({msgsize: 256});
  const {callback, messages} = makeNote();
  const sent = [
    Uint8Array.from({length: 256}, (_, index) => index),
    new Uint8Array(),
    bytes('\0'),
    bytes('a\0b\0'),
  ];

  subscribe(queue, callback);
  for (const message of sent)
    queue.send(message, 0, null);
  waitUntil(() => messages.length >= sent.length);
  runWhatIsReady();
  assertEqual(messages.length, sent.length);
  // All that were kept: the next message must not have been written over one.
  for (const [index, message] of sent.entries())
    assertBytes(messages[index][0], message);
});

test('a receiver receives what another sends', () => {
  const receiver = newQueue({flags: Flags.RDONLY});
  const sender = openAgain(receiver, Flags.WRONLY);
  const {callback, messages} = makeNote();

  addCleanup(() => sender.close());
  send(sender, ['early', 0]);
  subscribe(receiver, callback);
  waitUntil(() => messages.length === 1);
  send(sender, ['late', 0]);
  waitUntil(() => messages.length === 2);
  assertEqual(messages, expected(['early', 0], ['late', 0]));
});

test('each message comes once to one of several', () => {
  const queue = newQueue();
  const other = queue.reopen(Flags.RDONLY);
  const {callback, messages} = makeNote();

  addCleanup(() => other.close());
  subscribe(queue, callback);
  subscribe(other, callback);
  send(queue, ['one', 4], ['two', 3], ['three', 2], ['four', 1]);
  waitUntil(() => messages.length >= 4);
  runWhatIsReady();
  assertEqual(messages, expected(['one', 4], ['two', 3], ['three', 2], ['four', 1]));
});

test('a fast sender does not keep the loop', () => {
  const queue = newQueue({maxmsg: 2});
  let calls = 0;

  subscribe(queue, receiving => {
    calls++;
    send(receiving, ['again', 0]);
    return GLib.SOURCE_CONTINUE;
  });
  send(queue, ['first', 0]);
  assert(GLib.MainContext.default().iteration(false));
  assertEqual(calls, MESSAGES_PER_DISPATCH);
});

test('the priority in the loop decides who is first', () => {
  const seen = [];

  for (const priority of [GLib.PRIORITY_LOW, GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT]) {
    const queue = newQueue();

    send(queue, ['message', 0]);
    subscribe(queue, () => {
      seen.push(priority);
      return GLib.SOURCE_REMOVE;
    }, priority);
  }
  waitUntil(() => seen.length === 3);
  assertEqual(seen, [GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT, GLib.PRIORITY_LOW]);
});

test('sending and receiving in the callback', () => {
  const first = newQueue();
  const second = newQueue();
  const {callback, messages} = makeNote();

  subscribe(first, (queue, message, priority) => {
    const [next] = queue.receive_with_timeout(0, null);

    second.send(Uint8Array.of(...message, ...next), priority, null);
    return GLib.SOURCE_CONTINUE;
  });
  subscribe(second, callback);
  send(first, ['re', 5], ['layed', 4]);
  waitUntil(() => messages.length > 0);
  runWhatIsReady();
  assertEqual(messages, expected(['relayed', 5]));
});

test('a receiver needs a function', () => {
  assertThrows(() => newQueue().add_receiver(GLib.PRIORITY_DEFAULT, null));
});

test('a receiver ends when the callback says so', () => {
  for (const answer of [GLib.SOURCE_REMOVE, undefined]) {
    const queue = newQueue();
    const messages = [];

    send(queue, ['taken', 2], ['stays', 1], ['stays, too', 0]);
    const identifier = subscribe(queue, (_, message, priority) => {
      messages.push([message, priority]);
      return answer;
    });
    waitUntil(() => messages.length > 0);
    assertEnded(identifier);
    assertEqual(messages, expected(['taken', 2]));
    assertLeft(queue, ['stays', 1], ['stays, too', 0]);
  }
});

test('a receiver ends when it is removed', () => {
  const queue = newQueue();
  const {callback, messages} = makeNote();
  const identifier = subscribe(queue, callback);

  send(queue, ['taken', 0]);
  waitUntil(() => messages.length > 0);
  assertEqual(GLib.source_remove(identifier), true);
  send(queue, ['stays', 0]);
  assertEnded(identifier);
  assertEqual(messages, expected(['taken', 0]));
  assertLeft(queue, ['stays', 0]);
});

test('a receiver ends when its callback removes it or closes the queue', () => {
  for (const end of [(_, identifier) => GLib.source_remove(identifier), queue => queue.close()]) {
    const queue = newQueue();
    const other = openAgain(queue, Flags.RDONLY);
    const {callback, messages} = makeNote();

    addCleanup(() => other.close());
    send(queue, ['taken', 1], ['stays', 0]);
    const identifier = subscribe(queue, (...args) => {
      end(queue, identifier);
      return callback(...args);
    });
    waitUntil(() => messages.length > 0);
    assertEnded(identifier);
    assertEqual(messages, expected(['taken', 1]));
    assertLeft(other, ['stays', 0]);
  }
});

test('a receiver ends when the queue is closed', () => {
  const queue = newQueue();
  const other = openAgain(queue, Flags.RDONLY);
  const {callback, messages} = makeNote();
  const identifier = subscribe(queue, callback);

  addCleanup(() => other.close());
  send(queue, ['stays', 0]);
  queue.close();
  assertEnded(identifier);
  // Closed before, and never opened.
  assertEnded(subscribe(queue, callback));
  assertEnded(subscribe(new Mood.MessageQueue(), callback));
  assertEqual(messages, []);
  assertLeft(other, ['stays', 0]);
});

test('a receiver of a queue that cannot receive', () => {
  const sender = newQueue({flags: Flags.WRONLY});
  const {callback, messages} = makeNote();
  const identifier = subscribe(sender, callback);

  send(sender, ['stays', 0]);
  runWhatIsReady();
  assert(findWatch(identifier) !== null);
  assertEqual(sender.curmsgs, 1);
  sender.close();
  assertEnded(identifier);
  assertEqual(messages, []);
});

test('a receiver keeps the queue', () => {
  const {callback, messages} = makeNote(GLib.SOURCE_REMOVE);
  const open = () => {
    const receiver = Mood.MessageQueue.new(newName(), Flags.RDONLY | CREATE, 0o600, 2, 8);

    subscribe(receiver, callback);

    return openAgain(receiver, Flags.WRONLY);
  };
  const sender = open();

  addCleanup(() => sender.close());
  System.gc();
  send(sender, ['heard', 0]);
  waitUntil(() => messages.length > 0);
  assertEqual(messages, expected(['heard', 0]));
});

test('the closure of a source gets queue, bytes and priority', () => {
  const queue = newQueue();
  const seen = [];
  const source = addSource(queue, (receiving, message, priority) => {
    assert(receiving === queue && message instanceof GLib.Bytes);
    seen.push([message, priority]);
    return seen.length < 2;
  });

  runWhatIsReady();
  assertEqual(seen, []);
  send(queue, ['a\0b\0', 9], ['', 3], ['stays', 0]);
  waitUntil(() => seen.length === 2);
  runWhatIsReady();
  assert(source.is_destroyed());
  assertEqual(seen.map(([message, priority]) => [message.toArray(), priority]),
    expected(['a\0b\0', 9], ['', 3]));
  assertLeft(queue, ['stays', 0]);
});

test('cancelling a source', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();
  const {callback, messages} = makeNote();
  const source = addSource(queue, callback, cancellable);

  send(queue, ['taken', 1]);
  waitUntil(() => messages.length > 0);
  send(queue, ['stays', 0]);
  cancellable.cancel();
  runWhatIsReady();
  assert(source.is_destroyed());
  assertEqual(messages.length, 1);
  assertLeft(queue, ['stays', 0]);
});

test('closing ends a source', () => {
  const queue = newQueue();
  const {callback, messages} = makeNote();
  const source = addSource(queue, callback, new Gio.Cancellable());

  queue.close();
  runWhatIsReady();
  assert(source.is_destroyed());
  assertEqual(messages, []);
});

run();
