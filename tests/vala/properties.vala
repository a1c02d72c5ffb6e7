// SPDX-License-Identifier: LGPL-2.1-or-later

// The properties of a queue, by attribute and by function.

using Mood;
using MoodTest;

static void test_values () throws Error {
    var name = new_name ();
    var queue = new MessageQueue (name, OpenFlags.RDWR | CREATE, 0600, 3, 48);
    Posix.Stat status;

    assert (Posix.fstat (queue.fd, out status) == 0);
    assert_cmpstr (queue.name, CompareOperator.EQ, name);
    assert (queue.flags == (OpenFlags.RDWR | CREATE));
    assert (queue.mode == (uint) status.st_mode);
    assert (queue.maxmsg == 3);
    assert (queue.msgsize == 48);
    assert (queue.curmsgs == 0);
    assert (queue.blocking);
    assert (!queue.closed);
    assert (queue.fd >= 0);
    assert (queue.ownership == Ownership.KEEP);
    assert (queue.geometry_policy == GeometryPolicy.ACCEPT);
    assert (!queue.exact_mode);
    assert (queue.created);
    assert (!queue.unlinked);
    assert (queue.queued_bytes == 0);
    assert (queue.notify_pid == 0);
    assert (queue.uid == status.st_uid);
    assert (queue.gid == status.st_gid);
    // Once more, because some of this counted as an access.
    assert (Posix.fstat (queue.fd, out status) == 0);
    assert (queue.atime.to_unix () == status.st_atime);
    assert (queue.mtime.to_unix () == status.st_mtime);
}

static void test_getters () throws Error {
    var queue = new_queue ();

    queue.send ("waiting".data);
    assert_cmpstr (queue.get_name (), CompareOperator.EQ, queue.name);
    assert_cmpstr (queue.get_display_name (), CompareOperator.EQ, queue.display_name);
    assert (queue.get_flags () == queue.flags);
    assert (queue.get_mode () == queue.mode);
    assert (queue.get_maxmsg () == queue.maxmsg);
    assert (queue.get_msgsize () == queue.msgsize);
    assert (queue.get_curmsgs () == 1);
    assert (queue.fileno () == queue.fd);
    assert (queue.get_ownership () == queue.ownership);
    assert (queue.get_geometry_policy () == queue.geometry_policy);
    assert (queue.get_exact_mode () == queue.exact_mode);
    assert (queue.get_queued_bytes () == 7);
    assert (queue.get_notify_pid () == queue.notify_pid);
    assert (queue.get_uid () == queue.uid);
    assert (queue.get_gid () == queue.gid);
    assert (queue.get_atime ().equal (queue.atime));
    assert (queue.get_mtime ().equal (queue.mtime));
    assert (queue.get_ctime ().equal (queue.ctime));
}

static void test_display_name () throws Error {
    var queue = new MessageQueue (new_name () + "-\x1b", OpenFlags.RDWR | CREATE, 0600, 1, 8);

    queue.unlink ();
    assert_cmpstr (queue.display_name, CompareOperator.EQ, queue.name.replace ("\x1b", "?"));
}

static void test_not_open () throws Error {
    var closed = new_queue ();
    var never_opened = (MessageQueue) Object.@new (typeof (MessageQueue));

    closed.close ();
    foreach (var queue in new MessageQueue[] { closed, never_opened }) {
        assert (queue.curmsgs == -1);
        assert (queue.queued_bytes == -1);
        assert (queue.notify_pid == -1);
        assert (queue.uid == -1 && queue.gid == -1);
        assert (!queue.unlinked);
        assert (queue.atime == null && queue.mtime == null && queue.ctime == null);
        assert (queue.get_atime () == null);
    }
}

static void test_curmsgs () throws Error {
    var queue = new_queue ();
    var other = open_again (queue, OpenFlags.WRONLY);

    queue.send ("one".data);
    other.send ("two".data);
    assert (queue.curmsgs == 2);
    queue.recv ();
    assert (other.curmsgs == 1);
}

static void test_blocking () throws Error {
    var queue = new_queue ();
    var notified = 0;

    queue.notify["blocking"].connect (() => notified++);
    queue.blocking = true;
    assert (notified == 0);
    queue.blocking = false;
    assert (notified == 1);
    assert ((Posix.fcntl (queue.fd, Posix.F_GETFL) & Posix.O_NONBLOCK) != 0);
    queue.set_nonblocking (false);
    assert (notified == 2);
    assert (queue.blocking);
    assert ((Posix.fcntl (queue.fd, Posix.F_GETFL) & Posix.O_NONBLOCK) == 0);
    assert (!new_queue (OpenFlags.RDWR | OpenFlags.NONBLOCK).blocking);
}

static void test_status () throws Error {
    var queue = new_queue ();
    var sender = open_again (queue, OpenFlags.WRONLY);

    queue.send ("seven b".data);
    queue.send ("and five".data);
    assert (queue.queued_bytes == 15);
    assert (sender.queued_bytes == -1);
    assert (sender.notify_pid == -1);
    assert (!sender.unlinked);
    queue.unlink ();
    assert (sender.unlinked);
}

static void test_by_name () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 8);
    int64 maxmsg;
    bool closed;

    queue.get ("maxmsg", out maxmsg, "closed", out closed);
    assert (maxmsg == 2);
    assert (!closed);
    queue.set ("blocking", false);
    assert (!queue.blocking);
}

static void test_version () throws Error {
    assert_cmpstr (VERSION_S, CompareOperator.EQ,
                   "%d.%d.%d".printf (MAJOR_VERSION, MINOR_VERSION, MICRO_VERSION));
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/properties/values", test_values);
    add ("/properties/getters", test_getters);
    add ("/properties/display-name", test_display_name);
    add ("/properties/not-open", test_not_open);
    add ("/properties/curmsgs", test_curmsgs);
    add ("/properties/blocking", test_blocking);
    add ("/properties/status", test_status);
    add ("/properties/by-name", test_by_name);
    add ("/properties/version", test_version);

    return Test.run ();
}
