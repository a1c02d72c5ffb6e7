// SPDX-License-Identifier: LGPL-2.1-or-later

// Subscription: messages that come to a callback, by add_receiver() or by a source.

using Mood;
using MoodTest;

// One dispatch takes no more, so that a fast sender leaves the main loop to others, too.
const int MESSAGES_PER_DISPATCH = 16;

// Notes what a receiver is called with, and answers always the same.
class Note {
    public GenericArray<Bytes> messages = new GenericArray<Bytes> ();
    public Array<uint> priorities = new Array<uint> ();
    private MessageQueue expected;
    private bool answer;

    public Note (MessageQueue expected, bool answer = Source.CONTINUE) {
        this.expected = expected;
        this.answer = answer;
    }

    public bool callback (MessageQueue queue, uint8[] message, uint priority) {
        assert (queue == expected);
        messages.add (new Bytes (message));
        priorities.append_val (priority);

        return answer;
    }

    public void wait (uint count = 1) {
        wait_until (() => messages.length >= count);
    }

    public void assert_message (uint index, uint8[] message, uint priority) {
        assert_bytes (messages[index].get_data (), message);
        assert (priorities.index (index) == priority);
    }

    public void assert_only (string message, uint priority) {
        assert (messages.length == 1);
        assert_message (0, message.data, priority);
    }
}

static void assert_ended (uint identifier) {
    run_what_is_ready ();
    assert (MainContext.default ().find_source_by_id (identifier) == null);
}

static void assert_left (MessageQueue queue, string message) throws Error {
    assert (queue.curmsgs == 1);
    assert_bytes (queue.recv (), message.data);
}

static void test_receiver () throws Error {
    foreach (var flags in new OpenFlags[] { OpenFlags.RDWR,
                                            OpenFlags.RDWR | OpenFlags.NONBLOCK }) {
        var queue = new_queue (flags);
        var note = new Note (queue);
        var identifier = queue.add_receiver (note.callback);

        assert (identifier > 0);
        run_what_is_ready ();
        assert (note.messages.length == 0);
        queue.send ("low".data);
        queue.send ({}, 5);
        queue.send ({ 'a', 0, 255, 0 }, 32767);
        note.wait (3);
        queue.send ("later".data, 1);
        note.wait (4);
        run_what_is_ready ();
        assert (note.messages.length == 4);
        note.assert_message (0, { 'a', 0, 255, 0 }, 32767);
        note.assert_message (1, {}, 5);
        note.assert_message (2, "low".data, 0);
        note.assert_message (3, "later".data, 1);
        assert (Source.remove (identifier));
    }
}

static void test_receiver_with_lambda () throws Error {
    var receiver = new_queue (OpenFlags.RDONLY);
    var sender = open_again (receiver, OpenFlags.WRONLY);
    var received = 0;
    var identifier = receiver.add_receiver ((queue, message, priority) => {
        assert (queue == receiver);
        assert_bytes (message, "message %d".printf (received).data);
        assert (priority == received);

        return ++received < 3;
    });

    for (var i = 0; i < 3; i++) {
        sender.send ("message %d".printf (i).data, i);
        wait_until (() => received == i + 1);
    }
    assert_ended (identifier);
    sender.send ("stays".data);
    assert_left (receiver, "stays");
}

static void test_fast_sender () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2);
    var calls = 0;
    var identifier = queue.add_receiver ((receiving) => {
        calls++;
        try {
            receiving.send ("again".data);
        } catch (Error error) {
            assert_not_reached ();
        }

        return Source.CONTINUE;
    });

    queue.send ("first".data);
    assert (MainContext.default ().iteration (false));
    assert (calls == MESSAGES_PER_DISPATCH);
    Source.remove (identifier);
}

static void test_priority () throws Error {
    var first = new_queue ();
    var second = new_queue ();
    var order = "";

    first.send ("message".data);
    second.send ("message".data);
    first.add_receiver (() => {
        order += "low";
        return Source.REMOVE;
    }, Priority.LOW);
    second.add_receiver (() => {
        order += "high ";
        return Source.REMOVE;
    }, Priority.HIGH);
    wait_until (() => order.has_suffix ("low"));
    assert_cmpstr (order, CompareOperator.EQ, "high low");
}

static void test_returns_false () throws Error {
    var queue = new_queue ();
    var note = new Note (queue, Source.REMOVE);

    queue.send ("taken".data, 1);
    queue.send ("stays".data, 0);
    var identifier = queue.add_receiver (note.callback);
    note.wait ();
    assert_ended (identifier);
    note.assert_only ("taken", 1);
    assert_left (queue, "stays");
}

static void test_removed () throws Error {
    var queue = new_queue ();
    var note = new Note (queue);
    var identifier = queue.add_receiver (note.callback);

    queue.send ("taken".data);
    note.wait ();
    assert (Source.remove (identifier));
    queue.send ("stays".data);
    assert_ended (identifier);
    note.assert_only ("taken", 0);
    assert_left (queue, "stays");
}

