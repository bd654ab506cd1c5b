#!/usr/bin/env python3
"""How long it takes from a fresh clone to the program, to its first table, and through its tests.

    python3 bench/build.py [--table] [--test]

The commit that is checked out is cloned into a temporary folder and built there as somebody who has
it for the first time builds it: nothing of an earlier build, of a compiler cache or of the caller's
compiler flags is used. Packages that are missing would be installed, and then that is measured too.
CPU time is that of all processes that the steps started and waited for. On a machine that does
something else besides, wall times say little.
"""

import argparse
import dataclasses
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = "build/release"
SLOWEST = 8
# What would make build and table others than those of a newcomer; BENCH_ARGS are this one's own.
OF_THE_CALLER = ("CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_C_COMPILER_LAUNCHER", "CC", "CXX", "CFLAGS",
                 "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL",
                 "BENCH_ARGS")


@dataclasses.dataclass
class Cost:
    wall_s: float = 0
    cpu_s: float = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


def children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def step(command: list[str], folder: pathlib.Path, codes=(0,)) -> Cost:
    """Runs it; its output goes to standard error. Ends this program where it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_CALLER}
    environment["CCACHE_DISABLE"] = "1"  # where the compiler on PATH is ccache
    print("$", *command, file=sys.stderr, flush=True)
    began, used = time.monotonic(), children_cpu_s()
    code = subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr,
                          check=False).returncode
    if code not in codes:
        sys.exit(f"{' '.join(command)}: exit {code}")
    return Cost(time.monotonic() - began, children_cpu_s() - used)


def slowest(folder: pathlib.Path) -> list[tuple[float, str]]:
    """Seconds of wall time and the name of what took longest, by ninja's log: start, end (ms), time
    stamp, output, hash."""
    took = {}
    for line in (folder / BUILD / ".ninja_log").read_text(encoding="utf-8").splitlines()[1:]:
        began, ended, _, output, _ = line.split("\t")
        if not output.startswith("/"):  # a command of our own is there twice
            took[output] = (int(ended) - int(began)) / 1000
    return sorted(((s, name) for name, s in took.items()), reverse=True)[:SLOWEST]


def line(name: str, value: float, unit: str, limit: float | None = None) -> str:
    text = f"{name:34}{value:8.1f} {unit:6}"
    if limit is not None:
        text += f"<= {limit:4g} {unit:6}{'reached' if value <= limit else 'missed'}"
    return text.rstrip()


def measure(folder: pathlib.Path, options: argparse.Namespace) -> list[str]:
    clone = step(["git", "clone", "--quiet", "--no-local", str(ROOT), str(folder)], ROOT)
    setup = step(["make", "setup"], folder)
    compiled = step(["make", f"{BUILD}/build.ninja"], folder)
    compiled += step(["cmake", "--build", BUILD, "--target", "unrig"], folder)
    program = setup + compiled
    lines = [line("set-up", setup.wall_s, "s"),
             line("compiling and linking", compiled.wall_s, "s"),
             line("set-up to the program", program.wall_s, "s", 150),
             line("  CPU time of that", program.cpu_s, "s", 270),
             line("program", (folder / BUILD / "bin/unrig").stat().st_size / 1e6, "MB", 6)]
    slow = slowest(folder)
    if options.table:
        # 4: there is a table, and others had the machine while it was measured.
        table = step(["make", "bench"], folder, codes=(0, 4))
        lines.append(line("clone to table", (clone + program + table).wall_s, "s", 300))
    if options.test:
        built = step(["make", "build"], folder)
        tested = step(["make", "test"], folder)
        lines += [line("compiling the tests", built.wall_s, "s"),
                  line("make test after it", tested.wall_s, "s", 600)]
    lines += ["", "what took longest, wall time:", *(f"{s:8.1f} s  {name}" for s, name in slow)]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="go on to the table of `make bench`")
    parser.add_argument("--test", action="store_true", help="go on through `make test`")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unrig-build-") as folder:
        # Whom services run as has to get at the program.
        os.chmod(folder, 0o755)
        lines = measure(pathlib.Path(folder, "unrig"), options)
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
