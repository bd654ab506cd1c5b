#!/usr/bin/env python3
"""Breaks one place of the pure modules at a time and says which faults no unit test notices.

    tools/mutate.py                        the files that differ from where this branch began
    tools/mutate.py --since HEAD~3         the files that differ from there
    tools/mutate.py src/stats/pairs.cpp    this file
    tools/mutate.py --all --sample 100     a hundred mutants of each pure module, chosen at random

Works in a copy below build/mutants, never in the tree itself. All mutants of a module are built at
once, behind a number in the environment (mutants.h); those that this does not do for are built one
by one. One whose test program fails, crashes or goes on and on is caught; one that does not compile
is none. Exit status: 1 when a module's tests catch less than --least percent; 2 when nothing could
be said. The survivors that stay are explained in docs/mutants.md.
"""

import argparse
import dataclasses
import datetime
import fcntl
import fnmatch
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import mutants
from mutants_build import Copy, TestRun

# What is pure: functions of their arguments, and readers of files; no mutant can make them do harm.
# A file is mutated when one of these names it, and tested by its module's <module>_test.
PURE = (
    "src/stats/*", "src/arrivals/*", "src/http/*", "src/scenario/*", "src/plan/*",
    "src/experiment/*", "src/analysis/*",
    *(f"src/trial/{judging}.*" for judging in
      ("judge", "limiter", "noise", "outcome", "steadiness")),
    "src/stack/files.*", "src/stack/sources.*", "src/runtime/built/locks.*",
)
LEAST = 85  # percent


@dataclasses.dataclass
class Outcome:
    """What became of a module's mutants; each is in one of the lists."""

    module: str
    caught: list = dataclasses.field(default_factory=list)
    survived: list = dataclasses.field(default_factory=list)
    unreached: list = dataclasses.field(default_factory=list)  # survived, for no test gets there
    impossible: list = dataclasses.field(default_factory=list)  # do not compile
    untried: list = dataclasses.field(default_factory=list)  # not in the sample or the budget

    @property
    def viable(self) -> int:
        return len(self.caught) + len(self.survived) + len(self.unreached)

    @property
    def share(self) -> float | None:
        """Percent; none where none was tried."""
        return 100 * len(self.caught) / self.viable if self.viable else None

    @property
    def nothing(self) -> str:
        """Why there is no share."""
        return "not checked: none was tried" if self.untried else "nothing in it to break"

    def interval(self) -> tuple[float | None, float | None]:
        """95 % interval of the share, in percent, of a sample (Wilson's)."""
        if self.share is None or not self.untried:
            return self.share, self.share
        n, p, z = self.viable, self.share / 100, 1.96
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
        return 100 * (middle - reach), 100 * (middle + reach)


class Budget:
    def __init__(self, seconds: float | None):
        self.end = time.monotonic() + seconds if seconds is not None else None

    def is_spent(self) -> bool:
        return self.end is not None and time.monotonic() >= self.end


def git(root: pathlib.Path, *words: str) -> list[str]:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True,
                          check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def where_it_began(root: pathlib.Path) -> str:
    """Where this branch left main; on main itself, the commit before the last."""
    for main in ("main", "origin/main"):
        base = git(root, "merge-base", "HEAD", main)
        if base and base != git(root, "rev-parse", "HEAD"):
            return base[0]
    return "HEAD~1"


def changed(root: pathlib.Path, since: str) -> list[str]:
    if not git(root, "rev-parse", "--verify", since):
        sys.exit(f"mutate: {since} is no commit here; name one with --since, or use --all")
    return sorted({*git(root, "diff", "--name-only", "--diff-filter=d", since, "--", "src"),
                   *git(root, "ls-files", "--others", "--exclude-standard", "--", "src")})


def chosen_files(options) -> list[str]:
    """Paths from the root, of sources that can be mutated; says which of the change cannot."""
    if options.files:
        names = [os.path.relpath(pathlib.Path(name).resolve(), options.root)
                 for name in options.files]
    elif options.all:
        names = [str(path.relative_to(options.root)) for path in options.root.glob("src/**/*")]
    else:
        names = changed(options.root, options.since or where_it_began(options.root))
    sources = [name for name in sorted(names) if name.endswith((".cpp", ".h"))
               and not name.endswith("_test.cpp")]
    pure = [name for name in sources if any(fnmatch.fnmatch(name, glob) for glob in PURE)]
    if not options.all:
        for name in sorted(set(sources) - set(pure)):
            print(f"mutate: {name} is left alone: not pure", file=sys.stderr)
    return pure


