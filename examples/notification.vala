// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: notification NAME
//
// Creates the queue NAME and shows how to be told that a message has come to it while it was empty:
// once, again and again, and not any more.

// Takes all that there is: what was left in the queue would not be announced again.
void take_all (Mood.MessageQueue queue, string way) {
    try {
        for (;;) {
            var message = queue.receive_with_timeout (0);
            stdout.printf ("%s: %s\n", way, (string) message);
        }
    } catch (IOError.WOULD_BLOCK error) {
        // That is all.
    } catch (Error error) {
        printerr ("notification: %s\n", error.message);
    }
}

// In the place of another process, which sends while this one is in its main loop.
void send_and_wait (Mood.MessageQueue queue, MainLoop loop, string text) throws Error {
    queue.send (text.data);
    loop.run ();
}

// The registration ends with the notification.
void be_told_once (Mood.MessageQueue queue, MainLoop loop) throws Error {
    queue.add_notification ((queue, condition) => {
        take_all (queue, "once");
        loop.quit ();
        return Source.REMOVE;
    });
    send_and_wait (queue, loop, "first");
}

// It is made again before the callback runs, so that no message is missed.
void be_told_again_and_again (Mood.MessageQueue queue, MainLoop loop) throws Error {
    var rearm = true;

    queue.add_notification ((queue, condition) => {
        take_all (queue, "armed");
        loop.quit ();
        return IOCondition.IN in condition;
    }, rearm);
    send_and_wait (queue, loop, "second");
    send_and_wait (queue, loop, "third");
}

// A queue has room for one registration, of whichever process.
void find_it_busy (Mood.MessageQueue queue) throws Error {
    try {
        queue.add_notification ();
    } catch (IOError.BUSY error) {
        stdout.printf ("busy: somebody is registered\n");
    }
}

void cancel (Mood.MessageQueue queue) throws Error {
    queue.cancel_notification ();
    queue.send ("fourth".data);
    while (MainContext.default ().iteration (false)) {
    }
    stdout.printf ("cancelled: not told of %d message\n", (int) queue.curmsgs);
}

void show_notification (string name) throws Error {
    var queue = new Mood.MessageQueue (name, RDWR | CREAT | EXCL, 0600, 8, 64);
    var loop = new MainLoop ();
    Error? error = null;

    try {
        be_told_once (queue, loop);
        be_told_again_and_again (queue, loop);
        find_it_busy (queue);
        cancel (queue);
    } catch (Error caught) {
        error = caught;
    }

    queue.unlink ();
    if (error != null)
        throw error;
}

int main (string[] args) {
    Intl.setlocale ();

    if (args.length != 2) {
        printerr ("Usage: notification NAME\n");
        return 2;
    }

    try {
        show_notification (args[1]);
    } catch (Error error) {
        printerr ("notification: %s\n", error.message);
        return 1;
    }
    return 0;
}
