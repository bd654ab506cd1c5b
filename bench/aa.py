#!/usr/bin/env python3
"""The A/A test: stacks compared with themselves on this machine, through the whole chain.

    python3 bench/aa.py --unrig build/release/bin/unrig

Every ratio that is found is wrong, and its interval should still hold 1 in 95 of 100 cases. Each of
a few stacks of different kinds is copied under several labels; one run of unrig measures all of
them in blocks, in random order, as if they were different stacks. Its blocks are cut into sets of
three, as many as `unrig run` measures by default. Within a set every two labels of one stack are a
pseudo-pair, and its ratio gets the interval that unrig itself would print.

Pairs of one stack in one set share trials, and so are not independent; sets and stacks are. The
interval of the share is therefore given twice: of all pairs as if they were independent (too
narrow), and of the disjoint pairs alone (1 with 2, 3 with 4, …), which are. Last, every pair is
compared over all blocks at once: three blocks forgive much, the whole run finds what is not chance.

Short trials make noisy ratios; the test is about the intervals, which must be as wide as that. The
formula is repeated here, and compared with unrig's own figure for the pairs with the baseline.
Only the standard library is needed.
"""

import argparse
import collections
import itertools
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# One of each model: sync, greenlets, coroutines.
STACKS = ["flask-gunicorn", "flask-gevent", "starlette-uvicorn"]
GOAL = 0.93


def t_probability(t: float, degrees: int) -> float:
    """Student's distribution function for t >= 0, by Simpson's rule over its density."""
    steps = 2000
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))
    scale /= math.sqrt(degrees * math.pi)

    def density(x):
        return scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2)

    width = t / steps
    inner = sum((4 if i % 2 else 2) * density(i * width) for i in range(1, steps))
    return 0.5 + width / 3 * (density(0) + inner + density(t))


def t_factor(degrees: int, confidence: float = 0.95) -> float:
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        if t_probability(middle, degrees) < (1 + confidence) / 2:
            low = middle
        else:
            high = middle
    return low


def interval(differences: list[float]) -> tuple[float, float, float]:
    """Mean, low and high of the log ratio: src/stats/interval.h, ratio_interval."""
    middle = statistics.fmean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    half_width = t_factor(len(differences) - 1) * error
    return middle, middle - half_width, middle + half_width


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, share = 1.959964, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) * z
    reach /= 1 + z * z / count
    return middle - reach, middle + reach


