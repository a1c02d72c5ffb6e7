// SPDX-License-Identifier: LGPL-2.1-or-later

// Asynchronous calls, with yield.

using Mood;
using MoodTest;

// Each test is one asynchronous function, run to its end by a main loop.
static async void receive_at_once_and_later () throws Error {
    var queue = new_queue ();
    uint priority;

    queue.send ("there".data, 7);
    var there = yield queue.receive_async (Priority.DEFAULT, null, out priority);
    assert_bytes (there, "there".data);
    assert (priority == 7);

    Idle.add (() => {
        try {
            queue.send ({}, 1);
        } catch (Error error) {
            GLib.error (error.message);
        }
        return Source.REMOVE;
    }, Priority.LOW);
    var later = yield queue.receive_async ();
    assert (later.length == 0);
}

static async void send_waits_for_room () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 1);

    assert (yield queue.send_async ("1".data));
    Idle.add (() => {
        try {
            assert_bytes (queue.recv (), "1".data);
        } catch (Error error) {
            GLib.error (error.message);
        }
        return Source.REMOVE;
    }, Priority.LOW);
    assert (yield queue.send_async ("2".data, 9));
    assert_bytes (queue.recv (), "2".data);
}

static async void errors () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();
    var caught = 0;

    cancellable.cancel ();
    try {
        yield queue.receive_async (Priority.DEFAULT, cancellable);
    } catch (IOError.CANCELLED error) {
        caught++;
    }

    try {
        yield queue.send_async (new uint8[65]);
    } catch (IOError.MESSAGE_TOO_LARGE error) {
        caught++;
    }

    Idle.add (() => {
        try {
            queue.close ();
        } catch (Error error) {
            GLib.error (error.message);
        }
        return Source.REMOVE;
    }, Priority.LOW);
    try {
        yield queue.receive_async ();
    } catch (IOError.CLOSED error) {
        caught++;
    }

    assert (caught == 3);
}

static void test_receive () throws Error {
    var loop = new MainLoop ();

    receive_at_once_and_later.begin ((object, result) => {
        try {
            receive_at_once_and_later.end (result);
        } catch (Error error) {
            GLib.error (error.message);
        }
        loop.quit ();
    });
    loop.run ();
}

static void test_send () throws Error {
    var loop = new MainLoop ();

    send_waits_for_room.begin ((object, result) => {
        try {
            send_waits_for_room.end (result);
        } catch (Error error) {
            GLib.error (error.message);
        }
        loop.quit ();
    });
    loop.run ();
}

static void test_errors () throws Error {
    var loop = new MainLoop ();

    errors.begin ((object, result) => {
        try {
            errors.end (result);
        } catch (Error error) {
            GLib.error (error.message);
        }
        loop.quit ();
    });
    loop.run ();
}

static int main (string[] args) {
    MoodTest.init (ref args);

    MoodTest.add ("/async/receive", test_receive);
    MoodTest.add ("/async/send", test_send);
    MoodTest.add ("/async/errors", test_errors);

    return Test.run ();
}
