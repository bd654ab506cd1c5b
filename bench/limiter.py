#!/usr/bin/env python3
"""Limiters that are known beforehand: how many does unrig name rightly?

    python3 bench/limiter.py --unrig build/release/bin/unrig

Plants the kinds of bench/limiter_plants.py, one after the other: each with settings that are drawn
by the seed, in a few short runs of several cells. Prints the confusion matrix, and each trial that
was named otherwise with unrig's evidence. Then it measures what looking costs: the ratio of the
throughput with the knob watch.signals on and off, interleaved. And how long `unrig doctor` takes.

Two more parts take longer: `confirmed` lets `unrig run --confirm` put one cell of each kind to the
test, as often as --tests says, and `controls` puts --controls cells to it in which nothing is
planted. Falsely confirmed is, of a plant, what neither was planted nor moves the throughput by the
kind's own sum (`moves`). What is confirmed of a control is measured again, in a run of its own that
knows of no suspects: by a factor of two, and where that refutes it (an elasticity whose interval
lies below 0.2, as unrig itself has it) by the same step once more, since behind it the next limit
may come at once. It was false where both refute it. Of what only a quota can slow a factor of two
would slow everything, so that there the same step alone tells.

Before anything is said of its limiter a trial is left out where more than a tenth of the CPU time
was the hypervisor's or other programs', but for the one that is planted: then it is not known what
limits. Every other trial counts, valid or not. The records stay in --records: --resume goes on
where an earlier call was stopped, and --read reads them again, with --rejudge by the rules of
today. Only the standard library is needed.

The application may read its table and nothing else; one kind needs it to take a lock. So the bench
has a home of its own, and gives the application the right to update the table of that home.
"""

import argparse
import collections
import itertools
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import aa
import limiter_plants as plants

ROOT = pathlib.Path(__file__).resolve().parent.parent
DISTURBED = 0.1
GOAL = 0.97  # 194 of 200
COST = 0.01
STACKS_PER_RUN = 2
REFUTED = 0.2  # src/analysis has the same for elasticities
FAR_BLOCKS = 4  # by a factor of two
AGAIN_BLOCKS = 6  # by the same step, which is a third of it


def key(name):
    """
    >>> key("slow database")
    'slow-database'
    """
    return name.replace(" ", "-")


def drawn(settings, stream):
    return {knob: stream.choice(value) if isinstance(value, list) else value
            for knob, value in settings.items()}


def runs_of(kind, seed):
    """What the runs of one kind are: stacks, settings, the knob that varies, what is planted."""
    stream = random.Random(f"{seed} {kind.name}")
    found = []
    for number in range(kind.runs):
        place = kind.ranges[number % len(kind.ranges)]
        knob, values = place.vary
        run = {"name": f"{key(kind.name)}-{number + 1}",
               "stacks": stream.sample(place.stacks, min(STACKS_PER_RUN, len(place.stacks))),
               "settings": stream.choice(place.ways) | drawn(place.settings, stream),
               "vary": (knob, stream.sample(values, min(place.count, len(values)))),
               "plant": None, "hog": None, "seed": stream.randrange(2**32)}
        if place.plant:
            run["plant"] = (place.plant.what, stream.choice(place.plant.sizes))
        if place.hog:
            run["hog"] = (place.hog.core, stream.choice(place.hog.share),
                          stream.choice(place.hog.period_ms))
        found.append(run)
    return found


def single(run, stack, value, name):
    """One cell of a run, to be put to the test."""
    settings = run["settings"] | {run["vary"][0]: value}
    return run | {"name": name, "stacks": [stack], "settings": settings, "vary": None,
                  "confirm": True}


def tests_of(kind, seed, count):
    runs = runs_of(kind, seed)
    return [single(run, run["stacks"][0], run["vary"][1][0], f"confirmed-{run['name']}")
            for run in runs[:count]]


def controls_of(seed, count):
    stream = random.Random(f"{seed} controls")
    place, found = plants.CONTROLS, []
    for number in range(count):
        run = {"settings": stream.choice(place.ways) | drawn(place.settings, stream),
               "vary": (place.vary[0], None), "plant": None, "hog": None,
               "seed": stream.randrange(2**32)}
        found.append(single(run, stream.choice(place.stacks), stream.choice(place.vary[1]),
                            f"control-{number + 1}"))
    return found


