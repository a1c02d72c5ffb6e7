#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: client PREFIX
//
// The client in JavaScript of the conversation that clerk.c describes. Posts requests of three
// priorities, and checks that each of them gets one right answer.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Mood from 'gi://Mood?version=1.0';
import System from 'system';

const LANGUAGE = 'JavaScript';
const FIRST_NUMBER = 21;

const POSTED = 3;
const LIVE = 1000;
const PRIORITIES = [0, 10, 20];

const CLERK_MAXMSG = 10;
const OWN_MAXMSG = 8;
const MSGSIZE = 64;

class Client {
  loop = new GLib.MainLoop(null, false);
  error = null;
  sequence = 0; // of the request that was posted last
  lastSequence = POSTED; // of the act
  expected = new Map(); // the right answer to each request that is under way
  waitsForRoom = false;
  sent = 0;
  received = 0;

  constructor(prefix) {
    // Whoever comes first makes the clerk's queues. The queue for the answers is this client's.
    const own = Mood.OpenFlags.CREAT | Mood.OpenFlags.NONBLOCK;
    const toSend = own | Mood.OpenFlags.WRONLY;
    const toReceive = own | Mood.OpenFlags.RDONLY | Mood.OpenFlags.EXCL;
    const open = (suffix, flags, maxmsg) =>
      Mood.MessageQueue.open({name: `${prefix}-${suffix}`, flags, maxmsg, msgsize: MSGSIZE});
    this.door = open('door', toSend, CLERK_MAXMSG);
    this.requests = open('requests', toSend, CLERK_MAXMSG);
    this.answers = open('javascript', toReceive, OWN_MAXMSG);
  }

  send(queue, text, priority) {
    queue.send(text, priority);
    this.sent++;
  }

  postRequests() {
    // As many under way as there is room for answers, so that the clerk never has to wait.
    while (this.sequence < this.lastSequence && this.expected.size < OWN_MAXMSG &&
        !this.waitsForRoom) {
      const sequence = this.sequence + 1;
      const number = FIRST_NUMBER + this.sequence;
      const priority = PRIORITIES[this.sequence % PRIORITIES.length];
      try {
        this.send(this.requests, `${this.answers.name} ${sequence} ${number}`, priority);
      } catch (error) {
        if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.WOULD_BLOCK))
          throw error;
        this.waitsForRoom = true;
        this.requests.add_watch(GLib.IOCondition.OUT, () => this.onRoom());
        return;
      }
      this.sequence = sequence;
      this.expected.set(sequence, number * number);
    }
  }

  takeAnswer() {
    const [message] = this.answers.receive();
    const text = new TextDecoder().decode(message);
    this.received++;
    if (text === 'begin') {
      this.lastSequence += LIVE;
      return;
    }

    const [sequence, square] = text.split(' ').map(Number);
    if (this.expected.get(sequence) !== square)
      throw new Error(`“${text}” is not a right answer to a request`);
    this.expected.delete(sequence);

    if (this.expected.size === 0 && this.sequence === POSTED + LIVE) {
      // This word counts as well.
      this.send(this.door, `${LANGUAGE} out ${this.sent + 1} ${this.received}`);
      this.loop.quit();
    }
  }

  // Takes steps inside the main loop, to which no error can be thrown.
  attempt(...steps) {
    try {
      for (const step of steps)
        step.call(this);
    } catch (error) {
      this.error = error;
      this.loop.quit();
    }
  }

  onRoom() {
    this.waitsForRoom = false;
    this.attempt(this.postRequests);
    return GLib.SOURCE_REMOVE;
  }

  onAnswer() {
    this.attempt(this.takeAnswer, this.postRequests);
    return GLib.SOURCE_CONTINUE;
  }

  run() {
    try {
      this.postRequests();
      this.send(this.door, `${LANGUAGE} in ${this.answers.name}`);
      this.answers.add_watch(GLib.IOCondition.IN, () => this.onAnswer());
      this.loop.run();
    } finally {
      this.answers.unlink();
    }

    if (this.error)
      throw this.error;
  }
}

function main(args) {
  if (args.length !== 1) {
    printerr('Usage: client PREFIX');
    return 2;
  }

  try {
    new Client(args[0]).run();
  } catch (error) {
    printerr(`client in ${LANGUAGE}: ${error.message}`);
    return 1;
  }
  return 0;
}

System.exit(main(System.programArgs));
