"""A program that is not unrig's and takes CPU time from the trials: seen, named, made up for."""

import os
import subprocess
import sys
import unittest

from harness import HOME, REAL_STACK, TINY, E2ETest, Run, wait_until

# Enough of them for a share of any machine that no background noise has. They end with the test, or
# by themselves should it be killed.
BUSY = [sys.executable, "-c", "import time\nend = time.time() + 900\nwhile time.time() < end: pass"]


class ForeignLoadTest(E2ETest):
    def test_trial_is_invalid_and_repeated_when_the_others_are_gone(self):
        busy = [subprocess.Popen(BUSY) for _ in range(max(1, (os.cpu_count() or 1) // 2))]
        run = Run("run", REAL_STACK, *TINY, "--plain", "--json", "-")
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
