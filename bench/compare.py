#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures libmood beside its peers. In each round all ways of a benchmark take their turn, A B A B,
so that whatever else the machine does meets each of them; what is compared is what was measured in
the same round.

compare.py PROGRAMS [--quick] [--json FILE] [BENCHMARK...]

PROGRAMS is the file in which the build says what it has built."""

import argparse
import json
import os
import shutil
import statistics
import sys

import benchmarks
import machine
import tables
import worker

# More than a program needs whose code is compiled while it runs.
WARM_UP_ROUNDS = 3
TRIAL_COUNT = 200
LEAST_COUNT = 20


class Pace:
    """How long is measured."""

    def __init__(self, quick):
        self.is_quick = quick
        self.rounds = 9 if quick else 21
        self.seconds = 0.02 if quick else 0.05  # in one turn of a way


def format_request(way, parameters, count):
    return way.request.format(**{**parameters, **way.fixed, "count": count})


class Turn:
    """A way with the parameters of one table."""

    def __init__(self, benchmark, way, parameters, workers):
        self.benchmark = benchmark
        self.way = way
        self.parameters = parameters
        self.count = benchmark.count or TRIAL_COUNT
        self.missing = workers.get_missing(way.worker)
        self.worker = None if self.missing else workers.get(way.worker)
        self.values = []
        self.quantiles = []

    @property
    def is_measured(self):
        return self.missing is None

    def measure(self):
        """What one costs, and the quantiles of what each of many cost, if they were measured."""
        request = format_request(self.way, self.parameters, self.count)
        before = self.worker.get_processor_seconds()
        answer = self.worker.ask(request)
        self.missing = answer.get("missing")
        if not self.is_measured:
            return None, None
        if self.benchmark.is_of_memory:
            return answer["bytes"], None
        if "quantiles_us" in answer:
            return answer["quantiles_us"][50], answer["quantiles_us"]
        seconds = answer["seconds"]
        if self.benchmark.is_of_processor:
            seconds = self.worker.get_processor_seconds() - before
        return seconds / self.count * 1e9, None

    def choose_count(self, pace):
        if self.is_measured and self.benchmark.count is None:
            value, quantiles = self.measure()
            if value is not None:
                seconds = value / (1e6 if quantiles else 1e9)
                # A multiple, for what is done in tens.
                self.count = max(LEAST_COUNT, int(pace.seconds / seconds) // 10 * 10)

    def take(self, keep):
        if self.is_measured:
            value, quantiles = self.measure()
            if keep:
                self.values.append(value)
                self.quantiles += [quantiles] if quantiles else []

    def describe(self, baseline):
        row = {"name": self.way.name, "title": self.way.title}
        if self.missing is not None:
            return {**row, "missing": self.missing}
        row.update(values=self.values, median=statistics.median(self.values))
        if self.quantiles:
            row["quantiles"] = [statistics.median(column) for column in zip(*self.quantiles)]
        if self.way.aim is not None:
            row["aim"] = self.way.aim
        if baseline not in (None, self) and baseline.is_measured:
            pairs = zip(self.values, baseline.values)
            ratios = [b / a if self.benchmark.is_rate else a / b for a, b in pairs]
            row["ratio"] = {
                part: tables.get_quantile(ratios, number)
                for part, number in (("p10", 0.1), ("median", 0.5), ("p90", 0.9))}
        return row


def measure_table(benchmark, parameters, workers, pace):
    turns = [Turn(benchmark, way, parameters, workers) for way in benchmark.ways]
    rounds = 3 if benchmark.is_of_memory else pace.rounds
    for turn in turns:
        turn.choose_count(pace)
    for number in range(-WARM_UP_ROUNDS, rounds):
        for turn in turns:
            turn.take(keep=number >= 0)
    baseline = next((turn for turn in turns if turn.way.name == benchmark.baseline), None)
    return {
        "benchmark": benchmark.name,
        "title": tables.format_title(benchmark, parameters),
        "note": benchmark.note,
        "parameters": parameters,
        "unit": benchmark.unit,
        "baseline": benchmark.baseline,
        "is_rate": benchmark.is_rate,
        "rows": [turn.describe(baseline) for turn in turns],
    }


def get_option(name):
    return f"“meson configure -D{name}=enabled”"


def resolve(parameters, workers):
    """With what is there: how many cores, and the largest depth that the user may have right now."""
    resolved = dict(parameters)
    if "cores" in parameters:
        resolved["cores"] = min(parameters["cores"], machine.count_cores())
    if parameters.get("depth") == benchmarks.LARGEST:
        answer = workers.get("transports").ask(f"limits {parameters['size']}")
        resolved["depth"] = answer["largest_depth"]
    return resolved


def resolve_all(all_parameters, workers):
    """Each once: what differs may be the same with what is there."""
    chosen = []
    for parameters in all_parameters:
        resolved = resolve(parameters, workers)
        if resolved not in chosen:
            chosen.append(resolved)
    return chosen


def get_programs(programs):
    """That of each worker; all that Python and JavaScript do is on one core, as two threads would make
    it another measurement."""
    one_core = {max(os.sched_getaffinity(0))}
    environment = programs["environment"]
    here = os.path.dirname(os.path.abspath(__file__))

    def of_c(name, **details):
        path = programs[name]
        return worker.Program([path], {**environment, **details}, [(path, "")])

    def of_python(mode, parts=(), library=programs["raw_calls"], **details):
        python = programs["python"]
        return worker.Program(
            [python, "-B", f"{here}/python.py", mode, library], {**environment, **details},
            [(python, get_option("python_overrides")), (library, ""), *parts], one_core)

    def of_javascript(overrides, parts=(), **details):
        gjs = programs["gjs"]
        return worker.Program(
            [gjs, "-m", f"{here}/javascript.js"],
            {**environment, "GJS_PATH": overrides, **details},
            [(gjs, f"gjs and {get_option('javascript_overrides')}"), *parts], one_core)

    def of_javascript_extension():
        extension = (programs["javascript_extension"], get_option("javascript_extension"))
        return of_javascript(programs["gjs_overrides"], [extension], MOOD_NATIVE="1")

    return {
        **{name: of_c(name) for name in ("transports", "main-loop", "receivers")},
        "memory": of_c("memory", G_SLICE="always-malloc"),
        "command": worker.Program(
            [programs["command"], programs["tool"]], environment,
            [(programs["tool"], get_option("tools")), (programs["command"], "")]),
        "python-raw": of_python("raw"),
        "python-native": of_python(
            "mood", [(programs["python_extension"], get_option("python_extension"))], MOOD_NATIVE="1"),
        "python-plain": of_python("mood", MOOD_NATIVE="0"),
        "python-ctypes": of_python("ctypes"),
        "python-posix-ipc": of_python("posix_ipc"),
        "python-objects": of_python(
            "objects", [(programs["python_objects"], get_option("python_extension"))],
            programs["python_objects"]),
        "javascript-native": of_javascript_extension(),
        "javascript-plain": of_javascript(programs["gjs_overrides"], MOOD_NATIVE="0"),
        "javascript-priority": of_javascript_extension(),
        "javascript-bare": of_javascript(""),
    }


def parse_arguments():
    names = [benchmark.name for benchmark in benchmarks.BENCHMARKS]
    parser = argparse.ArgumentParser(description="Measures libmood beside its peers.")
    parser.add_argument("programs", metavar="PROGRAMS", type=argparse.FileType(encoding="utf-8"),
                        help="the build's bench/programs.json")
    parser.add_argument("--quick", action="store_true",
                        help="fewer sizes and shorter rounds: within two minutes")
    parser.add_argument("--json", metavar="FILE", type=argparse.FileType("w", encoding="utf-8"),
                        help="write all that was measured to FILE")
    parser.add_argument("names", nargs="*", metavar="BENCHMARK",
                        help=f"of {', '.join(names)}; all of them without any")
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are"
                     f" {', '.join(names)}")
    return arguments


def main():
    arguments = parse_arguments()
    pace = Pace(arguments.quick)
    programs = json.load(arguments.programs)
    results = {"format": 1, "quick": arguments.quick, "rounds": pace.rounds,
               "machine": machine.describe(programs["python"]), "tables": []}
    width = shutil.get_terminal_size((tables.WIDTH, 0)).columns
    print(tables.format_introduction(results, width))
    with worker.Workers(get_programs(programs)) as workers:
        for benchmark in benchmarks.BENCHMARKS:
            if arguments.names and benchmark.name not in arguments.names:
                continue
            all_parameters = benchmark.quick if pace.is_quick else benchmark.parameters
            for parameters in resolve_all(all_parameters, workers):
                table = measure_table(benchmark, parameters, workers, pace)
                results["tables"].append(table)
                print(tables.format_table(table, width), flush=True)
    if arguments.json:
        json.dump(results, arguments.json, ensure_ascii=False, indent=1)
        arguments.json.write("\n")


if __name__ == "__main__":
    # Whatever the locale, what it has no character for is no reason to end.
    sys.stdout.reconfigure(errors="replace")
    try:
        main()
    except worker.WorkerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Nobody reads the tables any more; nor shall Python try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
