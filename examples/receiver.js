#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: receiver NAME
//
// Creates the queue NAME and prints its messages, each with its priority, from a main loop. Ends
// with an empty message, SIGINT or SIGTERM.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

const SIGINT = 2;
const SIGTERM = 15;

class Receiver {
  loop = new GLib.MainLoop(null, false);
  error = null;

  onMessage(queue) {
    try {
      // One turn takes no more than the queue holds: a fast sender must not keep the main loop
      // from everything else. What is left makes the queue ready again.
      for (let left = queue.get_maxmsg(); left > 0; left--) {
        const [message, priority] = queue.receive(null);
        if (message.length === 0) {
          this.loop.quit();
          return GLib.SOURCE_REMOVE;
        }
        print(priority, new TextDecoder().decode(message));
      }
    } catch (error) {
      // All is taken, by this receiver or by another one that was faster.
      if (error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.WOULD_BLOCK))
        return GLib.SOURCE_CONTINUE;
      this.error = error;
      this.loop.quit();
      return GLib.SOURCE_REMOVE;
    }
    return GLib.SOURCE_CONTINUE;
  }

  onSignal() {
    this.loop.quit();
    return GLib.SOURCE_CONTINUE;
  }

  receiveMessages(name) {
    // Before there is a queue to leave behind.
    for (const number of [SIGINT, SIGTERM])
      GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, () => this.onSignal());

    const flags = Mood.OpenFlags.RDONLY | Mood.OpenFlags.CREAT | Mood.OpenFlags.NONBLOCK;
    const queue = Mood.MessageQueue.new(name, flags, 0o600, 8, 256);
    queue.add_watch(GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, () => this.onMessage(queue));
    print('ready');
    this.loop.run();

    queue.close();
    try {
      queue.unlink();
    } catch (error) {
      // Another receiver of the same queue may have removed it already.
      if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND))
        this.error ??= error;
    }

    if (this.error)
      throw this.error;
  }
}

function main(args) {
  if (args.length !== 1) {
    printerr('Usage: receiver NAME');
    return 2;
  }

  try {
    new Receiver().receiveMessages(args[0]);
  } catch (error) {
    printerr(`receiver: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
