// SPDX-License-Identifier: LGPL-2.1-or-later

// Watching a queue from the main loop: by add_watch(), by a source, until it is closed.

using Mood;
using MoodTest;

// Notes what a watch or a source is called with, and answers always the same.
class Note {
    public GenericArray<unowned MessageQueue> queues = new GenericArray<unowned MessageQueue> ();
    public Array<IOCondition> conditions = new Array<IOCondition> ();
    private bool answer;

    public Note (bool answer) {
        this.answer = answer;
    }

    public bool callback (MessageQueue queue, IOCondition condition) {
        queues.add (queue);
        conditions.append_val (condition);

        return answer;
    }

    public void wait (uint count = 1) {
        wait_until (() => conditions.length >= count);
    }

    public void assert_only (MessageQueue queue, IOCondition condition) {
        assert (conditions.length == 1);
        assert (conditions.index (0) == condition);
        assert (queues[0] == queue);
    }
}

static void test_watch () throws Error {
    var queue = new_queue ();
    var note = new Note (Source.REMOVE);
    var identifier = queue.add_watch (IOCondition.IN, note.callback);

    assert (identifier > 0);
    run_what_is_ready ();
    assert (note.conditions.length == 0);
    queue.send ("ready".data);
    note.wait ();
    run_what_is_ready ();
    note.assert_only (queue, IOCondition.IN);
    assert (MainContext.default ().find_source_by_id (identifier) == null);
}

static void test_watch_with_lambda () throws Error {
    var receiver = new_queue (OpenFlags.RDONLY | OpenFlags.NONBLOCK);
    var sender = open_again (receiver, OpenFlags.WRONLY);
    var received = 0;

    receiver.add_watch (IOCondition.IN, (queue, condition) => {
        assert (queue == receiver);
        assert (condition == IOCondition.IN);
        try {
            assert_bytes (queue.recv (), "message %d".printf (received).data);
        } catch (Error error) {
            assert_not_reached ();
        }

        return ++received < 3;
    });
    for (var i = 0; i < 3; i++) {
        sender.send ("message %d".printf (i).data);
    }
    wait_until (() => received == 3);
}

static void test_watch_removed () throws Error {
    var queue = new_queue ();
    var note = new Note (Source.CONTINUE);
    var identifier = queue.add_watch (IOCondition.OUT, note.callback);

    note.wait (3);
    assert (Source.remove (identifier));
    var before = note.conditions.length;
    run_what_is_ready ();
    assert (note.conditions.length == before);
}

static void test_watch_frees_its_lambda () throws Error {
    var queue = new_queue ();
    var data = new Object ();
    var watching = WeakRef (data);
    var identifier = queue.add_watch (IOCondition.IN, make_callback (data));

    data = null;
    assert (watching.get () != null);
    Source.remove (identifier);
    assert (watching.get () == null);
}

static MessageQueueSourceFunc make_callback (Object data) {
    return () => data == null;
}

static void test_priority () throws Error {
    var queue = new_queue ();
    var order = "";

    queue.add_watch (IOCondition.OUT, () => {
        order += "low";
        return Source.REMOVE;
    }, Priority.LOW);
    queue.add_watch (IOCondition.OUT, () => {
        order += "default ";
        return Source.REMOVE;
    });
    queue.add_watch (IOCondition.OUT, () => {
        order += "high ";
        return Source.REMOVE;
    }, Priority.HIGH);
    wait_until (() => order.has_suffix ("low"));
    assert_cmpstr (order, CompareOperator.EQ, "high default low");
}

static void test_source_with_lambda () throws Error {
    var queue = new_queue ();
    var source = queue.create_source (IOCondition.IN);
    var called = false;

    source.set_callback ((ready, condition) => {
        assert (ready == queue);
        assert (condition == IOCondition.IN);
        called = true;

        return Source.REMOVE;
    });
    source.attach ();
    run_what_is_ready ();
    assert (!called);
    queue.send ("ready".data);
    wait_until (() => called);
    assert (source.is_destroyed ());
}

static void test_source_in_another_context () throws Error {
    var queue = new_queue ();
    var source = queue.create_source (IOCondition.OUT);
    var note = new Note (Source.REMOVE);
    var context = new MainContext ();

    source.set_callback (note.callback);
    source.attach (context);
    run_what_is_ready ();
    assert (note.conditions.length == 0);
    assert (context.iteration (false));
    note.assert_only (queue, IOCondition.OUT);
}

static void test_cancelling () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();
    var source = queue.create_source (IOCondition.IN, cancellable);
    var note = new Note (Source.REMOVE);

    source.set_callback (note.callback);
    source.attach ();
    run_what_is_ready ();
    assert (note.conditions.length == 0);
    cancellable.cancel ();
    note.wait ();
    note.assert_only (queue, 0);
}

static void test_closing () throws Error {
    var queue = new_queue ();
    var source = queue.create_source (IOCondition.IN);
    var note = new Note (Source.CONTINUE);

    source.set_callback (note.callback);
    source.attach ();
    queue.send ("waits".data);
    queue.close ();
    note.wait ();
    run_what_is_ready ();
    note.assert_only (queue, IOCondition.NVAL);
    source.destroy ();
}

static void test_closed_before () throws Error {
    var queue = new_queue ();
    var note = new Note (Source.REMOVE);

    queue.close ();
    queue.add_watch (IOCondition.IN, note.callback);
    note.wait ();
    note.assert_only (queue, IOCondition.NVAL);
}

// The kernel reports a queue as ready for both, whatever it was opened for.
static void test_wrong_direction () throws Error {
    var sender = new_queue (OpenFlags.WRONLY);
    var receiver = new_queue (OpenFlags.RDONLY);
    var sender_note = new Note (Source.REMOVE);
    var receiver_note = new Note (Source.REMOVE);

    sender.send ("waits".data);
    sender.add_watch (IOCondition.IN, sender_note.callback);
    receiver.add_watch (IOCondition.OUT, receiver_note.callback);
    run_what_is_ready ();
    assert (sender_note.conditions.length == 0);
    assert (receiver_note.conditions.length == 0);
    sender.close ();
    receiver.close ();
    sender_note.wait ();
    receiver_note.wait ();
    sender_note.assert_only (sender, IOCondition.NVAL);
    receiver_note.assert_only (receiver, IOCondition.NVAL);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/readiness/watch", test_watch);
    add ("/readiness/watch-with-lambda", test_watch_with_lambda);
    add ("/readiness/watch-removed", test_watch_removed);
    add ("/readiness/watch-frees-its-lambda", test_watch_frees_its_lambda);
    add ("/readiness/priority", test_priority);
    add ("/readiness/source-with-lambda", test_source_with_lambda);
    add ("/readiness/source-in-another-context", test_source_in_another_context);
    add ("/readiness/cancelling", test_cancelling);
    add ("/readiness/closing", test_closing);
    add ("/readiness/closed-before", test_closed_before);
    add ("/readiness/wrong-direction", test_wrong_direction);

    return Test.run ();
}
