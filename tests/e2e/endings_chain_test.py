"""How a run with the real chain ends, or goes on, when a part of it or of unrig itself is stopped,
killed or refuses: nothing stays, nothing that was measured is lost, nobody waits for ever.

That no process and nothing in /tmp stays is looked at after each test (harness.py). TERM, and KILL
in a trial, stand in trouble_test.py."""

import os
import pathlib
import signal
import sqlite3
import tempfile
import unittest

from harness import (FEW, HOME, REAL_STACK, SHORT, STACKS, TINY, UNRIG, E2ETest, Run, argv,
                     descendants, finished_trials, unrig, wait_until)
from mishap_test import measures
from trouble_test import LONG, start_and_wait_for_the_chain

# Trials that are long enough to be caught in the middle, also on a slow machine.
CATCHABLE = ["--warmup", "200ms", "--duration", "1500ms", *FEW, "--patience", "0s"]


def folder_of_the_run() -> pathlib.Path:
    """What the run in HOME keeps below /tmp: passwords lie there. Others may have theirs."""
    return pathlib.Path((HOME / "runtime").read_text(encoding="utf-8").strip())


def name_of(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def is_unrig(pid: int) -> bool:
    """By its executable: whatever it calls itself."""
    try:
        return os.path.samefile(f"/proc/{pid}/exe", UNRIG)
    except OSError:
        return False


def named(name: str) -> list[int]:
    return [pid for pid in descendants() if name_of(pid) == name]


def send(number: signal.Signals, pids):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class GoneTest(E2ETest):
    def test_interrupt_before_the_first_trial_says_so_and_leaves_nothing(self):
        before = finished_trials()
        # However late the signal comes, this stack is still being waited for.
        run = Run("run", "never-answers", "--stacks", str(STACKS), *TINY)
        wait_until(lambda: any("never_answers" in line for line in descendants().values()),
                   "the application starts")
        folder = folder_of_the_run()
        self.assertTrue(folder.is_dir())
        run.send(signal.SIGINT)
        run.wait(60)
        # At once, not a while after the program.
        self.assertEqual((folder.exists(), descendants()), (False, {}))
        self.assert_exit(run, 130)
        self.assert_says(run, "before the first trial")
        self.assertEqual(finished_trials(), before)

    def test_signals_while_the_database_starts(self):
        for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV):
            with self.subTest(signal=number.name):
                run = Run("run", REAL_STACK, *LONG)
                wait_until(lambda: run.ended() or any("postgres -D" in line for line in
                                                      descendants().values()), "the database")
                self.assertFalse(run.ended(), run.story())
                run.send(number)
                run.wait(60)
                self.assert_nothing_left()

    def test_second_interrupt_in_a_long_warmup_ends_in_a_table(self):
        run = start_and_wait_for_the_chain("--blocks", "1", *FEW, "--warmup", "1h", "--duration",
                                           "1s", "--json", "-")
        run.send(signal.SIGINT)
        wait_until(lambda: "again to stop at once" in run.err, "the first is taken")
        run.send(signal.SIGINT)
        self.assert_exit(run.wait(60), 130)
        self.assertEqual(run.json()["trials"], [])

    def test_keepers_and_then_everything_called_unrig_are_killed(self):
        """By name, as killall does, and by arguments, as pkill -f does."""
        run = start_and_wait_for_the_chain(*LONG)
        programs = [pid for pid, line in descendants().items() if "nginx" in line]
        self.assertGreater(len(programs), 1, "its workers, too")
        send(signal.SIGKILL, named("keeper"))
        wait_until(lambda: not any(argv(pid) for pid in programs), "nginx is gone, workers too")
        send(signal.SIGKILL, [pid for pid, line in descendants().items()
                              if name_of(pid) == "unrig" or "unrig" in line])
        run.wait(60)
        self.assert_nothing_left()

    def test_all_of_unrig_is_killed_by_its_executable(self):
        """Nobody is left that cleans up but the programs, and later another unrig."""
        run = start_and_wait_for_the_chain(*LONG)
        folder = folder_of_the_run()
        self.assertTrue((folder / "in-use").exists())
        # One that does not heed what it is told.
        [frozen] = [pid for pid, line in descendants().items() if "nginx: master" in line]
        os.kill(frozen, signal.SIGSTOP)
        ours = [pid for pid in descendants() if is_unrig(pid)]
        self.assertGreater(len(ours), 5, "unrig, guard, keepers")
        send(signal.SIGSTOP, ours)  # so that none sees another go
        send(signal.SIGKILL, ours)
        run.wait(60)
        wait_until(lambda: all("nginx" in line for line in descendants().values()),
                   "the other programs end", limit_s=60)
        self.assertTrue(folder.exists())
        with tempfile.TemporaryDirectory(prefix="unrig-e2e-") as other:
            self.assert_exit(unrig("list", "runs", home=other), 0)
        self.assertFalse(folder.exists())
        self.assert_nothing_left()


class GoesOnTest(E2ETest):
    def test_what_is_stopped_killed_or_locked_costs_its_trial_only(self):
        """One run, one disturbance after the other."""
        run = start_and_wait_for_the_chain("--blocks", "50", *CATCHABLE, "--json", "-")

        def trials() -> int:
            return run.err.count("  block ")

        def goes_on(what: str):
            before = trials()
            wait_until(lambda: run.ended() or trials() > before + 1, what)
            self.assertFalse(run.ended(), run.story())

        send(signal.SIGSTOP, named("guard") + named("keeper"))
        wait_until(lambda: run.ended() or "was stopped by somebody: continued" in run.err,
                   "guard and keepers are told to go on")
        goes_on("a trial after guard and keepers were stopped")

        sessions = wait_until(lambda: [pid for pid, line in descendants().items()
                                       if "postgres:" in line and " app " in line],
                              "sessions of the application")
        send(signal.SIGKILL, sessions[:1])
        goes_on("a trial after a backend crashed")

        # Amid a trial: between two, unrig would wait for its answer half a minute.
        wait_until(lambda: run.ended() or measures(run), "load in the next trial")
        send(signal.SIGSTOP, named("pgbouncer"))
        goes_on("a trial after the pooler hung")

        database = sqlite3.connect(HOME / "unrig.db", isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        # Longer than a trial, and than SQLite waits by itself.
        wait_until(lambda: run.ended() or "kept in memory" in run.err, "a trial waits")
        database.execute("ROLLBACK")
        goes_on("a trial after the store was locked")

        shown = trials()
        run.send(signal.SIGINT)
        self.assert_exit(run.wait(), 130)
        errors = [line for line in run.err.splitlines() if line.startswith("unrig: ")
                  and "was stopped by somebody: continued" not in line]
        self.assertEqual(errors, [], run.story())
        self.assertNotIn("clients of pgbouncer", run.err + run.out)
        self.assertGreaterEqual(len(run.json()["trials"]), shown)
        self.assertEqual(len(unrig("show", "last", "--json", "-").json()["trials"]),
                         len(run.json()["trials"]))

    def test_a_store_that_stays_locked_costs_no_table(self):
        run = start_and_wait_for_the_chain("--blocks", "1", *SHORT, "--json", "-")
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
