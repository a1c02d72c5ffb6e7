// SPDX-License-Identifier: LGPL-2.1-or-later

// The queue as a DatagramBased, and the priority as a control message. Its receive_messages() and
// send_messages() take pointers to memory, and are for C.

using Mood;
using MoodTest;

const int64 NO_WAIT = 0;
const int64 SHORT_US = 10000;
const int64 HOUR_US = 3600 * TimeSpan.SECOND;

const IOCondition BOTH = IOCondition.IN | IOCondition.OUT;

static MessageQueue new_full_queue (OpenFlags flags = OpenFlags.RDWR) throws Error {
    var queue = new_queue (flags, 1);

    queue.send ("full".data);

    return queue;
}

static MessageQueue never_opened () {
    return (MessageQueue) Object.@new (typeof (MessageQueue));
}

static void assert_condition (DatagramBased queue, IOCondition asked, IOCondition expected) {
    assert_cmpuint (queue.condition_check (asked), CompareOperator.EQ, expected);
}

static void test_interface () throws Error {
    Object queue = new_queue ();

    assert (queue is DatagramBased);
    assert (typeof (MessageQueue).is_a (typeof (DatagramBased)));
}

static void test_condition_check () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2);
    var sender = open_again (queue, OpenFlags.WRONLY);
    var receiver = open_again (queue, OpenFlags.RDONLY);
    IOCondition[] conditions = { IOCondition.OUT, BOTH, IOCondition.IN };

    foreach (var condition in conditions) {
        assert_condition (queue, BOTH, condition);
        assert_condition (queue, IOCondition.IN, condition & IOCondition.IN);
        assert_condition (queue, IOCondition.OUT, condition & IOCondition.OUT);
        assert_condition (queue, 0, 0);
        assert_condition (queue, IOCondition.HUP | IOCondition.NVAL, 0);
        assert_condition (sender, BOTH, condition & IOCondition.OUT);
        assert_condition (receiver, BOTH, condition & IOCondition.IN);
        if (queue.curmsgs < queue.maxmsg) {
            queue.send ("x".data);
        }
    }

    queue.close ();
    foreach (var asked in new IOCondition[] { IOCondition.IN, IOCondition.OUT, BOTH, 0 }) {
        assert_condition (queue, asked, IOCondition.HUP);
        assert_condition (never_opened (), asked, IOCondition.HUP);
    }
}

static void test_what_holds_already () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2);

    queue.send ("x".data);
    foreach (var timeout in new int64[] { -1, NO_WAIT, HOUR_US, int64.MIN, int64.MAX }) {
        assert (queue.condition_wait (IOCondition.IN, timeout));
        assert (queue.condition_wait (IOCondition.OUT, timeout, null));
        assert (queue.condition_wait (BOTH | IOCondition.HUP, timeout, new Cancellable ()));
    }
}

static void test_time_limit () throws Error {
    foreach (var flags in new OpenFlags[] { OpenFlags.RDWR,
                                            OpenFlags.RDWR | OpenFlags.NONBLOCK }) {
        foreach (var timeout in new int64[] { NO_WAIT, SHORT_US }) {
            var empty = new_queue (flags);
            var full = new_full_queue (flags);
            var start = get_monotonic_time ();

            assert_fails (IOError.TIMED_OUT, "empty", () => {
                empty.condition_wait (IOCondition.IN, timeout);
            });
            assert (get_monotonic_time () - start >= timeout);
            start = get_monotonic_time ();
            assert_fails (IOError.TIMED_OUT, "full", () => {
                full.condition_wait (IOCondition.OUT, timeout, new Cancellable ());
            });
            assert (get_monotonic_time () - start >= timeout);
        }
    }
}

static void test_waits () throws Error {
    foreach (var timeout in new int64[] { -1, HOUR_US }) {
        var empty = new_queue ();
        var full = new_full_queue ();
        var waiting = wait_in_thread (() => {
            assert (empty.condition_wait (IOCondition.IN, timeout));
        });

        empty.send ("stays".data);
        assert (waiting.join () == -1);
        assert (empty.curmsgs == 1);

        waiting = wait_in_thread (() => {
            assert (full.condition_wait (IOCondition.OUT, timeout));
        });
        full.recv ();
        assert (waiting.join () == -1);
    }
}

static void test_cancelling_ends_waiting () throws Error {
    foreach (var timeout in new int64[] { -1, HOUR_US }) {
        var empty = new_queue ();
        var full = new_full_queue ();
        var cancellable = new Cancellable ();
        var for_message = wait_in_thread (() => {
            empty.condition_wait (IOCondition.IN, timeout, cancellable);
        });
        var for_room = wait_in_thread (() => {
            full.condition_wait (IOCondition.OUT, timeout, cancellable);
        });

        cancellable.cancel ();
        assert_cmpint (for_message.join (), CompareOperator.EQ, IOError.CANCELLED);
        assert_cmpint (for_room.join (), CompareOperator.EQ, IOError.CANCELLED);
        assert_fails (IOError.CANCELLED, full.name, () => {
            full.condition_wait (IOCondition.IN, timeout, cancellable);
        });
    }
}

