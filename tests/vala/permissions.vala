// SPDX-License-Identifier: LGPL-2.1-or-later

// Who may use a queue: its mode and its owner, changed by an open queue and by its name.

using Mood;
using MoodTest;

// What another object finds.
static uint find_mode (string name) throws Error {
    return new MessageQueue (name, OpenFlags.RDONLY).mode;
}

static void test_chmod () throws Error {
    var queue = new_queue ();
    var n_told = 0;

    queue.notify["mode"].connect (() => n_told++);
    queue.chmod (0622);
    queue.chmod (queue.mode | 0040);
    queue.chmod (queue.mode | 0001);
    assert (queue.mode == (Posix.S_IFREG | 0663));
    assert (find_mode (queue.name) == queue.mode);
    assert (n_told == 3);
}

static void test_chown () throws Error {
    var queue = new_queue ();

    queue.chown ();
    queue.chown (Posix.geteuid ());
    queue.chown (-1, Posix.getegid ());
    assert (queue.uid == Posix.geteuid ());
    assert (queue.gid == Posix.getegid ());
    if (Posix.geteuid () == 0) {
        queue.chown (4711, -1);
        queue.chown (-1, 4712);
        assert (queue.uid == 4711);
        assert (queue.gid == 4712);
    }
}

static void test_by_name () throws Error {
    var queue = new_queue ();
    var name = queue.name;

    Mood.chmod (name, 0640);
    assert (find_mode (name) == (Posix.S_IFREG | 0640));
    Mood.chown (name);
    Mood.chown (name, -1, Posix.getegid ());
    assert (queue.gid == Posix.getegid ());
    if (Posix.geteuid () == 0) {
        Mood.chown (name, 4711);
        assert (queue.uid == 4711);
    }
    queue.close ();
    Mood.chmod (name, 0604);
    assert (find_mode (name) == (Posix.S_IFREG | 0604));
}

static void change_everything (MessageQueue queue) throws IOError {
    queue.chmod (0600);
    queue.chown ();
    Mood.chmod (queue.name, 0600);
    Mood.chown (queue.name);
}

static void test_refused () throws Error {
    var queue = new_queue ();
    var name = queue.name;

    change_everything (queue);
    assert_fails (IOError.INVALID_ARGUMENT, "0 to 07777", () => {
        queue.chmod (010000);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "0 to 07777", () => {
        Mood.chmod (name, (uint) (Posix.S_IFDIR | 0600));
    });
    assert_fails (IOError.INVALID_ARGUMENT, "-1 to 4294967294", () => {
        queue.chown (-2);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "-1 to 4294967294", () => {
        Mood.chown (name, -1, 4294967295);
    });
    queue.close ();
    assert_fails (IOError.CLOSED, name, () => {
        queue.chmod (0600);
    });
    assert_fails (IOError.CLOSED, name, () => {
        queue.chown ();
    });
    queue.unlink ();
    assert_fails (IOError.NOT_FOUND, name, () => {
        Mood.chmod (name, 0600);
    });
    assert_fails (IOError.NOT_FOUND, name, () => {
        Mood.chown (name);
    });
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/permissions/chmod", test_chmod);
    add ("/permissions/chown", test_chown);
    add ("/permissions/by-name", test_by_name);
    add ("/permissions/refused", test_refused);

    return Test.run ();
}
