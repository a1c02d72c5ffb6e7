// SPDX-License-Identifier: LGPL-2.1-or-later

// Several messages in one call: their bytes one after the other, their sizes, their priorities.

using Mood;
using MoodTest;

const int64 NO_WAIT = 0;
const int64 SHORT_US = 10000;
const int64 HOUR_US = 3600 * TimeSpan.SECOND;

// The limit counts, and not the mode of the queue.
const OpenFlags[] MODES = { OpenFlags.RDWR, OpenFlags.RDWR | OpenFlags.NONBLOCK };

const int ROOM = 4;

static MessageQueue new_full_queue (OpenFlags flags = OpenFlags.RDWR) throws Error {
    var queue = new_queue (flags, ROOM);

    assert (queue.send_many ("full".data, { 1, 1, 1, 1 }) == ROOM);

    return queue;
}

// The messages must be these, each as its bytes and its priority, with a blank after it.
static void assert_messages (uint8[] bytes, size_t[] sizes, uint[] priorities, string expected) {
    var all = new StringBuilder ();
    size_t begin = 0;

    assert (sizes.length == priorities.length);
    for (var i = 0; i < sizes.length; i++) {
        for (size_t j = begin; j < begin + sizes[i]; j++) {
            all.append_c ((char) bytes[j]);
        }
        all.append_printf ("%u ", priorities[i]);
        begin += sizes[i];
    }
    assert (begin == bytes.length);
    assert_cmpstr (all.str, CompareOperator.EQ, expected);
}

static void assert_receives (MessageQueue queue, uint limit, string expected) throws Error {
    size_t[] sizes;
    uint[] priorities;
    var bytes = queue.receive_many (limit, out sizes, out priorities, NO_WAIT);

    assert_messages (bytes, sizes, priorities, expected);
}

static void test_there_and_back () throws Error {
    foreach (var flags in MODES) {
        foreach (var timeout in new int64[] { -1, NO_WAIT, HOUR_US }) {
            var queue = new_queue (flags);
            size_t[] sizes;
            uint[] priorities;

            assert (queue.send_many ("lowhighmore".data, { 3, 0, 4, 4 }, { 0, 32767, 9, 9 },
                                     timeout) == 4);
            var bytes = queue.receive_many (10, out sizes, out priorities, timeout);
            assert_messages (bytes, sizes, priorities, "32767 high9 more9 low0 ");
        }
    }
}

static void test_every_byte () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 3, 256);
    var messages = new uint8[513];
    size_t[] sizes;
    uint[] priorities;

    for (var i = 0; i < messages.length; i++) {
        messages[i] = (uint8) i;
    }
    assert (queue.send_many (messages, { 256, 1, 256 }) == 3);
    var bytes = queue.receive_many (uint.MAX, out sizes, out priorities, NO_WAIT);
    assert_bytes (bytes, messages);
    assert (sizes.length == 3);
    assert (sizes[0] == 256 && sizes[1] == 1 && sizes[2] == 256);
}

// Memory of one call must not be that of the next, and what was there before is freed.
static void test_the_same_variables_again () throws Error {
    var queue = new_queue ();
    uint8[] bytes = { 1, 2, 3 };
    size_t[] sizes = { 1, 2, 3 };
    uint[] priorities = { 1, 2, 3 };

    for (var i = 0; i < 10; i++) {
        queue.send_many ("ab".data, { 1, 1 }, { 5, 4 });
        bytes = queue.receive_many (2, out sizes, out priorities, NO_WAIT);
        assert_messages (bytes, sizes, priorities, "a5 b4 ");
    }
    assert_fails (IOError.WOULD_BLOCK, "empty", () => {
        bytes = queue.receive_many (2, out sizes, out priorities, NO_WAIT);
    });
}

