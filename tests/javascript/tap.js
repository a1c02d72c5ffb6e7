// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs tests one after the other and reports them in TAP.

import System from 'system';

const tests = [];
let cleanups = [];

export function test(description, func) {
  tests.push({description, func});
}

// What is to be done after the test, whatever comes of it; the last first.
export function addCleanup(func) {
  cleanups.unshift(func);
}

function attempt(func, failures) {
  try {
    func();
  } catch (error) {
    failures.push(`${error}\n${error.stack}`);
  }
}

export function run() {
  let failed = 0;

  tests.forEach(({description, func}, index) => {
    const failures = [];

    cleanups = [];
    attempt(func, failures);
    for (const cleanup of cleanups)
      attempt(cleanup, failures);

    if (failures.length > 0)
      failed++;
    print(`${failures.length > 0 ? 'not ok' : 'ok'} ${index + 1} - ${description}`);
    for (const line of failures.join('\n').trim().split('\n').filter(text => text))
      print(`# ${line}`);
  });

  print(`1..${tests.length}`);
  System.exit(failed > 0 ? 1 : 0);
}

// Any value, as text that is the same for what counts as equal.
function show(value) {
  return JSON.stringify(value, (_, part) =>
    part instanceof Uint8Array ? `bytes ${Array.from(part).join(' ')}` : part);
}

export function assert(condition, message = 'the assertion does not hold') {
  if (!condition)
    throw new Error(message);
}

export function assertEqual(actual, expected) {
  assert(show(actual) === show(expected), `${show(actual)} is not ${show(expected)}`);
}

export function assertBytes(actual, expected) {
  assert(actual instanceof Uint8Array, `${typeof actual} is no Uint8Array`);
  assertEqual(Array.from(actual), Array.from(expected));
}

export function assertThrows(func) {
  let result;

  try {
    result = func();
  } catch (error) {
    return error;
  }

  throw new Error(`no error was thrown, but ${show(result)} returned`);
}