static void test_closed () throws Error {
    var queue = new_queue ();
    var other = open_again (queue, OpenFlags.RDONLY);
    var never_opened = (MessageQueue) Object.@new (typeof (MessageQueue));
    var note = new Note (queue);
    var identifier = queue.add_receiver (note.callback);

    queue.send ("stays".data);
    queue.close ();
    assert_ended (identifier);
    assert_ended (queue.add_receiver (note.callback));
    assert_ended (never_opened.add_receiver (note.callback));
    assert (note.messages.length == 0);
    assert_left (other, "stays");
}

static void test_closed_by_its_callback () throws Error {
    var queue = new_queue ();
    var other = open_again (queue, OpenFlags.RDONLY);
    var received = 0;

    queue.send ("taken".data, 1);
    queue.send ("stays".data, 0);
    var identifier = queue.add_receiver ((closing, message, priority) => {
        received++;
        try {
            closing.close ();
        } catch (Error error) {
            assert_not_reached ();
        }
        // It is valid until the call returns, whatever became of the queue.
        assert_bytes (message, "taken".data);

        return Source.CONTINUE;
    });
    wait_until (() => received > 0);
    assert_ended (identifier);
    assert (received == 1);
    assert_left (other, "stays");
}

static void test_send_only () throws Error {
    var sender = new_queue (OpenFlags.WRONLY);
    var note = new Note (sender);
    var identifier = sender.add_receiver (note.callback);

    sender.send ("stays".data);
    run_what_is_ready ();
    assert (MainContext.default ().find_source_by_id (identifier) != null);
    assert (sender.curmsgs == 1);
    sender.close ();
    assert_ended (identifier);
    assert (note.messages.length == 0);
}

static MessageFunc make_callback (Object data) {
    return () => data == null;
}

// Whatever ends it, the receiver lets go of its lambda and of the queue.
static void test_frees_its_lambda () throws Error {
    for (var i = 0; i < 3; i++) {
        var queue = new_queue ();
        var descriptor = queue.fd;
        var data = new Object ();
        var held = WeakRef (data);
        var identifier = queue.add_receiver (make_callback (data));

        data = null;
        assert (held.get () != null);
        switch (i) {
        case 0:
            Source.remove (identifier);
            break;
        case 1:
            queue.send ("ends it".data);
            break;
        case 2:
            queue.close ();
            break;
        }
        run_what_is_ready ();
        assert (held.get () == null);
        queue = null;
        assert (!descriptor_is_open (descriptor));
    }
}

static void test_source_with_lambda () throws Error {
    var queue = new_queue ();
    var source = queue.create_receiver_source ();
    var called = false;

    source.set_callback ((receiving, message, priority) => {
        assert (receiving == queue);
        assert_bytes (message, { 'a', 0 });
        assert (priority == 7);
        called = true;

        return Source.REMOVE;
    });
    source.attach ();
    run_what_is_ready ();
    assert (!called);
    queue.send ({ 'a', 0 }, 7);
    queue.send ("stays".data);
    wait_until (() => called);
    run_what_is_ready ();
    assert (source.is_destroyed ());
    assert_left (queue, "stays");
}

static void test_source_in_another_context () throws Error {
    var queue = new_queue ();
    var source = queue.create_receiver_source ();
    var note = new Note (queue, Source.REMOVE);
    var context = new MainContext ();

    source.set_callback (note.callback);
    source.attach (context);
    queue.send ("elsewhere".data, 2);
    run_what_is_ready ();
    assert (note.messages.length == 0);
    assert (context.iteration (false));
    note.assert_only ("elsewhere", 2);
}

static void test_cancelling () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();
    var source = queue.create_receiver_source (cancellable);
    var note = new Note (queue);

    source.set_callback (note.callback);
    source.attach ();
    queue.send ("taken".data);
    note.wait ();
    queue.send ("stays".data);
    cancellable.cancel ();
    run_what_is_ready ();
    assert (source.is_destroyed ());
    note.assert_only ("taken", 0);
    assert_left (queue, "stays");
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/subscription/receiver", test_receiver);
    add ("/subscription/receiver-with-lambda", test_receiver_with_lambda);
    add ("/subscription/fast-sender", test_fast_sender);
    add ("/subscription/priority", test_priority);
    add ("/subscription/returns-false", test_returns_false);
    add ("/subscription/removed", test_removed);
    add ("/subscription/closed", test_closed);
    add ("/subscription/closed-by-its-callback", test_closed_by_its_callback);
    add ("/subscription/send-only", test_send_only);
    add ("/subscription/frees-its-lambda", test_frees_its_lambda);
    add ("/subscription/source-with-lambda", test_source_with_lambda);
    add ("/subscription/source-in-another-context", test_source_in_another_context);
    add ("/subscription/cancelling", test_cancelling);

    return Test.run ();
}
