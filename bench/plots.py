#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Draws what was measured: how long round trips take, and how many messages pass.

plots.py FILE.json DIRECTORY"""

import json
import sys

import matplotlib

matplotlib.use("svg")
# The same figures give the same file, whose text can be searched.
matplotlib.rcParams.update({"svg.hashsalt": "libmood", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot  # noqa: E402

# Ours stands out; the others differ by more than their colours.
STYLES = {
    "mood": {"color": "#c01c28", "linewidth": 2.5, "marker": "o"},
    "raw": {"color": "#1a1a1a", "linestyle": "--", "marker": "x"},
    "seqpacket": {"color": "#1c71d8", "marker": "s"},
    "gsocket": {"color": "#1c71d8", "linestyle": ":", "marker": "^"},
    "pipe": {"color": "#26a269", "marker": "v"},
    "boost": {"color": "#813d9c", "marker": "D"},
    "nng": {"color": "#e66100", "linestyle": "-.", "marker": "P"},
    "zeromq": {"color": "#e66100", "marker": "*"},
    "gdbus": {"color": "#865e3c", "marker": "h"},
}


def find_tables(results, benchmark, **parameters):
    return [table for table in results["tables"]
            if table["benchmark"] == benchmark
            and all(table["parameters"].get(name) == value for name, value in parameters.items())]


def save(figure, path):
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def draw_latency(results, path):
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.5), sharey=True)
    for plot, cores in zip(axes, (1, 2)):
        (table,) = find_tables(results, "round-trip", size=64, cores=cores)
        for row in table["rows"]:
            if "quantiles" in row:
                style = {**STYLES[row["name"]], "markevery": 20}
                plot.plot(range(100), row["quantiles"][:100], label=row["title"], **style)
        plot.set_title("both processes on one core" if cores == 1 else "a core for each process")
        plot.set_xlabel("of 100 round trips, so many took no longer")
        plot.set_yscale("log")
        plot.yaxis.set_major_formatter("{x:g}")
        plot.grid(alpha=0.3, which="both")
    axes[0].set_ylabel("microseconds, 64 bytes")
    axes[1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, path)


def draw_throughput(results, path):
    tables = find_tables(results, "one-way", depth=10)
    figure, plot = pyplot.subplots(figsize=(8, 4.5))
    names = {row["name"]: row["title"] for table in tables for row in table["rows"]}
    for name, title in names.items():
        points = [(table["parameters"]["size"], 1e9 / row["median"])
                  for table in tables for row in table["rows"]
                  if row["name"] == name and "median" in row]
        if points:
            plot.plot(*zip(*points), label=title, **STYLES[name])
    plot.set_xscale("log", base=2)
    plot.set_yscale("log")
    plot.yaxis.set_major_formatter("{x:,.0f}")
    sizes = [table["parameters"]["size"] for table in tables]
    plot.set_xticks(sizes, [str(size) for size in sizes])
    plot.set_xlabel("bytes of a message")
    plot.set_ylabel("messages a second, from core to core")
    plot.grid(alpha=0.3, which="both")
    plot.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, path)


def main():
    file, directory = sys.argv[1:]
    with open(file, encoding="utf-8") as stream:
        results = json.load(stream)
    draw_latency(results, f"{directory}/performance-latency.svg")
    draw_throughput(results, f"{directory}/performance-throughput.svg")


if __name__ == "__main__":
    main()
