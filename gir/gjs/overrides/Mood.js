// SPDX-License-Identifier: LGPL-2.1-or-later

// What JavaScript adds to the introspected library: default arguments, text as messages, promises,
// for await, and for over the queues of a directory. What cannot be passed on as it is becomes a
// TypeError here: GJS would cut it to size or, before a call that returns an array, crash over it.

'use strict';

const {GLib, Gio} = imports.gi;

const MAX_UINT32 = 2 ** 32 - 1;

// In the order of the arguments of new_full().
const OPEN_KEYS = [
  'name', 'flags', 'mode', 'maxmsg', 'msgsize', 'ownership', 'geometry_policy', 'exact_mode',
];

const encoder = new TextEncoder();

function describe(value) {
  if (typeof value === 'string')
    return `“${value}”`;
  if (typeof value === 'function')
    return 'a function';
  if (typeof value === 'bigint')
    return `${value}n`;
  if (typeof value !== 'object' || value === null)
    return String(value);

  return `an object of ${value.constructor?.name ?? 'no class'}`;
}

function refuse(what, accepted, value) {
  throw new TypeError(`${what} is ${accepted}, not ${describe(value)}`);
}

function checkUint32(what, value) {
  if (!Number.isInteger(value) || value < 0 || value > MAX_UINT32)
    refuse(what, `a whole number from 0 to ${MAX_UINT32}`, value);
}

function checkInt64(what, value) {
  if (!Number.isSafeInteger(value))
    refuse(what, 'a whole number', value);
}

function checkTimeout(timeout) {
  checkInt64('a time limit in microseconds', timeout);
}

function checkIoPriority(ioPriority) {
  if (!Number.isInteger(ioPriority) || ioPriority !== (ioPriority | 0))
    refuse('the priority in the main loop', 'a whole number like GLib.PRIORITY_DEFAULT', ioPriority);
}

// Which of the numbers that can be passed on is a priority, libmood says.
function checkPriority(priority) {
  if (!Number.isInteger(priority) || priority < 0 || priority > MAX_UINT32)
    refuse('the priority of a message', 'a whole number from 0 to 32767', priority);
}

function checkMember(what, value, enumeration) {
  if (!Object.values(enumeration).includes(value))
    refuse(what, `one of Mood.${enumeration.$gtype.name.replace('Mood', '')}`, value);
}

// Almost anything is true, among it an argument that was meant to be another one.
function checkBoolean(what, value) {
  if (typeof value !== 'boolean')
    refuse(what, 'true or false', value);
}

function checkFlags(flags) {
  if (!Number.isInteger(flags) || flags < 0 || flags > MAX_UINT32)
    refuse('flags', 'made of Mood.OpenFlags', flags);
}

function checkFd(fd) {
  if (!Number.isInteger(fd) || fd !== (fd | 0))
    refuse('a descriptor', 'a whole number', fd);
}

function checkName(name) {
  if (typeof name !== 'string')
    refuse('the name of a queue', 'a string', name);
  // GJS would take what is before it for the whole name.
  if (name.includes('\0'))
    throw new TypeError('the name of a queue cannot have a null character');
}

function checkCancellable(cancellable) {
  if (cancellable === null)
    return;
  if (!(cancellable instanceof Gio.Cancellable))
    refuse('a cancellable', 'a Gio.Cancellable or null', cancellable);
  // Throws for what inherits from one, and is none.
  cancellable.is_cancelled();
}

// What GJS takes for an array of bytes. It encodes text itself, as UTF-8.
function toMessage(message) {
  if (message instanceof Uint8Array || typeof message === 'string')
    return message;
  if (ArrayBuffer.isView(message))
    return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  if (message instanceof ArrayBuffer)
    return new Uint8Array(message, 0, message.byteLength);
  if (message instanceof GLib.Bytes)
    return message.toArray();

  return refuse('a message', 'a string, a typed array, a DataView, an ArrayBuffer or a GLib.Bytes',
    message);
}

function toBytes(message) {
  return typeof message === 'string' ? encoder.encode(message) : toMessage(message);
}