static void test_closing_ends_waiting () throws Error {
    foreach (var timeout in new int64[] { -1, HOUR_US }) {
        var empty = new_queue ();
        var full = new_full_queue ();
        var for_message = wait_in_thread (() => {
            empty.condition_wait (IOCondition.IN, timeout);
        });
        var for_room = wait_in_thread (() => {
            full.condition_wait (IOCondition.OUT, timeout, new Cancellable ());
        });

        empty.close ();
        full.close ();
        assert_cmpint (for_message.join (), CompareOperator.EQ, IOError.CLOSED);
        assert_cmpint (for_room.join (), CompareOperator.EQ, IOError.CLOSED);
    }
}

static void test_wait_refused () throws Error {
    foreach (var timeout in new int64[] { -1, NO_WAIT, HOUR_US }) {
        var queue = new_queue ();
        var sender = open_again (queue, OpenFlags.WRONLY);
        var receiver = open_again (queue, OpenFlags.RDONLY);

        assert_fails (IOError.PERMISSION_DENIED, "RDONLY", () => {
            sender.condition_wait (IOCondition.IN, timeout);
        });
        assert_fails (IOError.PERMISSION_DENIED, "WRONLY", () => {
            receiver.condition_wait (IOCondition.OUT, timeout);
        });
        foreach (var condition in new IOCondition[] { 0, IOCondition.HUP, IOCondition.NVAL }) {
            assert_fails (IOError.INVALID_ARGUMENT, "no condition", () => {
                queue.condition_wait (condition, timeout);
            });
        }
        assert_fails (IOError.NOT_INITIALIZED, "wait for", () => {
            never_opened ().condition_wait (IOCondition.IN, timeout);
        });
        queue.close ();
        assert_fails (IOError.CLOSED, queue.name, () => {
            queue.condition_wait (IOCondition.OUT, timeout);
        });
    }
}

// The class has a source of its own type, the interface one whose callback gets the interface.
static void test_sources () throws Error {
    var queue = new_queue ();
    DatagramBased datagram_based = queue;
    var source = queue.create_source (IOCondition.IN);
    var datagram_source = datagram_based.create_source (IOCondition.IN);
    var called = 0;

    source.set_callback ((ready, condition) => {
        assert (ready == queue);
        assert (condition == IOCondition.IN);
        called++;

        return Source.REMOVE;
    });
    datagram_source.set_callback ((ready, condition) => {
        assert (ready == datagram_based);
        assert (condition == IOCondition.IN);
        called++;

        return Source.REMOVE;
    });
    source.attach ();
    datagram_source.attach ();
    run_what_is_ready ();
    assert (called == 0);
    queue.send ("ready".data);
    wait_until (() => called == 2);
    assert (source.is_destroyed ());
    assert (datagram_source.is_destroyed ());
}

static void test_priority_message () throws Error {
    foreach (var priority in new uint[] { 0, 1, 32767, 32768, uint.MAX }) {
        var message = new PriorityMessage (priority);
        SocketControlMessage control_message = message;

        assert (message.priority == priority);
        assert (message.get_priority () == priority);
        assert (control_message.get_size () == 4);
        assert (control_message.get_msg_type () == 1);
        // No level of a socket's, so that none takes it for one of its own.
        assert (control_message.get_level () > 0xffff);

        var number = new uint8[control_message.get_size ()];
        control_message.serialize (number);
        var back = SocketControlMessage.deserialize (control_message.get_level (),
                                                     control_message.get_msg_type (), number);
        assert (((PriorityMessage) back).priority == priority);
        assert (SocketControlMessage.deserialize (control_message.get_level (),
                                                  control_message.get_msg_type (),
                                                  number[1:]) == null);
    }
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/datagram/interface", test_interface);
    add ("/datagram/condition-check", test_condition_check);
    add ("/datagram/what-holds-already", test_what_holds_already);
    add ("/datagram/time-limit", test_time_limit);
    add ("/datagram/waits", test_waits);
    add ("/datagram/cancelling-ends-waiting", test_cancelling_ends_waiting);
    add ("/datagram/closing-ends-waiting", test_closing_ends_waiting);
    add ("/datagram/wait-refused", test_wait_refused);
    add ("/datagram/sources", test_sources);
    add ("/datagram/priority-message", test_priority_message);

    return Test.run ();
}
