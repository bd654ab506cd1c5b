#!/usr/bin/env python3
"""What it costs to watch every trial: throughput of one unrig over that of another.

    python3 bench/watching.py --unrig build/release/bin/unrig --without OTHER/bin/unrig --pairs 20

The other one is an older program, which watches less, or nothing. They take turns, and who of a
pair begins is drawn; both run the same stacks in the same scenario, each in a home of its own. The
ratio of a pair is that of the mean throughputs of its trials, whatever their verdicts: a trial that
somebody disturbed cost as much to watch. Such pairs lie far off, so what is printed is the median,
with an interval by signs. A pair that lacks a stack's trials is said, and left out.
"""

import argparse
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def throughputs(unrig: str, home: pathlib.Path, stacks: list[str], rest: list[str]) -> dict:
    """Mean throughput of each stack's trials."""
    with tempfile.TemporaryDirectory() as folder:
        record = pathlib.Path(folder) / "run.json"
        subprocess.run(
            [unrig, "--home", home, "run", *stacks, "--accept-noise", "--json", record, *rest],
            env={**os.environ, "UNRIG_DATA": str(ROOT)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=900, check=False)
        run = json.loads(record.read_text(encoding="utf-8"))
    found: dict = {}
    for trial in run["trials"]:
        found.setdefault(trial["stack"], []).append(trial["throughput_per_s"])
    return {stack: statistics.fmean(values) for stack, values in found.items() if values}


def middle_between(values: list[float]) -> tuple[float, float]:
    """Where the median of what they are drawn from lies, sure at 95 % at least, whatever their
    distribution: between two of them in their order, by the signs (binomial, one half)."""
    count = len(values)
    outside, below = 0, 0.0  # values to leave out at each end
    while (below := below + math.comb(count, outside) / 2**count) <= 0.025:
        outside += 1
    ordered = sorted(values)
    return ordered[outside - 1], ordered[count - outside]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unrig", default=str(ROOT / "build/release/bin/unrig"))
    parser.add_argument("--without", required=True, help="the program that watches less")
    parser.add_argument("--homes", type=pathlib.Path, default=ROOT / ".unrig/watching")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--stacks", nargs="+", default=["flask-gunicorn", "starlette-uvicorn"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("rest", nargs="*", help="options of both runs, behind --")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    programs = {"with": options.unrig, "without": options.without}
    ratios: dict = {stack: [] for stack in options.stacks}
    for number in range(options.pairs):
        order = draw.sample(list(programs), 2)
        found = {which: throughputs(programs[which], options.homes / which, options.stacks,
                                    options.rest) for which in order}
        for stack, pairs in ratios.items():
            if stack not in found["with"] or stack not in found["without"]:
                print(f"pair {number + 1}: no trials of {stack}", flush=True)
                continue
            watched, other = found["with"][stack], found["without"][stack]
            pairs.append(watched / other)
            print(f"pair {number + 1}: {stack} {watched:.1f} / {other:.1f} = {pairs[-1]:.4f}",
                  flush=True)
    for stack, pairs in ratios.items():
        if len(pairs) < 6:
            print(f"{stack}: {len(pairs)} pairs are too few for an interval")
            continue
        low, high = middle_between(pairs)
        print(f"{stack}: {statistics.median(pairs):.4f} [{low:.4f}, {high:.4f}] of {len(pairs)} "
              "pairs; goal within 0.99 and 1.01")


if __name__ == "__main__":
    main()
