// SPDX-License-Identifier: LGPL-2.1-or-later

// What goes wrong, as the program sees it: an IOError whose message tells what would help.

using Mood;
using MoodTest;

// Above what the kernel grants anybody, whatever the limits are.
const int64 TOO_MANY_MESSAGES = 65537;
const int64 TOO_MANY_BYTES = 16 * 1024 * 1024 + 1;

static void assert_all_fail (MessageQueue queue, int code) {
    assert_fails (code, "send to", () => {
        queue.send ("message".data);
    });
    assert_fails (code, "send to", () => {
        size_t bytes_sent;

        queue.sendall ("message".data, 0, out bytes_sent);
    });
    assert_fails (code, "receive from", () => {
        queue.recv ();
    });
    assert_fails (code, "receive from", () => {
        queue.receive ();
    });
    assert_fails (code, "blocking", () => {
        queue.set_nonblocking (false);
    });
}

static void test_catch_clauses () throws Error {
    var queue = new_queue (OpenFlags.RDWR | OpenFlags.NONBLOCK, 1);
    var caught = 0;

    try {
        queue.recv ();
    } catch (IOError.CLOSED error) {
        assert_not_reached ();
    } catch (IOError.WOULD_BLOCK error) {
        caught++;
    }

    queue.send ("fills it".data);
    try {
        queue.send ("too many".data);
    } catch (IOError error) {
        assert (error is IOError.WOULD_BLOCK);
        caught++;
    }

    try {
        new MessageQueue (new_name (), OpenFlags.RDONLY);
    } catch (IOError.NOT_FOUND error) {
        caught++;
    }

    queue.close ();
    try {
        queue.recv ();
    } catch (IOError.CLOSED error) {
        caught++;
    }

    assert (caught == 4);
}

// That this compiles without a warning shows that nothing but an IOError can be thrown.
static async void make_every_call (string name) throws IOError {
    var queue = new MessageQueue (name, RDWR | CREAT, 0600, 8, 64);
    size_t[] sizes;

    queue.blocking = false;
    queue.set_nonblocking (false);
    queue.send ("1".data);
    queue.send_with_timeout ("2".data, 0, 0);
    queue.sendall ("3".data);
    queue.send_many ("45".data, { 1, 1 });
    yield queue.send_async ("6".data);
    assert_bytes (queue.recv (), "1".data);
    assert_bytes (queue.receive (), "2".data);
    assert_bytes (queue.receive_with_timeout (0), "3".data);
    assert_bytes (yield queue.receive_async (), "4".data);
    assert_bytes (queue.reopen (RDONLY).receive_many (8, out sizes), "56".data);
    queue.close ();
    Mood.unlink (name);
    queue.unlink ();
}

static void test_nothing_but_io_errors () throws Error {
    var name = new_name ();
    var loop = new MainLoop ();
    var caught = false;

    make_every_call.begin (name, (source, result) => {
        try {
            make_every_call.end (result);
        } catch (IOError error) {
            assert_true (error is IOError.NOT_FOUND && name in error.message);
            caught = true;
        }
        loop.quit ();
    });
    loop.run ();
    assert_true (caught);
}

static void test_names () throws Error {
    foreach (unowned var name in new string[] { "", "no-slash", "/", "/two/slashes", "/.." }) {
        assert_fails (IOError.INVALID_FILENAME, "a slash followed by 1 to 255 bytes", () => {
            new MessageQueue (name, OpenFlags.RDWR | OpenFlags.CREAT, 0600, 2, 8);
        });
        assert_fails (IOError.INVALID_FILENAME, "a slash followed by 1 to 255 bytes", () => {
            Mood.unlink (name);
        });
    }
    assert_fails (IOError.FILENAME_TOO_LONG, "256", () => {
        new MessageQueue ("/" + string.nfill (256, 'x'), OpenFlags.RDWR | OpenFlags.CREAT, 0600,
                          2, 8);
    });
}

static void test_geometry () throws Error {
    assert_fails (IOError.INVALID_ARGUMENT, "maxmsg is 0", () => {
        new_queue (OpenFlags.RDWR, 0, 8);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "msgsize is 0", () => {
        new_queue (OpenFlags.RDWR, 2, 0);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "maxmsg 65537 is above 65536", () => {
        new_queue (OpenFlags.RDWR, TOO_MANY_MESSAGES, 8);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "msgsize 16777217 is above 16777216", () => {
        new_queue (OpenFlags.RDWR, 2, TOO_MANY_BYTES);
    });
}

static void test_never_initialised () throws Error {
    var queue = (MessageQueue) Object.@new (typeof (MessageQueue));

    assert_all_fail (queue, IOError.NOT_INITIALIZED);
    assert_fails (IOError.NOT_INITIALIZED, "close", () => {
        queue.close ();
    });
    assert_fails (IOError.NOT_INITIALIZED, "unlink", () => {
        queue.unlink ();
    });
    assert (queue.get_name () == null);
    assert (queue.maxmsg == -1 && queue.msgsize == -1 && queue.curmsgs == -1 && queue.fd == -1);
    assert (!queue.blocking && !queue.closed);
}

static void test_closed () throws Error {
    var queue = new_queue ();

    queue.close ();
    assert_all_fail (queue, IOError.CLOSED);
}

static void test_wrong_direction () throws Error {
    var sender = new_queue (OpenFlags.WRONLY);
    var receiver = new_queue (OpenFlags.RDONLY);

    assert_fails (IOError.PERMISSION_DENIED, "RDONLY", () => {
        sender.recv ();
    });
    assert_fails (IOError.PERMISSION_DENIED, "WRONLY", () => {
        receiver.send ("message".data);
    });
}

static void test_cancelled () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();

    queue.send ("stays".data);
    cancellable.cancel ();
    assert_fails (IOError.CANCELLED, "send to", () => {
        queue.send ("message".data, 0, cancellable);
    });
    assert_fails (IOError.CANCELLED, "receive from", () => {
        queue.recv (cancellable);
    });
    assert (queue.curmsgs == 1);
    assert_bytes (queue.recv (), "stays".data);
}

static void test_priority () throws Error {
    var queue = new_queue ();

    assert_fails (IOError.INVALID_ARGUMENT, "32767", () => {
        queue.send ("message".data, 32768);
    });
    assert (queue.curmsgs == 0);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/errors/catch-clauses", test_catch_clauses);
    add ("/errors/nothing-but-io-errors", test_nothing_but_io_errors);
    add ("/errors/names", test_names);
    add ("/errors/geometry", test_geometry);
    add ("/errors/never-initialised", test_never_initialised);
    add ("/errors/closed", test_closed);
    add ("/errors/wrong-direction", test_wrong_direction);
    add ("/errors/cancelled", test_cancelled);
    add ("/errors/priority", test_priority);

    return Test.run ();
}