def drop_what_does_not_compile(copy: Copy, module: str, texts: dict[str, str],
                               behind: list[mutants.Mutant]) -> list[mutants.Mutant]:
    """Builds the module with these mutants behind their switch; returns those for which it works.

    The compiler names lines: the mutants there are taken out, until there is nothing to complain.
    Where it names no line of theirs, all of the file are.
    """
    while True:
        for name, text in texts.items():
            copy.write_broken(name, mutants.switched(text, [m for m in behind if m.file == name]))
        output = copy.build(f"{module}_test")
        if output is None:
            return behind
        named = {(name, int(line)) for name, line in
                 re.findall(r"\b(src/[\w/]+\.(?:cpp|h)):(\d+):\d+: (?:error|note|  required)",
                            output)}
        failed = set(re.findall(r"\b(src/[\w/]+\.(?:cpp|h)):\d+:\d+: error", output))
        kept = [m for m in behind if (m.file, m.line) not in named]
        if len(kept) == len(behind):
            kept = [m for m in behind if m.file not in failed]
        if len(kept) == len(behind):
            raise RuntimeError(f"{module}_test does not build:\n{output[-3000:]}")
        behind = kept


def try_switched(run: TestRun, behind: list[mutants.Mutant], outcome: Outcome, options):
    reached, impossible = run.told()
    waiting = []
    for mutant in behind:
        if mutant.number in impossible:
            outcome.impossible.append(mutant)
        elif mutant.number not in reached:
            outcome.unreached.append(mutant)
        else:
            waiting.append(mutant)

    def attempt(mutant):
        if options.budget.is_spent():
            outcome.untried.append(mutant)
        elif run.passes(mutant):
            outcome.survived.append(mutant)
        else:
            outcome.caught.append(mutant)

    pool = ThreadPoolExecutor(options.jobs)
    try:
        list(pool.map(attempt, waiting))
    finally:
        pool.shutdown(cancel_futures=True)


def try_one_by_one(copy: Copy, run: TestRun, texts: dict[str, str], alone: list[mutants.Mutant],
                   outcome: Outcome, options):
    for mutant in alone:
        if options.budget.is_spent():
            outcome.untried.append(mutant)
            continue
        copy.write_broken(mutant.file, mutants.broken(texts[mutant.file], mutant))
        if copy.build(f"{outcome.module}_test") is not None:
            outcome.impossible.append(mutant)
        elif run.passes(mutant):
            outcome.survived.append(mutant)
        else:
            outcome.caught.append(mutant)
        copy.restore({mutant.file: texts[mutant.file]})


def try_module(copy: Copy, module: str, names: list[str], options) -> Outcome:
    outcome = Outcome(module)
    texts = {name: (options.root / name).read_text(encoding="utf-8") for name in names}
    every = [mutant for name, text in texts.items() for mutant in mutants.find(name, text)]
    for number, mutant in enumerate(every, 1):
        mutant.number = number
    order = random.Random(f"{options.seed} {module}").sample(every, len(every))
    wanted = [] if options.budget.is_spent() else order[:options.sample]
    outcome.untried += order[len(wanted):]
    if not wanted:
        return outcome
    texts = {name: texts[name] for name in {mutant.file for mutant in wanted}}
    try:
        behind = drop_what_does_not_compile(copy, module, texts, wanted)
        run = TestRun(copy, module)
        try_switched(run, behind, outcome, options)
        numbers = {mutant.number for mutant in behind}
        copy.restore(texts)
        try_one_by_one(copy, run, texts, [m for m in wanted if m.number not in numbers], outcome,
                       options)
    finally:
        copy.restore(texts)
    return outcome


def place(mutant: mutants.Mutant) -> tuple:
    return mutant.file, mutant.line, mutant.column


