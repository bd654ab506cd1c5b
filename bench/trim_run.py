#!/usr/bin/env python3
"""Leaves of a run's record what bench/replay needs, small enough to be kept beside it.

    bench/trim_run.py RUN.json > bench/data/NAME.json

What is left has the fields and the meaning of unrig.run/1, and says where it comes from: run, date,
machine, command. Only the standard library is needed.
"""

import json
import sys

KEPT_OF_RUN = ["schema", "run", "unrig", "started_at", "command_line", "seed", "blocks",
               "precision", "warmup_seconds", "duration_seconds", "baseline"]
KEPT_OF_HOST = ["os", "kernel", "cpu_model", "cores", "memory_bytes", "virtualization"]


def command_of(words):
    """Without the folders of the machine: where the program, its home and the record lay."""
    kept, rest = ["unrig"], iter(words[1:])
    for word in rest:
        if word in ("--home", "--json"):
            next(rest)
        else:
            kept.append(word)
    return kept


def trimmed(trial):
    return {"label": trial["label"], "block": trial["block"], "purpose": trial["purpose"],
            "throughput_per_s": round(trial["throughput_per_s"], 2),
            "verdict": {"valid": trial["verdict"]["valid"]}}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        run = json.load(file)
    kept = {name: run[name] for name in KEPT_OF_RUN}
    kept["command_line"] = command_of(run["command_line"])
    kept["host"] = {name: run["host"][name] for name in KEPT_OF_HOST}
    kept["scenario"] = run["scenario"]
    head = json.dumps(kept, indent=1)[:-2]
    trials = ",\n".join(json.dumps(trimmed(trial)) for trial in run["trials"])
    print(f'{head},\n "trials": [\n{trials}\n]}}')


if __name__ == "__main__":
    main()
