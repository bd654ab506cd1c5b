#!/usr/bin/env python3
"""Honest stacks on a busy machine: is any of them accused?

    python3 bench/accusations.py --unrig build/release/bin/unrig

Every stack of both vintages is looked at and measured for half a second, as often as --rounds says,
while a busy loop takes a core from whoever has it. All of them keep what they claim, so each claim
that does not hold is an accusation in error, and so is each reason of a trial's verdict that speaks
of the stack's work. What could not be checked is counted as well: that is no accusation, but no
proof either. And how long each look took. The records stay in --records, and --read reads them
again. Only the standard library is needed.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Sync stacks serve, and wait in line, as they do by default on two cores.
SETTINGS = ["--set", "workers.sync=7", "--set", "workers.async=2", "--blocks", "1",
            "--fresh-blocks", "0", "--warmup", "200ms", "--duration", "500ms", "--accept-noise",
            "--patience", "0s", "--no-report", "--quiet"]
GOAL_S = 8
BUSY = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"


def without_figures(text):
    """
    >>> without_figures("connections to the pooler: 0.93 per request, 1 when it was looked at")
    'connections to the pooler: # per request, # when it was looked at'
    """
    return re.sub(r"\d+(\.\d+)?", "#", text)


def measure(options, vintage, record):
    environment = os.environ | {"UNRIG_DATA": os.environ.get("UNRIG_DATA", str(ROOT))}
    stacks = options.stacks or ["--all"]
    done = subprocess.run(
        [options.unrig, "run", *stacks, "--vintage", vintage, *SETTINGS, "--json", str(record),
         "--home", options.home], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    if not record.exists() or done.returncode not in (0, 3, 4):
        sys.exit(f"unrig run --vintage {vintage} ended with {done.returncode}:\n"
                 + done.stderr[-2000:])


class Tally:
    """Of one stack in one vintage."""

    def __init__(self):
        self.looks = 0
        self.false, self.open, self.reasons = (collections.Counter() for _ in range(3))
        self.seconds = []

    def add(self, cell, trials):
        for claim in cell["claims"]:
            text = f"{claim['claim']}: {claim['observed']}"
            if claim["ok"] is False:
                self.false[text] += 1
            elif claim["ok"] == "not checked" and claim["claimed"]:
                self.open[text] += 1
        if cell["failure"]:
            self.open[f"could not run: {cell['failure'].splitlines()[0]}"] += 1
            return
        self.looks += 1
        if cell["audit"]["seconds"] is not None:
            self.seconds.append(cell["audit"]["seconds"])
        for trial in trials:
            verdict = trial["verdict"]
            if not verdict["mishap"]:
                self.reasons.update(map(without_figures, verdict["reasons"]))


def tallies(options):
    found = collections.defaultdict(Tally)
    for record in sorted(options.records.glob("*.json")):
        run = json.loads(record.read_text(encoding="utf-8"))
        vintage = record.stem.split("-")[0]
        for cell in run["cells"]:
            trials = [trial for trial in run["trials"] if trial["label"] == cell["label"]]
            found[(vintage, cell["stack"])].add(cell, trials)
    return found


def print_counts(title, found, part):
    print(f"\n{title}")
    lines = [(count, f"{vintage} {stack}", text) for (vintage, stack), tally in found.items()
             for text, count in part(tally).items()]
    for count, where, text in sorted(lines, key=lambda line: (line[2], line[1])):
        print(f"  {count:3}  {where}: {text}")
    if not lines:
        print("  none")
    return sum(count for count, *_ in lines)


def judge(options):
    found = tallies(options)
    looks = sum(tally.looks for tally in found.values())
    print(f"{len(found)} stacks, {looks} looks")
    false = print_counts("Claims that do not hold:", found, lambda tally: tally.false)
    print_counts("Claims that could not be checked:", found, lambda tally: tally.open)
    print_counts("What trials were rejected for (without mishaps):", found,
                 lambda tally: tally.reasons)
    seconds = sorted(second for tally in found.values() for second in tally.seconds)
    if seconds:
        slow = sum(second > GOAL_S for second in seconds)
        print(f"\nA look took {statistics.median(seconds):.1f} s in the middle, "
              f"{seconds[int(0.95 * (len(seconds) - 1))]:.1f} s at P95, {seconds[-1]:.1f} s at "
              f"most; {slow} of {len(seconds)} took more than {GOAL_S} s")
    print(f"\n{false} claims of {looks} looks were said not to hold; goal 0")
    return false == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unrig", default=str(ROOT / "build/release/bin/unrig"))
    parser.add_argument("--home", default=str(ROOT / ".unrig/accusations"), help="unrig's --home")
    parser.add_argument("--records", type=pathlib.Path, help="folder of the runs' records")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--vintages", nargs="+", default=["2026", "2020"])
    parser.add_argument("--stacks", nargs="+", help="instead of all")
    parser.add_argument("--quiet-machine", action="store_true", help="without the busy loop")
    parser.add_argument("--read", action="store_true", help="measure nothing")
    options = parser.parse_args()
    options.records = options.records or pathlib.Path(options.home) / "records"
    options.records.mkdir(parents=True, exist_ok=True)
    if not options.read:
        busy = None if options.quiet_machine else subprocess.Popen(
            [sys.executable, "-c", BUSY, str(os.getpid())])
        try:
            for number in range(1, options.rounds + 1):
                for vintage in options.vintages:
                    measure(options, vintage, options.records / f"{vintage}-{number}.json")
                    print(f"{vintage}: round {number} of {options.rounds}", file=sys.stderr)
        finally:
            if busy:
                busy.terminate()
                busy.wait()
    sys.exit(0 if judge(options) else 1)


if __name__ == "__main__":
    main()
