#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: passing
//
// Makes a queue that has no name, starts a child and hands it a descriptor that can only send, by
// inheritance. What the child sends can be received after its end.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

// The first after standard input, output and error.
const CHILD_FD = 3;

function beChild() {
  const queue = Mood.MessageQueue.new_from_fd(CHILD_FD);
  queue.send('later', 1);
  queue.send('urgent', 9);
  queue.close();
}

function startChild(fd) {
  const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.NONE});
  launcher.take_fd(fd, CHILD_FD);
  const child = launcher.spawnv(
    [GLib.file_read_link('/proc/self/exe'), '-m', System.programPath, 'child']);
  // It has its copy, and this process needs none.
  launcher.close();
  return child;
}

function beParent() {
  const queue = Mood.MessageQueue.new_anonymous(Mood.OpenFlags.RDWR, 8, 64);
  const sender = queue.reopen(Mood.OpenFlags.WRONLY);
  const child = startChild(sender.dup_fd());
  sender.close();
  child.wait_check(null);
  print('the child has ended');
  for (const [message, priority] of queue.receive_many(8))
    print('received:', priority, new TextDecoder().decode(message));
  queue.close();
}

function main(args) {
  const isChild = args.length === 1 && args[0] === 'child';
  if (args.length > 0 && !isChild) {
    printerr('Usage: passing');
    return 2;
  }

  try {
    if (isChild)
      beChild();
    else
      beParent();
  } catch (error) {
    printerr(`passing: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
