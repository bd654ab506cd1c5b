"""A program that is not unrig's and takes CPU time from the trials: seen, named, made up for."""

import os
import re
import subprocess
import sys
import unittest

from harness import HOME, QUICK, REAL_STACK, E2ETest, Run, unrig, wait_until

# Enough of them for a share of any machine that no background noise has. They end with the test, or
# by themselves should it be killed.
BUSY = [sys.executable, "-c", "import time\nend = time.time() + 900\nwhile time.time() < end: pass"]


class BusyMachineTest(E2ETest):
    """Others use every core, until the test says otherwise."""

    def setUp(self):
        self.busy = [subprocess.Popen(BUSY) for _ in range(os.cpu_count() or 1)]

    def tearDown(self):
        self.end_others()
        super().tearDown()

    def end_others(self):
        for process in self.busy:
            process.kill()
            process.wait()

    def test_it_waits_and_goes_on_when_it_is_quiet(self):
        run = Run("run", REAL_STACK, "--blocks", "1", *QUICK, "--patience", "30s", "--plain")
        wait_until(lambda: "not quiet yet" in run.err or run.ended(), "it waits")
        self.end_others()
        run.wait()
        self.assert_says(run, "every trial of block 1 was disturbed: other programs used",
                         "help: end or pause ", "waiting 30 s at most")
        # Whether it is quiet without them is up to the machine.
        self.assertRegex(run.err, r"quiet after .*: the run goes on", run.story())

    def test_without_patience_there_is_a_table_and_advice_that_works(self):
        run = unrig("run", REAL_STACK, "--blocks", "3", *QUICK, "--patience", "4s", "--plain")
        self.assert_exit(run, 4)
        self.assert_says(run, "still not quiet after 4")
        self.assert_table(run.out)
        row = next(line for line in run.out.splitlines() if " Gunicorn " in line)
        self.assertRegex(row, r"^ +- .*~1\.00 .* disturbed$")
        command = re.search(r"unrig (run --resume \S+ --accept-noise)", run.out)
        self.assertIsNotNone(command, run.story())
        accepted = unrig(*command[1].split(), "--json", "-")
        self.assert_exit(accepted, 0)
        record = accepted.json()
        self.assertTrue(record["accept_noise"])
        cell = record["cells"][0]
        self.assertEqual(cell["accepted_trials"], cell["valid_trials"])
        self.assertGreaterEqual(cell["accepted_trials"], 3)
        self.assertIsNotNone(cell["throughput_per_s"]["low"])
        self.assertTrue(all(t["verdict"]["disturbed"] and not t["verdict"]["valid"]
                            for t in record["trials"]))


class ForeignLoadTest(E2ETest):
    def test_trial_is_invalid_and_repeated_when_the_others_are_gone(self):
        busy = [subprocess.Popen(BUSY) for _ in range(max(1, (os.cpu_count() or 1) // 2))]
        run = Run("run", REAL_STACK, "--blocks", "1", *QUICK, "--patience", "0s", "--plain",
                  "--json", "-")
        try:
            wait_until(lambda: "INVALID" in run.err or run.ended(), "a disturbed trial")
        finally:
            for process in busy:
                process.kill()
                process.wait()
        run.wait()
        record = run.json()
        first = record["trials"][0]
        self.assertFalse(first["verdict"]["valid"], run.story())
        self.assertTrue(first["verdict"]["disturbed"], run.story())
        self.assertIn("other programs used", " ".join(first["verdict"]["reasons"]))
        self.assertGreater(first["disturbance"]["foreign"], 0.05)
        self.assertNotEqual(first["disturbance"]["foreign_name"], "", run.story())
        # It is kept, listed, and made up for; how the second try ends is up to the machine.
        self.assertEqual((first["block"], first["purpose"]), (1, "planned"))
        self.assertEqual((record["trials"][1]["block"], record["trials"][1]["purpose"]),
                         (2, "make-up"))
        self.assertTrue(any("other programs used" in reason
                            for reason in record["cells"][0]["reasons"]), run.story())


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
