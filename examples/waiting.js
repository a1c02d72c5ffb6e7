#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: waiting NAME
//
// Creates the queue NAME and shows the ways to wait for a message on it, one after the other: to
// try, to limit the time, to cancel, to await, to subscribe, and to take several at once.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

const decode = message => new TextDecoder().decode(message);

function tryToReceive(queue) {
  try {
    const [message] = queue.receive_with_timeout(0);
    print('try:', decode(message));
  } catch (error) {
    if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.WOULD_BLOCK))
      throw error;
    print('try: nothing there');
  }
}

function receiveWithinLimit(queue) {
  try {
    // In microseconds.
    const [message] = queue.receive_with_timeout(10000);
    print('limit:', decode(message));
  } catch (error) {
    if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT))
      throw error;
    print('limit: nothing within 10 milliseconds');
  }
}

async function receiveUntilCancelled(queue) {
  const cancellable = new Gio.Cancellable();
  setTimeout(() => cancellable.cancel(), 10);
  try {
    const [message] = await queue.receive_async(GLib.PRIORITY_DEFAULT, cancellable);
    print('cancel:', decode(message));
  } catch (error) {
    if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
      throw error;
    print('cancel: given up');
  }
}

async function awaitMessage(queue) {
  const promise = queue.receive_async();
  // In the place of another process, which sends while this one awaits the message.
  queue.send('first');
  const [message] = await promise;
  print('await:', decode(message));
}

async function subscribe(queue) {
  queue.send('later', 1);
  queue.send('urgent', 9);
  queue.send('');
  await new Promise(resolve => {
    queue.add_receiver((_queue, message, priority) => {
      if (message.length === 0) {
        resolve();
        return GLib.SOURCE_REMOVE;
      }
      print('subscribe:', priority, decode(message));
      return GLib.SOURCE_CONTINUE;
    });
  });
}

function receiveBatch(queue) {
  queue.send_many(['a', '', 'bcd']);
  // Waits for the first message without a limit, and takes up to 8 of those that are there.
  const sizes = queue.receive_many(8).map(([message]) => message.length);
  print('batch:', sizes.length, 'messages,', sizes.join(' + '), 'bytes');
}

async function showWays(name) {
  const flags = Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT | Mood.OpenFlags.EXCL;
  const queue = Mood.MessageQueue.open({name, flags, maxmsg: 8, msgsize: 64});
  try {
    tryToReceive(queue);
    receiveWithinLimit(queue);
    await receiveUntilCancelled(queue);
    await awaitMessage(queue);
    await subscribe(queue);
    receiveBatch(queue);
  } finally {
    queue.unlink();
  }
}

async function main(args) {
  if (args.length !== 1) {
    printerr('Usage: waiting NAME');
    return 2;
  }

  try {
    await showWays(args[0]);
  } catch (error) {
    printerr(`waiting: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(await main(System.programArgs));
