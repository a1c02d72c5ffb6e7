#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: sender NAME PRIORITY [TEXT...]
//
// Sends each TEXT to the queue NAME, with that priority. Without a TEXT it sends one empty message,
// which tells the receiver to end.

import Mood from 'gi://Mood?version=1.0';
import System from 'system';

function sendTexts(name, priority, texts) {
  const queue = Mood.MessageQueue.open({name, flags: Mood.OpenFlags.WRONLY});
  // A text that is too long for one message is sent as several, and while the queue is full this
  // waits for the receiver.
  for (const text of texts.length > 0 ? texts : [''])
    queue.sendall(text, priority);
  queue.close();
}

function main([name, priority, ...texts]) {
  if (!/^[0-9]+$/.test(priority) || Number(priority) > 32767) {
    printerr(
      'Usage: sender NAME PRIORITY [TEXT...]\n' +
      'PRIORITY is 0 to 32767; the highest is received first.');
    return 2;
  }

  try {
    sendTexts(name, Number(priority), texts);
  } catch (error) {
    printerr(`sender: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
