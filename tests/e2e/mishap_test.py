"""What befalls a part of the chain in mid-trial: the trial says so, and the run goes on.

All share a run, one trial each; the trial before and the one after have none.
"""

import contextlib
import os
import pathlib
import re
import signal
import time
import unittest

from harness import (FEW, HOME, REAL_STACK, E2ETest, Run, argv, descendants, finished_trials,
                     wait_until)
from verdicts import is_sound

# A quota holds no thread of a real-time priority, as the load generator's is elsewhere.
TRIALS = ["--warmup", "200ms", "--duration", "1500ms", *FEW, "--patience", "0s", "--set",
          "load.real_time=false"]
# A word of the command line by which a part's first process is known.
PARTS = {"proxy": "nginx: master", "app": "gunicorn", "pooler": "pgbouncer",
         "database": "postgres -D"}
BEFORE_S = 0.6  # from the first sight of the load to the mishap
LASTS_S = 0.6
QUOTAS = pathlib.Path("/sys/fs/cgroup")


def parent_of(pid: int) -> int:
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    return int(text.rpartition(")")[2].split()[1])


def first_process(part: str) -> int:
    """The one of the part's processes whose parent is none of them; 0 where there is none."""
    word = PARTS[part]
    found = [pid for pid, line in descendants().items()
             if word in line or (part == "database" and "bin/postgres" in line)]
    found = [pid for pid in found
             if pathlib.Path(argv(pid)[0]).name not in ("unrig", "guard", "keeper")]
    with contextlib.suppress(OSError):
        return next((pid for pid in found if parent_of(pid) not in found), 0)
    return 0


def family(part: str) -> list[int]:
    all_pids = list(descendants())
    below, grown = {first_process(part)}, True
    while grown:
        more = set()
        for each in all_pids:
            with contextlib.suppress(OSError):
                if each not in below and parent_of(each) in below:
                    more.add(each)
        below |= more
        grown = bool(more)
    return sorted(below)


def worker(part: str) -> int:
    return family(part)[-1]


def measures(run: Run) -> bool:
    """Whether load is put on the chain at this moment: its threads are there."""
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{run.pid}/task")) > 2 and first_process("app") > 0
    return False


def kill(pid: int):
    os.kill(pid, signal.SIGKILL)


def stop(pids: list[int]):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(LASTS_S)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


class Quota:
    """A control group of 2 % of a core."""

    def __init__(self):
        old = QUOTAS / "cpu"  # version 1
        self.root = old if (old / "cgroup.procs").exists() else QUOTAS
        self.folder = self.root / f"unrig-test-{os.getpid()}"
        self.folder.mkdir()
        try:
            if self.root == old:
                (self.folder / "cpu.cfs_period_us").write_text("100000")
                (self.folder / "cpu.cfs_quota_us").write_text("2000")
            else:
                (self.folder / "cpu.max").write_text("2000 100000")
        except OSError:
            self.folder.rmdir()
            raise

    def holds(self, pids: list[int]):
        for folder, then_s in ((self.folder, 2 * LASTS_S), (self.root, 0)):
            for pid in pids:
                with contextlib.suppress(OSError):
                    (folder / "cgroup.procs").write_text(str(pid))
            time.sleep(then_s)

    def end(self):
        wait_until(lambda: not (self.folder / "cgroup.procs").read_text(), "an empty group", 30)
        self.folder.rmdir()


def killed() -> dict:
    """Each part of the chain and a worker of it, with words that the reason has."""
    return {
        "proxy": (lambda: kill(first_process("proxy")),
                  ["the proxy ended while it was measured", "nginx"]),
        "worker of the proxy": (lambda: kill(worker("proxy")),
                                ["the proxy ended", "others took their place"]),
        "app": (lambda: kill(first_process("app")),
                ["the app ended while it was measured", "gunicorn"]),
        "worker of the app": (lambda: kill(worker("app")),
                              ["the app ended", "others took their place"]),
        "pooler": (lambda: kill(first_process("pooler")),
                   ["the pooler ended while it was measured"]),
        "database": (lambda: kill(first_process("database")),
                     ["the database ended while it was measured"]),
    }


