// SPDX-License-Identifier: LGPL-2.1-or-later

namespace Mood {
    public class MessageQueue : GLib.Object {
        [CCode (array_length_pos = 2.5, array_length_type = "gsize")]
        [Version (since = "1.0")]
        public async uint8[] receive_async (int io_priority = GLib.Priority.DEFAULT, GLib.Cancellable? cancellable = null, out uint priority = null) throws GLib.Error;
    }

    [CCode (cheader_filename = "mood.h", instance_pos = 3.9)]
    [Version (since = "1.0")]
    public delegate bool MessageFunc (Mood.MessageQueue queue, [CCode (array_length_cname = "length", array_length_pos = 2.5, array_length_type = "gsize", type = "const guint8*")] uint8[] message, uint priority);

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
