#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: receiver NAME
//
// Creates the queue NAME, or takes the one there is, and subscribes to its messages: the main loop
// brings each one, to be printed with its priority. Ends with an empty message, SIGINT or SIGTERM, and
// removes the queue then.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

const SIGINT = 2;
const SIGTERM = 15;

// GLib 2.80 moved what only Unix has, and later gave this its plain name there.
async function findAddSignal() {
  if (GLib.check_version(2, 80, 0) !== null)
    return GLib.unix_signal_add;

  const {default: GLibUnix} = await import('gi://GLibUnix?version=2.0');
  return GLibUnix.signal_add ?? GLibUnix.signal_add_full;
}

const addSignal = await findAddSignal();

function receiveMessages(name) {
  const loop = new GLib.MainLoop(null, false);

  // Before there is a queue to leave behind.
  for (const number of [SIGINT, SIGTERM]) {
    addSignal(GLib.PRIORITY_DEFAULT, number, () => {
      loop.quit();
      return GLib.SOURCE_CONTINUE;
    });
  }

  const flags = Mood.OpenFlags.RDONLY | Mood.OpenFlags.CREAT;
  const queue = Mood.MessageQueue.open({name, flags, maxmsg: 8, msgsize: 256});
  queue.add_receiver((_queue, message, priority) => {
    if (message.length === 0) {
      loop.quit();
      return GLib.SOURCE_REMOVE;
    }
    print(priority, new TextDecoder().decode(message));
    return GLib.SOURCE_CONTINUE;
  });
  print('ready');
  loop.run();

  queue.close();
  try {
    queue.unlink();
  } catch (error) {
    // Another receiver of the same queue may have removed it already.
    if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND))
      throw error;
  }
}

function main(args) {
  if (args.length !== 1) {
    printerr('Usage: receiver NAME');
    return 2;
  }

  try {
    receiveMessages(args[0]);
  } catch (error) {
    printerr(`receiver: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
