// SPDX-License-Identifier: LGPL-2.1-or-later

// Engines that have the declaration "using" close a queue at the end of its block. For others what
// such an engine looks for is made here, before the override is loaded.

Symbol.dispose ??= Symbol('Symbol.dispose');

const {assertEqual, run, test} = await import('./tap.js');
const {newQueue} = await import('./queues.js');

test('a queue is closed when it is disposed of', () => {
  const queue = newQueue();

  for (let times = 0; times < 2; times++) {
    assertEqual(queue[Symbol.dispose](), undefined);
    assertEqual(queue.closed, true);
  }
});

run();
