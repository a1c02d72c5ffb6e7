// SPDX-License-Identifier: LGPL-2.1-or-later

// What the override adds to the limits: default arguments, and clear errors for what is no number.

import Mood from 'gi://Mood?version=1.0';

import {assertEqual, assertThrows, run, test} from './tap.js';
import {assertRefused} from './queues.js';

const NO_NUMBERS = [1.5, 2 ** 53, 1e30, NaN, Infinity, null, '9', 9n, {}];

function newLimits() {
  return Object.assign(Mood.Limits.get(), {
    msg_default: 3, msg_max: 100, msgsize_default: 40, msgsize_max: 8192, rlimit_soft: 408,
  });
}

test('arguments can be left out', () => {
  const limits = newLimits();

  assertEqual(limits.fit(), 3);
  assertEqual(limits.fit(41), 2);
  assertEqual(limits.required_bytes(), 408);
  assertEqual(limits.required_bytes(2), 272);
  assertEqual(limits.required_bytes(undefined, 41), 411);
});

test('what is no whole number is refused', () => {
  const limits = newLimits();

  for (const value of NO_NUMBERS) {
    assertRefused(() => limits.fit(value), 'msgsize');
    assertRefused(() => limits.required_bytes(1, value), 'msgsize');
    assertRefused(() => limits.required_bytes(value), 'maxmsg');
  }
});

test('what is no limits is refused', () => {
  for (const value of [undefined, null, 5, {}, Mood.Limits, Mood.Limits.prototype,
    Object.create(Mood.Limits.prototype)]) {
    assertThrows(() => Mood.Limits.prototype.fit.call(value));
    assertThrows(() => Mood.Limits.prototype.required_bytes.call(value));
  }
});

run();
