"""Whether a trial that does not count says something of the program, or only of the machine that it
ran on.

verdicts.py RECORD: ends with 0 if nothing in the record of a run speaks against the program.
"""

import json
import re
import sys

OF_THE_MACHINE = re.compile(
    "the hypervisor took|other programs used|went to nobody in sight|the cores' frequency changed|"
    "the machine('s clock was set| slept| was watched)|no steady state|"
    "the load generator (was late|did not look|read answers late|shared its)")
# What a machine that others use does to an open loop. Alone it is no excuse.
BESIDES = re.compile(r"/s of the offered .* were served")


def is_sound(trial: dict) -> bool:
    """Valid, or one whose reasons all are the machine's."""
    verdict = trial["verdict"]
    if any(verdict.get(word) for word in ("valid", "disturbed", "unsteady")):
        return True
    reasons = verdict["reasons"]
    return (any(map(OF_THE_MACHINE.search, reasons))
            and all(OF_THE_MACHINE.search(r) or BESIDES.search(r) for r in reasons))


def is_only_disturbed(record: dict) -> bool:
    """Whether trials of this run do not count, and each of those only because of the machine."""
    trials = record["trials"]
    return all(map(is_sound, trials)) and not all(t["verdict"]["valid"] for t in trials)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        run = json.load(file)
    is_true = all(cell["failure"] is None and all(c["ok"] is not False for c in cell["claims"])
                  for cell in run["cells"])
    sys.exit(not (is_only_disturbed(run) and is_true))
