#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: notification NAME
//
// Creates the queue NAME and shows how to be told that a message has come to it while it was empty:
// once, again and again, and not any more.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

const {BUSY, WOULD_BLOCK} = Gio.IOErrorEnum;

const loop = new GLib.MainLoop(null, false);

// What there is to receive, up to the moment when there is nothing.
function *takeAll(queue) {
  for (;;) {
    try {
      const [message] = queue.receive_with_timeout(0);
      yield message;
    } catch (error) {
      if (!error.matches?.(Gio.IOErrorEnum, WOULD_BLOCK))
        throw error;
      return;
    }
  }
}

function makeCallback(way) {
  return (queue, condition) => {
    // Takes all that there is: what was left in the queue would not be announced again.
    for (const message of takeAll(queue))
      print(`${way}: ${new TextDecoder().decode(message)}`);
    loop.quit();
    return (condition & GLib.IOCondition.IN) !== 0;
  };
}

// In the place of another process, which sends while this one is in its main loop.
function sendAndWait(queue, message) {
  queue.send(message);
  loop.run();
}

// The registration ends with the notification.
function beToldOnce(queue) {
  queue.add_notification(makeCallback('once'));
  sendAndWait(queue, 'first');
}

// It is made again before the callback runs, so that no message is missed.
function beToldAgainAndAgain(queue) {
  const rearm = true;
  queue.add_notification(rearm, makeCallback('armed'));
  sendAndWait(queue, 'second');
  sendAndWait(queue, 'third');
}

// A queue has room for one registration, of whichever process.
function findItBusy(queue) {
  try {
    queue.add_notification(makeCallback('busy'));
  } catch (error) {
    if (!error.matches?.(Gio.IOErrorEnum, BUSY))
      throw error;
    print('busy: somebody is registered');
  }
}

function cancel(queue) {
  queue.cancel_notification();
  queue.send('fourth');
  while (GLib.MainContext.default().iteration(false))
    ;
  print('cancelled: not told of', queue.curmsgs, 'message');
}

function showNotification(name) {
  const flags = Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT | Mood.OpenFlags.EXCL;
  const queue = Mood.MessageQueue.open({name, flags, maxmsg: 8, msgsize: 64});
  try {
    beToldOnce(queue);
    beToldAgainAndAgain(queue);
    findItBusy(queue);
    cancel(queue);
  } finally {
    queue.unlink();
  }
}

function main(args) {
  if (args.length !== 1) {
    printerr('Usage: notification NAME');
    return 2;
  }

  try {
    showNotification(args[0]);
  } catch (error) {
    printerr(`notification: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
