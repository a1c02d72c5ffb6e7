// SPDX-License-Identifier: LGPL-2.1-or-later

// The directory of queues.

using Mood;
using MoodTest;

static void list () throws Error {
    var queue = new_queue ();
    var directory = new QueueDirectory ();
    ListModel model = directory;
    var found = false;

    assert (model.get_item_type () == typeof (QueueInfo));
    assert (directory.n_items == model.get_n_items ());
    for (var i = 0; i < model.get_n_items (); i++) {
        var info = (QueueInfo) model.get_item (i);

        found = found || info.name == queue.name;
    }
    assert (found);

    var info = directory.lookup (queue.name);
    assert (info.display_name == queue.name);
    assert (info.mode == 0100600);
    assert (info.uid == (uint) Posix.geteuid ());
    assert (info.curmsgs == -1);
    assert (info.mtime.compare (new DateTime.now_utc ()) <= 0);
    assert (directory.lookup ("/mood-test-none") == null);
}

static void refresh () throws Error {
    var queue = new_queue ();
    var directory = new QueueDirectory ();
    var info = directory.lookup (queue.name);
    var told = 0;

    info.notify["curmsgs"].connect (() => told++);
    queue.send ("abc".data);
    assert (directory.refresh ());
    assert (told == 1);
    assert (info.curmsgs == 1);
    assert (info.maxmsg == 4);
    assert (info.msgsize == 64);
    assert (info.queued_bytes == 3);
    assert (info.notify_pid == 0);
    queue.unlink ();
    directory.refresh ();
    assert (directory.lookup (queue.name) == null);
}

static void watch () throws Error {
    var directory = new QueueDirectory ();
    var name = new_name ();
    var n_changes = 0;
    var identifier = directory.add_watch ();

    directory.items_changed.connect ((position, removed, added) => n_changes++);
    var queue = new Mood.MessageQueue (name, RDWR | CREAT, 0600, 1, 1);
    wait_until (() => directory.lookup (name) != null);
    assert (n_changes >= 1);
    queue.unlink ();
    wait_until (() => directory.lookup (name) == null);
    Source.remove (identifier);
}

static void source () throws Error {
    var directory = new QueueDirectory ();
    var source = directory.create_source ();
    var n_calls = 0;

    source.set_callback (() => {
        n_calls++;
        return Source.REMOVE;
    });
    source.attach (null);
    var queue = new_queue ();
    wait_until (() => source.is_destroyed ());
    assert (directory.lookup (queue.name) != null);
    assert (n_calls == 1);
}

static async void wait_for () throws Error {
    var directory = new QueueDirectory ();
    var name = new_name ();

    Idle.add (() => {
        try {
            new Mood.MessageQueue (name, RDWR | CREAT, 0600, 1, 1);
        } catch (Error error) {
            GLib.error (error.message);
        }
        return Source.REMOVE;
    }, Priority.LOW);
    assert (yield directory.wait_for_async (name));
    assert (yield directory.wait_for_async (name, Priority.HIGH));
}

static async void errors () throws Error {
    var directory = new QueueDirectory ();
    var cancellable = new Cancellable ();
    var caught = 0;

    Idle.add (() => {
        cancellable.cancel ();
        return Source.REMOVE;
    });
    try {
        yield directory.wait_for_async (new_name (), Priority.DEFAULT, cancellable);
    } catch (IOError.CANCELLED error) {
        caught++;
    }

    try {
        yield directory.wait_for_async ("no-slash");
    } catch (IOError.INVALID_FILENAME error) {
        caught++;
    }
    assert (caught == 2);
}

static void test_wait_for () throws Error {
    AsyncResult? over = null;

    wait_for.begin ((object, result) => over = result);
    wait_until (() => over != null);
    wait_for.end (over);
}

static void test_errors () throws Error {
    AsyncResult? over = null;

    errors.begin ((object, result) => over = result);
    wait_until (() => over != null);
    errors.end (over);
}

static int main (string[] args) {
    MoodTest.init (ref args);

    MoodTest.add ("/directory/list", list);
    MoodTest.add ("/directory/refresh", refresh);
    MoodTest.add ("/directory/watch", watch);
    MoodTest.add ("/directory/source", source);
    MoodTest.add ("/directory/wait-for", test_wait_for);
    MoodTest.add ("/directory/errors", test_errors);

    return Test.run ();
}
