# SPDX-License-Identifier: LGPL-2.1-or-later

"""The programs that are measured. Each runs all the time, so that it is warm, and is told by a line
on its standard input when it is its turn; it answers with a line of JSON."""

import contextlib
import json
import os
import shlex
import subprocess
import time
from dataclasses import dataclass


class WorkerError(Exception):
    """A program could not do what it was asked for."""


@dataclass
class Program:
    command: list
    environment: dict
    parts: list  # (path, need): of what it is made, and what the build lacks if the path is empty
    cores: set = None  # of which it may use all if there are none

    def get_missing(self):
        """Why it is not there, or None if it is."""
        for path, need in self.parts:
            if not path:
                return f"not built: needs {need}"
            if not os.path.exists(path):
                return "not built yet: needs “ninja”"
        return None


class Worker:
    def __init__(self, program):
        self.command = program.command
        cores = program.cores
        # In a session of its own: Ctrl-C is for who asks, and this ends when it is asked no more.
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**os.environ, **program.environment}, start_new_session=True,
            preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None)

    def ask(self, request):
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise WorkerError(f"{shlex.join(self.command)} has ended at “{request}”")
        answer = json.loads(answer)
        if "error" in answer:
            raise WorkerError(f"{shlex.join(self.command)}: {request}: {answer['error']}")
        return answer

    def get_processor_seconds(self):
        """How long the process has had a processor; see clock_getcpuclockid(3)."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Workers:
    """Those that were started so far."""

    def __init__(self, programs):
        self.programs = programs
        self.workers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.workers.values():
            worker.close()

    def get_missing(self, name):
        return self.programs[name].get_missing()

    def get(self, name):
        if name not in self.workers:
            self.workers[name] = Worker(self.programs[name])
        return self.workers[name]