static void test_what_can_be_left_out () throws Error {
    var queue = new_queue ();
    size_t[] sizes;

    assert (queue.send_many ("abc".data, { 2, 1 }) == 2);
    assert_bytes (queue.receive_many (10, out sizes), "abc".data);
    assert (sizes.length == 2 && sizes[0] == 2 && sizes[1] == 1);
    assert (queue.send_many ("abc".data, { 2, 1 }, null, NO_WAIT, null) == 2);
    assert_receives (queue, 10, "ab0 c0 ");
    assert (queue.send_many ("abc".data, { 2, 1 }, {}) == 2);
    assert_bytes (queue.receive_many (1, null, null, NO_WAIT), "ab".data);
    assert_bytes (queue.receive_many (1, null, null, NO_WAIT, null), "c".data);
}

static void test_empty () throws Error {
    var queue = new_queue ();
    var full = new_full_queue ();

    assert (queue.send_many ({}, { 0, 0 }) == 2);
    assert_receives (queue, 10, "0 0 ");
    foreach (var timeout in new int64[] { -1, NO_WAIT, HOUR_US }) {
        assert (queue.send_many ({}, {}, {}, timeout) == 0);
        assert (full.send_many ({}, {}, null, timeout) == 0);
    }
    assert (queue.curmsgs == 0);
}

static void test_limit () throws Error {
    var queue = new_queue ();

    assert (queue.send_many ("abcd".data, { 1, 1, 1, 1 }, { 1, 2, 3, 4 }) == 4);
    assert_receives (queue, 1, "d4 ");
    assert_receives (queue, 2, "c3 b2 ");
    assert_receives (queue, uint.MAX, "a1 ");
}

static void test_partly_sent () throws Error {
    foreach (var timeout in new int64[] { -1, NO_WAIT, HOUR_US }) {
        var queue = new_queue (OpenFlags.RDWR, ROOM);

        assert (queue.send_many ("abcdef".data, { 1, 1, 1, 1, 1, 1 }, null, timeout) == ROOM);
        assert_receives (queue, 1, "a0 ");
        assert (queue.send_many ("ef".data, { 1, 1 }, null, timeout) == 1);
        assert_receives (queue, 10, "b0 c0 d0 e0 ");
    }
}

static void test_catch_clauses () throws Error {
    foreach (var flags in MODES) {
        var empty = new_queue (flags);
        var full = new_full_queue (flags);
        var caught = 0;
        size_t[] sizes;

        try {
            empty.receive_many (10, out sizes, null, NO_WAIT);
        } catch (IOError.WOULD_BLOCK error) {
            assert (empty.name in error.message && "empty" in error.message);
            caught++;
        }

        try {
            full.send_many ("ab".data, { 1, 1 }, null, NO_WAIT);
        } catch (IOError.WOULD_BLOCK error) {
            assert (full.name in error.message && "full" in error.message);
            caught++;
        }

        var start = get_monotonic_time ();
        try {
            empty.receive_many (10, out sizes, null, SHORT_US);
        } catch (IOError.TIMED_OUT error) {
            assert (get_monotonic_time () - start >= SHORT_US);
            assert (empty.name in error.message && "10000" in error.message);
            caught++;
        }

        start = get_monotonic_time ();
        try {
            full.send_many ("ab".data, { 1, 1 }, null, SHORT_US, new Cancellable ());
        } catch (IOError.TIMED_OUT error) {
            assert (get_monotonic_time () - start >= SHORT_US);
            assert (full.name in error.message && "10000" in error.message);
            caught++;
        }

        assert (caught == 4);
        assert (full.curmsgs == ROOM);
    }
}

static void test_waits () throws Error {
    foreach (var flags in MODES) {
        var empty = new_queue (flags);
        var full = new_full_queue (flags);

        foreach (var timeout in new int64[] { -1, int64.MIN, int64.MAX, HOUR_US }) {
            uint8[] bytes = {};
            size_t[] sizes = {};
            uint[] priorities = {};
            ssize_t sent = -1;

            var receiving = wait_in_thread (() => {
                bytes = empty.receive_many (10, out sizes, out priorities, timeout);
            });
            empty.send ("awaited".data, 4);
            assert (receiving.join () == -1);
            assert_messages (bytes, sizes, priorities, "awaited4 ");

            var sending = wait_in_thread (() => {
                sent = full.send_many ("onetwo".data, { 3, 3 }, { 5, 5 }, timeout);
            });
            assert_bytes (full.recv (), "f".data);
            assert (sending.join () == -1);
            assert (sent == 1);
            assert_receives (full, ROOM, "one5 u0 l0 l0 ");
            assert (full.send_many ("full".data, { 1, 1, 1, 1 }) == ROOM);
        }
    }
}

