// SPDX-License-Identifier: LGPL-2.1-or-later

// Messages in and out: bytes, priorities, and messages that are too long for one.

using Mood;
using MoodTest;

static void test_bytes () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 256);
    var message = new uint8[256];

    for (var i = 0; i < message.length; i++) {
        message[i] = (uint8) i;
    }
    assert (queue.send (message) == 256);
    assert_bytes (queue.recv (), message);
}

static void test_empty () throws Error {
    var queue = new_queue ();
    uint priority;
    size_t bytes_sent;

    assert (queue.send ({}, 3) == 0);
    assert (queue.sendall ({}, 2, out bytes_sent));
    assert (bytes_sent == 0);
    assert (queue.curmsgs == 2);
    assert_bytes (queue.receive (out priority), {});
    assert (priority == 3);
    assert_bytes (queue.recv (), {});
}

static void test_priorities () throws Error {
    var queue = new_queue ();
    uint priority;

    queue.send ("low".data);
    queue.send ("old".data, 7);
    queue.send ("new".data, 7);
    queue.send ("top".data, 32767);
    assert_bytes (queue.receive (out priority), "top".data);
    assert (priority == 32767);
    assert_bytes (queue.receive (out priority), "old".data);
    assert (priority == 7);
    assert_bytes (queue.receive (), "new".data);
    assert_bytes (queue.receive (out priority), "low".data);
    assert (priority == 0);
}

static void test_cancellable () throws Error {
    var queue = new_queue ();
    var cancellable = new Cancellable ();
    uint priority;
    size_t bytes_sent;

    queue.send ("one".data, 1, cancellable);
    queue.sendall ("two".data, 0, out bytes_sent, cancellable);
    assert_bytes (queue.receive (out priority, cancellable), "one".data);
    assert_bytes (queue.recv (cancellable), "two".data);
}

static void test_short_count () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 4, 8);

    assert (queue.send ("0123456789".data) == 8);
    assert (queue.curmsgs == 1);
    assert_bytes (queue.recv (), "01234567".data);
}

static void test_sendall () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 4, 8);
    uint priority;
    size_t bytes_sent;

    assert (queue.sendall ("0123456789abcdefghij".data, 6, out bytes_sent));
    assert (bytes_sent == 20);
    foreach (unowned var expected in new string[] { "01234567", "89abcdef", "ghij" }) {
        assert_bytes (queue.receive (out priority), expected.data);
        assert (priority == 6);
    }
    assert (queue.curmsgs == 0);
}

static void test_sendall_half_way () throws Error {
    var queue = new_queue (OpenFlags.RDWR | OpenFlags.NONBLOCK, 2, 8);
    size_t bytes_sent = 0;

    assert_fails (IOError.WOULD_BLOCK, "full", () => {
        queue.sendall ("0123456789abcdefghij".data, 0, out bytes_sent);
    });
    assert (bytes_sent == 16);
    assert_bytes (queue.recv (), "01234567".data);
    assert_bytes (queue.recv (), "89abcdef".data);
}

static void test_one_direction () throws Error {
    var sender = new_queue (OpenFlags.WRONLY);
    var receiver = open_again (sender, OpenFlags.RDONLY);

    sender.send ("one way".data);
    assert_bytes (receiver.recv (), "one way".data);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/send-receive/bytes", test_bytes);
    add ("/send-receive/empty", test_empty);
    add ("/send-receive/priorities", test_priorities);
    add ("/send-receive/cancellable", test_cancellable);
    add ("/send-receive/short-count", test_short_count);
    add ("/send-receive/sendall", test_sendall);
    add ("/send-receive/sendall-half-way", test_sendall_half_way);
    add ("/send-receive/one-direction", test_one_direction);

    return Test.run ();
}
