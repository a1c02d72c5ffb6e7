// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: passing
//
// Makes a queue that has no name, starts a child and hands it a descriptor that can only send, by
// inheritance. What the child sends can be received after its end.

// The first after standard input, output and error.
const int CHILD_FD = 3;

void be_child () throws Error {
    var queue = new Mood.MessageQueue.from_fd (CHILD_FD);
    queue.send ("later".data, 1);
    queue.send ("urgent".data, 9);
}

Subprocess start_child (int fd) throws Error {
    var launcher = new SubprocessLauncher (NONE);
    launcher.take_fd (fd, CHILD_FD);
    // It has its copy when the launcher is gone, and with it the one of this process.
    return launcher.spawn ("/proc/self/exe", "child");
}

void be_parent () throws Error {
    var queue = new Mood.MessageQueue.anonymous (RDWR, 8, 64);
    var sender = queue.reopen (WRONLY);
    var child = start_child (sender.dup_fd ());
    sender.close ();
    child.wait_check ();
    stdout.printf ("the child has ended\n");
    for (var left = queue.curmsgs; left > 0; left--) {
        uint priority;
        var message = queue.receive_with_timeout (0, out priority);
        stdout.printf ("received: %u %s\n", priority, (string) message);
    }
}

int main (string[] args) {
    var is_child = args.length == 2 && args[1] == "child";

    Intl.setlocale ();

    if (args.length > 1 && !is_child) {
        printerr ("Usage: passing\n");
        return 2;
    }

    try {
        if (is_child)
            be_child ();
        else
            be_parent ();
    } catch (Error error) {
        printerr ("passing: %s\n", error.message);
        return 1;
    }
    return 0;
}
