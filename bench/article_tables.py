"""The article's tables, and records of runs beside them as Markdown: for bench/article.py. Only the
standard library is needed.
"""

import csv
import itertools
import json
import math
import pathlib
import re
import shlex
import statistics

PUBLISHED = pathlib.Path(__file__).resolve().parent.parent / "published" / "article"
COLUMNS = {"article": "article_ratio", "better-async": "better_async_ratio",
           "better-sync": "better_sync_ratio"}
# The published ratios have two decimals and no interval: below this a pair counts as equal.
PUBLISHED_MARGIN = 0.02
# Two-sided 95 % quantiles of Student's t by degrees of freedom.
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365,
           8: 2.306, 9: 2.262}


def rows_of(name):
    with open(PUBLISHED / name, newline="", encoding="utf-8") as file:
        return {(row["framework"], row["server"]): row for row in csv.DictReader(file)}


def key(cell):
    return cell["framework"], cell["server"]


def figure(value, unit=1):
    """Rounded to a whole number of its unit; a dash where it is not known.

    >>> figure(1500, 1000), figure(None)
    ('2', '-')
    """
    return "-" if value is None else f"{value / unit:.0f}"


def ratio_text(estimate, digits=2):
    low, high = estimate["low"], estimate["high"]
    if estimate["estimate"] is None:
        return "-"
    if low is None:
        return f"{estimate['estimate']:.{digits}f}"
    return f"{estimate['estimate']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(field) for field in row) + " |" for row in rows]
    return "\n".join(lines)


def command(run):
    """As it was typed, without what only says where its files lie."""
    words = iter(run["command_line"][1:])
    kept = ["unrig"]
    for word in words:
        if word in ("--home", "--json"):
            next(words)
        else:
            kept.append(word)
    return shlex.join(kept)


def provenance(run):
    host = run["host"]
    valid = sum(trial["verdict"]["valid"] for trial in run["trials"])
    counted = sum(counts(run, trial) for trial in run["trials"])
    disturbed = f", {counted - valid} disturbed ones count as well" if counted > valid else ""
    return (f"`{command(run)}`: {host['cores']} cores ({host['cpu_model']}, "
            f"{host['virtualization'] or 'no virtual machine'}), {host['os']}, "
            f"{run['started_at'].replace('T', ' ').rstrip('Z')} UTC, seed {run['seed']}; "
            f"{valid} of {len(run['trials'])} trials valid{disturbed}.")


def places(cell):
    rank = cell["rank"]
    if rank is None or rank["low"] is None:
        return "-"
    return str(rank["low"]) if rank["low"] == rank["high"] else f"{rank['low']}-{rank['high']}"


OURS = {"Rank": places, "Framework": lambda cell: cell["framework"],
        "Web server": lambda cell: cell["server"], "Type": lambda cell: cell["concurrency"],
        "Wrk": lambda cell: cell["workers"], "Tput": lambda cell: ratio_text(cell["ratio"]),
        "Req/s": lambda cell: figure(cell["throughput_per_s"]["estimate"]),
        "P50 ms": lambda cell: figure(cell["p50_us"]["estimate"], 1000),
        "P99 ms": lambda cell: figure(cell["p99_us"]["estimate"], 1000),
        "#DB": lambda cell: figure(cell["db_sessions"]["max"]),
        "CPU us/req": lambda cell: figure(cell["cpu_us_per_request"]),
        "Limiter": lambda cell: cell["limiter"]["name"]}
HIS = {"Tput": "throughput_ratio", "P50 ms": "p50_ms", "P99 ms": "p99_ms", "#DB": "db_sessions"}


def run_table(run, scenario=None):
    """Every row; of a scenario of the article his figure behind ours, where he published one."""
    published, fields = {}, {}
    if scenario == "article":
        published, fields = rows_of("results.csv"), HIS
    elif scenario:
        published, fields = rows_of("reconfigured.csv"), {"Tput": COLUMNS[scenario]}
    header = [name for head in OURS for name in [head] + ["article"] * (head in fields)]
    rows = []
    for cell in run["cells"]:
        rows.append([])
        for head, text in OURS.items():
            rows[-1].append(text(cell))
            if head in fields:
                rows[-1].append(published[key(cell)][fields[head]])
    return table(header, rows) + "\n\n" + provenance(run)


def counts(run, trial):
    """Whether the table is made of it, too."""
    verdict = trial["verdict"]
    return verdict["valid"] or (run["accept_noise"] and verdict["disturbed"])


def by_block(run, row):
    """Throughput of the planned trials of one row that count, by block."""
    labels = [cell["label"] for cell in run["cells"] if key(cell) == row]
    return {trial["block"]: trial["throughput_per_s"] for trial in run["trials"]
            if trial["label"] in labels and counts(run, trial)
            and trial["purpose"] in ("planned", "make-up")}


def order(run, one, other):
    """1: `one` is ahead; -1: behind; 0: the blocks cannot tell (paired t interval at 95 %)."""
    ours, theirs = by_block(run, one), by_block(run, other)
    logs = [math.log(ours[block] / theirs[block]) for block in ours.keys() & theirs.keys()]
    if len(logs) < 2:
        return 0
    half = STUDENT[len(logs) - 1] * statistics.stdev(logs) / math.sqrt(len(logs))
    mean = statistics.mean(logs)
    return 0 if abs(mean) <= half else (1 if mean > 0 else -1)


def published_order(rows, column, one, other):
    ours, theirs = float(rows[one][column]), float(rows[other][column])
    if abs(math.log(ours / theirs)) <= math.log(1 + PUBLISHED_MARGIN):
        return 0
    return 1 if ours > theirs else -1


def reversals(runs):
    """Pairs whose order turns between two columns of the article, and what became of them here."""
    published = rows_of("reconfigured.csv")
    lines = []
    for here, there in itertools.combinations(runs, 2):
        pairs = [pair for pair in itertools.combinations(published, 2)
                 if published_order(published, COLUMNS[here], *pair)
                 * published_order(published, COLUMNS[there], *pair) < 0]
        seen = not_seen = open_ = 0
        for pair in pairs:
            product = order(runs[here], *pair) * order(runs[there], *pair)
            seen += product < 0
            not_seen += product > 0
            open_ += product == 0
        own = sum(order(runs[here], *pair) * order(runs[there], *pair) < 0
                  for pair in itertools.combinations(published, 2))
        lines.append([f"{here} to {there}", len(pairs), seen, not_seen, open_, own])
    return table(["from, to", "pairs that turn in the article", "turn here as well",
                  "keep their order here", "cannot be told apart in one of the two",
                  "all pairs of 210 that turn here"], lines)


def records_of(arguments):
    """By name, of "NAME=RUN.json" each."""
    named = (argument.partition("=") for argument in arguments)
    return {name: json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
            for name, _, file in named}


def replace(text, name, block):
    pattern = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    return pattern.sub(lambda match: match[1] + block + "\n" + match[2], text)
