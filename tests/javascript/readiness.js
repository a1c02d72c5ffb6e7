// SPDX-License-Identifier: LGPL-2.1-or-later

// Watching a queue from the main loop: by add_watch(), by a source, until it is closed.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Mood from 'gi://Mood?version=1.0';

import {addCleanup, assert, assertBytes, assertEqual, assertThrows, run, test} from './tap.js';
import {Flags, bytes, findWatch, newQueue, openAgain, runWhatIsReady, waitUntil, watch}
  from './queues.js';

const {IN, OUT, NVAL} = GLib.IOCondition;

// A callback that leaves the message where it is, and notes what it is called with.
function makeNote(answer) {
  const conditions = [];
  const queues = [];
  const callback = (queue, condition) => {
    queues.push(queue);
    conditions.push(condition);
    return answer;
  };

  return {callback, conditions, queues};
}

function addSource(queue, condition, callback, cancellable = null) {
  const source = queue.create_source(condition, cancellable);

  GObject.source_set_closure(source, callback);
  source.attach(null);
  addCleanup(() => source.destroy());

  return source;
}

test('a watch gets queue and condition', () => {
  const queue = newQueue();
  const {callback, conditions, queues} = makeNote(GLib.SOURCE_REMOVE);

  watch(queue, IN, callback);
  runWhatIsReady();
  assertEqual(conditions, []);
  queue.send(bytes('ready'), 0, null);
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [IN]);
  assert(queues[0] === queue);
});

test('a watch receives what another sends', () => {
  const receiver = newQueue({flags: Flags.RDONLY | Flags.NONBLOCK});
  const sender = openAgain(receiver, Flags.WRONLY);
  const received = [];

  watch(receiver, IN, queue => {
    received.push(queue.recv(null));
    return GLib.SOURCE_CONTINUE;
  });
  for (const [index, message] of ['one', 'two', 'three'].entries()) {
    sender.send(bytes(message), 0, null);
    waitUntil(() => received.length > index);
    assertBytes(received[index], bytes(message));
  }
  runWhatIsReady();
  assertEqual(received.length, 3);
});

test('a watch stays ready while the message waits', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);

  queue.send(bytes('waits'), 0, null);
  watch(queue, IN, callback);
  waitUntil(() => conditions.length >= 3);
  queue.recv(null);
  conditions.length = 0;
  runWhatIsReady();
  assertEqual(conditions, []);
});

test('room to send', () => {
  const queue = newQueue({maxmsg: 1});
  const {callback, conditions} = makeNote(GLib.SOURCE_REMOVE);

  queue.send(bytes('full'), 0, null);
  watch(queue, OUT, callback);
  runWhatIsReady();
  assertEqual(conditions, []);
  queue.recv(null);
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [OUT]);
});

test('both conditions', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_REMOVE);

  queue.send(bytes('one'), 0, null);
  watch(queue, IN | OUT, callback);
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [IN | OUT]);
});

test('a watch ends when the callback says so', () => {
  for (const answer of [GLib.SOURCE_REMOVE, undefined]) {
    const queue = newQueue();
    const {callback, conditions} = makeNote(answer);
    const identifier = watch(queue, OUT, callback);

    waitUntil(() => conditions.length > 0);
    runWhatIsReady();
    assertEqual(conditions, [OUT]);
    assertEqual(findWatch(identifier), null);
  }
});

test('a watch can be removed', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);
  const identifier = watch(queue, OUT, callback);

  assertEqual(GLib.source_remove(identifier), true);
  runWhatIsReady();
  assertEqual(conditions, []);
});

test('the priority decides who is first', () => {
  const queue = newQueue();
  const seen = [];

  for (const priority of [GLib.PRIORITY_LOW, GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT]) {
    queue.add_watch(priority, OUT, () => {
      seen.push(priority);
      return GLib.SOURCE_REMOVE;
    });
  }
  waitUntil(() => seen.length === 3);
  assertEqual(seen, [GLib.PRIORITY_HIGH, GLib.PRIORITY_DEFAULT, GLib.PRIORITY_LOW]);
});

