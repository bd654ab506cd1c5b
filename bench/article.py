#!/usr/bin/env python3
"""How much of the article is reproduced: figures, reversals, a picture, from the records of runs.

usage: bench/article.py --commands             what to measure, command by command
       bench/article.py DOCUMENT PICTURE.svg NAME=RUN.json…

NAME is a scenario (article, better-async, better-sync) as measured with workers that were tuned
here; or the same with "-machine" on the machine that plays the article's; or "fair"; or, of
Starlette beside the baseline, "tuned-0", "tuned-1", "thumb-0" and "thumb-1": with workers that were
tuned or by the rule of thumb, on the whole machine and on the time of one core. What the records
say replaces the text between `<!-- NAME: begin -->` and its end ("half" for the last four), and the
figures that between `<!-- reproduced: begin -->` and its end, where the document has them. Only the
standard library is needed.
"""

import itertools
import math
import pathlib
import sys

import article_tables as tables

SCENARIOS = tables.COLUMNS
HALVES = ("tuned-0", "tuned-1", "thumb-0", "thumb-1")
WIDENED = 0.10  # what the article's own tables disagree with each other by, and a little more
OPTIONS = "--all --blocks 5 --warmup 1s --duration 1500ms --fresh-blocks 0 --accept-noise"


def commands():
    of_2020 = f"unrig run {OPTIONS} --vintage 2020"
    lines = [f"{of_2020} --scenario {name} --json {name}.json" for name in SCENARIOS]
    lines.append(f"{of_2020} --scenario article-machine --match falcon-meinheld=1046/s "
                 "--json article-machine.json")
    lines.append("CPU=$(python3 -c \"import json; print(json.load(open('article-machine.json'))"
                 "['matched']['cpus'])\")")
    lines += [f"{of_2020} --scenario {name}-machine --set machine.cpu=$CPU "
              f"--json {name}-machine.json" for name in list(SCENARIOS)[1:]]
    lines.append(f"unrig run {OPTIONS} --scenario fair --json fair.json")
    for cpus in ("0", "1"):
        for what, words in (("tuned", ""),
                            ("thumb", " --set 'workers.sync={ per_core = 3, plus = 1 }'"
                                      " --set 'workers.async={ per_core = 1 }'")):
            lines.append("unrig run starlette-uvicorn flask-gunicorn --blocks 10 --fresh-blocks 0 "
                         f"--accept-noise --warmup 1s --duration 2s "
                         f"--set machine.cpu={cpus}{words} --json {what}-{cpus}.json")
    names = [f"{name}{suffix}" for suffix in ("", "-machine") for name in SCENARIOS]
    names += ["fair", *HALVES]
    lines.append("bench/article.py docs/results.md docs/article.svg "
                 + " ".join(f"{name}={name}.json" for name in names))
    return "\n".join(lines)


def scenario_of(name):
    return name.removesuffix("-machine")


def pairs_of(name, run):
    """His ratio and our cell of every row that was measured, the baseline left out."""
    published = tables.rows_of("reconfigured.csv")
    return [(float(published[tables.key(cell)][SCENARIOS[scenario_of(name)]]), cell)
            for cell in run["cells"]
            if cell["label"] != run["baseline"] and cell["ratio"]["estimate"] is not None]


def inside(his, ratio, widened=0.0):
    """Whether his ratio lies in the interval, each end moved outward.

    >>> inside(1.6, {"low": 1.5, "high": 1.55}), inside(1.6, {"low": 1.5, "high": 1.55}, 0.1)
    (False, True)
    >>> inside(1.6, {"low": None, "high": None}, 0.1)
    False
    """
    if ratio["low"] is None:
        return False
    return ratio["low"] / (1 + widened) <= his <= ratio["high"] * (1 + widened)


