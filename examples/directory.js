#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: directory
//
// Lists the message queues that exist, each with its mode, its owner and how many messages wait in
// it, and says then which queues come and go. Ends with SIGINT or SIGTERM.

import GLib from 'gi://GLib';
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

function printQueue({display_name, mode, uid, curmsgs, maxmsg}) {
  const permissions = (mode & 0o7777).toString(8).padStart(4, '0');
  // What waits in a queue is for those to know who may receive it.
  const depth = curmsgs === -1 ? 'not to be read' : `${curmsgs} of ${maxmsg} messages`;
  print(`${display_name}: mode ${permissions}, owner ${uid}, ${depth}`);
}

function showQueues() {
  const loop = new GLib.MainLoop(null, false);
  const directory = Mood.QueueDirectory.new();
  // Refreshing is what looks into the queues.
  directory.refresh();
  for (const info of directory)
    printQueue(info);

  // The list tells where it has changed; what was there before is for those to know who noted it.
  const names = Array.from(directory, info => info.display_name);
  directory.connect('items-changed', (_directory, position, removed, added) => {
    const newNames = [];
    for (let i = position; i < position + added; i++)
      newNames.push(directory.get_item(i).display_name);
    for (const name of names.splice(position, removed, ...newNames))
      print('gone:', name);
    for (const name of newNames)
      print('new:', name);
  });

  // What has happened since the list was made is told, too.
  directory.add_watch();
  for (const number of [SIGINT, SIGTERM]) {
    addSignal(GLib.PRIORITY_DEFAULT, number, () => {
      loop.quit();
      return GLib.SOURCE_CONTINUE;
    });
  }
  loop.run();
}

function main(args) {
  if (args.length !== 0) {
    printerr('Usage: directory');
    return 2;
  }

  try {
    showQueues();
  } catch (error) {
    printerr(`directory: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
