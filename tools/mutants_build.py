"""The copy of the source tree in which tools/mutate.py breaks things, its build and its tests."""

import math
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import time

import mutants

NOT_COPIED = {".git", "build", ".unrig", ".tools", "node_modules", "__pycache__"}
SWITCH = pathlib.Path(__file__).resolve().parent / "mutants.h"
MEMORY = 4 << 30  # bytes that a test may take, so that a mutant cannot take the machine's


def files_below(root: pathlib.Path) -> set[pathlib.Path]:
    found = set()
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in NOT_COPIED]
        found |= {pathlib.Path(folder, name).relative_to(root) for name in names
                  if name not in NOT_COPIED}
    return {name for name in found if (root / name).is_file()}


class Copy:
    """The tree in build/mutants/tree, brought up to date by contents so that builds stay small.

    It is built as the preset `release` says, in its own build/release: then a compiler cache serves
    both. Nothing needs to be cleaned up after a kill: the next one begins with the tree as it is.
    """

    def __init__(self, root: pathlib.Path, jobs: int):
        self.root, self.jobs = root, jobs
        self.folder = root / "build" / "mutants"
        self.tree = self.folder / "tree"
        self.out = self.tree / "build" / "release"
        self.folder.mkdir(parents=True, exist_ok=True)

    def prepare(self):
        wanted = files_below(self.root)
        for relative in sorted(wanted):
            self.put(relative, (self.root / relative).read_bytes())
        for relative in files_below(self.tree) - wanted:
            (self.tree / relative).unlink()
        if not (self.out / "build.ninja").exists():
            # Each file by itself, so that a fault takes no neighbours along.
            self.call("cmake", "--preset", "release", "-D", "UNRIG_UNITY=OFF", "-S", str(self.tree))

    def call(self, *command: str):
        done = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr)[-3000:]}")

    def put(self, relative: pathlib.Path | str, content: bytes):
        """Leaves alone what is so already: then nothing is compiled again."""
        path = self.tree / relative
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def write_broken(self, name: str, text: str):
        """In the place of a file; its lines keep their numbers."""
        text = f'#include "{SWITCH}"\n#line 1 "{self.tree / name}"\n{text}'
        self.put(name, text.encode())

    def restore(self, texts: dict[str, str]):
        for name, text in texts.items():
            self.put(name, text.encode())

    def build(self, target: str) -> str | None:
        """What the compiler said when it failed."""
        command = ["ninja", "-C", str(self.out), "-j", str(self.jobs), "-k", "0", target]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr if done.returncode else None


class TestRun:
    """The test program of one module, run with one mutant switched on or none."""

    def __init__(self, copy: Copy, module: str):
        self.copy = copy
        self.program = copy.out / "src" / module / f"{module}_test"
        self.scratch = copy.folder / "scratch"
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        self.told_path = self.scratch / "told"
        self.cpu_s, self.wall_s = 600, 900
        cpu_before, began = self.children_cpu_s(), time.monotonic()
        if not self.run(0, None):
            raise RuntimeError(f"{module}_test fails without any mutant: {self.program}")
        # Enough for a busy machine; a mutant that goes on and on takes no longer.
        self.cpu_s = math.ceil(2 + 3 * (self.children_cpu_s() - cpu_before))
        self.wall_s = 20 + 10 * (time.monotonic() - began)

    @staticmethod
    def children_cpu_s() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def told(self) -> tuple[set[int], set[int]]:
        """The places that the tests reach, and those that have no wrong way."""
        lines = self.told_path.read_text().splitlines() if self.told_path.exists() else []
        numbers = {"reached": set(), "impossible": set()}
        for word, number in map(str.split, lines):
            numbers[word].add(int(number))
        return numbers["reached"], numbers["impossible"]

    def passes(self, mutant: mutants.Mutant) -> bool:
        """First the tests of the same name, which catch most: the others need not run then."""
        own = self.own_tests(mutant.file)
        return (own is None or self.run(mutant.number, own)) and self.run(mutant.number, None)

    def own_tests(self, name: str) -> str | None:
        path = self.copy.tree / re.sub(r"\.(cpp|h)$", "_test.cpp", name)
        if not path.is_file():
            return None
        suites = re.findall(r"^(?:TEST(?:_[FP])?|RC_GTEST_\w*PROP)\((\w+),", path.read_text(), re.M)
        return ":".join(f"{suite}.*:*/{suite}.*" for suite in sorted(set(suites))) or None

    def run(self, number: int, only: str | None) -> bool:
        with tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as folder:
            os.chmod(folder, 0o755)  # of root's tests, some run programs as another account
            environment = {**os.environ, "TMPDIR": folder, "TEST_TMPDIR": folder,
                           "MUTANT": str(number), "GTEST_FAIL_FAST": "1", "RC_PARAMS": "seed=1"}
            if number == 0:
                environment["MUTANTS_TOLD"] = str(self.told_path)
            # The limits end it even when nobody is left who waits for it.
            command = ["prlimit", f"--cpu={self.cpu_s}", f"--as={MEMORY}", "--core=0",
                       str(self.program), *([f"--gtest_filter={only}"] if only else [])]
            try:
                done = subprocess.run(command, env=environment, cwd=folder, check=False,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, timeout=self.wall_s)
            except subprocess.TimeoutExpired:
                return False
            return done.returncode == 0