// The bytes of all messages, one after the other, their sizes, and their priorities.
function joinMessages(messages) {
  if (!Array.isArray(messages))
    refuse('what is sent', 'an array of messages or of [message, priority]', messages);

  const pairs = messages.map(item => {
    const [message, priority = 0, ...rest] = Array.isArray(item) ? item : [item];

    if (rest.length > 0)
      throw new TypeError(`[message, priority] are two, not ${item.length}`);
    checkPriority(priority);

    return [toBytes(message), priority];
  });
  const sizes = pairs.map(([bytes]) => bytes.length);
  const together = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let begin = 0;

  for (const [bytes] of pairs) {
    together.set(bytes, begin);
    begin += bytes.length;
  }

  return [together, sizes, pairs.map(([, priority]) => priority)];
}

// Each message gets memory of its own, so that one that is kept does not keep the others.
function splitMessages([together, sizes, priorities]) {
  let end = 0;

  return sizes.map((size, index) => {
    const begin = end;

    end += size;

    return [together.slice(begin, end), priorities[index]];
  });
}

// Takes the callback off the arguments, of which any before it may have been left out. Empty for a
// call that is to give a promise; a null in its place asks for neither.
function takeCallback(args, position) {
  return typeof args.at(-1) === 'function' ? args.splice(-1) : args.splice(position);
}

// What for await asks for the messages of a queue, one after the other until it is closed. Nothing
// is received that was not asked for, and nothing is waited for when the loop is left.
class Messages {
  constructor(queue) {
    this.queue = queue;
    this.cancellable = new Gio.Cancellable();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    try {
      const value = await this.queue.receive_async(GLib.PRIORITY_DEFAULT, this.cancellable);

      return {value, done: false};
    } catch (error) {
      const wasLeft = this.cancellable.is_cancelled();

      this.cancellable.cancel();
      if (!wasLeft && !error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CLOSED))
        throw error;
    }

    return {value: undefined, done: true};
  }

  async return(value) {
    this.cancellable.cancel();

    return {value, done: true};
  }
}

// A result that can be asked for what came of a call.
function checkResult(result) {
  if (!(result instanceof Gio.AsyncResult))
    refuse('the result of a call', 'a Gio.AsyncResult', result);
  // Throws for what inherits from one, and is none.
  result.get_source_object();
}

// What QueueDirectory has besides.
function extendQueueDirectory(QueueDirectory) {
  const {prototype} = QueueDirectory;

  // With a callback it is what it was.
  Gio._promisify(prototype, 'wait_for_async', 'wait_for_finish');

  const {create_source, lookup, wait_for_async, wait_for_finish} = prototype;

  Object.assign(prototype, {
    lookup(name) {
      checkName(name);

      return lookup.call(this, name);
    },

    create_source(cancellable = null) {
      checkCancellable(cancellable);

      return create_source.call(this, cancellable);
    },

    wait_for_async(name, ...args) {
      const callback = takeCallback(args, 2);
      const [ioPriority = GLib.PRIORITY_DEFAULT, cancellable = null] = args;
      const start = () => {
        checkName(name);
        checkIoPriority(ioPriority);
        checkCancellable(cancellable);

        return wait_for_async.call(this, name, ioPriority, cancellable, ...callback);
      };

      // Whatever is wrong is told by the promise.
      return callback.length > 0 ? start() : new Promise(resolve => resolve(start()));
    },

    wait_for_finish(result) {
      checkResult(result);

      return wait_for_finish.call(this, result);
    },

    // As those of a Gio.ListStore.
    *[Symbol.iterator]() {
      for (let index = 0; index < this.get_n_items(); index++)
        yield this.get_item(index);
    },
  });
}