static void test_cancelling_ends_waiting () throws Error {
    foreach (var timeout in new int64[] { -1, HOUR_US }) {
        var empty = new_queue ();
        var full = new_full_queue ();
        var cancellable = new Cancellable ();
        var receiving = wait_in_thread (() => {
            empty.receive_many (10, null, null, timeout, cancellable);
        });
        var sending = wait_in_thread (() => {
            full.send_many ("a".data, { 1 }, null, timeout, cancellable);
        });

        cancellable.cancel ();
        assert_cmpint (receiving.join (), CompareOperator.EQ, IOError.CANCELLED);
        assert_cmpint (sending.join (), CompareOperator.EQ, IOError.CANCELLED);
        assert (full.curmsgs == ROOM);

        // What is cancelled before does nothing.
        assert_fails (IOError.CANCELLED, full.name, () => {
            full.receive_many (10, null, null, timeout, cancellable);
        });
        assert_fails (IOError.CANCELLED, empty.name, () => {
            empty.send_many ("a".data, { 1 }, null, timeout, cancellable);
        });
        assert (full.curmsgs == ROOM);
        assert (empty.curmsgs == 0);
    }
}

static void test_closing_ends_waiting () throws Error {
    var empty = new_queue ();
    var full = new_full_queue ();
    var receiving = wait_in_thread (() => {
        empty.receive_many (10, null, null, HOUR_US);
    });
    var sending = wait_in_thread (() => {
        full.send_many ("a".data, { 1 }, null, HOUR_US);
    });

    empty.close ();
    full.close ();
    assert_cmpint (receiving.join (), CompareOperator.EQ, IOError.CLOSED);
    assert_cmpint (sending.join (), CompareOperator.EQ, IOError.CLOSED);
}

static void test_bad_batches () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 4, 8);

    assert_fails (IOError.MESSAGE_TOO_LARGE, "message 2 of 2", () => {
        queue.send_many ("good012345678".data, { 4, 9 });
    });
    assert_fails (IOError.MESSAGE_TOO_LARGE, "message 1 of 2", () => {
        queue.send_many ("ab".data, { size_t.MAX, 3 });
    });
    assert_fails (IOError.INVALID_ARGUMENT, "add up to 1", () => {
        queue.send_many ("ab".data, { 1 });
    });
    assert_fails (IOError.INVALID_ARGUMENT, "add up to 3", () => {
        queue.send_many ("ab".data, { 1, 1, 1 });
    });
    assert_fails (IOError.INVALID_ARGUMENT, "add up to 0", () => {
        queue.send_many ("ab".data, {});
    });
    assert_fails (IOError.INVALID_ARGUMENT, "1 priorities", () => {
        queue.send_many ("ab".data, { 1, 1 }, { 1 });
    });
    assert_fails (IOError.INVALID_ARGUMENT, "3 priorities", () => {
        queue.send_many ("ab".data, { 1, 1 }, { 1, 2, 3 });
    });
    assert_fails (IOError.INVALID_ARGUMENT, "32768", () => {
        queue.send_many ("ab".data, { 1, 1 }, { 1, 32768 });
    });
    assert_fails (IOError.INVALID_ARGUMENT, "limit", () => {
        queue.receive_many (0, null, null, HOUR_US);
    });
    assert (queue.curmsgs == 0);
}