def tau_b(pairs):
    """Kendall's tau-b of pairs (x, y); ties are taken out of either side.

    >>> tau_b([(1, 1), (2, 2), (3, 3)]), tau_b([(1, 3), (2, 2), (3, 1)])
    (1.0, -1.0)
    >>> round(tau_b([(1, 1), (1, 2), (2, 3)]), 4)
    0.8165
    """
    same = turned = tied_x = tied_y = 0
    for (x1, y1), (x2, y2) in itertools.combinations(pairs, 2):
        product = (x1 - x2) * (y1 - y2)
        same += product > 0
        turned += product < 0
        tied_x += x1 == x2 and y1 != y2
        tied_y += y1 == y2 and x1 != x2
    total = math.sqrt((same + turned + tied_x) * (same + turned + tied_y))
    return (same - turned) / total if total else math.nan


def figures(runs):
    lines = []
    for name, run in runs.items():
        pairs = pairs_of(name, run)
        # The baseline is one of his 21 rows, and 1.00 by definition.
        near = 1 + sum(inside(his, cell["ratio"], WIDENED) for his, cell in pairs)
        tau = tau_b([(his, cell["ratio"]["estimate"]) for his, cell in pairs] + [(1.0, 1.0)])
        sessions = "-"
        if scenario_of(name) == "article":
            published = tables.rows_of("results.csv")
            gaps = [abs(cell["db_sessions"]["max"]
                        - int(published[tables.key(cell)]["db_sessions"]))
                    for _, cell in pairs if cell["concurrency"].startswith("async")
                    and cell["db_sessions"]["max"] is not None]
            sessions = f"{sum(gaps) / len(gaps):.1f}" if gaps else "-"
        lines.append([name, f"{near} of {len(pairs) + 1}", f"{tau:.2f}", sessions])
    return tables.table(["scenario", "rows whose published ratio lies in the interval widened by "
                          "10 %", "tau-b of Tput", "#DB, mean difference over async rows"], lines)


def turned(runs):
    """What became here of pairs that turn in the article, for each set of scenarios."""
    text = []
    for title, suffix in (("tuned here", ""), ("his machine", "-machine")):
        found = {name: runs[name + suffix] for name in SCENARIOS if name + suffix in runs}
        if len(found) > 1:
            text.append(f"Reversals, {title}:\n\n{tables.reversals(found)}")
    return "\n\n".join(text)


def halves(runs):
    """Starlette over the baseline, with two ways to find workers on two sizes of the machine."""
    lines = []
    for name, run in runs.items():
        how, cpus = name.split("-")
        cells = {cell["stack"]: cell for cell in run["cells"]}
        row, base = cells["starlette-uvicorn"], cells["flask-gunicorn"]
        lines.append([{"tuned": "as many as serve best", "thumb": "rule of thumb"}[how],
                      "whole" if cpus == "0" else "half", f"{base['workers']} and {row['workers']}",
                      tables.figure(base["throughput_per_s"]["estimate"]),
                      tables.figure(row["throughput_per_s"]["estimate"]),
                      tables.ratio_text(row["ratio"])])
    return (tables.table(["workers", "machine", "sync and async", "Flask on Gunicorn, req/s",
                          "Starlette, req/s", "ratio"], lines) + "\n\n"
            + "\n\n".join(tables.provenance(run) for run in runs.values()))


def ground(runs):
    lines = []
    for name, run in runs.items():
        found = [f"{each['knob']} {each['workers']} ({each['how']})" for each in run["tuned"]]
        matched = run.get("matched")
        cpu = run["scenario"]["knobs"].get("machine.cpu", "0")
        machine = "all" if cpu == "0" else f"{cpu} CPUs"
        if matched:
            served = tables.ratio_text(matched["served_per_s"], 0)
            machine += f": {matched['stack']} serves {served} of {matched['wanted_per_s']:.0f}/s"
        lines.append([name, ", ".join(found) or "of the scenario", machine])
    return (tables.table(["scenario", "workers", "machine"], lines) + "\n\n"
            + "\n\n".join(tables.provenance(run) for run in runs.values()))


PANEL, MARGIN, TEXT = 260, 46, 'font-family="sans-serif" font-size="11"'
COLOURS = {"sync": "#c05020", "async-coroutine": "#2060b0", "async-greenlet": "#208050"}


