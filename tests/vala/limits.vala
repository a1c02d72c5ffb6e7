// SPDX-License-Identifier: LGPL-2.1-or-later

// The limits on message queues, and what fits in them.

using Mood;
using MoodTest;

static int64 read_file (string name) throws Error {
    string contents;

    FileUtils.get_contents ("/proc/sys/fs/mqueue/" + name, out contents);

    return int64.parse (contents);
}

// Limits as they could be elsewhere.
static Limits other_limits () {
    var limits = Limits.get ();

    limits.msg_default = 10;
    limits.msg_max = 100;
    limits.msgsize_default = 40;
    limits.msgsize_max = 8192;
    limits.rlimit_soft = 10000;

    return limits;
}

static void test_figures () throws Error {
    var limits = Limits.get ();
    string contents;
    MatchInfo match;

    assert (limits.msg_default == read_file ("msg_default"));
    assert (limits.msg_max == read_file ("msg_max"));
    assert (limits.msgsize_default == read_file ("msgsize_default"));
    assert (limits.msgsize_max == read_file ("msgsize_max"));
    assert (limits.queues_max == read_file ("queues_max"));

    FileUtils.get_contents ("/proc/self/limits", out contents);
    assert (/^Max msgqueue size\s+(\S+)\s+(\S+)/m.match (contents, 0, out match));
    foreach (var number in new int[] { 1, 2 }) {
        var figure = match.fetch (number);
        var expected = figure == "unlimited" ? int64.MAX : int64.parse (figure);

        assert ((number == 1 ? limits.rlimit_soft : limits.rlimit_hard) == expected);
    }
}

static void test_required_bytes () throws Error {
    var limits = other_limits ();

    assert (limits.required_bytes (3, 40) == 408);
    assert (limits.required_bytes (3) == 408);
    assert (limits.required_bytes () == 1360);
    assert (limits.required_bytes (int64.MAX, int64.MAX) == uint64.MAX);
}

static void test_fit () throws Error {
    var limits = other_limits ();

    assert (limits.fit (40) == 73);
    assert (limits.fit () == 73);
    assert (limits.fit (1) == 100);
    assert (limits.fit (8193) == 0);
    limits.msg_max = int64.MAX;
    limits.rlimit_soft = int64.MAX;
    assert (limits.fit (8192) == 65536);
    limits.rlimit_soft = -1;
    assert (limits.fit (8192) == -1);
}

static void test_copy () throws Error {
    var limits = other_limits ();
    var copy = limits.copy ();
    var value = Value (typeof (Limits));

    copy.msg_max = 7;
    assert (limits.msg_max == 100);
    value.set_boxed (copy);
    assert (((Limits) value.get_boxed ()).msg_max == 7);
}

static int main (string[] args) {
    MoodTest.init (ref args);
    add ("/limits/figures", test_figures);
    add ("/limits/required-bytes", test_required_bytes);
    add ("/limits/fit", test_fit);
    add ("/limits/copy", test_copy);

    return Test.run ();
}