static void test_refused () throws Error {
    var queue = new_queue ();
    var never_opened = (MessageQueue) Object.@new (typeof (MessageQueue));

    assert_fails (IOError.PERMISSION_DENIED, "RDONLY", () => {
        new_queue (OpenFlags.WRONLY).receive_many (10, null, null, HOUR_US);
    });
    assert_fails (IOError.PERMISSION_DENIED, "WRONLY", () => {
        new_queue (OpenFlags.RDONLY).send_many ("a".data, { 1 });
    });
    assert_fails (IOError.NOT_INITIALIZED, "receive from", () => {
        never_opened.receive_many (10, null, null, HOUR_US);
    });
    assert_fails (IOError.NOT_INITIALIZED, "send to", () => {
        never_opened.send_many ("a".data, { 1 });
    });
    queue.close ();
    assert_fails (IOError.CLOSED, queue.name, () => {
        queue.receive_many (10, null, null, HOUR_US);
    });
    assert_fails (IOError.CLOSED, queue.name, () => {
        queue.send_many ({}, {});
    });
}

const int COUNT = 20000;

// Every second number, what was left over again with what comes next.
static void send_part (MessageQueue queue, int sender) throws Error {
    var next = sender;

    while (next < COUNT) {
        uint8[] messages = {};
        size_t[] sizes = {};
        uint[] priorities = {};

        for (var number = next; number < COUNT && sizes.length < 7; number += 2) {
            var text = number.to_string ();

            foreach (var character in text.data) {
                messages += character;
            }
            sizes += text.length;
            priorities += number % 3;
        }
        next += 2 * (int) queue.send_many (messages, sizes, priorities);
    }
}

// Counts how often each number comes, until the queue is closed. A time limit, so that it is
// closing that ends the wait and not the queue.
static void receive_until_closed (MessageQueue queue, uint limit, uint8[] seen) throws Error {
    size_t[] sizes;
    uint[] priorities;

    while (true) {
        var bytes = queue.receive_many (limit, out sizes, out priorities, HOUR_US);
        size_t begin = 0;

        for (var i = 0; i < sizes.length; i++) {
            var number = 0;

            for (size_t j = begin; j < begin + sizes[i]; j++) {
                number = 10 * number + bytes[j] - '0';
            }
            begin += sizes[i];
            assert (number < COUNT);
            assert (priorities[i] == number % 3);
            seen[number]++;
        }
        assert (begin == bytes.length);
    }
}

static void test_nothing_is_lost () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 8, 8);
    var seen = new uint8[COUNT];
    var also_seen = new uint8[COUNT];
    var deadline = get_monotonic_time () + LIMIT_SECONDS * TimeSpan.SECOND;
    var receiver = wait_in_thread (() => {
        receive_until_closed (queue, 1, seen);
    });
    var other_receiver = wait_in_thread (() => {
        receive_until_closed (queue, 5, also_seen);
    });
    var sender = wait_in_thread (() => {
        send_part (queue, 0);
    });
    var other_sender = wait_in_thread (() => {
        send_part (queue, 1);
    });

    assert (sender.join () == -1);
    assert (other_sender.join () == -1);
    while (queue.curmsgs > 0) {
        assert (get_monotonic_time () < deadline);
        Thread.yield ();
    }
    queue.close ();
    assert_cmpint (receiver.join (), CompareOperator.EQ, IOError.CLOSED);
    assert_cmpint (other_receiver.join (), CompareOperator.EQ, IOError.CLOSED);

    for (var number = 0; number < COUNT; number++) {
        assert (seen[number] + also_seen[number] == 1);
    }
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/many/there-and-back", test_there_and_back);
    add ("/many/every-byte", test_every_byte);
    add ("/many/the-same-variables-again", test_the_same_variables_again);
    add ("/many/what-can-be-left-out", test_what_can_be_left_out);
    add ("/many/empty", test_empty);
    add ("/many/limit", test_limit);
    add ("/many/partly-sent", test_partly_sent);
    add ("/many/catch-clauses", test_catch_clauses);
    add ("/many/waits", test_waits);
    add ("/many/cancelling-ends-waiting", test_cancelling_ends_waiting);
    add ("/many/closing-ends-waiting", test_closing_ends_waiting);
    add ("/many/bad-batches", test_bad_batches);
    add ("/many/refused", test_refused);
    add ("/many/nothing-is-lost", test_nothing_is_lost);

    return Test.run ();
}
