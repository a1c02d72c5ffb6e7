// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: receiver NAME
//
// Creates the queue NAME and prints its messages, each with its priority, from a main loop. Ends
// with an empty message, SIGINT or SIGTERM.

class Receiver {
    private MainLoop loop = new MainLoop ();
    private Error? error = null;

    private bool on_message (Mood.MessageQueue queue, IOCondition condition) {
        try {
            // One turn takes no more than the queue holds: a fast sender must not keep the main
            // loop from everything else. What is left makes the queue ready again.
            for (var left = queue.maxmsg; left > 0; left--) {
                uint priority;
                var message = queue.receive (out priority);
                if (message.length == 0) {
                    loop.quit ();
                    return Source.REMOVE;
                }
                stdout.printf ("%u %.*s\n", priority, message.length, (string) message);
                stdout.flush ();
            }
        } catch (IOError.WOULD_BLOCK error) {
            // All is taken, by this receiver or by another one that was faster.
        } catch (Error error) {
            this.error = error;
            loop.quit ();
            return Source.REMOVE;
        }
        return Source.CONTINUE;
    }

    private bool on_signal () {
        loop.quit ();
        return Source.CONTINUE;
    }

    public void receive_messages (string name) throws Error {
        // Before there is a queue to leave behind.
        Unix.signal_add (Posix.Signal.INT, on_signal);
        Unix.signal_add (Posix.Signal.TERM, on_signal);

        var queue = new Mood.MessageQueue (name, RDONLY | CREAT | NONBLOCK, 0600, 8, 256);
        queue.add_watch (Priority.DEFAULT, IOCondition.IN, on_message);
        stdout.printf ("ready\n");
        stdout.flush ();
        loop.run ();

        queue.close ();
        try {
            queue.unlink ();
        } catch (IOError.NOT_FOUND error) {
            // Another receiver of the same queue has removed it already.
        }

        if (error != null)
            throw error;
    }
}

int main (string[] args) {
    Intl.setlocale ();

    if (args.length != 2) {
        printerr ("Usage: receiver NAME\n");
        return 2;
    }

    try {
        new Receiver ().receive_messages (args[1]);
    } catch (Error error) {
        printerr ("receiver: %s\n", error.message);
        return 1;
    }
    return 0;
}
