// SPDX-License-Identifier: LGPL-2.1-or-later

// The end of a queue: closing, unlinking, the last reference, and calls that wait meanwhile.

using Mood;
using MoodTest;

static void test_close () throws Error {
    var queue = new_queue ();
    var descriptor = queue.fileno ();

    assert (descriptor_is_open (descriptor));
    assert (queue.close ());
    assert (!descriptor_is_open (descriptor));
    assert (queue.closed);
    assert (queue.fd == -1);
    assert (queue.curmsgs == -1);
}

static void test_close_again () throws Error {
    var queue = new_queue ();

    queue.close ();
    // Whoever gets the number next must not lose it to the second close.
    var other = new_queue ();
    assert (queue.close ());
    assert (descriptor_is_open (other.fd));
}

static void test_close_notifies () throws Error {
    var queue = new_queue ();
    var notified = 0;

    queue.notify["closed"].connect ((closing, spec) => {
        assert (closing == queue);
        assert_cmpstr (spec.name, CompareOperator.EQ, "closed");
        assert (queue.closed);
        notified++;
    });
    queue.close ();
    queue.close ();
    assert (notified == 1);
}

static void test_close_keeps_the_queue () throws Error {
    var queue = new_queue ();

    queue.send ("kept".data);
    queue.close ();
    assert_bytes (open_again (queue, OpenFlags.RDONLY).recv (), "kept".data);
}

static void test_unlink () throws Error {
    var queue = new_queue ();
    var other = open_again (queue, OpenFlags.RDWR);

    assert (queue.unlink ());
    assert_fails (IOError.NOT_FOUND, queue.name, () => {
        open_again (queue, OpenFlags.RDWR);
    });
    assert_fails (IOError.NOT_FOUND, queue.name, () => {
        Mood.unlink (queue.name);
    });
    queue.send ("still works".data);
    assert_bytes (other.recv (), "still works".data);
}

static void test_last_reference () throws Error {
    var queue = new_queue ();
    var descriptor = queue.fd;
    var identifier = queue.add_watch (IOCondition.IN, () => Source.CONTINUE);

    queue = null;
    assert (descriptor_is_open (descriptor));
    Source.remove (identifier);
    assert (!descriptor_is_open (descriptor));
}

static void test_cancelling_ends_waiting () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();
    var thread = wait_in_thread (() => {
        queue.recv (cancellable);
    });

    cancellable.cancel ();
    assert_cmpint (thread.join (), CompareOperator.EQ, IOError.CANCELLED);
    assert (!queue.closed);
}

static void test_closing_ends_waiting () throws Error {
    var queue = new_queue ();
    var thread = wait_in_thread (() => {
        queue.recv (new Cancellable ());
    });

    queue.close ();
    assert_cmpint (thread.join (), CompareOperator.EQ, IOError.CLOSED);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/life/close", test_close);
    add ("/life/close-again", test_close_again);
    add ("/life/close-notifies", test_close_notifies);
    add ("/life/close-keeps-the-queue", test_close_keeps_the_queue);
    add ("/life/unlink", test_unlink);
    add ("/life/last-reference", test_last_reference);
    add ("/life/cancelling-ends-waiting", test_cancelling_ends_waiting);
    add ("/life/closing-ends-waiting", test_closing_ends_waiting);

    return Test.run ();
}
