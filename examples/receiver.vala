// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: receiver NAME
//
// Creates the queue NAME, or takes the one there is, and subscribes to its messages: the main loop
// brings each one, to be printed with its priority. Ends with an empty message, SIGINT or SIGTERM, and
// removes the queue then.

void receive_messages (string name) throws Error {
    var loop = new MainLoop ();

    // Before there is a queue to leave behind.
    foreach (var number in new int[] { Posix.Signal.INT, Posix.Signal.TERM })
        Unix.signal_add (number, () => {
            loop.quit ();
            return Source.CONTINUE;
        });

    var queue = new Mood.MessageQueue (name, RDONLY | CREAT, 0600, 8, 256);
    queue.add_receiver ((queue, message, priority) => {
        if (message.length == 0) {
            loop.quit ();
            return Source.REMOVE;
        }
        stdout.printf ("%u %s\n", priority, (string) message);
        stdout.flush ();
        return Source.CONTINUE;
    });
    stdout.printf ("ready\n");
    stdout.flush ();
    loop.run ();

    queue.close ();
    try {
        queue.unlink ();
    } catch (IOError.NOT_FOUND error) {
        // Another receiver of the same queue has removed it already.
    }
}

int main (string[] args) {
    Intl.setlocale ();

    if (args.length != 2) {
        printerr ("Usage: receiver NAME\n");
        return 2;
    }

    try {
        receive_messages (args[1]);
    } catch (Error error) {
        printerr ("receiver: %s\n", error.message);
        return 1;
    }
    return 0;
}
