// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: client PREFIX
//
// The client in Vala of the conversation that clerk.c describes. Posts requests of three
// priorities, and checks that each of them gets one right answer.

const string LANGUAGE = "Vala";
const uint FIRST_NUMBER = 31;

const uint POSTED = 3;
const uint LIVE = 1000;
const uint[] PRIORITIES = { 0, 10, 20 };

const uint PRIVATE = 0600;
const uint CLERK_MAXMSG = 10;
const uint OWN_MAXMSG = 8;
const uint MSGSIZE = 64;

class Client {
    private MainLoop loop = new MainLoop ();
    private Error? error = null;
    private uint sequence = 0; // of the request that was posted last
    private uint last_sequence = POSTED; // of the act
    // The right answer to each request that is under way.
    private HashTable<uint, uint> expected = new HashTable<uint, uint> (direct_hash, direct_equal);
    private bool waits_for_room = false;
    private uint sent = 0;
    private uint received = 0;

    private Mood.MessageQueue door;
    private Mood.MessageQueue requests;
    private Mood.MessageQueue answers;

    public Client (string prefix) throws Error {
        // Whoever comes first makes the clerk's queues. The queue for the answers is this client's.
        door = new Mood.MessageQueue (
            @"$prefix-door", WRONLY | CREAT | NONBLOCK, PRIVATE, CLERK_MAXMSG, MSGSIZE
        );
        requests = new Mood.MessageQueue (
            @"$prefix-requests", WRONLY | CREAT | NONBLOCK, PRIVATE, CLERK_MAXMSG, MSGSIZE
        );
        answers = new Mood.MessageQueue (
            @"$prefix-vala", RDONLY | CREAT | EXCL | NONBLOCK, PRIVATE, OWN_MAXMSG, MSGSIZE
        );
    }

    private void send (Mood.MessageQueue queue, string text, uint priority) throws Error {
        queue.send (text.data, priority);
        sent++;
    }

    private void post_requests () throws Error {
        // As many under way as there is room for answers, so that the clerk never has to wait.
        while (sequence < last_sequence && expected.length < OWN_MAXMSG && !waits_for_room) {
            var number = FIRST_NUMBER + sequence;
            var priority = PRIORITIES[sequence % PRIORITIES.length];
            try {
                send (requests, @"$(answers.name) $(sequence + 1) $number", priority);
                sequence++;
                expected[sequence] = number * number;
            } catch (IOError.WOULD_BLOCK error) {
                waits_for_room = true;
                requests.add_watch (IOCondition.OUT, on_room);
            }
        }
    }

    private void take_answer () throws Error {
        // The message becomes a string, which ends with a zero.
        var message = answers.recv ();
        message += 0;
        unowned var text = (string) message;
        received++;
        if (text == "begin") {
            last_sequence += LIVE;
            return;
        }

        var fields = text.split (" ");
        var answered = uint.parse (fields[0]);
        if (fields.length != 2 || !expected.contains (answered)
            || expected[answered] != uint.parse (fields[1]))
            throw new IOError.INVALID_DATA ("“%s” is not a right answer to a request", text);
        expected.remove (answered);

        if (expected.length == 0 && sequence == POSTED + LIVE) {
            // This word counts as well.
            send (door, @"$LANGUAGE out $(sent + 1) $received", 0);
            loop.quit ();
        }
    }

    private bool on_room (Mood.MessageQueue queue, IOCondition condition) {
        waits_for_room = false;
        try {
            post_requests ();
        } catch (Error error) {
            fail (error);
        }
        return Source.REMOVE;
    }

    private bool on_answer (Mood.MessageQueue queue, IOCondition condition) {
        try {
            take_answer ();
            post_requests ();
        } catch (Error error) {
            fail (error);
        }
        return Source.CONTINUE;
    }

    private void fail (Error error) {
        this.error = error;
        loop.quit ();
    }

    public void run () throws Error {
        try {
            post_requests ();
            send (door, @"$LANGUAGE in $(answers.name)", 0);
            answers.add_watch (IOCondition.IN, on_answer);
            loop.run ();
        } catch (Error error) {
            fail (error);
        }
        answers.unlink ();

        if (error != null)
            throw error;
    }
}

int main (string[] args) {
    Intl.setlocale ();

    if (args.length != 2) {
        printerr ("Usage: client PREFIX\n");
        return 2;
    }

    try {
        new Client (args[1]).run ();
    } catch (Error error) {
        printerr ("client in %s: %s\n", LANGUAGE, error.message);
        return 1;
    }
    return 0;
}
