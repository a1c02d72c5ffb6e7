// SPDX-License-Identifier: LGPL-2.1-or-later

// What happens to a queue that is to be created, and exists with another geometry.

using Mood;
using MoodTest;

// The name of a queue for two messages of 16 bytes, which nobody has open.
static string leave_queue () throws Error {
    return new_queue (OpenFlags.RDWR, 2, 16).name;
}

static MessageQueue create (string name, GeometryPolicy policy, int64 maxmsg = 3,
                            int64 msgsize = 24) throws Error {
    return new MessageQueue.full (name, OpenFlags.RDWR | OpenFlags.CREAT, 0600, maxmsg, msgsize,
                                  Ownership.KEEP, policy);
}

static void test_accept () throws Error {
    var queue = create (leave_queue (), GeometryPolicy.ACCEPT);

    assert (queue.maxmsg == 2 && queue.msgsize == 16);
    assert (!queue.created);
}

static void test_refuse () throws Error {
    var name = leave_queue ();

    assert_fails (IOError.EXISTS, "maxmsg 2 and msgsize 16, and maxmsg 3 and msgsize 24", () => {
        create (name, GeometryPolicy.REFUSE);
    });
    assert (!create (name, GeometryPolicy.REFUSE, 2, -1).created);
}

static void test_replace () throws Error {
    var queue = create (leave_queue (), GeometryPolicy.REPLACE);

    assert (queue.geometry_policy == GeometryPolicy.REPLACE);
    assert (queue.maxmsg == 3 && queue.msgsize == 24);
    assert (queue.created);
    assert (open_again (queue, OpenFlags.RDONLY).msgsize == 24);
}

static void test_busy () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 16);
    var name = queue.name;

    assert_fails (IOError.BUSY, "somebody has it open", () => {
        create (name, GeometryPolicy.REPLACE);
    });
    queue.send ("precious".data);
    queue.close ();
    assert_fails (IOError.BUSY, "messages are waiting", () => {
        create (name, GeometryPolicy.REPLACE);
    });
    assert_bytes (new MessageQueue (name, OpenFlags.RDONLY).recv (), "precious".data);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/geometry/accept", test_accept);
    add ("/geometry/refuse", test_refuse);
    add ("/geometry/replace", test_replace);
    add ("/geometry/busy", test_busy);

    return Test.run ();
}
