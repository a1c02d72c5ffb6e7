// SPDX-License-Identifier: LGPL-2.1-or-later

// Opening and creating queues, by constructor and by construction with properties.

using Mood;
using MoodTest;

static int64 read_limit (string name) throws Error {
    string contents;

    FileUtils.get_contents ("/proc/sys/fs/mqueue/" + name, out contents);

    return int64.parse (contents);
}

static void test_create () throws Error {
    var name = new_name ();
    var queue = new MessageQueue (name, OpenFlags.RDWR | OpenFlags.CREAT, 0600, 2, 16);

    assert (queue.maxmsg == 2);
    assert (queue.msgsize == 16);
    assert ((queue.mode & 0777 & ~0600) == 0);
    assert_cmpstr (FileUtils.read_link ("/proc/self/fd/%d".printf (queue.fd)),
                   CompareOperator.EQ, name);
}

static void test_default_arguments () throws Error {
    var name = new_name ();
    var former_umask = Posix.umask (0);
    var queue = new MessageQueue (name, OpenFlags.RDWR | CREATE);

    Posix.umask (former_umask);
    Mood.unlink (name);
    assert (queue.maxmsg == int64.min (read_limit ("msg_default"), read_limit ("msg_max")));
    assert (queue.msgsize
            == int64.min (read_limit ("msgsize_default"), read_limit ("msgsize_max")));
    assert ((queue.mode & 0777) == 0600);
}

static void test_open_what_exists () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 16);
    var other = new MessageQueue (queue.name, OpenFlags.RDWR | OpenFlags.CREAT, 0444, 3, 32);

    assert (other.maxmsg == 2);
    assert (other.msgsize == 16);
    assert (other.mode == queue.mode);
    queue.send ("the same queue".data);
    assert_bytes (other.recv (), "the same queue".data);
}

static void test_exclusive () throws Error {
    var queue = new_queue ();

    assert_fails (IOError.EXISTS, "EXCL", () => {
        new MessageQueue (queue.name, OpenFlags.RDWR | CREATE, 0600, 2, 16);
    });
}

static void test_flags () throws Error {
    assert (OpenFlags.RDONLY == 1 && OpenFlags.WRONLY == 2 && OpenFlags.RDWR == 3);
    assert (OpenFlags.CLOEXEC == 4 && OpenFlags.NONBLOCK == 8);
    assert (OpenFlags.CREAT == 16 && OpenFlags.EXCL == 32);

    var queue = new_queue (OpenFlags.WRONLY | OpenFlags.CLOEXEC);
    assert (queue.flags == (OpenFlags.WRONLY | OpenFlags.CLOEXEC | CREATE));
    assert (Posix.fcntl (queue.fd, Posix.F_GETFD) == Posix.FD_CLOEXEC);

    assert_fails (IOError.INVALID_ARGUMENT, "RDWR", () => {
        new_queue (0);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "0x", () => {
        new_queue (OpenFlags.RDWR | (OpenFlags) 64);
    });
}

static void test_initable () throws Error {
    var name = new_name ();
    var queue = (MessageQueue) Initable.@new (typeof (MessageQueue), null, "name", name, "flags",
                                              OpenFlags.RDWR | CREATE, "maxmsg", (int64) 2,
                                              "msgsize", (int64) 16);

    queue.send ("opened".data);
    // Anybody may ask again.
    assert (queue.init ());
    assert_bytes (queue.recv (), "opened".data);

    assert_fails (IOError.EXISTS, name, () => {
        Initable.@new (typeof (MessageQueue), null, "name", name, "flags",
                       OpenFlags.RDWR | CREATE);
    });
}

static void test_init_later () throws Error {
    var name = new_name ();
    var late = (MessageQueue) Object.@new (typeof (MessageQueue), "name", name, "flags",
                                           OpenFlags.RDONLY);

    assert_fails (IOError.NOT_FOUND, name, () => {
        late.init ();
    });
    new MessageQueue (name, OpenFlags.WRONLY | CREATE, 0600, 2, 8).send ("now".data);
    assert (late.init ());
    assert_bytes (late.recv (), "now".data);
}

static void test_init_cancelled () throws Error {
    var queue = (MessageQueue) Object.@new (typeof (MessageQueue), "name", new_name (), "flags",
                                            OpenFlags.RDWR | CREATE);
    var cancellable = new Cancellable ();

    cancellable.cancel ();
    assert_fails (IOError.CANCELLED, queue.name, () => {
        queue.init (cancellable);
    });
    assert (queue.fd == -1);
}

static void test_reopen () throws Error {
    var queue = new_queue (OpenFlags.RDWR, 2, 16);
    uint priority;

    // It is not found by its name, which leads elsewhere.
    queue.unlink ();
    var impostor = new MessageQueue (queue.name, OpenFlags.RDWR | CREATE, 0600, 1, 8);
    var again = queue.reopen (OpenFlags.RDONLY | OpenFlags.NONBLOCK | CREATE);
    assert (again != queue);
    assert (again.fd != queue.fd);
    assert_cmpstr (again.name, CompareOperator.EQ, queue.name);
    assert (again.maxmsg == 2 && again.msgsize == 16);
    assert (again.mode == queue.mode);
    assert (queue.blocking && !again.blocking);
    queue.send ("across".data, 3);
    assert_bytes (again.receive (out priority), "across".data);
    assert (priority == 3);
    assert (impostor.curmsgs == 0);
    assert_fails (IOError.PERMISSION_DENIED, "WRONLY", () => {
        again.send ("not sent".data);
    });
    queue.close ();
    assert (!again.closed);
    assert (again.curmsgs == 0);
}

static void test_reopen_errors () throws Error {
    var queue = new_queue ();
    var never_opened = (MessageQueue) Object.@new (typeof (MessageQueue));

    assert_fails (IOError.INVALID_ARGUMENT, "access mode", () => {
        queue.reopen (OpenFlags.NONBLOCK);
    });
    assert_fails (IOError.INVALID_ARGUMENT, "0x40", () => {
        queue.reopen (OpenFlags.RDWR | (OpenFlags) 64);
    });
    assert_fails (IOError.NOT_INITIALIZED, "reopen", () => {
        never_opened.reopen (OpenFlags.RDWR);
    });
    queue.close ();
    assert_fails (IOError.CLOSED, queue.name, () => {
        queue.reopen (OpenFlags.RDWR);
    });
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/open/create", test_create);
    add ("/open/default-arguments", test_default_arguments);
    add ("/open/open-what-exists", test_open_what_exists);
    add ("/open/exclusive", test_exclusive);
    add ("/open/flags", test_flags);
    add ("/open/initable", test_initable);
    add ("/open/init-later", test_init_later);
    add ("/open/init-cancelled", test_init_cancelled);
    add ("/open/reopen", test_reopen);
    add ("/open/reopen-errors", test_reopen_errors);

    return Test.run ();
}