def measure(options, record: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        labels = []
        for stack in options.stacks:
            for number in range(1, options.labels + 1):
                labels.append(f"{stack}.{number}")
                shutil.copytree(ROOT / "stacks" / stack, folder / labels[-1])
        command = [options.unrig, "run", *labels, "--stacks", str(folder),
                   "--baseline", labels[0], "--blocks", str(options.blocks),
                   "--warmup", options.warmup, "--duration", options.duration,
                   "--seed", str(options.seed), "--json", str(record)]
        if options.home:
            command += ["--home", options.home]
        environment = os.environ | {"UNRIG_DATA": os.environ.get("UNRIG_DATA", str(ROOT))}
        done = subprocess.run(command, stdout=subprocess.DEVNULL, env=environment)
        if done.returncode not in (0, 4):  # 4: a stack without a valid trial; it has no pairs
            sys.exit(f"unrig ended with {done.returncode}")


def logs_of(run) -> dict[str, dict[int, float]]:
    logs = collections.defaultdict(dict)
    for trial in run["trials"]:
        if trial["verdict"]["valid"] and trial["purpose"] in ("planned", "make-up"):
            logs[trial["label"]][trial["block"]] = math.log(trial["throughput_per_s"])
    return logs


def common(logs, a: str, b: str, blocks=None) -> list[float]:
    shared = sorted(set(logs[a]) & set(logs[b]))
    return [logs[a][n] - logs[b][n] for n in shared if blocks is None or n in blocks]


def check_formula(run, logs) -> None:
    """unrig's own interval of every ratio to the baseline must be the one computed here."""
    for cell in run["cells"]:
        differences = common(logs, cell["label"], run["baseline"])
        if cell["label"] == run["baseline"] or len(differences) < 3:
            continue
        own = interval(differences)
        told = [math.log(cell["ratio"][name]) for name in ("estimate", "low", "high")]
        if any(abs(x - y) > 1e-6 for x, y in zip(own, told)):
            sys.exit(f"{cell['label']}: unrig says {told}, the formula {own}")


def groups_of(run) -> list[list[str]]:
    """Labels that are the same stack: all but what follows the last dot."""
    groups = collections.defaultdict(list)
    for cell in run["cells"]:
        groups[cell["label"].rpartition(".")[0]].append(cell["label"])
    return [sorted(labels) for _, labels in sorted(groups.items())]


def pairs_over(logs, groups, sets):
    """(holds 1, |log ratio|, whether it is one of the disjoint pairs) of every pair and set."""
    found = []
    for labels, blocks in itertools.product(groups, sets):
        for a, b in itertools.combinations(range(len(labels)), 2):
            differences = common(logs, labels[a], labels[b], blocks)
            if len(differences) < 3:
                continue  # a trial did not count
            middle, low, high = interval(differences)
            found.append((low <= 0 <= high, abs(middle), a % 2 == 0 and b == a + 1))
    return found


def line(name: str, pairs) -> str:
    if not pairs:
        return f"  {name}: no pairs"
    hits = sum(holds for holds, *_ in pairs)
    low, high = wilson(hits, len(pairs))
    share = f"{hits / len(pairs):.1%} [{low:.1%}, {high:.1%}]"
    apart = statistics.fmean(pair[1] for pair in pairs)
    return f"  {name}: {hits} of {len(pairs)} hold 1, {share}; mean |log ratio| {apart:.4f}"


def evaluate(run, blocks_per_set: int) -> float:
    logs = logs_of(run)
    check_formula(run, logs)
    groups = groups_of(run)
    last = max(block for blocks in logs.values() for block in blocks)
    sets = [range(first, first + blocks_per_set)
            for first in range(1, last - blocks_per_set + 2, blocks_per_set)]
    pairs = pairs_over(logs, groups, sets)
    valid = sum(trial["verdict"]["valid"] for trial in run["trials"])
    print(f"run {run['run']}: {len(groups)} stacks under {len(groups[0])} labels each, "
          f"{last} blocks, {valid} of {len(run['trials'])} trials valid")
    print(f"pairs over {blocks_per_set} blocks:")
    print(line("all pairs", pairs))
    print(line("disjoint pairs alone", [pair for pair in pairs if pair[2]]))
    for labels in groups:
        print(line(labels[0].rpartition(".")[0], pairs_over(logs, [labels], sets)))
    print("pairs over all blocks:")
    print(line("all pairs", pairs_over(logs, groups, [range(1, last + 1)])))
    return sum(holds for holds, *_ in pairs) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unrig", default=str(ROOT / "build/release/bin/unrig"))
    parser.add_argument("--home", help="unrig's --home")
    parser.add_argument("--stacks", nargs="+", default=STACKS)
    parser.add_argument("--labels", type=int, default=4, help="under which each stack stands")
    parser.add_argument("--blocks", type=int, default=18)
    parser.add_argument("--blocks-per-set", type=int, default=3)
    parser.add_argument("--warmup", default="300ms")
    parser.add_argument("--duration", default="500ms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="keep unrig's record of the run here")
    parser.add_argument("--read", help="evaluate such a record instead of measuring")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        record = pathlib.Path(options.read or options.json or pathlib.Path(name) / "run.json")
        if not options.read:
            measure(options, record)
        run = json.loads(record.read_text(encoding="utf-8"))
    share = evaluate(run, options.blocks_per_set)
    verdict = "reached" if share >= GOAL else "not reached"
    print(f"goal: at least {GOAL:.0%} of all pairs hold 1: {verdict}")
    print(f"seed {run['seed']}, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
