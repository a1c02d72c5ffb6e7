// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls with a time limit: tries, waits that expire, and waits that end in another way.

using Mood;
using MoodTest;

const int64 NO_WAIT = 0;
const int64 SHORT_US = 10000;
const int64 HOUR_US = 3600 * TimeSpan.SECOND;

// The limit counts, and not the mode of the queue.
const OpenFlags[] MODES = { OpenFlags.RDWR, OpenFlags.RDWR | OpenFlags.NONBLOCK };

static MessageQueue new_full_queue (OpenFlags flags = OpenFlags.RDWR) throws Error {
    var queue = new_queue (flags, 1);

    queue.send ("full".data);

    return queue;
}

static void test_try () throws Error {
    foreach (var flags in MODES) {
        var queue = new_queue (flags);
        uint priority;

        assert (queue.send_with_timeout ("two".data, 2, NO_WAIT) == 3);
        assert (queue.send_with_timeout ("three".data, 3, NO_WAIT) == 5);
        assert_bytes (queue.receive_with_timeout (NO_WAIT, out priority), "three".data);
        assert (priority == 3);
        assert_bytes (queue.receive_with_timeout (NO_WAIT), "two".data);
    }
}

static void test_catch_clauses () throws Error {
    foreach (var flags in MODES) {
        var empty = new_queue (flags);
        var full = new_full_queue (flags);
        var caught = 0;

        try {
            empty.receive_with_timeout (NO_WAIT);
        } catch (IOError.TIMED_OUT error) {
            assert_not_reached ();
        } catch (IOError.WOULD_BLOCK error) {
            assert (empty.name in error.message && "empty" in error.message);
            caught++;
        }

        try {
            full.send_with_timeout ("no room".data, 0, NO_WAIT);
        } catch (IOError.WOULD_BLOCK error) {
            assert (full.name in error.message && "full" in error.message);
            caught++;
        }

        var start = get_monotonic_time ();
        try {
            empty.receive_with_timeout (SHORT_US);
        } catch (IOError.WOULD_BLOCK error) {
            assert_not_reached ();
        } catch (IOError.TIMED_OUT error) {
            assert (get_monotonic_time () - start >= SHORT_US);
            assert (empty.name in error.message && "10000" in error.message);
            caught++;
        }

        start = get_monotonic_time ();
        try {
            full.send_with_timeout ("late".data, 0, SHORT_US, new Cancellable ());
        } catch (IOError.TIMED_OUT error) {
            assert (get_monotonic_time () - start >= SHORT_US);
            assert (full.name in error.message && "10000" in error.message);
            caught++;
        }

        assert (caught == 4);
        assert (empty.curmsgs == 0);
        assert (full.curmsgs == 1);
    }
}

// Without end, and with an end so far away that counting to it would overflow.
static void test_waits () throws Error {
    foreach (var flags in MODES) {
        foreach (var timeout in new int64[] { -1, int64.MIN, int64.MAX, int64.MAX / 2, HOUR_US }) {
            var empty = new_queue (flags);
            var full = new_full_queue (flags);
            uint8[] message = {};
            uint priority = 0;

            var receiving = wait_in_thread (() => {
                message = empty.receive_with_timeout (timeout, out priority);
            });
            empty.send ("awaited".data, 4);
            assert (receiving.join () == -1);
            assert_bytes (message, "awaited".data);
            assert (priority == 4);

            var sending = wait_in_thread (() => {
                full.send_with_timeout ("patient".data, 4, timeout);
            });
            assert_bytes (full.recv (), "full".data);
            assert (sending.join () == -1);
            assert_bytes (full.receive (out priority), "patient".data);
            assert (priority == 4);
        }
    }
}

static void test_cancelling_ends_waiting () throws Error {
    foreach (var timeout in new int64[] { -1, HOUR_US }) {
        var empty = new_queue ();
        var full = new_full_queue ();
        var cancellable = new Cancellable ();
        var receiving = wait_in_thread (() => {
            empty.receive_with_timeout (timeout, null, cancellable);
        });
        var sending = wait_in_thread (() => {
            full.send_with_timeout ("late".data, 0, timeout, cancellable);
        });

        cancellable.cancel ();
        assert_cmpint (receiving.join (), CompareOperator.EQ, IOError.CANCELLED);
        assert_cmpint (sending.join (), CompareOperator.EQ, IOError.CANCELLED);
        assert (full.curmsgs == 1);
    }
}

static void test_closing_ends_waiting () throws Error {
    var empty = new_queue ();
    var full = new_full_queue ();
    var receiving = wait_in_thread (() => {
        empty.receive_with_timeout (HOUR_US);
    });
    var sending = wait_in_thread (() => {
        full.send_with_timeout ("late".data, 0, HOUR_US);
    });

    empty.close ();
    full.close ();
    assert_cmpint (receiving.join (), CompareOperator.EQ, IOError.CLOSED);
    assert_cmpint (sending.join (), CompareOperator.EQ, IOError.CLOSED);
}

static void test_bytes () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 256);
    var message = new uint8[256];

    for (var i = 0; i < message.length; i++) {
        message[i] = (uint8) i;
    }
    assert (queue.send_with_timeout (message, 0, NO_WAIT) == 256);
    assert_bytes (queue.receive_with_timeout (NO_WAIT), message);
    assert (queue.send_with_timeout ({}, 0, NO_WAIT) == 0);
    assert_bytes (queue.receive_with_timeout (NO_WAIT), {});
}

static void test_bad_input () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 4, 8);
    var never_opened = (MessageQueue) Object.@new (typeof (MessageQueue));

    assert_fails (IOError.MESSAGE_TOO_LARGE, "9 bytes", () => {
        queue.send_with_timeout ("012345678".data, 0, HOUR_US);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "32768", () => {
        queue.send_with_timeout ("message".data, 32768, HOUR_US);
    });
    assert (queue.curmsgs == 0);
    assert_fails (IOError.PERMISSION_DENIED, "RDONLY", () => {
        new_queue (OpenFlags.WRONLY).receive_with_timeout (HOUR_US);
    });
    assert_fails (IOError.PERMISSION_DENIED, "WRONLY", () => {
        new_queue (OpenFlags.RDONLY).send_with_timeout ("message".data, 0, HOUR_US);
    });
    assert_fails (IOError.NOT_INITIALIZED, "receive from", () => {
        never_opened.receive_with_timeout (HOUR_US);
    });
    queue.close ();
    assert_fails (IOError.CLOSED, queue.name, () => {
        queue.receive_with_timeout (HOUR_US);
    });
    assert_fails (IOError.CLOSED, queue.name, () => {
        queue.send_with_timeout ("message".data, 0, HOUR_US);
    });
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/timeouts/try", test_try);
    add ("/timeouts/catch-clauses", test_catch_clauses);
    add ("/timeouts/waits", test_waits);
    add ("/timeouts/cancelling-ends-waiting", test_cancelling_ends_waiting);
    add ("/timeouts/closing-ends-waiting", test_closing_ends_waiting);
    add ("/timeouts/bytes", test_bytes);
    add ("/timeouts/bad-input", test_bad_input);

    return Test.run ();
}
