"""How a run with the real chain ends, or goes on, when a part of it or of unrig itself is stopped,
killed or refuses: nothing stays, nothing that was measured is lost, nobody waits for ever."""

import os
import pathlib
import signal
import sqlite3
import unittest

from harness import (HOME, REAL_STACK, SHORT, STACKS, TINY, E2ETest, Run, argv, descendants, unrig,
                     wait_until)
from trouble_test import LONG, start_and_wait_for_the_chain

# A trial that is long enough to be caught in the middle, also on a slow machine.
CATCHABLE = ["--warmup", "200ms", "--duration", "4s", "--set", "clients=10"]


def folder_of_the_run() -> pathlib.Path:
    """What the run in HOME keeps below /tmp: passwords lie there. Others may have theirs."""
    return pathlib.Path((HOME / "runtime").read_text(encoding="utf-8").strip())


def name_of(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def named(name: str) -> list[int]:
    return [pid for pid in descendants() if name_of(pid) == name]


class ChainEndingTest(E2ETest):
    def setUp(self):
        self.folders = []

    def tearDown(self):
        super().tearDown()
        self.assertTrue(self.folders, "no run was looked at")
        self.assert_folders_gone()

    def assert_folders_gone(self):
        wait_until(lambda: not any(folder.exists() for folder in self.folders),
                   "the folder with passwords is gone", limit_s=60)

    def start(self, *arguments: str) -> Run:
        run = start_and_wait_for_the_chain(*arguments)
        self.look_at_folder()
        return run

    def look_at_folder(self):
        folder = folder_of_the_run()
        self.assertTrue(folder.is_dir())
        self.folders.append(folder)

    def trials(self) -> list[dict]:
        return unrig("show", "last", "--json", "-").json()["trials"]

    def assert_went_on(self, run: Run, trials: int):
        """To its end: no error, and as many trials as were asked for, or more."""
        self.assertIn(run.code, (0, 4), run.story())
        self.assertNotIn("unrig: ", run.err)
        self.assertGreaterEqual(len(self.trials()), trials, run.story())


class GoneTest(ChainEndingTest):
    def test_interrupt_before_the_first_trial_says_so_and_leaves_nothing(self):
        run = Run("run", "never-answers", "--stacks", str(STACKS), *TINY)
        wait_until(lambda: any("never_answers" in line for line in descendants().values()),
                   "the application starts")
        self.look_at_folder()
        run.send(signal.SIGINT)
        run.wait(60)
        # At once, not a while after the program.
        self.assertEqual((self.folders[0].exists(), descendants()), (False, {}))
        self.assert_exit(run, 130)
        self.assert_says(run, "before the first trial")

    def test_every_signal_in_a_trial(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT,
                       signal.SIGSEGV, signal.SIGKILL):
            with self.subTest(signal=number.name):
                run = self.start(*LONG)
                run.send(number)
                run.wait(60)
                self.assert_nothing_left()
                self.assert_folders_gone()

    def test_second_interrupt_in_a_long_warmup_ends_in_a_table(self):
        run = self.start("--blocks", "1", "--warmup", "1h", "--duration", "1s",
                                           "--json", "-")
        run.send(signal.SIGINT)
        wait_until(lambda: "again to stop at once" in run.err, "the first is taken")
        run.send(signal.SIGINT)
        self.assert_exit(run.wait(60), 130)
        self.assertEqual(run.json()["trials"], [])

    def test_everything_called_unrig_is_killed(self):
        """By name, as killall does, and by arguments, as pkill -f does."""
        run = self.start(*LONG)
        workers = [pid for pid, line in descendants().items() if "nginx: worker" in line]
        self.assertTrue(workers)
        for pid, line in descendants().items():
            if name_of(pid) == "unrig" or "unrig" in line:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        run.wait(60)
        self.assert_nothing_left()

    def test_keepers_are_killed_together(self):
        run = self.start(*LONG)
        programs = [pid for pid, line in descendants().items() if "nginx" in line]
        for pid in named("keeper"):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(argv(pid) for pid in programs), "nginx is gone, workers too")
        run.send(signal.SIGTERM)
        run.wait(120)


class StoppedTest(ChainEndingTest):
    def test_guard_and_keepers_are_told_to_go_on(self):
        run = self.start("--blocks", "1", *CATCHABLE)
        for pid in named("guard") + named("keeper"):
            os.kill(pid, signal.SIGSTOP)
        run.wait(180)
        self.assertIn(run.code, (0, 4), run.story())
        self.assert_says(run, "was stopped by somebody: continued")

    def test_a_pooler_that_hangs_costs_its_trial_only(self):
        run = self.start("--blocks", "2", *CATCHABLE)
        for pid in named("pgbouncer"):
            os.kill(pid, signal.SIGSTOP)
        run.wait()
        self.assert_went_on(run, trials=2)
        self.assertNotIn("clients of pgbouncer", run.err + run.out)

    def test_a_backend_that_crashes_costs_its_trial_only(self):
        run = self.start("--blocks", "2", *CATCHABLE)
        sessions = [pid for pid, line in descendants().items() if "postgres:" in line
                    and " app " in line]
        self.assertTrue(sessions, descendants())
        os.kill(sessions[0], signal.SIGKILL)
        run.wait()
        self.assert_went_on(run, trials=2)


class StoreTest(ChainEndingTest):
    def test_a_store_that_is_locked_takes_the_trial_later(self):
        run = self.start("--blocks", "2", *CATCHABLE)
        database = sqlite3.connect(HOME / "unrig.db", isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        # Longer than a trial, and than SQLite waits by itself.
        wait_until(lambda: run.ended() or "kept in memory" in run.err, "a trial waits")
        database.execute("ROLLBACK")
        run.wait()
        self.assert_went_on(run, trials=2)

    def test_a_store_that_stays_locked_costs_no_table(self):
        run = self.start("--blocks", "1", *SHORT, "--json", "-")
        database = sqlite3.connect(HOME / "unrig.db", isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        run.wait()
        database.execute("ROLLBACK")
        self.assert_exit(run, 3)
        self.assert_says(run, "could not be stored", "locked")
        self.assertGreaterEqual(len(run.json()["trials"]), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
