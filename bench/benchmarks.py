# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured: each benchmark is a set of ways to do the same, at several sizes and depths.

As a program, this names the benchmarks: on each line one, its suite for Meson, and its title."""

from dataclasses import dataclass, field


@dataclass
class Way:
    """One of the ways. The worker is told the request, with the parameters in it."""

    name: str
    title: str
    worker: str
    request: str
    aim: float = None  # what the ratio of libmood's is to be, see the benchmark
    fixed: dict = field(default_factory=dict)  # parameters that are other than the benchmark's


@dataclass
class Benchmark:
    name: str
    title: str
    details: str  # that follow the title, with the parameters of a table in words
    unit: str  # of the time of one of what is counted
    baseline: str  # the way with which the others are compared, or None
    ways: list
    parameters: list  # of the tables
    quick: list  # of the tables of a quick run
    suite: str = "c"  # for Meson
    note: str = ""
    is_rate: bool = False  # whether the ratio is of what is done in the same time: more is better
    is_of_processor: bool = False  # whether the time counts in which the process has a processor
    count: int = None  # how many in one turn; by default as many as the pace allows
    is_of_memory: bool = False


SIZES = (16, 64, 1024, 8192)

# The largest depth that the user may have: the driver asks for it.
LARGEST = "largest"


def sizes(sizes_of, **details):
    return [{"size": size, **details} for size in sizes_of]


def transport(kind):
    return f"{kind} {{transport}} {{size}} {{depth}} {{cores}} {{count}}"


def exchange(name, title, kind, aim=None):
    return Way(name, title, "transports", transport(kind), aim, {"transport": name.split("#")[0]})


CALLS = [
    exchange("raw", "mq_send(), mq_receive()", "pair"),
    exchange("raw#again", "the same once more: what differs is noise", "pair"),
    exchange("mood", "libmood: send, receive_into", "pair", 1.05),
    exchange("mood-receive", "libmood: send, receive", "pair", 1.08),
    exchange("mood-cancellable", "libmood: send, receive_into, with a cancellable", "pair"),
    exchange("raw-timeout", "mq_timedsend(), mq_timedreceive()", "pair"),
    exchange("mood-timeout", "libmood: send, receive_into, with a time limit", "pair"),
]


def peers(kind):
    return [
        exchange("mood", "libmood: send, receive_into", kind),
        exchange("raw", "mq_send(), mq_receive()", kind),
        exchange("seqpacket", "Unix seqpacket sockets", kind),
        exchange("gsocket", "GSocket, Unix datagrams", kind),
        exchange("pipe", "pipe, lengths in front", kind),
        exchange("boost", "Boost.Interprocess message_queue", kind),
        exchange("nng", "nng, pair over ipc", kind),
        exchange("zeromq", "ZeroMQ, PAIR over ipc", kind),
        exchange("gdbus", "GDBus, peer to peer", kind),
    ]


def in_loop(name, title, aim=None):
    return Way(name, title, "main-loop", f"{name} {{queues}} {{count}}", aim)


def script(worker, name, title, function, aim=None):
    return Way(name, title, worker, f"{function} {{size}} {{count}}", aim)


def pythons(function, raw, ours, ctypes, aims):
    return [
        script("python-raw", "raw", raw, function),
        script("python-native", "mood", ours, function, aims[0]),
        script("python-plain", "mood-plain", f"{ours}, without the extension", function, aims[1]),
        script("python-ctypes", "ctypes", ctypes, function),
        script("python-posix-ipc", "posix-ipc", "posix_ipc", function),
    ]


def remembered(name, title):
    return Way(name, title, "memory", f"{name} {{count}}")


BENCHMARKS = [
    Benchmark(
        "calls",
        "A message sent and received in one process",
        "{size}, {depth}",
        "ns a pair",
        "raw",
        CALLS,
        [*sizes(SIZES, depth=10, cores=1), {"size": 64, "depth": LARGEST, "cores": 1}],
        sizes((64, 1024), depth=10, cores=1),
    ),
    Benchmark(
        "one-way",
        "From one process to another, as fast as it goes",
        "{cores}, {size}, {depth}",
        "ns a message",
        "mood",
        peers("one-way"),
        [*sizes(SIZES, depth=10, cores=2), {"size": 64, "depth": LARGEST, "cores": 2}],
        sizes((64,), depth=10, cores=2),
        note="Pipes and sockets hold many more messages than ten, and ZeroMQ puts many small ones into"
        " one system call: their processes seldom wait for each other.",
    ),
    Benchmark(
        "round-trip",
        "To another process and back",
        "{cores}, {size}",
        "µs a round trip",
        "mood",
        peers("round-trip"),
        [{"size": size, "depth": 10, "cores": cores} for cores in (1, 2) for size in SIZES],
        [{"size": 64, "depth": 10, "cores": cores} for cores in (1, 2)],
    ),
    Benchmark(
        "main-loop",
        "From one process to the main loop of another",
        "{cores}, 64 bytes, 10 deep",
        "ns a message",
        "source",
        [
            in_loop("source", "g_unix_fd_source, 1 message a dispatch"),
            in_loop("source-many", "g_unix_fd_source, up to 16 messages a dispatch"),
            in_loop("receiver", "libmood: a receiver (16 a dispatch)"),
            in_loop("watch", "libmood: a watch, 1 message a dispatch"),
            in_loop("async", "libmood: receive_async, one after the other", 1.1),
        ],
        [{"queues": 1, "cores": 2}],
        [{"queues": 1, "cores": 2}],
        is_rate=True,
    ),
    Benchmark(
        "queues",
        "From one process to the main loop of another that watches many queues",
        "{cores}, {queues}",
        "ns a message",
        "source",
        [
            in_loop("source", "g_unix_fd_source"),
            in_loop("watch", "libmood: watches"),
            in_loop("receiver", "libmood: receivers"),
        ],
        [{"queues": queues, "cores": 2} for queues in (1, 10, 100, 200)],
        [{"queues": queues, "cores": 2} for queues in (1, 200)],
        note="The main loop polls all of them each time, whoever made the sources.",
    ),
    Benchmark(
        "receivers",
        "From one process to several by one queue",
        "{receivers}, 64 bytes, 10 deep",
        "ns a message",
        "raw",
        [
            Way("raw", "mq_receive()", "receivers", "raw {receivers} {count}"),
            Way("mood", "libmood: receive_into", "receivers", "mood {receivers} {count}"),
        ],
        [{"receivers": receivers} for receivers in (1, 2, 4, 16)],
        [{"receivers": receivers} for receivers in (1, 4)],
        count=20000,
    ),
    Benchmark(
        "python",
        "Python, a message sent and received",
        "{size}",
        "ns a pair",
        "raw",
        pythons("pairs", "C: mq_send(), mq_receive()", "send, recv", "ctypes: mq_send, mq_receive",
                (1.22, 2.2)),
        sizes((64, 1024)),
        sizes((64,)),
        "python",
    ),
    Benchmark(
        "python-many",
        "Python, ten messages received at once",
        "{size}",
        "ns a message",
        "raw",
        [
            *pythons("receives", "C: mq_receive(), ten times", "receive_many(10)",
                     "ctypes: mq_receive, ten times", (1.2, None)),
            script("python-objects", "objects", "C, into the same objects: mq_receive(), ten times",
                   "receives"),
        ],
        sizes((64, 1024)),
        sizes((64,)),
        "python",
    ),
    Benchmark(
        "javascript",
        "JavaScript (GJS), a message sent and received",
        "{size}",
        "ns a pair",
        "raw",
        [
            script("python-raw", "raw", "C: mq_send(), mq_receive()", "pairs"),
            script("javascript-native", "short", "send, recv", "short", 2.8),
            script("javascript-plain", "short-plain", "send, recv, without the extension", "short"),
            script("javascript-priority", "priority", "send with a priority, receive", "priority"),
            script("javascript-bare", "plain", "send, recv, without the override", "plain"),
        ],
        sizes((64, 1024)),
        sizes((64,)),
        "javascript",
        count=10000,
        is_of_processor=True,
    ),
    Benchmark(
        "command",
        "The command: mood send --lines to mood recv, short lines",
        "",
        "ns a line",
        "raw",
        [
            Way("raw", "C: mq_send() to mq_receive()", "command", "raw {count}"),
            Way("mood", "mood send --lines to mood recv", "command", "mood {count}"),
        ],
        [{}],
        [{}],
        "tools",
        "Starting the processes counts.",
        count=50000,
    ),
    Benchmark(
        "memory",
        "Memory on the heap",
        "",
        "bytes each",
        None,
        [
            remembered("queue", "an open queue"),
            remembered("gsocket", "an open GSocket, to compare"),
            remembered("watch", "a watch"),
            remembered("source", "a g_unix_fd_source, to compare"),
            remembered("receiver", "a receiver that has received, messages of 64 bytes"),
            remembered("async", "an outstanding receive_async"),
        ],
        [{}],
        [{}],
        count=400,
        is_of_memory=True,
    ),
]


if __name__ == "__main__":
    for benchmark in BENCHMARKS:
        print(benchmark.name, benchmark.suite, benchmark.title)