def plant_stack(folder, name, what, size):
    """A copy of a stack, with its application replaced by bench/plants/planted.py around it."""
    copy = folder / f"{name}-{what}"
    shutil.copytree(ROOT / "stacks" / name, copy)
    shutil.copy(ROOT / "bench/plants/planted.py", copy)
    file = copy / "stack.toml"
    text = file.read_text(encoding="utf-8")
    application = re.search(r'^application = "(.*)\.py"$', text, re.M)[1]
    text = text.replace(f'"{application}.py"', '"planted.py"')
    planted = (f'[environment]\nUNRIG_PLANT = "{what}"\nUNRIG_PLANT_SIZE = "{size}"\n'
               f'UNRIG_PLANT_APP = "{application}"\n')
    text = (text.replace("[environment]\n", planted) if "[environment]" in text
            else f"{text}\n{planted}")
    file.write_text(text, encoding="utf-8")
    return copy.name


HOG = """
import os, sys, time
core, share, period = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]) / 1000
os.sched_setaffinity(0, {core})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
while os.getppid() == int(sys.argv[4]):
    begin = time.monotonic()
    while time.monotonic() - begin < share * period:
        pass
    time.sleep((1 - share) * period)
"""


class Hog:
    """Goes before everything else on its core; ends with this program, too."""

    def __init__(self, hog):
        self.process = hog and subprocess.Popen(
            [sys.executable, "-c", HOG, *map(str, hog), str(os.getpid())])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()


