# SPDX-License-Identifier: LGPL-2.1-or-later

"""The tables that people read, made of what was measured."""

import itertools
import textwrap

# Of what is for no terminal, and the most that prose has in one.
WIDTH = 96

GAP = "  "

# Of what stands first in a row, however narrow the terminal is.
NARROWEST_TITLE = 16

# The columns with numbers, which stand to the right.
NUMBERS = range(1, 4)

# How much faster something has to be before it is said: less is noise.
CLEARLY_FASTER = 0.97

# Of what there is a number among a table's parameters.
NOUNS = {"size": "byte", "queues": "queue", "receivers": "receiver"}


def get_quantile(values, part):
    return sorted(values)[round(part * (len(values) - 1))]


def count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def describe(parameters):
    """The parameters of a table in words."""
    words = {name: count(value, NOUNS[name]) for name, value in parameters.items() if name in NOUNS}
    if "depth" in parameters:
        words["depth"] = f"{parameters['depth']} deep"
    if "cores" in parameters:
        words["cores"] = "both on one core" if parameters["cores"] == 1 else "each on its own core"
    return words


def format_title(benchmark, parameters):
    details = benchmark.details.format(**describe(parameters))
    return f"{benchmark.title}: {details}" if details else benchmark.title


def format_machine(results, width=WIDTH):
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    cores = count(machine["cores"], "virtual core" if machine["is_virtual"] else "core")
    return textwrap.fill(
        f"{machine['processor']}, {cores}, Linux {machine['kernel']}, {machine['system']}; {versions}."
        f" {machine['date']}. Medians of {results['rounds']} rounds, in each of which all ways take"
        " their turn. A ratio is the median of those of the rounds.", width) + "\n"


def format_introduction(results, width):
    """What is to be known before the tables are read."""
    width = min(width, WIDTH)
    legend = textwrap.fill(
        "Beside a ratio is the range that 4 of 5 rounds were in: the wider, the more noise."
        " An aim is what libmood's design wants of the ratio.", width)
    return f"{format_machine(results, width)}\n{legend}\n"


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
        return f"aim {row['aim']:g}: {'missed' if missed else 'met'}"
    if table["baseline"] == "mood" and not is_ours(row) and ratio["median"] < CLEARLY_FASTER:
        return "faster"
    return ""


def get_heads(table):
    has_percentile = any("quantiles" in row for row in table["rows"])
    return ["", table["unit"], "99 % within" if has_percentile else "",
            *(["ratio", "4 of 5 rounds"] if table["baseline"] else ["", ""]), ""]


def get_cells(table, row):
    """Title, median, 99th percentile or nothing, ratio, its spread, remark."""
    if "missing" in row:
        return [row["title"]] + [""] * 5
    ratio = row.get("ratio")
    return [
        row["title"],
        format_number(row["median"]),
        format_number(row["quantiles"][99]) if "quantiles" in row else "",
        f"{ratio['median']:.2f}" if ratio else "1" if row["name"] == table["baseline"] else "",
        f"{ratio['p10']:.2f} to {ratio['p90']:.2f}" if ratio else "",
        get_remark(table, row),
    ]


def get_widths(heads, lines, width):
    """Of the columns. Together they are no wider than that, if breaking heads and titles helps."""
    titles, *rest = [[len(cell) for cell in column] for column in zip(*lines)]

    def get_room(widths):
        return width - len(GAP) - sum(each + len(GAP) for each in widths if each)

    widths = [max(len(head), *cells) for head, cells in zip(heads[1:], rest)]
    if max(titles) > get_room(widths):
        words = [[len(word) for word in head.split()] for head in heads[1:]]
        widths = [max(*each, *cells, 0) for each, cells in zip(words, rest)]
    return [min(max(titles), max(get_room(widths), NARROWEST_TITLE)), *widths]


def format_line(cells, widths):
    """A line of the table, in as many lines of text as it takes."""
    columns = []
    for number, (cell, width) in enumerate(zip(cells, widths)):
        if width:
            adjust = str.rjust if number in NUMBERS else str.ljust
            # Its further lines shall not look like another row.
            parts = textwrap.wrap(cell, width, subsequent_indent=GAP if number == 0 else "",
                                  break_on_hyphens=False)
            columns.append([adjust(part, width) for part in parts or [""]])
    blanks = [" " * width for width in widths if width]
    for parts in itertools.zip_longest(*columns):
        yield (GAP + GAP.join(part or blank for part, blank in zip(parts, blanks))).rstrip()


def format_missing(row, widths, width):
    """Why there are no figures stands where they would."""
    room = max(width - widths[0] - 2 * len(GAP), NARROWEST_TITLE)
    return format_line([row["title"], "", "", "", row["missing"]], [widths[0], 0, 0, 0, room])


def format_note(table):
    measured = any("ratio" in row for row in table["rows"])
    if not measured:
        return table["note"]
    than = get_title(table, table["baseline"])
    if table["is_rate"]:
        return f"Ratio: 2 is twice as many as “{than}” in the same time. {table['note']}"
    return f"Ratio: 2 is twice as long as “{than}”. {table['note']}"


def format_table(table, width):
    heads = get_heads(table)
    lines = [get_cells(table, row) for row in table["rows"]]
    widths = get_widths(heads, lines, width)
    text = [textwrap.fill(table["title"], width), "", *format_line(heads, widths)]
    for row, line in zip(table["rows"], lines):
        text += format_missing(row, widths, width) if "missing" in row else format_line(line, widths)
    note = format_note(table)
    if note:
        text += ["", textwrap.fill(note, min(width, WIDTH))]
    return "\n".join(text) + "\n\n"
