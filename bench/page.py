#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Keeps the tables of docs/performance.md those of the figures that it shows.

page.py FILE.json PAGE.md [--update]

Without --update nothing is written: the exit status is 1 if the page has other tables."""

import argparse
import json
import re
import sys

import tables

MARK = re.compile(r"(<!-- benchmark ([a-z-]+)(?: ([a-z]+)=(\d+))? -->\n).*?(<!-- end -->)", re.DOTALL)
MACHINE_MARK = re.compile(r"(<!-- machine -->\n).*?(<!-- end -->)", re.DOTALL)

# What the columns are: the first of these parameters.
COLUMNS = ("size", "queues", "receivers")


def format_column(table, columns):
    words = tables.describe(table["parameters"])
    for name in COLUMNS:
        if name in words and len(columns) > 1:
            is_usual = table["parameters"].get("depth", 10) == 10
            return words[name] if is_usual else f"{words[name]}, {words['depth']}"
    return table["unit"]


def format_cell(table, row):
    if row is None:
        return ""
    if "missing" in row:
        return "missing"
    text = tables.format_number(row["median"])
    if "quantiles" in row:
        text += f" / {tables.format_number(row['quantiles'][99])}"
    ratio = row.get("ratio")
    if ratio:
        shown = f"{ratio['median']:.2f}"
        # Who is faster than libmood shall be seen.
        text += f", **{shown}**" if tables.get_remark(table, row).startswith("faster") else f", {shown}"
    return text


def format_benchmark(results, name, parameter, value):
    chosen = [table for table in results["tables"] if table["benchmark"] == name
              and (parameter is None or str(table["parameters"][parameter]) == value)]
    if not chosen:
        sys.exit(f"there are no figures of {name}")
    titles = {}
    for table in chosen:
        titles.update((row["name"], row["title"]) for row in table["rows"])
    heads = [chosen[0]["unit"] if len(chosen) > 1 else "",
             *(format_column(table, chosen) for table in chosen)]
    lines = [heads, ["---"] + ["---:"] * len(chosen)]
    for way, title in titles.items():
        rows = [next((row for row in table["rows"] if row["name"] == way), None)
                for table in chosen]
        lines.append([title, *(format_cell(*pair) for pair in zip(chosen, rows))])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def update(results, text):
    text = MACHINE_MARK.sub(
        lambda match: f"{match[1]}{tables.format_machine(results)}{match[2]}", text)
    return MARK.sub(
        lambda match: f"{match[1]}\n{format_benchmark(results, *match.group(2, 3, 4))}\n{match[5]}",
        text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json")
    parser.add_argument("page")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.json, encoding="utf-8") as file:
        results = json.load(file)
    with open(arguments.page, encoding="utf-8") as file:
        text = file.read()
    updated = update(results, text)
    if arguments.update:
        with open(arguments.page, "w", encoding="utf-8") as file:
            file.write(updated)
    elif updated != text:
        sys.exit(f"{arguments.page} has other tables than {arguments.json}: use --update")


if __name__ == "__main__":
    main()
