// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: directory
//
// Lists the message queues that exist, each with its mode, its owner and how many messages wait in
// it, and says then which queues come and go. Ends with SIGINT or SIGTERM.

void print_queue (Mood.QueueInfo info) {
    stdout.printf ("%s: mode %04o, owner %u, ", info.display_name, info.mode & 07777, info.uid);
    // What waits in a queue is for those to know who may receive it.
    if (info.curmsgs == -1)
        stdout.printf ("not to be read\n");
    else
        stdout.printf ("%s of %s messages\n", info.curmsgs.to_string (), info.maxmsg.to_string ());
}

void show_queues () throws Error {
    var loop = new MainLoop ();
    var names = new GenericArray<string> ();
    var directory = new Mood.QueueDirectory ();
    ListModel list = directory;

    // Refreshing is what looks into the queues.
    directory.refresh ();
    for (var i = 0; i < list.get_n_items (); i++) {
        var info = (Mood.QueueInfo) list.get_item (i);
        print_queue (info);
        names.add (info.display_name);
    }
    stdout.flush ();

    // The list tells where it has changed; what was there before is for those to know who noted it.
    directory.items_changed.connect ((position, removed, added) => {
        for (var i = 0; i < removed; i++) {
            stdout.printf ("gone: %s\n", names[position]);
            names.remove_index (position);
        }
        for (var i = position; i < position + added; i++) {
            var info = (Mood.QueueInfo) list.get_item (i);
            stdout.printf ("new: %s\n", info.display_name);
            names.insert ((int) i, info.display_name);
        }
        stdout.flush ();
    });

    // What has happened since the list was made is told, too.
    directory.add_watch ();
    foreach (var number in new int[] { Posix.Signal.INT, Posix.Signal.TERM })
        Unix.signal_add (number, () => {
            loop.quit ();
            return Source.CONTINUE;
        });
    loop.run ();
}

int main (string[] args) {
    Intl.setlocale ();

    if (args.length != 1) {
        printerr ("Usage: directory\n");
        return 2;
    }

    try {
        show_queues ();
    } catch (Error error) {
        printerr ("directory: %s\n", error.message);
        return 1;
    }
    return 0;
}
