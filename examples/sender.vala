// SPDX-License-Identifier: LGPL-2.1-or-later

// Usage: sender NAME PRIORITY [TEXT...]
//
// Sends each TEXT to the queue NAME, with that priority. Without a TEXT it sends one empty message,
// which tells the receiver to end.

void send_texts (string name, uint priority, string[] texts) throws Error {
    var queue = new Mood.MessageQueue (name, WRONLY);
    size_t bytes_sent;

    // A text that is too long for one message is sent as several, and while the queue is full this
    // waits for the receiver.
    foreach (var text in texts.length > 0 ? texts : new string[] { "" })
        queue.sendall (text.data, priority, out bytes_sent);
    queue.close ();
}

int main (string[] args) {
    uint64 priority;

    Intl.setlocale ();

    try {
        if (args.length < 3)
            throw new NumberParserError.INVALID ("no priority was given");
        uint64.from_string (args[2], out priority, 10, 0, 32767);
    } catch (NumberParserError error) {
        printerr ("Usage: sender NAME PRIORITY [TEXT...]\n"
                  + "PRIORITY is 0 to 32767; the highest is received first.\n");
        return 2;
    }

    try {
        send_texts (args[1], (uint) priority, args[3:args.length]);
    } catch (Error error) {
        printerr ("sender: %s\n", error.message);
        return 1;
    }
    return 0;
}