test('sending from the callback', () => {
  const first = newQueue();
  const second = newQueue();
  const received = [];

  watch(first, IN, queue => {
    second.send(queue.recv(null), 0, null);
    return GLib.SOURCE_CONTINUE;
  });
  watch(second, IN, queue => {
    received.push(queue.recv(null));
    return GLib.SOURCE_CONTINUE;
  });
  first.send(bytes('relayed'), 0, null);
  waitUntil(() => received.length > 0);
  assertBytes(received[0], bytes('relayed'));
});

test('a watch needs a function', () => {
  assertThrows(() => newQueue().add_watch(GLib.PRIORITY_DEFAULT, IN, null));
});

// The kernel reports a queue as ready for both, whatever it was opened for.
test('send only is not ready to receive', () => {
  const queue = newQueue({flags: Flags.WRONLY});
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);

  queue.send(bytes('waits'), 0, null);
  watch(queue, IN, callback);
  runWhatIsReady();
  assertEqual(conditions, []);
  queue.close();
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [NVAL]);
});

test('receive only is not ready to send', () => {
  const queue = newQueue({flags: Flags.RDONLY});
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);

  watch(queue, OUT, callback);
  runWhatIsReady();
  assertEqual(conditions, []);
  queue.close();
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [NVAL]);
});

test('closing tells once and wins over a message', () => {
  const queue = newQueue();
  const {callback, conditions, queues} = makeNote(GLib.SOURCE_CONTINUE);

  watch(queue, IN, callback);
  queue.send(bytes('waits'), 0, null);
  queue.close();
  waitUntil(() => conditions.length > 0);
  runWhatIsReady();
  assertEqual(conditions, [NVAL]);
  assert(queues[0] === queue);
});

test('closing before the watch', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);

  queue.close();
  watch(queue, IN, callback);
  waitUntil(() => conditions.length > 0);
  runWhatIsReady();
  assertEqual(conditions, [NVAL]);
});

test('closing from the callback', () => {
  const queue = newQueue();
  const seen = [];

  watch(queue, OUT, (closing, condition) => {
    seen.push(condition);
    closing.close();
    return GLib.SOURCE_CONTINUE;
  });
  waitUntil(() => seen.length >= 2);
  runWhatIsReady();
  assertEqual(seen, [OUT, NVAL]);
});

test('a watch on what was never opened', () => {
  const queue = new Mood.MessageQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);

  watch(queue, IN, callback);
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [NVAL]);
});

test('the closure of a source gets queue and condition', () => {
  const queue = newQueue();
  const {callback, conditions, queues} = makeNote(GLib.SOURCE_REMOVE);
  const source = addSource(queue, IN, callback);

  runWhatIsReady();
  assertEqual(conditions, []);
  queue.send(bytes('ready'), 0, null);
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [IN]);
  assert(queues[0] === queue);
  assert(source.is_destroyed());
});

test('the closure of a source is called again if it says so', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);

  addSource(queue, OUT, callback);
  waitUntil(() => conditions.length >= 3);
});

test('the plain callback of a source', () => {
  const queue = newQueue();
  const source = queue.create_source(OUT, null);
  let called = 0;

  source.set_callback(() => {
    called++;
    return GLib.SOURCE_REMOVE;
  });
  source.attach(null);
  waitUntil(() => called > 0);
  assert(source.is_destroyed());
});

test('cancelling a source', () => {
  const queue = newQueue();
  const cancellable = new Gio.Cancellable();
  const {callback, conditions} = makeNote(GLib.SOURCE_REMOVE);

  addSource(queue, IN, callback, cancellable);
  runWhatIsReady();
  assertEqual(conditions, []);
  cancellable.cancel();
  waitUntil(() => conditions.length > 0);
  assertEqual(conditions, [0]);
});

test('closing tells a source once', () => {
  const queue = newQueue();
  const {callback, conditions} = makeNote(GLib.SOURCE_CONTINUE);
  const source = addSource(queue, IN, callback, new Gio.Cancellable());

  queue.close();
  waitUntil(() => conditions.length > 0);
  runWhatIsReady();
  assertEqual(conditions, [NVAL]);
  assert(!source.is_destroyed());
});

run();
