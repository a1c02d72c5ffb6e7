// SPDX-License-Identifier: LGPL-2.1-or-later

// Queues from descriptors, and descriptors from queues.

using Mood;
using MoodTest;

static void test_from_fd () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 16);
    var descriptor = queue.dup_fd ();
    var same = new MessageQueue.from_fd (descriptor);
    uint priority;

    assert (same.fd == descriptor);
    assert (descriptor != queue.fd);
    assert_cmpstr (same.name, CompareOperator.EQ, queue.name);
    assert (same.flags == (OpenFlags.RDWR | OpenFlags.CLOEXEC));
    assert (same.maxmsg == 2 && same.msgsize == 16);
    assert (!same.created);
    same.send ("by descriptor".data, 3);
    assert_bytes (queue.receive (out priority), "by descriptor".data);
    assert (priority == 3);

    same = null;
    assert (!descriptor_is_open (descriptor));
    assert (descriptor_is_open (queue.fd));
}

static void test_flags () throws Error {
    foreach (var flags in new OpenFlags[] { OpenFlags.RDONLY, OpenFlags.WRONLY, OpenFlags.RDWR,
                                            OpenFlags.RDWR | OpenFlags.NONBLOCK }) {
        var same = new MessageQueue.from_fd (new_queue (flags).dup_fd ());

        assert (same.flags == (flags | OpenFlags.CLOEXEC));
        assert (same.blocking == !(OpenFlags.NONBLOCK in flags));
    }
}

static void test_unlinked () throws Error {
    var queue = new_queue ();

    queue.unlink ();
    var same = new MessageQueue.from_fd (queue.dup_fd ());
    assert_cmpstr (same.name, CompareOperator.EQ, queue.name);
    assert (same.unlinked);
}

static void test_shared_mode () throws Error {
    var queue = new_queue ();
    var same = new MessageQueue.from_fd (queue.dup_fd ());

    same.set_nonblocking (true);
    assert (!queue.blocking);
    queue.close ();
    assert (!same.closed);
}

static UnixConnection connect_by (int fd) throws Error {
    return (UnixConnection) SocketConnection.factory_create_connection (new Socket.from_fd (fd));
}

static void test_passed_over_a_socket () throws Error {
    var queue = new MessageQueue.anonymous (OpenFlags.RDWR, 1, 16);
    int ends[2];

    assert (Posix.socketpair (Posix.AF_UNIX, Posix.SOCK_STREAM, 0, ends) == 0);
    var here = connect_by (ends[0]);
    var there = connect_by (ends[1]);
    assert (here.send_fd (queue.fd));
    var same = new MessageQueue.from_fd (there.receive_fd ());
    same.send ("passed".data);
    assert_bytes (queue.recv (), "passed".data);
}

static void test_refused () throws Error {
    int pipes[2];

    assert (Posix.pipe (pipes) == 0);
    assert_fails (IOError.INVALID_ARGUMENT, "a pipe", () => {
        new MessageQueue.from_fd (pipes[0]);
    });
    assert (descriptor_is_open (pipes[0]));
    Posix.close (pipes[0]);
    Posix.close (pipes[1]);
    assert_fails (IOError.INVALID_ARGUMENT, "not open", () => {
        new MessageQueue.from_fd (-1);
    });
}

static void test_duplicate_errors () throws Error {
    var queue = new_queue ();
    var never_opened = (MessageQueue) Object.@new (typeof (MessageQueue));

    queue.close ();
    assert_fails (IOError.CLOSED, queue.name, () => {
        queue.dup_fd ();
    });
    assert_fails (IOError.NOT_INITIALIZED, "duplicate", () => {
        never_opened.dup_fd ();
    });
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/descriptors/from-fd", test_from_fd);
    add ("/descriptors/flags", test_flags);
    add ("/descriptors/unlinked", test_unlinked);
    add ("/descriptors/shared-mode", test_shared_mode);
    add ("/descriptors/passed-over-a-socket", test_passed_over_a_socket);
    add ("/descriptors/refused", test_refused);
    add ("/descriptors/duplicate-errors", test_duplicate_errors);

    return Test.run ();
}
