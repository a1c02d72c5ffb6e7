# SPDX-License-Identifier: LGPL-2.1-or-later

"""The tables that people read, made of what was measured."""

import textwrap

WIDTH = 96

# How much faster something has to be before it is said: less is noise.
CLEARLY_FASTER = 0.97


def get_quantile(values, part):
    return sorted(values)[round(part * (len(values) - 1))]


def format_machine(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return textwrap.fill(
        f"{machine['processor']}, {machine['cores']} {'virtual ' if machine['is_virtual'] else ''}"
        f"core(s), Linux {machine['kernel']}, {machine['system']}; {versions}. {machine['date']}."
        f" Medians of {results['rounds']} rounds, in each of which all ways take their turn. A ratio"
        " is the median of those of the rounds.", WIDTH) + "\n"


def format_number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def get_title(table, name):
    return next(row["title"] for row in table["rows"] if row["name"] == name)


def is_ours(row):
    return row["title"].startswith("libmood") or row["name"].startswith("mood")


def get_remark(table, row):
    ratio = row.get("ratio")
    if ratio is None:
        return ""
    if "aim" in row:
        shown = round(ratio["median"], 2)
        missed = shown < row["aim"] if table["is_rate"] else shown > row["aim"]
        limit = "at least" if table["is_rate"] else "at most"
        return f"{'not ' if missed else ''}the aim: {limit} {row['aim']:g}"
    if table["baseline"] == "mood" and not is_ours(row) and ratio["median"] < CLEARLY_FASTER:
        return "faster than libmood"
    return ""


def get_cells(table, row):
    """Title, median, 99th percentile or nothing, ratio, its spread, remark."""
    if "missing" in row:
        return [row["title"], "", "", "", "", f"missing: {row['missing']}"]
    ratio = row.get("ratio")
    return [
        row["title"],
        format_number(row["median"]),
        format_number(row["quantiles"][99]) if "quantiles" in row else "",
        f"{ratio['median']:.2f}" if ratio else "1" if row["name"] == table["baseline"] else "",
        f"({ratio['p10']:.2f} to {ratio['p90']:.2f})" if ratio else "",
        get_remark(table, row),
    ]


def get_ratio_heading(table):
    what = "as many as" if table["is_rate"] else "as long as"
    if table["unit"].startswith("bytes"):
        what = "as much as"
    return f"times {what} “{get_title(table, table['baseline'])}”"


def format_table(table):
    has_percentile = any("quantiles" in row for row in table["rows"])
    heads = ["", table["unit"], "99 % within" if has_percentile else "",
             *(["ratio", "(4 of 5 rounds)"] if table["baseline"] else ["", ""]), ""]
    lines = [heads, *(get_cells(table, row) for row in table["rows"])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    text = [table["title"], ""]
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:4], widths[1:4]) if width]
        cells += [cell.ljust(width) for cell, width in zip(line[4:], widths[4:]) if width]
        text.append("  " + "  ".join(cells).rstrip())
    if any("ratio" in row for row in table["rows"]):
        text += ["", textwrap.fill(f"Ratio: {get_ratio_heading(table)}. {table['note']}", WIDTH)]
    return "\n".join(text) + "\n\n"