// The calls that carry messages, written in C++. send() and receive() want the number that register()
// gives to a queue, and give undefined where introspection has to do it, or to tell why it cannot be
// done. receive() gives a length, and take() fills an array of it and gives the priority.
function loadExtension() {
  let MoodGjs;

  if (GLib.getenv('MOOD_NATIVE') === '0')
    return null;
  try {
    imports.gi.versions.MoodGjs = '1.0';
    ({MoodGjs} = imports.gi);
  } catch {
    // It is built where there is what it needs, and nothing but speed depends on it.
    return null;
  }

  try {
    MoodGjs.define_calls();

    const {register} = MoodGjs;
    const {send, receive, take} = globalThis.moodCalls;

    delete globalThis.moodCalls;

    return {register, send, receive, take};
  } catch (error) {
    console.warn(`Mood goes on without its extension: ${error.message}`);

    return null;
  }
}

// Where it is missing, everything is done by introspection.
const NO_EXTENSION = {
  register: () => 0,
  send: () => null,
  receive: () => null,
};

// Called by GJS, with the namespace for its this.
function _init() {
  const {Limits, MessageQueue, chmod, chown, recv: shortRecv, send: shortSend, unlink} = this;
  const {new_from_fd, prototype} = MessageQueue;

  // With a callback they are what they were.
  Gio._promisify(prototype, 'receive_async', 'receive_finish');
  Gio._promisify(prototype, 'send_async', 'send_finish');

  const {
    _init: initialize, add_notification, add_receiver, add_watch, chmod: chmodQueue,
    chown: chownQueue, create_notification_source, create_receiver_source, create_source, fileno,
    notify_by_signal, receive, receive_async, receive_finish, receive_many, receive_with_timeout,
    recv, send, send_async, send_many, send_with_timeout,
  } = prototype;

  // What is outside of this function, undefined among it, has to be looked up by its name each time,
  // which is not worth it for a message.
  const {Uint8Array} = globalThis;
  const encode = encoder.encode.bind(encoder);
  const {
    register, send: nativeSend, receive: nativeReceive, take,
  } = loadExtension() ?? NO_EXTENSION;

  // Functions cost less than methods, and the fewer arguments the less. But before a function that
  // returns an array GJS crashes over what is no queue, and before a method it does not: so a queue
  // that has passed for one is marked, by what an object that only inherits from it has not. The
  // mark has the number of the queue, 0 for none.
  const mark = Symbol('queue');
  const markQueue = queue => {
    fileno.call(queue);

    const number = register(queue);

    Reflect.defineProperty(queue, mark, {value: Object.freeze({queue, number})});

    return number;
  };
  const getNumber = queue => {
    const its = queue[mark];

    return its?.queue === queue ? its.number : markQueue(queue);
  };

  this.send = (queue, message, priority = 0) => prototype.send.call(queue, message, priority);
  this.recv = queue => prototype.recv.call(queue);

  this.unlink = function (name) {
    checkName(name);

    return unlink(name);
  };

  this.chmod = function (name, mode) {
    checkName(name);
    checkUint32('mode', mode);

    return chmod(name, mode);
  };

  this.chown = function (name, uid = -1, gid = -1) {
    checkName(name);
    checkInt64('uid', uid);
    checkInt64('gid', gid);

    return chown(name, uid, gid);
  };

  const {GeometryPolicy, OpenFlags, Ownership} = this;

  // These give an object of a derived class, if they are called on it.
  MessageQueue.new_full = function (name, flags, mode = 0o600, maxmsg = -1, msgsize = -1,
    ownership = Ownership.KEEP, geometryPolicy = GeometryPolicy.ACCEPT, exactMode = false) {
    checkMember('what becomes of the name', ownership, Ownership);
    checkMember('what to do about another geometry', geometryPolicy, GeometryPolicy);
    if (name !== null || ownership === Ownership.KEEP)
      checkName(name);
    checkFlags(flags);
    checkUint32('mode', mode);
    checkInt64('maxmsg', maxmsg);
    checkInt64('msgsize', msgsize);

    const queue = new this({
      name, flags, mode, maxmsg, msgsize, ownership, geometryPolicy, exactMode: Boolean(exactMode),
    });

    queue.init(null);

    return queue;
  };

  MessageQueue.new = function (name, flags, mode, maxmsg, msgsize) {
    return this.new_full(name, flags, mode, maxmsg, msgsize);
  };

  MessageQueue.new_temporary = function (flags = OpenFlags.RDWR, mode, maxmsg, msgsize) {
    checkFlags(flags);

    return this.new_full(null, flags | OpenFlags.CREAT, mode, maxmsg, msgsize,
      Ownership.UNLINK_ON_CLOSE);
  };

  MessageQueue.new_anonymous = function (flags = OpenFlags.RDWR, maxmsg, msgsize) {
    checkFlags(flags);

    return this.new_full(null, flags | OpenFlags.CREAT, undefined, maxmsg, msgsize,
      Ownership.ANONYMOUS);
  };

  MessageQueue.new_from_fd = function (fd) {
    checkFd(fd);

    return new_from_fd.call(MessageQueue, fd);
  };

  MessageQueue.open = function (details) {
    if (typeof details !== 'object' || details === null)
      refuse('what to open', 'an object like {name, flags}', details);
    for (const key of Object.keys(details)) {
      if (!OPEN_KEYS.includes(key))
        throw new TypeError(`what to open has ${OPEN_KEYS.join(', ')}, and no ${key}`);
    }

    const {name = null, ...rest} = details;

    return this.new_full(name, ...OPEN_KEYS.slice(1).map(key => rest[key]));
  };

  Object.assign(prototype, {
    _init(properties, ...rest) {
      if (typeof properties?.name === 'string')
        checkName(properties.name);

      return initialize.call(this, properties, ...rest);
    },

    send(message, priority = 0, cancellable = null) {
      if (priority !== 0 && (typeof priority !== 'number' || priority >>> 0 !== priority))
        checkPriority(priority);
      if (!(message instanceof Uint8Array) && typeof message !== 'string')
        message = toMessage(message);
      if (cancellable === null) {
        const number = getNumber(this);
        const bytes = number !== 0 && typeof message === 'string' ? encode(message) : message;

        return nativeSend(number, bytes, priority) ?? shortSend(this, message, priority);
      }
      checkCancellable(cancellable);

      return send.call(this, message, priority, cancellable);
    },

    // By way of send(): what a C function that fails gives back besides the error is lost.
    sendall(message, priority = 0, cancellable = null) {
      const bytes = toBytes(message);
      let sent = 0;

      checkPriority(priority);
      checkCancellable(cancellable);
      do {
        try {
          sent += send.call(this, bytes.subarray(sent), priority, cancellable);
        } catch (error) {
          error.bytes_sent = sent;
          throw error;
        }
      } while (sent < bytes.length);
    },

    send_with_timeout(message, priority, timeout, cancellable = null) {
      checkPriority(priority);
      checkTimeout(timeout);
      checkCancellable(cancellable);

      return send_with_timeout.call(this, toMessage(message), priority, timeout, cancellable);
    },

    send_many(messages, timeout = -1, cancellable = null) {
      checkTimeout(timeout);
      checkCancellable(cancellable);

      return send_many.call(this, ...joinMessages(messages), timeout, cancellable);
    },

    recv(cancellable = null) {
      if (cancellable === null) {
        const length = nativeReceive(getNumber(this)) ?? -1;

        if (length === -1)
          return shortRecv(this);

        const message = new Uint8Array(length);

        take(message);

        return message;
      }
      checkCancellable(cancellable);

      return recv.call(this, cancellable);
    },

    receive(cancellable = null) {
      if (cancellable === null) {
        const length = nativeReceive(getNumber(this)) ?? -1;

        if (length === -1)
          return receive.call(this, null);

        const message = new Uint8Array(length);

        return [message, take(message)];
      }
      checkCancellable(cancellable);

      return receive.call(this, cancellable);
    },

    receive_with_timeout(timeout, cancellable = null) {
      checkTimeout(timeout);
      checkCancellable(cancellable);

      return receive_with_timeout.call(this, timeout, cancellable);
    },

    receive_many(limit, timeout = -1, cancellable = null) {
      checkUint32('how many to receive', limit);
      checkTimeout(timeout);
      checkCancellable(cancellable);

      return splitMessages(receive_many.call(this, limit, timeout, cancellable));
    },

    send_async(message, ...args) {
      const callback = takeCallback(args, 3);
      const [priority = 0, ioPriority = GLib.PRIORITY_DEFAULT, cancellable = null] = args;
      const start = () => {
        checkPriority(priority);
        checkIoPriority(ioPriority);
        checkCancellable(cancellable);

        return send_async.call(this, toMessage(message), priority, ioPriority, cancellable,
          ...callback);
      };

      // Whatever is wrong is told by the promise.
      return callback.length > 0 ? start() : new Promise(resolve => resolve(start()));
    },

    receive_async(...args) {
      const callback = takeCallback(args, 2);
      const [ioPriority = GLib.PRIORITY_DEFAULT, cancellable = null] = args;
      const start = () => {
        checkIoPriority(ioPriority);
        checkCancellable(cancellable);

        return receive_async.call(this, ioPriority, cancellable, ...callback);
      };

      // Whatever is wrong is told by the promise.
      return callback.length > 0 ? start() : new Promise(resolve => resolve(start()));
    },

    receive_finish(result) {
      checkResult(result);

      return receive_finish.call(this, result);
    },

    [Symbol.asyncIterator]() {
      return new Messages(this);
    },

    chmod(mode) {
      checkUint32('mode', mode);

      return chmodQueue.call(this, mode);
    },

    chown(uid = -1, gid = -1) {
      checkInt64('uid', uid);
      checkInt64('gid', gid);

      return chownQueue.call(this, uid, gid);
    },

    // The priority in the main loop comes first, as in GLib, or not at all.
    add_watch(...args) {
      if (args.length < 3)
        args.unshift(GLib.PRIORITY_DEFAULT);

      return add_watch.apply(this, args);
    },

    add_receiver(...args) {
      if (args.length < 2)
        args.unshift(GLib.PRIORITY_DEFAULT);

      return add_receiver.apply(this, args);
    },

    // As much of add_notification([priority,] [rearm,] [callback]) as is wanted.
    add_notification(...args) {
      const ioPriority = typeof args[0] === 'number' ? args.shift() : GLib.PRIORITY_DEFAULT;
      const rearm = typeof args[0] === 'boolean' ? args.shift() : false;
      const [callback = null, ...rest] = args;

      checkIoPriority(ioPriority);
      if (callback !== null && typeof callback !== 'function')
        refuse('the callback of a notification', 'a function or null', callback);
      if (rest.length > 0)
        throw new TypeError('a notification is added by add_notification([priority,] [rearm,] [callback])');

      return add_notification.call(this, ioPriority, rearm, callback);
    },

    create_notification_source(rearm = false, cancellable = null) {
      checkBoolean('rearm', rearm);
      checkCancellable(cancellable);

      return create_notification_source.call(this, rearm, cancellable);
    },

    notify_by_signal(signalNumber) {
      if (!Number.isInteger(signalNumber) || signalNumber !== (signalNumber | 0))
        refuse('a signal', 'a whole number', signalNumber);

      return notify_by_signal.call(this, signalNumber);
    },

    create_source(condition, cancellable = null) {
      return create_source.call(this, condition, cancellable);
    },

    create_receiver_source(cancellable = null) {
      return create_receiver_source.call(this, cancellable);
    },
  });

  const {fit, required_bytes} = Limits.prototype;

  Object.assign(Limits.prototype, {
    fit(msgsize = -1) {
      checkInt64('msgsize', msgsize);

      return fit.call(this, msgsize);
    },

    required_bytes(maxmsg = -1, msgsize = -1) {
      checkInt64('maxmsg', maxmsg);
      checkInt64('msgsize', msgsize);

      return required_bytes.call(this, maxmsg, msgsize);
    },
  });

  extendQueueDirectory(this.QueueDirectory);

  // For engines that have the declaration "using".
  if (Symbol.dispose) {
    prototype[Symbol.dispose] = function () {
      this.close();
    };
  }
}