def report(outcomes: list[Outcome]) -> str:
    lines = []
    for outcome in outcomes:
        for mutant in sorted(outcome.survived + outcome.unreached, key=place):
            unreached = ", where no test gets" if mutant in outcome.unreached else ""
            lines.append(f"{mutant.file}:{mutant.line}:{mutant.column}: {mutant.change}{unreached}")
            lines.append(f"    {mutant.source}")
    lines.append(f"{'module':<12}{'caught':>8}{'of':>7}{'share':>9}   95 % interval")
    for outcome in outcomes:
        counts = f"{outcome.module:<12}{len(outcome.caught):>8}{outcome.viable:>7}"
        if outcome.share is None:
            lines.append(f"{counts}{'-':>9}   {outcome.nothing}")
            continue
        low, high = outcome.interval()
        sample = f"{low:.0f} to {high:.0f} %" if outcome.untried else "every mutant tried"
        lines.append(f"{counts}{outcome.share:>7.1f} %   {sample}")
    return "\n".join(lines)


def as_json(outcomes: list[Outcome], options) -> str:
    def survivor(mutant, reached):
        return {"file": mutant.file, "line": mutant.line, "column": mutant.column,
                "change": mutant.change, "source": mutant.source, "reached": reached}

    def rounded(percent):
        return None if percent is None else round(percent, 1)
    modules = []
    for outcome in outcomes:
        low, high = outcome.interval()
        modules.append({
            "module": outcome.module, "viable": outcome.viable, "caught": len(outcome.caught),
            "caught_percent": rounded(outcome.share), "low_percent": rounded(low),
            "high_percent": rounded(high), "impossible": len(outcome.impossible),
            "untried": len(outcome.untried),
            "survivors": [survivor(m, m in outcome.survived) for m in
                          sorted(outcome.survived + outcome.unreached, key=place)]})
    commit = git(options.root, "describe", "--always", "--dirty", "--abbrev=12")
    return json.dumps({"date": datetime.date.today().isoformat(), "commit": "".join(commit),
                       "seed": options.seed, "modules": modules}, indent=1)


def seconds(text: str) -> float:
    number = re.fullmatch(r"(\d+)(s|m|h)?", text)
    if not number:
        raise argparse.ArgumentTypeError(f"'{text}' is no time: write 90s, 20m or 2h")
    return int(number[1]) * {"s": 1, "m": 60, "h": 3600}[number[2] or "s"]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE", help="mutate these files")
    parser.add_argument("--since", metavar="REF", help="the files that differ from this commit")
    parser.add_argument("--all", action="store_true", help="all files of the pure modules")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants of each module")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the sample and the order (%(default)s)")
    parser.add_argument("--budget", type=seconds, metavar="TIME", help="try no more after 20m")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N",
                        help="builds or tests at once (%(default)s)")
    parser.add_argument("--least", type=float, default=LEAST, metavar="PERCENT",
                        help="exit with 1 when a module catches less (%(default)s), with 2 "
                             "where none of a module was tried")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--root", type=pathlib.Path, help="the source tree",
                        default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    options.root = options.root.resolve()
    options.budget = Budget(options.budget)
    return options


def try_all(copy: Copy, by_module: dict[str, list[str]], options) -> list[Outcome]:
    copy.prepare()
    outcomes = []
    for module, names in by_module.items():
        began = time.monotonic()
        outcomes.append(try_module(copy, module, names, options))
        print(f"mutate: {module}: {len(outcomes[-1].caught)} of {outcomes[-1].viable} caught, "
              f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return outcomes


def main() -> int:
    options = read_options()
    by_module: dict[str, list[str]] = {}
    for name in chosen_files(options):
        by_module.setdefault(name.split("/")[1], []).append(name)
    if not by_module:
        print("mutate: no file of a pure module is among them")
        return 0
    copy = Copy(options.root, options.jobs)
    with open(copy.folder / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            outcomes = try_all(copy, by_module, options)
        except BlockingIOError:
            print("mutate: another one is at work in this tree", file=sys.stderr)
            return 2
        except RuntimeError as error:
            print(f"mutate: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("mutate: interrupted; the tree is as it was", file=sys.stderr)
            return 130
    print(as_json(outcomes, options) if options.json else report(outcomes))
    if any(outcome.share is None and outcome.untried for outcome in outcomes):
        return 2
    shares = [outcome.share for outcome in outcomes if outcome.share is not None]
    return 1 if any(share < options.least for share in shares) else 0


if __name__ == "__main__":
    sys.exit(main())
