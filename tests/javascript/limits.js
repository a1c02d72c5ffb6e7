// SPDX-License-Identifier: LGPL-2.1-or-later

// The limits on message queues, and what fits in them.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';

import {assert, assertEqual, run, test} from './tap.js';
import {CREATE, Flags, assertFails, newName, text} from './queues.js';

const FILES = ['msg_default', 'msg_max', 'msgsize_default', 'msgsize_max', 'queues_max'];
const MAX_INT64 = 2n ** 63n - 1n;

function readFile(path) {
  const [, contents] = GLib.file_get_contents(path);

  return text(contents);
}

// Limits as they could be elsewhere.
function otherLimits(figures) {
  return Object.assign(Mood.Limits.get(), {
    msg_default: 10, msg_max: 100, msgsize_default: 40, msgsize_max: 8192, rlimit_soft: 10_000,
    ...figures,
  });
}

test('figures are those of the kernel', () => {
  const limits = Mood.Limits.get();
  const [, soft, hard] = /^Max msgqueue size\s+(\S+)\s+(\S+)/m.exec(readFile('/proc/self/limits'));

  for (const name of FILES)
    assertEqual([name, limits[name]], [name, Number(readFile(`/proc/sys/fs/mqueue/${name}`))]);
  // What is not limited is a number that is beyond those that JavaScript has exactly.
  for (const [name, figure] of [['rlimit_soft', soft], ['rlimit_hard', hard]]) {
    if (figure === 'unlimited')
      assert(limits[name] > Number.MAX_SAFE_INTEGER);
    else
      assertEqual([name, limits[name]], [name, Number(figure)]);
  }
});

test('required bytes', () => {
  const limits = otherLimits();

  assertEqual(limits.required_bytes(3, 40), 408);
  assertEqual(limits.required_bytes(-1, -1), 1360);
  assertEqual(limits.required_bytes(65536, 16777216), 65536 * 16777264 + 32768 * 48);
  assert(limits.required_bytes(Number.MAX_SAFE_INTEGER, 8192) > Number.MAX_SAFE_INTEGER);
});

test('fit', () => {
  const limits = otherLimits();

  assertEqual([40, -1, 1, 8192, 8193].map(size => limits.fit(size)), [73, 73, 100, 1, 0]);
});

test('what would be possible', () => {
  const limits = Mood.Limits.get();

  // No limit, and one that no queue reaches.
  for (const figure of [MAX_INT64, Number.MAX_SAFE_INTEGER])
    assertEqual(otherLimits({rlimit_soft: figure, msg_max: figure}).fit(8192), 65536);
  assert(otherLimits({rlimit_soft: MAX_INT64}).rlimit_soft > Number.MAX_SAFE_INTEGER);
  assertEqual(Mood.Limits.get().msg_max, limits.msg_max);
});

test('what is not known', () => {
  const limits = otherLimits({msgsize_max: -1});

  assertEqual(limits.fit(1), -1);
  assert(limits.required_bytes(1, -1) > Number.MAX_SAFE_INTEGER);
});

test('a copy is independent', () => {
  const limits = otherLimits();
  const copy = limits.copy();

  assertEqual(copy.msg_max, 100);
  copy.msg_max = 7;
  assertEqual(limits.msg_max, 100);
});

test('what fits nowhere is refused by the kernel as well', () => {
  const limits = Mood.Limits.get();
  const size = limits.msgsize_max;
  const fits = limits.required_bytes(limits.msg_max, size) <= limits.rlimit_soft;
  const [maxmsg, code] = fits
    ? [65537, Gio.IOErrorEnum.INVALID_ARGUMENT]
    : [limits.fit(size) + 1, Gio.IOErrorEnum.TOO_MANY_OPEN_FILES];

  assertFails(code, () =>
    Mood.MessageQueue.new(newName(), Flags.RDWR | CREATE, 0o600, maxmsg, size));
});

run();
