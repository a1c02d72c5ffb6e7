// SPDX-License-Identifier: LGPL-2.1-or-later
// What metadata cannot say: that the parameters that are mostly left out come last, the type of an
// array's length, the name of a constant.

namespace Mood {
    public sealed class MessageQueue : GLib.Object {
        // The parser of the metadata takes no default that is a name.
        [CCode (has_construct_function = false)]
        public MessageQueue.full ([CCode (type = "const char*")] string? name, Mood.OpenFlags flags, uint mode = 0600, int64 maxmsg = -1, int64 msgsize = -1, Mood.Ownership ownership = Mood.Ownership.KEEP, Mood.GeometryPolicy geometry_policy = Mood.GeometryPolicy.ACCEPT, bool exact_mode = false) throws GLib.IOError;
        [CCode (has_construct_function = false)]
        public MessageQueue.temporary (Mood.OpenFlags flags = Mood.OpenFlags.RDWR, uint mode = 0600, int64 maxmsg = -1, int64 msgsize = -1) throws GLib.IOError;
        [CCode (has_construct_function = false)]
        public MessageQueue.anonymous (Mood.OpenFlags flags = Mood.OpenFlags.RDWR, int64 maxmsg = -1, int64 msgsize = -1) throws GLib.IOError;
        // As in GLib.Idle.add() and its kin, the priority is the last parameter.
        [CCode (cname = "mood_message_queue_add_receiver_full")]
        public uint add_receiver ([CCode (pos = 2, type = "MoodMessageFunc")] owned Mood.MessageFunc func, [CCode (pos = 1)] int priority = GLib.Priority.DEFAULT);
        [CCode (cname = "mood_message_queue_add_watch_full")]
        public uint add_watch ([CCode (pos = 2)] GLib.IOCondition condition, [CCode (pos = 3)] owned Mood.MessageQueueSourceFunc func, [CCode (pos = 1)] int priority = GLib.Priority.DEFAULT);
        [CCode (cname = "mood_message_queue_add_notification_full")]
        public uint add_notification ([CCode (pos = 3)] owned Mood.MessageQueueSourceFunc? func = null, [CCode (pos = 2)] bool rearm = false, [CCode (pos = 1)] int priority = GLib.Priority.DEFAULT) throws GLib.IOError;
        // From the GIR, Vala would pass an int for the length, which is a gsize.
        [CCode (array_length_pos = 2.5, array_length_type = "gsize")]
        public async uint8[] receive_async (int io_priority = GLib.Priority.DEFAULT, GLib.Cancellable? cancellable = null, out uint priority = null) throws GLib.IOError;
        public async bool send_async ([CCode (array_length_pos = 1.5, array_length_type = "gsize")] uint8[] message, uint priority = 0, int io_priority = GLib.Priority.DEFAULT, GLib.Cancellable? cancellable = null) throws GLib.IOError;
        // As in send_many(), the time limit comes after the arrays.
        [CCode (array_length_pos = 4.66667, array_length_type = "gsize")]
        public uint8[] receive_many ([CCode (pos = 1)] uint limit, [CCode (array_length_pos = 3.5, array_length_type = "gsize", pos = 3)] out size_t[] sizes, [CCode (array_length_pos = 4.33333, array_length_type = "gsize", pos = 4)] out uint[] priorities = null, [CCode (pos = 2)] int64 timeout_us = -1, [CCode (pos = 5)] GLib.Cancellable? cancellable = null) throws GLib.IOError;
        [CCode (array_length_pos = 1.5, array_length_type = "gsize")]
        public uint8[] receive_with_timeout ([CCode (pos = 2)] int64 timeout_us, [CCode (pos = 1)] out uint priority = null, [CCode (pos = 3)] GLib.Cancellable? cancellable = null) throws GLib.IOError;
    }

    public sealed class QueueDirectory : GLib.Object {
        public async bool wait_for_async (string name, int io_priority = GLib.Priority.DEFAULT, GLib.Cancellable? cancellable = null) throws GLib.IOError;
    }

    // In C the message is const, which Vala cannot say: whoever takes such a function names its type.
    [CCode (cheader_filename = "mood.h", instance_pos = 3.9)]
    [Version (since = "1.0")]
    public delegate bool MessageFunc (Mood.MessageQueue queue, [CCode (array_length_cname = "length", array_length_pos = 2.5, array_length_type = "gsize")] uint8[] message, uint priority);

    // A GSource whose callback gets the queue and the condition.
    [CCode (cheader_filename = "mood.h", cname = "GSource", ref_function = "g_source_ref", unref_function = "g_source_unref")]
    [Compact]
    public class MessageQueueSource : GLib.Source {
        [CCode (cname = "g_source_set_callback")]
        public void set_callback ([CCode (type = "GSourceFunc")] owned Mood.MessageQueueSourceFunc func);
    }

    // A GSource whose callback gets the queue, the message and its priority.
    [CCode (cheader_filename = "mood.h", cname = "GSource", ref_function = "g_source_ref", unref_function = "g_source_unref")]
    [Compact]
    public class MessageQueueReceiverSource : GLib.Source {
        [CCode (cname = "g_source_set_callback")]
        public void set_callback ([CCode (type = "GSourceFunc")] owned Mood.MessageFunc func);
    }
}
