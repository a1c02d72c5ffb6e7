// SPDX-License-Identifier: LGPL-2.1-or-later

// What the tests share: queues that are gone after the test, errors, the loop, calls that wait.
namespace MoodTest {
    public const Mood.OpenFlags CREATE = Mood.OpenFlags.CREAT | Mood.OpenFlags.EXCL;

    // Far longer than any event takes, also on a busy machine.
    public const int LIMIT_SECONDS = 30;

    public delegate void Body () throws Error;

    private GenericArray<Case> cases;
    private GenericArray<string> names;
    private uint next_number;

    private class Case {
        private unowned Body body;

        public Case (Body body) {
            this.body = body;
        }

        public void run () {
            try {
                body ();
            } catch (Error error) {
                Test.message ("not expected: %s", error.message);
                Test.fail ();
            }
            unlink_all ();
        }
    }

    private void unlink_all () {
        foreach (unowned var name in names) {
            try {
                Mood.unlink (name);
            } catch (IOError.NOT_FOUND error) {
                // The test did it itself.
            } catch (Error error) {
                Test.message ("%s", error.message);
                Test.fail ();
            }
        }
        names.length = 0;
    }

    // An assertion that does not hold ends the process, but leaves no queue behind either.
    private void on_fatal_signal (int number) {
        Posix.@signal (number, null);
        unlink_all ();
        Posix.raise (number);
    }

    public void init (ref unowned string[] args) {
        Test.init (ref args);
        cases = new GenericArray<Case> ();
        names = new GenericArray<string> ();
        foreach (var number in new int[] { Posix.Signal.ABRT, Posix.Signal.INT, Posix.Signal.TERM,
                                           Posix.Signal.TRAP }) {
            Posix.@signal (number, on_fatal_signal);
        }
    }

    public void add (string path, Body body) {
        var test_case = new Case (body);

        // The test suite does not keep it alive.
        cases.add (test_case);
        Test.add_data_func (path, test_case.run);
    }

    // The name of a queue that does not exist, and will not after the test.
    public string new_name () {
        var name = "/mood-test-%d-%u".printf ((int) Posix.getpid (), next_number++);

        // A process of the same number that was killed may have left it.
        try {
            Mood.unlink (name);
        } catch (IOError error) {
        }
        names.add (name);

        return name;
    }

    // A new queue, small, because all the queues of a user share one limit.
    public Mood.MessageQueue new_queue (Mood.OpenFlags flags = Mood.OpenFlags.RDWR,
                                        int64 maxmsg = 4, int64 msgsize = 64) throws Error {
        return new Mood.MessageQueue (new_name (), flags | CREATE, 0600, maxmsg, msgsize);
    }

    public Mood.MessageQueue open_again (Mood.MessageQueue queue,
                                         Mood.OpenFlags flags) throws Error {
        return new Mood.MessageQueue (queue.name, flags);
    }

    public void assert_bytes (uint8[] actual, uint8[] expected) {
        assert (actual.length == expected.length);
        assert (Memory.cmp (actual, expected, expected.length) == 0);
    }

    // The body must throw this error of GIO's, with the word in its message.
    public void assert_fails (int code, string word, Body body) {
        try {
            body ();
        } catch (Error error) {
            assert_true (error.domain == IOError.quark ());
            assert_cmpint (error.code, CompareOperator.EQ, code);
            assert_true (word in error.message);
            return;
        }
        assert_not_reached ();
    }

    public delegate bool Condition ();

    // Runs the main loop until the condition holds.
    public void wait_until (Condition condition) {
        var watchdog = new TimeoutSource.seconds (LIMIT_SECONDS);

        watchdog.set_callback (() => {
            assert_not_reached ();
        });
        watchdog.attach (null);
        while (!condition ()) {
            MainContext.default ().iteration (true);
        }
        watchdog.destroy ();
    }

    // Runs the main loop until it has nothing better to do: a source of the lowest priority is
    // dispatched only when no other is ready, so that one that was not dispatched was not ready.
    public void run_what_is_ready () {
        var idle = false;

        Idle.add (() => {
            idle = true;
            return Source.REMOVE;
        }, Priority.LOW);
        wait_until (() => idle);
    }

    public delegate void Call () throws Error;

    // Begins a call in a thread and returns when it waits or is over. The thread gives the code of
    // the error, or -1 if there was none.
    public Thread<int> wait_in_thread (owned Call call) throws Error {
        var ready = new AsyncQueue<string> ();
        var thread = new Thread<int> ("waits", () => {
            try {
                ready.push ("/proc/" + FileUtils.read_link ("/proc/thread-self") + "/stat");
                call ();
            } catch (Error error) {
                return error.code;
            }

            return -1;
        });
        var path = ready.timeout_pop (LIMIT_SECONDS * TimeSpan.SECOND);
        var deadline = get_monotonic_time () + LIMIT_SECONDS * TimeSpan.SECOND;
        var state = "";

        assert (path != null);
        do {
            assert (get_monotonic_time () < deadline);
            Thread.yield ();
            try {
                FileUtils.get_contents (path, out state);
            } catch (FileError error) {
                // The thread is gone.
                break;
            }
        } while (!(") S " in state));

        return thread;
    }

    public bool descriptor_is_open (int descriptor) {
        return Posix.fcntl (descriptor, Posix.F_GETFD) != -1;
    }
}
