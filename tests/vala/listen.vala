// SPDX-License-Identifier: LGPL-2.1-or-later

// Queues that a service manager passes: to a child of the test, which has its descriptors and its
// environment as a service has them.

using Mood;
using MoodTest;

private const int FIRST_FD = 3;

delegate void Service () throws Error;

static void run_as_service (int[] fds, string? fd_names, Service service) {
    var child = Posix.fork ();

    assert (child != -1);
    if (child == 0) {
        // First out of the way of where they go.
        for (var i = 0; i < fds.length; i++) {
            fds[i] = Posix.fcntl (fds[i], Posix.F_DUPFD, 64);
        }
        for (var i = 0; i < fds.length; i++) {
            assert (Posix.dup2 (fds[i], FIRST_FD + i) != -1);
        }
        Environment.set_variable ("LISTEN_PID", "%d".printf ((int) Posix.getpid ()), true);
        Environment.set_variable ("LISTEN_FDS", "%d".printf (fds.length), true);
        if (fd_names != null) {
            Environment.set_variable ("LISTEN_FDNAMES", fd_names, true);
        }
        try {
            service ();
        } catch (Error error) {
            GLib.error ("%s", error.message);
        }
        // With what valgrind says of this process.
        Process.exit (0);
    }

    int status;
    assert (Posix.waitpid (child, out status, 0) == child);
    assert_cmpint (status, CompareOperator.EQ, 0);
}

static void test_queues () throws Error {
    var queue = new_queue ();
    var receiver = open_again (queue, OpenFlags.RDONLY | OpenFlags.NONBLOCK);
    int pipes[2];

    assert (Posix.pipe (pipes) == 0);
    queue.send ("before the service".data, 3);
    run_as_service ({ receiver.fd, pipes[0], queue.fd }, "jobs:web:control", () => {
        string[] names;
        var queues = listen_queues (out names);

        assert (queues.length == 2);
        assert (names.length == 2);
        assert_cmpstr (names[0], CompareOperator.EQ, "jobs");
        assert_cmpstr (names[1], CompareOperator.EQ, "control");
        assert (queues[0].fd == FIRST_FD);
        assert (queues[1].fd == FIRST_FD + 2);
        assert_cmpstr (queues[0].name, CompareOperator.EQ, queue.name);
        assert (!queues[0].blocking && queues[1].blocking);
        assert (descriptor_is_open (FIRST_FD + 1));

        // Whoever keeps one has it longer than the array.
        var kept = queues[1];
        assert_bytes (queues[0].recv (), "before the service".data);
        queues = null;
        assert (!descriptor_is_open (FIRST_FD));
        kept.send ("after".data);
        assert_bytes (kept.recv (), "after".data);
        kept = null;
        assert (!descriptor_is_open (FIRST_FD + 2));
    });
    Posix.close (pipes[0]);
    Posix.close (pipes[1]);
}

static void test_without_names () throws Error {
    run_as_service ({ new_queue ().fd }, null, () => {
        string[] names;

        assert (listen_queues (out names).length == 1);
        assert_cmpstr (names[0], CompareOperator.EQ, "unknown");
        assert (listen_queues ().length == 0);
    });
}

static void test_iteration () throws Error {
    var queue = new_queue ();

    run_as_service ({ queue.fd, queue.fd }, null, () => {
        var count = 0;

        {
            foreach (var each in listen_queues ()) {
                assert_cmpstr (each.name, CompareOperator.EQ, queue.name);
                count++;
            }
        }
        assert (count == 2);
        assert (!descriptor_is_open (FIRST_FD) && !descriptor_is_open (FIRST_FD + 1));
    });
}

static void test_none () throws Error {
    string[] names;

    assert (listen_queues (out names).length == 0);
    assert (names.length == 0);
}

static void test_contradiction () throws Error {
    run_as_service ({ new_queue ().fd }, "a:b", () => {
        assert_fails (IOError.INVALID_ARGUMENT, "LISTEN_FDNAMES", () => {
            listen_queues ();
        });
    });
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/listen/queues", test_queues);
    add ("/listen/without-names", test_without_names);
    add ("/listen/iteration", test_iteration);
    add ("/listen/none", test_none);
    add ("/listen/contradiction", test_contradiction);

    return Test.run ();
}
