// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: waiting NAME
//
// Creates the queue NAME and shows the ways to wait for a message on it, one after the other: to
// try, to limit the time, to cancel, to await, to subscribe, and to take several at once.

void try_to_receive (Mood.MessageQueue queue) throws Error {
    try {
        var message = queue.receive_with_timeout (0);
        stdout.printf ("try: %s\n", (string) message);
    } catch (IOError.WOULD_BLOCK error) {
        stdout.printf ("try: nothing there\n");
    }
}

void receive_within_limit (Mood.MessageQueue queue) throws Error {
    try {
        // In microseconds.
        var message = queue.receive_with_timeout (10000);
        stdout.printf ("limit: %s\n", (string) message);
    } catch (IOError.TIMED_OUT error) {
        stdout.printf ("limit: nothing within 10 milliseconds\n");
    }
}

async void receive_until_cancelled (Mood.MessageQueue queue) throws Error {
    var cancellable = new Cancellable ();
    Timeout.add (10, () => {
        cancellable.cancel ();
        return Source.REMOVE;
    });
    try {
        var message = yield queue.receive_async (Priority.DEFAULT, cancellable);
        stdout.printf ("cancel: %s\n", (string) message);
    } catch (IOError.CANCELLED error) {
        stdout.printf ("cancel: given up\n");
    }
}

async void await_message (Mood.MessageQueue queue) throws Error {
    AsyncResult? received = null;

    // Without anything to do in between, "yield queue.receive_async ()" is all it takes.
    queue.receive_async.begin (Priority.DEFAULT, null, (source, result) => {
        received = result;
        await_message.callback ();
    });
    // In the place of another process, which sends while this one awaits the message.
    queue.send ("first".data);
    yield;
    var message = queue.receive_async.end (received);
    stdout.printf ("await: %s\n", (string) message);
}

async void subscribe (Mood.MessageQueue queue) throws Error {
    queue.send ("later".data, 1);
    queue.send ("urgent".data, 9);
    queue.send ("".data);
    queue.add_receiver ((queue, message, priority) => {
        if (message.length == 0) {
            Idle.add (subscribe.callback);
            return Source.REMOVE;
        }
        stdout.printf ("subscribe: %u %s\n", priority, (string) message);
        return Source.CONTINUE;
    });
    yield;
}

void receive_batch (Mood.MessageQueue queue) throws Error {
    size_t[] sizes;
    string[] texts = {};

    // The messages stand one after the other, with nothing between: "a", an empty one and "bcd".
    queue.send_many ("abcd".data, { 1, 0, 3 });
    // Waits for the first message without a limit, and takes up to 8 of those that are there.
    queue.receive_many (8, out sizes);
    foreach (var size in sizes)
        texts += size.to_string ();
    stdout.printf ("batch: %d messages, %s bytes\n", sizes.length, string.joinv (" + ", texts));
}

async void show_ways (Mood.MessageQueue queue) throws Error {
    try_to_receive (queue);
    receive_within_limit (queue);
    yield receive_until_cancelled (queue);
    yield await_message (queue);
    yield subscribe (queue);
    receive_batch (queue);
}

void run (string name) throws Error {
    var queue = new Mood.MessageQueue (name, RDWR | CREAT | EXCL, 0600, 8, 64);
    var loop = new MainLoop ();
    Error? error = null;

    show_ways.begin (queue, (source, result) => {
        try {
            show_ways.end (result);
        } catch (Error caught) {
            error = caught;
        }
        loop.quit ();
    });
    loop.run ();

    queue.unlink ();
    if (error != null)
        throw error;
}

int main (string[] args) {
    Intl.setlocale ();

    if (args.length != 2) {
        printerr ("Usage: waiting NAME\n");
        return 2;
    }

    try {
        run (args[1]);
    } catch (Error error) {
        printerr ("waiting: %s\n", error.message);
        return 1;
    }
    return 0;
}