def stopped() -> dict:
    return {
        "proxy": (lambda: stop(family("proxy")), ["the proxy was stopped", "SIGSTOP"]),
        "app": (lambda: stop(family("app")), ["the app was stopped", "SIGSTOP"]),
        "worker of the app": (lambda: stop([worker("app")]), ["the app was stopped"]),
        "pooler": (lambda: stop(family("pooler")), ["the pooler was stopped", "SIGSTOP"]),
        "database": (lambda: stop(family("database")), ["the database was stopped", "SIGSTOP"]),
        "load generator": (lambda: stop([Run.started[-1].pid]), ["unrig was stopped", "SIGSTOP"]),
    }


def to_one_core(pid: int):
    """Or, where there is only one, behind all others on it."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, cores[:1])
    else:
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))


def moved() -> dict:
    """As a program of the same account can do it, for all trials to come."""
    return {
        "worker of the proxy": (lambda: os.setpriority(os.PRIO_PROCESS, worker("proxy"), 19),
                                ["the proxy was moved", "nice 19", "nginx"]),
        "pooler": (lambda: os.sched_setscheduler(first_process("pooler"), os.SCHED_IDLE,
                                                 os.sched_param(0)),
                   ["the pooler was moved", "SCHED_IDLE"]),
        "database": (lambda: to_one_core(first_process("database")),
                     ["the database was moved"]),
    }


def throttled(quota: Quota) -> dict:
    def held(name: str, pids):
        return lambda: quota.holds(pids()), ["a CPU quota held", f"the {name} ", str(quota.folder)]

    mishaps = {part: held(part, lambda part=part: family(part)) for part in PARTS}
    mishaps["load generator"] = held("load generator", lambda: [Run.started[-1].pid])
    return mishaps


class MishapTest(E2ETest):
    """One run: its first trial has no mishap, then each trial has its own, then one has none."""

    mishaps: dict = {}  # kind and name: what is done, and words that the reason has
    no_quota = ""       # why there is none
    run_of: Run | None = None

    @classmethod
    def setUpClass(cls):
        kinds = {"killed": killed(), "stopped": stopped(), "moved": moved()}
        try:
            quota = Quota()
            cls.addClassCleanup(quota.end)
            kinds["throttled"] = throttled(quota)
        except OSError as error:
            cls.no_quota = f"no CPU quota can be set here: {error}"
        cls.mishaps = {(kind, name): mishap for kind, mishaps in kinds.items()
                       for name, mishap in mishaps.items()}
        before = finished_trials()
        run = Run("run", REAL_STACK, *TRIALS, "--blocks", str(len(cls.mishaps) + 2), "--json", "-",
                  "--plain")
        for done, (mishap, _) in enumerate(cls.mishaps.values(), 1):
            wait_until(lambda: run.ended() or finished_trials() >= before + done, "the last trial")
            wait_until(lambda: run.ended() or not measures(run), "the trial's end")
            wait_until(lambda: run.ended() or measures(run), "load in the next trial")
            if run.ended():
                break
            time.sleep(BEFORE_S)
            mishap()
        cls.run_of = run.wait()

    def look(self, kind: str, name: str):
        run = self.run_of
        place = 1 + list(self.mishaps).index((kind, name))
        verdict = run.json()["trials"][place]["verdict"]
        self.assertFalse(verdict["valid"], run.story())
        text = " ".join(verdict["reasons"])
        for word in self.mishaps[kind, name][1]:
            self.assertIn(word, text, run.story())
        # The others are not blamed for it, nor for what befell them before.
        blamed = re.findall(
            r"the (proxy|app|pooler|database) (?:has )?"
            r"(?:ended|was stopped|was moved|did not answer)", text)
        self.assertLessEqual(set(blamed), {name.split(" the ")[-1]}, text)

    def look_at_all(self, wanted: str):
        self.assertGreaterEqual(len(self.run_of.json()["trials"]), len(self.mishaps) + 2,
                                self.run_of.story())
        for kind, name in self.mishaps:
            if kind == wanted:
                with self.subTest(name):
                    self.look(kind, name)

    def test_what_is_killed_is_named(self):
        self.look_at_all("killed")

    def test_what_is_stopped_is_named(self):
        self.look_at_all("stopped")

    def test_what_is_moved_is_named(self):
        self.look_at_all("moved")

    def test_what_a_quota_holds_is_named(self):
        if self.no_quota:
            self.skipTest(self.no_quota)
        self.look_at_all("throttled")

    def test_the_run_goes_on(self):
        run = self.run_of
        for place in (0, 1 + len(self.mishaps)):
            self.assertTrue(is_sound(run.json()["trials"][place]), run.story())


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