def panel(name, pairs, left, top):
    """One scenario: his ratio from left to right, ours from the bottom up, both logarithmic."""
    ends = [value for his, cell in pairs
            for value in (his, cell["ratio"]["low"], cell["ratio"]["high"]) if value]
    low, high = math.log(min(ends + [0.9]) * 0.95), math.log(max(ends + [1.1]) * 1.05)

    def at(ratio):
        return (math.log(ratio) - low) / (high - low) * PANEL

    def x_of(ratio):
        return left + at(ratio)

    def y_of(ratio):
        return top + PANEL - at(ratio)

    marks = [f'<rect x="{left}" y="{top}" width="{PANEL}" height="{PANEL}" fill="none" '
             'stroke="#999"/>',
             f'<text x="{left}" y="{top - 6}" {TEXT}>{name}</text>',
             f'<line x1="{left}" y1="{top + PANEL}" x2="{left + PANEL}" y2="{top}" '
             'stroke="#ccc"/>']
    for tick in (0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 12):
        if not low < math.log(tick) < high:
            continue
        marks.append(f'<text x="{x_of(tick):.1f}" y="{top + PANEL + 14}" text-anchor="middle" '
                     f'{TEXT}>{tick}</text>')
        marks.append(f'<text x="{left - 5}" y="{y_of(tick) + 4:.1f}" text-anchor="end" '
                     f'{TEXT}>{tick}</text>')
    for his, cell in pairs:
        ratio, colour = cell["ratio"], COLOURS.get(cell["concurrency"], "#555")
        x = x_of(his)
        if ratio["low"] is not None:
            marks.append(f'<line x1="{x:.1f}" y1="{y_of(ratio["low"]):.1f}" x2="{x:.1f}" '
                         f'y2="{y_of(ratio["high"]):.1f}" stroke="{colour}" opacity="0.5"/>')
        marks.append(f'<circle cx="{x:.1f}" cy="{y_of(ratio["estimate"]):.1f}" r="3" '
                     f'fill="{colour}"><title>{cell["framework"]} on {cell["server"]}: his '
                     f'{his}, here {tables.ratio_text(ratio)}</title></circle>')
    return "\n".join(marks)


def picture(runs):
    """A row of panels for each machine, a panel for each scenario, a point for each stack."""
    columns = list(SCENARIOS)
    step = PANEL + 2 * MARGIN
    rows = [suffix for suffix in ("", "-machine") if any(c + suffix in runs for c in columns)]
    parts = []
    for row, suffix in enumerate(rows):
        for column, scenario in enumerate(columns):
            name = scenario + suffix
            if name in runs:
                parts.append(panel(name, pairs_of(name, runs[name]), MARGIN + column * step,
                                   MARGIN + row * step))
    width, height = step * len(columns), step * len(rows) + 20
    key_ = "".join(f'<tspan fill="{colour}">&#9679; {name}  </tspan>'
                   for name, colour in COLOURS.items())
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(parts) + f'\n<text x="{MARGIN}" y="{height - 8}" {TEXT}>across: the '
            f'article\'s ratio; up: ours, with its 95 % interval; {key_}</text>\n</svg>\n')


def main(document, svg, *arguments):
    records = tables.records_of(arguments)
    for name in records:
        if scenario_of(name) not in SCENARIOS and name not in ("fair", *HALVES):
            sys.exit(f"{name} is none of {', '.join(SCENARIOS)}, with or without -machine, fair, "
                     f"{', '.join(HALVES)}")
    runs = {name: run for name, run in records.items() if scenario_of(name) in SCENARIOS}
    blocks = {"reproduced": "\n\n".join([figures(runs), turned(runs), ground(runs)])}
    for name, run in runs.items():
        blocks[name] = tables.run_table(run, scenario_of(name))
    if "fair" in records:
        blocks["fair"] = tables.run_table(records["fair"])
    if half := {name: records[name] for name in HALVES if name in records}:
        blocks["half"] = halves(half)
    path = pathlib.Path(document)
    text = path.read_text(encoding="utf-8")
    for name, block in blocks.items():
        text = tables.replace(text, name, block)
    path.write_text(text, encoding="utf-8")
    pathlib.Path(svg).write_text(picture(runs), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--commands"]:
        print(commands())
    elif len(sys.argv) < 4:
        sys.exit(__doc__)
    else:
        main(*sys.argv[1:])
