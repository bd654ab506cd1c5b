"""What befalls a part of the chain in mid-trial: the trial says so, and the run goes on."""

import contextlib
import os
import pathlib
import signal
import time
import unittest

from harness import (HOME, REAL_STACK, E2ETest, Run, argv, descendants, finished_trials, is_sound,
                     wait_until)

TRIALS = ["--warmup", "300ms", "--duration", "2s", "--set", "clients=10", "--noise-floor"]
# A word of the command line by which a part's first process is known, and its name in reasons.
PARTS = {"proxy": "nginx: master", "app": "gunicorn", "pooler": "pgbouncer",
         "database": "postgres -D"}
QUOTAS = pathlib.Path("/sys/fs/cgroup/cpu")  # version 1


def parent_of(pid: int) -> int:
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    return int(text.rpartition(")")[2].split()[1])


def first_process(part: str) -> int:
    """The one of the part's processes whose parent is none of them."""
    word = PARTS[part]
    found = [pid for pid, line in descendants().items()
             if word in line or (part == "database" and "bin/postgres" in line)]
    found = [pid for pid in found if not any("unrig" in pathlib.Path(argument).name
                                             for argument in argv(pid)[:1])]
    first = [pid for pid in found if parent_of(pid) not in found]
    return first[0] if first else 0


def family(pid: int) -> list[int]:
    all_pids = list(descendants())
    below, grown = {pid}, True
    while grown:
        more = set()
        for each in all_pids:
            with contextlib.suppress(OSError):
                if each not in below and parent_of(each) in below:
                    more.add(each)
        below |= more
        grown = bool(more)
    return sorted(below)


def measures(run: Run) -> bool:
    """Whether load is put on the chain at this moment: its threads are there."""
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{run.pid}/task")) > 2 and first_process("app") > 0
    return False


class MishapTest(E2ETest):
    def with_mishap(self, mishap) -> tuple[Run, list[dict]]:
        """A run of some blocks, in whose second trial something happens; and its trials."""
        before = finished_trials()
        run = Run("run", REAL_STACK, *TRIALS, "--blocks", "3", "--json", "-", "--plain")
        wait_until(lambda: run.ended() or finished_trials() > before, "the first trial ended")
        wait_until(lambda: run.ended() or not measures(run), "the trial's end", limit_s=30)
        wait_until(lambda: run.ended() or measures(run), "load in the second trial")
        self.assertFalse(run.ended(), run.story())
        time.sleep(0.8)
        mishap()
        run.wait()
        return run, run.json()["trials"]

    def assert_named(self, run: Run, trials: list[dict], *words: str):
        named = [t for t in trials
                 if all(w in " ".join(t["verdict"]["reasons"]) for w in words)]
        self.assertEqual(len(named), 1, f"{words}\n{run.story()}")
        self.assertFalse(named[0]["verdict"]["valid"])
        later = trials[trials.index(named[0]) + 1:]
        self.assertTrue(later, run.story())
        self.assertTrue(all(map(is_sound, later)), run.story())

    def kill(self, part: str):
        run, trials = self.with_mishap(lambda: os.kill(first_process(part), signal.SIGKILL))
        self.assert_named(run, trials, f"the {part} ended while it was measured")

    def test_killed_proxy(self):
        self.kill("proxy")

    def test_killed_application(self):
        self.kill("app")

    def test_killed_pooler(self):
        self.kill("pooler")

    def test_killed_database(self):
        self.kill("database")

    def test_killed_worker_of_the_proxy(self):
        def mishap():
            os.kill(family(first_process("proxy"))[-1], signal.SIGKILL)
        run, trials = self.with_mishap(mishap)
        self.assert_named(run, trials, "the proxy ended", "others took their place")

    def stop(self, part: str):
        def mishap():
            pids = family(first_process(part))
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(0.6)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        run, trials = self.with_mishap(mishap)
        self.assert_named(run, trials, f"the {part} was stopped", "SIGSTOP")

    def test_stopped_proxy(self):
        self.stop("proxy")

    def test_stopped_application(self):
        self.stop("app")

    def test_stopped_pooler(self):
        self.stop("pooler")

    def test_stopped_database(self):
        self.stop("database")

    def test_stopped_generator(self):
        def stop_and_go():
            os.kill(Run.started[-1].pid, signal.SIGSTOP)
            time.sleep(0.8)
            os.kill(Run.started[-1].pid, signal.SIGCONT)
        run, trials = self.with_mishap(stop_and_go)
        self.assert_named(run, trials, "stood still")

    def throttle(self, part: str):
        group = QUOTAS / f"unrig-test-{os.getpid()}"
        try:
            group.mkdir()
            (group / "cpu.cfs_period_us").write_text("100000")
            (group / "cpu.cfs_quota_us").write_text("2000")
        except OSError as error:
            self.skipTest(f"no CPU quota can be set here: {error}")

        def mishap():
            pids = family(first_process(part))
            for pid in pids:
                with contextlib.suppress(OSError):
                    (group / "cgroup.procs").write_text(str(pid))
            time.sleep(1.5)
            for pid in pids:
                with contextlib.suppress(OSError):
                    (QUOTAS / "cgroup.procs").write_text(str(pid))
        try:
            run, trials = self.with_mishap(mishap)
            self.assert_named(run, trials, "a CPU quota held", f"the {part}", str(group))
        finally:
            wait_until(lambda: not (group / "cgroup.procs").read_text(), "an empty group", 30)
            group.rmdir()

    def test_throttled_proxy(self):
        self.throttle("proxy")

    def test_throttled_application(self):
        self.throttle("app")

    def test_throttled_pooler(self):
        self.throttle("pooler")

    def test_throttled_database(self):
        self.throttle("database")


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
