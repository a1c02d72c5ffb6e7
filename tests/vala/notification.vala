// SPDX-License-Identifier: LGPL-2.1-or-later

// Being told, once, that a message has come to the empty queue.

using Mood;
using MoodTest;

static void assert_free (MessageQueue queue) throws Error {
    assert (queue.reserve_notification ());
    assert (queue.cancel_notification ());
}

static void test_once () throws Error {
    var queue = new_queue ();
    var calls = 0;
    var identifier = queue.add_notification ((notified, condition) => {
        assert (notified == queue);
        assert (condition == IOCondition.IN);
        calls++;
        return Source.CONTINUE;
    });

    assert (identifier > 0);
    run_what_is_ready ();
    assert (calls == 0);
    queue.send ("x".data);
    wait_until (() => calls > 0);
    assert (MainContext.default ().find_source_by_id (identifier) == null);
    assert_free (queue);
}

static void test_rearm () throws Error {
    var queue = new_queue ();
    var received = 0;

    // What is there already, too.
    queue.send ("x".data);
    var identifier = queue.add_notification ((queue, condition) => {
        try {
            for (;;) {
                queue.receive_with_timeout (0);
                received++;
            }
        } catch (IOError.WOULD_BLOCK error) {
        } catch (Error error) {
            assert_not_reached ();
        }
        return Source.CONTINUE;
    }, true, Priority.HIGH);
    wait_until (() => received == 1);
    for (var round = 0; round < 5; round++) {
        queue.send ("x".data);
        queue.send ("y".data);
        wait_until (() => received == 3 + 2 * round);
    }
    var source = MainContext.default ().find_source_by_id (identifier);
    assert (source.get_priority () == Priority.HIGH);
    Source.remove (identifier);
    assert_free (queue);
}

static void test_arrived () throws Error {
    var queue = new_queue ();
    var arrived = 0;

    queue.arrived.connect (() => arrived++);
    queue.add_notification ();
    queue.send ("x".data);
    wait_until (() => arrived > 0);
    assert (arrived == 1);
    assert_free (queue);
}

static void test_source () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();
    var source = queue.create_notification_source (true, cancellable);
    IOCondition[] conditions = {};

    source.set_callback ((queue, condition) => {
        conditions += condition;
        return Source.CONTINUE;
    });
    source.attach (null);
    queue.send ("x".data);
    wait_until (() => conditions.length == 1);
    cancellable.cancel ();
    wait_until (() => conditions.length == 2);
    assert (conditions[0] == IOCondition.IN);
    assert (conditions[1] == 0);
    assert (source.is_destroyed ());
    assert_free (queue);

    // Never attached.
    source = queue.create_notification_source ();
    assert_fails (IOError.BUSY, "this process", () => queue.reserve_notification ());
    source = null;
    assert_free (queue);
}

static void test_closed () throws Error {
    var queue = new_queue ();
    IOCondition told = 0;

    queue.add_notification ((queue, condition) => {
        told = condition;
        return Source.CONTINUE;
    }, true);
    queue.close ();
    wait_until (() => told != 0);
    assert (told == IOCondition.NVAL);
}

static void test_errors () throws Error {
    var queue = new_queue ();

    assert_fails (IOError.INVALID_ARGUMENT, "1 to 31", () => queue.notify_by_signal (0));
    queue.notify_by_signal (Posix.Signal.USR1);
    assert_fails (IOError.BUSY, queue.name, () => queue.add_notification ());
    assert_fails (IOError.BUSY, queue.name, () => queue.add_notification ((queue, condition) => {
        return queue.closed;
    }));
    assert_fails (IOError.BUSY, queue.name, () => queue.create_notification_source ());
    queue.cancel_notification ();
    queue.close ();
    assert_fails (IOError.CLOSED, queue.name, () => queue.add_notification ());
    assert_fails (IOError.CLOSED, queue.name, () => queue.cancel_notification ());
}

static int main (string[] args) {
    MoodTest.init (ref args);

    add ("/notification/once", test_once);
    add ("/notification/rearm", test_rearm);
    add ("/notification/arrived", test_arrived);
    add ("/notification/source", test_source);
    add ("/notification/closed", test_closed);
    add ("/notification/errors", test_errors);

    return Test.run ();
}