def unrig(options, *words):
    environment = os.environ | {"UNRIG_DATA": os.environ.get("UNRIG_DATA", str(ROOT))}
    done = subprocess.run([options.unrig, *words, "--home", options.home], env=environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3, 4):  # 4: a cell without a valid trial
        sys.exit(f"unrig {' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done


def measure(options, run):
    record = options.records / f"{run['name']}.json"
    with tempfile.TemporaryDirectory() as name, Hog(run["hog"]):
        os.chmod(name, 0o755)  # whoever builds and serves has to see the stacks
        folder = pathlib.Path(name)
        stacks = [plant_stack(folder, stack, *run["plant"]) if run["plant"] else stack
                  for stack in run["stacks"]]
        settings = [word for knob, value in run["settings"].items()
                    for word in ("--set", f"{knob}={value}")]
        varied = []
        if run["vary"]:
            knob, values = run["vary"]
            varied = ["--vary", f"{knob}={','.join(map(str, values))}"]
        begun = time.monotonic()
        done = unrig(options, "run", *stacks, "--stacks", name, *settings, *varied,
                     "--seed", str(run["seed"]), "--blocks", str(run.get("blocks", 1)),
                     "--warmup", options.warmup, "--duration", options.duration, "--accept-noise",
                     *(["--confirm"] if run.get("confirm") else []), "--patience", "0s",
                     "--no-report", "--quiet", "--json", str(record))
    if not record.exists():
        sys.exit(f"{run['name']}: no record\n{done.stderr[-2000:]}")
    print(f"{run['name']}: {time.monotonic() - begun:.0f} s", file=sys.stderr)


def measure_missing(options, run):
    """With --resume what has a record is not measured again."""
    if not options.resume or not (options.records / f"{run['name']}.json").exists():
        measure(options, run)


def clusters_of(home):
    return [path for path in pathlib.Path(home).glob("database/*") if path.is_dir()]


def let_update(options):
    """The application of this home may take a lock on its table from now on."""
    if not clusters_of(options.home):
        unrig(options, "run", aa.STACKS[0], "--set", "workers.sync=2", "--blocks", "1",
              "--warmup", "200ms", "--duration", "500ms", "--patience", "0s", "--no-report")
    clusters = clusters_of(options.home)
    if len(clusters) != 1:
        sys.exit(f"{options.home}: expected one database, found {len(clusters)}; the account that "
                 "serves has to be able to reach it, and nobody else's database may be in it")
    owner = clusters[0].stat()
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    program = [p for p in programs if p.parts[-3] == clusters[0].name.split("-")[0]]
    as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    done = subprocess.run([program[0], "--single", "-D", clusters[0], "unrig"], text=True,
                          input="GRANT UPDATE ON test TO app\n", capture_output=True,
                          **(as_owner if os.geteuid() == 0 else {}))
    if done.returncode != 0 or "ERROR" in done.stderr:
        sys.exit(f"the right to lock the table cannot be given:\n{done.stderr}")


# --- What the records say ---------------------------------------------------------------------


def read(options, name):
    file = options.records / f"{name}.json"
    if not file.exists():
        return None
    text = file.read_text(encoding="utf-8")
    if options.rejudge:
        text = subprocess.run([options.rejudge, file], check=True, capture_output=True,
                              text=True).stdout
    return json.loads(text)


def lost(trial):
    """Share of the CPU time that others had; what could not be read is none.

    >>> lost({"disturbance": {"steal": 0.02, "foreign": 0.1, "unseen": None}})
    0.12000000000000001
    """
    return sum(trial["disturbance"][name] or 0 for name in ("steal", "foreign", "unseen"))


def trials_of(options, runs):
    """(trial, whether it is left out) of each cell: the last one, where unrig measured it again."""
    found = []
    for run in runs:
        record = read(options, run["name"])
        last = {trial["label"]: trial for trial in record["trials"]} if record else {}
        found += [(trial, not run["hog"] and lost(trial) > DISTURBED) for trial in last.values()]
    return found


def table(head, rows):
    return "\n".join("| " + " | ".join(map(str, row)) + " |"
                     for row in [head, ["---"] * len(head), *rows])


def matrix(found):
    """Kinds downward, names across, the most frequent first; right ones in bold."""
    counts = {kind.name: collections.Counter(trial["limiter"]["name"] for trial, out in trials
                                             if not out)
              for kind, trials in found}
    names = [name for name, _ in sum(counts.values(), collections.Counter()).most_common()]
    rows = []
    for kind, trials in found:
        row = counts[kind.name]
        right = sum(row[name] for name in kind.right)
        cells = [f"**{row[name]}**" if name in kind.right and row[name] else row[name] or ""
                 for name in names]
        rows.append([kind.name, f"{right} of {sum(row.values())}",
                     sum(out for _, out in trials) or "", *cells])
    return table(["planted", "right", "left out", *names], rows)


def show_wrong(kind, trials):
    for trial, out in trials:
        limiter = trial["limiter"]
        if out or limiter["name"] in kind.right:
            continue
        rate = f"{trial['throughput_per_s']:.0f}/s"
        print(f"{kind.name}: {trial['label']}: {limiter['name']}, {rate}")
        for line in limiter["evidence"]:
            print(f"    {line}")
        for suspect in limiter["suspects"]:
            if suspect["name"] in kind.right:
                print(f"    {suspect['name']}: {'; '.join(suspect['evidence'])}")


def machine_of(record):
    host = record["host"]
    return (f"{host['cores']} cores ({host['cpu_model']}, {host['virtualization'] or 'no guest'}), "
            f"{host['os']}, {record['started_at'][:10]}, unrig {record['unrig']['version']}")


def judge_planted(options, kinds):
    found = [(kind, trials_of(options, runs_of(kind, options.seed))) for kind in kinds]
    found = [(kind, trials) for kind, trials in found if trials]
    if not found:
        return
    for kind, trials in found:
        show_wrong(kind, trials)
    names = [(trial["limiter"]["name"] in kind.right) for kind, trials in found
             for trial, out in trials if not out]
    right, count = sum(names), len(names)
    low, high = aa.wilson(right, count)
    print(f"\n{matrix(found)}\n")
    print(f"named rightly: {right} of {count}, {right / count:.1%} [{low:.1%}, {high:.1%}]; goal "
          f"{GOAL:.0%}: {'reached' if right >= GOAL * count else 'not reached'}")
    first = next(read(options, run["name"]) for run in runs_of(found[0][0], options.seed))
    print(f"{machine_of(first)}, seed {options.seed}")


# --- What was put to the test -----------------------------------------------------------------


def tested(record):
    """Of the one cell of a run: its changes, each with suspect, knob, from, to, verdict."""
    return record["cells"][0]["limiter"].get("elasticities", [])


def count_tests(what, changes, false, known):
    """`known`: of how many confirmed ones it is known whether they are false."""
    verdicts = collections.Counter(change["verdict"] for change in changes)
    confirmed = collections.Counter(change["suspect"] for change in changes
                                    if change["verdict"] == "confirmed")
    share = "[{:.1%}, {:.1%}]".format(*aa.wilson(false, known)) if known else ""
    print(f"\n{what}: {len(changes)} suspects put to the test: {told(verdicts)}; of the confirmed "
          f"{told(confirmed)}; falsely confirmed: {false} of {known} {share}; goal at most 1 %")


def told(counts):
    """
    >>> told(collections.Counter({"cpu": 2, "workers": 3}))
    'workers 3, cpu 2'
    """
    return ", ".join(f"{name} {n}" for name, n in counts.most_common())


def figures(estimate, low, high, **_):
    """
    >>> figures(0.914, 0.8, 1.0, confidence=0.95), figures(None, None, None)
    ('0.91 [0.80, 1.00]', '-')
    """
    return "-" if low is None else f"{estimate:.2f} [{low:.2f}, {high:.2f}]"


def judge_tests(options, kinds):
    changes, false = [], 0
    for kind in kinds:
        for run in tests_of(kind, options.seed, options.tests):
            record = read(options, run["name"])
            for change in tested(record) if record else []:
                changes.append(change)
                is_false = (change["verdict"] == "confirmed"
                            and change["suspect"] not in kind.right | kind.moves)
                false += is_false
                print(f"{run['name']}: {change['suspect']}: {figures(**change['elasticity'])} "
                      f"{'falsely ' if is_false else ''}{change['verdict']}")
    if changes:
        count_tests("planted", changes, false,
                    sum(change["verdict"] == "confirmed" for change in changes))


def value_of(knob, number):
    """What the record has of a knob as a number, as `--set` takes it and a label spells it.

    >>> value_of("db.delay", 0.02), value_of("db.delay", 0.0025), value_of("clients", 40.0)
    ('20ms', '2500us', '40')
    """
    if knob != "db.delay":
        return f"{number:g}"
    us = round(number * 1e6)
    return f"{us}us" if us % 1000 else f"{us // 1000}ms"


def run_again(run, name, change, value, blocks):
    """The cell as it was and with another value of what was changed. No quota is called 0."""
    before = change["from"] if is_enlarged(change) else 0
    return run | {"name": name, "confirm": False, "blocks": blocks, "value": value,
                  "vary": (change["knob"], [value_of(change["knob"], before),
                                            value_of(change["knob"], value)])}


def is_enlarged(change):
    """Whether there was more of it, or of a delay less, and not a quota that slows.

    >>> is_enlarged({"knob": "clients", "from": 20.0, "to": 25.0})
    True
    >>> is_enlarged({"knob": "db.delay", "from": 0.02, "to": 0.016})
    True
    >>> is_enlarged({"knob": "machine.cpu", "from": 2.0, "to": 1.6})
    False
    """
    return change["knob"] == "db.delay" or change["to"] > change["from"]


def far_run(run, number, change):
    """By a factor of two; less of a quota would slow whatever it is tried on, so that none."""
    if not is_enlarged(change):
        return None
    far = change["from"] * (0.5 if change["knob"] == "db.delay" else 2)
    return run_again(run, f"{run['name']}-{number}-far", change, far, FAR_BLOCKS)


def again_run(run, number, change):
    return run_again(run, f"{run['name']}-{number}-again", change, change["to"], AGAIN_BLOCKS)


def elasticity(record, change, value):
    """Mean and interval, of the throughput with that value over that without."""
    logs = collections.defaultdict(dict)
    for trial in record["trials"]:
        logs[trial["block"]][trial["label"]] = math.log(trial["throughput_per_s"])
    word = f"={value_of(change['knob'], value)}"
    second = next(cell["label"] for cell in record["cells"] if cell["label"].endswith(word))
    first = next(cell["label"] for cell in record["cells"] if cell["label"] != second)
    step = math.log(value / change["from"]) * (-1 if change["knob"] == "db.delay" else 1)
    ends = aa.interval([(each[second] - each[first]) / step for each in logs.values()
                        if len(each) == 2])
    return ends[0], *sorted(ends[1:])


def confirmed_controls(options):
    """(run, number of the change, its record's change) of what was confirmed."""
    for run in controls_of(options.seed, options.controls):
        record = read(options, run["name"])
        for number, change in enumerate(tested(record) if record else []):
            if change["verdict"] == "confirmed":
                yield run, number + 1, change


def seen_again(options, run, change):
    """Of a run that may refute it: the elasticity; None: it was not measured."""
    record = run and read(options, run["name"])
    return elasticity(record, change, run["value"]) if record else None


def refutes(ends):
    return ends[2] < REFUTED


def measure_again(options):
    """What may refute: by a factor of two first, and where that does, or cannot be, as it was."""
    for run, number, change in list(confirmed_controls(options)):
        far, again = far_run(run, number, change), again_run(run, number, change)
        if far:
            measure_missing(options, far)
        if not far or refutes(seen_again(options, far, change)):
            measure_missing(options, again)


def judge_controls(options):
    changes, limiters, false, known = [], collections.Counter(), 0, 0
    for run in controls_of(options.seed, options.controls):
        if record := read(options, run["name"]):
            changes += tested(record)
            limiter = record["cells"][0]["limiter"]
            limiters[limiter["name"] + (" confirmed" if limiter["confirmed"] else "")] += 1
    for run, number, change in confirmed_controls(options):
        found = {each["name"]: seen_again(options, each, change) for each in
                 (far_run(run, number, change), again_run(run, number, change)) if each}
        found = {name: ends for name, ends in found.items() if ends}
        known += bool(found)
        is_false = bool(found) and all(map(refutes, found.values()))
        false += is_false
        for name, ends in found.items():
            print(f"{name}: {change['suspect']}: {figures(*ends)}"
                  f"{', falsely confirmed' if is_false else ''}")
    if changes:
        print(f"\nlimiters: {told(limiters)}")
        count_tests("controls", changes, false, known)


# --- What looking costs -----------------------------------------------------------------------


def cost_run(options):
    return {"name": "cost", "stacks": aa.STACKS, "plant": None, "hog": None,
            "settings": {"workers.sync": 20, "workers.async": 2, "clients": 60},
            "vary": ("watch.signals", ["true", "false"]), "seed": options.seed,
            "blocks": options.cost_blocks}


def judge_cost(options):
    record = read(options, "cost")
    if not record:
        return
    logs = collections.defaultdict(dict)
    for trial in record["trials"]:
        stack, _, value = trial["label"].partition(" watch.signals=")
        logs[stack, trial["block"]][value or "true"] = math.log(trial["throughput_per_s"])
    ratios = [each["true"] - each["false"] for each in logs.values() if len(each) == 2]
    middle, low, high = map(math.exp, aa.interval(ratios))
    reached = low >= 1 - COST and high <= 1 + COST
    print(f"\nthroughput with signals over that without: {middle:.4f} [{low:.4f}, {high:.4f}] of "
          f"{len(ratios)} pairs, which differ by {statistics.stdev(ratios):.1%}; goal within "
          f"{1 - COST} and {1 + COST}: {'reached' if reached else 'not reached'}")


def time_doctor(options):
    begun = time.monotonic()
    unrig(options, "doctor")
    print(f"\nunrig doctor: {time.monotonic() - begun:.1f} s; goal 20 s")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unrig", default=str(ROOT / "build/release/bin/unrig"))
    parser.add_argument("--home", default=str(ROOT / ".unrig/limiter"), help="unrig's --home")
    parser.add_argument("--records", type=pathlib.Path, help="folder of the runs' records")
    parser.add_argument("--parts", nargs="+", default=["planted", "cost", "doctor"],
                        choices=["planted", "cost", "doctor", "confirmed", "controls"])
    parser.add_argument("--kinds", nargs="+", default=[key(kind.name) for kind in plants.KINDS],
                        choices=[key(kind.name) for kind in plants.KINDS], metavar="KIND")
    parser.add_argument("--runs", type=int, help="of each kind")
    parser.add_argument("--tests", type=int, default=3, help="cells of each kind, at most as runs")
    parser.add_argument("--controls", type=int, default=100)
    parser.add_argument("--cost-blocks", type=int, default=20)
    parser.add_argument("--warmup", default="1s")
    parser.add_argument("--duration", default="2s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--read", action="store_true", help="measure nothing")
    parser.add_argument("--resume", action="store_true", help="measure what has no record yet")
    parser.add_argument("--rejudge", help="the program bench/rejudge: its limiters, not the stored")
    options = parser.parse_args()
    options.records = options.records or pathlib.Path(options.home) / f"records-{options.seed}"
    for kind in plants.KINDS:
        kind.runs = options.runs or kind.runs
    return options


def main():
    options = arguments()
    options.records.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in plants.KINDS if key(kind.name) in options.kinds]
    begun = time.monotonic()
    runs = []
    if "planted" in options.parts:
        runs += itertools.chain.from_iterable(runs_of(kind, options.seed) for kind in kinds)
    if "cost" in options.parts:
        runs.append(cost_run(options))
    if "confirmed" in options.parts:
        runs += itertools.chain.from_iterable(
            tests_of(kind, options.seed, options.tests) for kind in kinds)
    if "controls" in options.parts:
        runs += controls_of(options.seed, options.controls)
    if runs and not options.read:
        let_update(options)
        for run in runs:
            measure_missing(options, run)
        if "controls" in options.parts:
            measure_again(options)
    for part, judge in {"planted": lambda: judge_planted(options, kinds),
                        "cost": lambda: judge_cost(options),
                        "confirmed": lambda: judge_tests(options, kinds),
                        "controls": lambda: judge_controls(options)}.items():
        if part in options.parts:
            judge()
    if "doctor" in options.parts and not options.read:
        time_doctor(options)
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
