// SPDX-License-Identifier: LGPL-2.1-or-later

// What becomes of the name of a queue, and with which mode it is created.

using Mood;
using MoodTest;

static bool exists (string name) throws Error {
    try {
        new MessageQueue (name, OpenFlags.RDONLY);
    } catch (IOError.NOT_FOUND error) {
        return false;
    }

    return true;
}

static MessageQueue new_full (string? name, Ownership ownership,
                              OpenFlags flags = OpenFlags.RDWR | OpenFlags.CREAT) throws Error {
    return new MessageQueue.full (name, flags, 0600, 2, 16, ownership);
}

static void test_default_arguments () throws Error {
    var name = new_name ();
    var queue = new_full (name, Ownership.KEEP);
    var same = new MessageQueue.full (name, OpenFlags.RDWR);

    assert (queue.created && !same.created);
    assert (same.ownership == Ownership.KEEP);
    assert (same.geometry_policy == GeometryPolicy.ACCEPT);
    assert (!same.exact_mode);
    queue.close ();
    assert (exists (name));
}

static void test_unlink_on_close () throws Error {
    var name = new_name ();
    var queue = new_full (name, Ownership.UNLINK_ON_CLOSE);
    var other = open_again (queue, OpenFlags.RDWR);

    assert (queue.ownership == Ownership.UNLINK_ON_CLOSE);
    assert (!other.unlinked);
    queue.send ("last".data);
    queue.close ();
    assert (!exists (name));
    assert (other.unlinked);
    assert_bytes (other.recv (), "last".data);

    queue = new_full (name, Ownership.UNLINK_ON_CLOSE);
    assert (exists (name));
    queue = null;
    assert (!exists (name));
}

static void test_what_existed () throws Error {
    var name = new_name ();
    var creator = new_full (name, Ownership.KEEP);

    new_full (name, Ownership.UNLINK_ON_CLOSE).close ();
    assert (exists (name));
    creator.unlink ();
    var queue = new_full (name, Ownership.UNLINK_ON_CLOSE);
    Mood.unlink (name);
    creator = new_full (name, Ownership.KEEP);
    queue.close ();
    assert (exists (name));
}

static void test_temporary () throws Error {
    var queue = new MessageQueue.temporary (OpenFlags.RDWR, 0640, 3, 24);
    var name = queue.name;

    assert (name.has_prefix ("/mood-"));
    assert (queue.ownership == Ownership.UNLINK_ON_CLOSE);
    assert (queue.maxmsg == 3 && queue.msgsize == 24);
    open_again (queue, OpenFlags.WRONLY).send ("by name".data);
    assert_bytes (queue.recv (), "by name".data);
    queue.close ();
    assert (!exists (name));

    queue = new MessageQueue.temporary ();
    name = queue.name;
    assert (queue.flags == (OpenFlags.RDWR | OpenFlags.CREAT));
    queue = null;
    assert (!exists (name));
}

static void test_anonymous () throws Error {
    var queue = new MessageQueue.anonymous (OpenFlags.RDWR, 3, 24);

    assert (queue.ownership == Ownership.ANONYMOUS);
    assert (queue.unlinked);
    assert (queue.maxmsg == 3 && queue.msgsize == 24);
    assert (!exists (queue.name));
    queue.reopen (OpenFlags.WRONLY).send ("from nowhere".data);
    assert_bytes (queue.recv (), "from nowhere".data);
    assert (new MessageQueue.anonymous ().flags == (OpenFlags.RDWR | OpenFlags.CREAT));
}

static void test_refused () throws Error {
    var name = new_name ();

    assert_fails (IOError.INVALID_ARGUMENT, "anonymous", () => {
        new_full (name, Ownership.ANONYMOUS);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "CREAT", () => {
        new_full (null, Ownership.ANONYMOUS, OpenFlags.RDWR);
    });
    assert_fails (IOError.INVALID_FILENAME, "no name", () => {
        new_full (null, Ownership.KEEP);
    });
    assert (!exists (name));
}

static void test_exact_mode () throws Error {
    var former_umask = Posix.umask (0027);
    var flags = OpenFlags.RDWR | OpenFlags.CREAT;
    var stripped = new MessageQueue.full (new_name (), flags, 0666, 2, 16);
    var exact = new MessageQueue.full (new_name (), flags, 0666, 2, 16, Ownership.KEEP,
                                       GeometryPolicy.ACCEPT, true);

    Posix.umask (former_umask);
    assert ((stripped.mode & 0777) == 0640);
    assert ((exact.mode & 0777) == 0666);
    assert (exact.exact_mode);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/ownership/default-arguments", test_default_arguments);
    add ("/ownership/unlink-on-close", test_unlink_on_close);
    add ("/ownership/what-existed", test_what_existed);
    add ("/ownership/temporary", test_temporary);
    add ("/ownership/anonymous", test_anonymous);
    add ("/ownership/refused", test_refused);
    add ("/ownership/exact-mode", test_exact_mode);

    return Test.run ();
}
