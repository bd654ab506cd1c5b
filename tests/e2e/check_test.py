"""`unrig check`: honest stacks keep the contract, and planted ones are caught at the point, with
what was seen and where."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from harness import HOME, REAL_STACK, E2ETest, Run, descendants, unrig, wait_until

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "docs/schema/unrig.check-1.json"
UNKEPT = HERE / "stacks-unkept"
OTHER_STACK = "starlette-uvicorn"
# With one worker nobody could tell a share of the pool from all of it.
FEW_WORKERS = ["--set", "workers.sync=4", "--set", "workers.async=2"]
# What each breaks, and nothing else.
PLANTED = {
    "three-faults": {"headers", "content type", "log"},
    "chunked": {"content length", "headers"},
    "one-pool": {"pooled: share"},
    "reversed": {"database connections", "pooled: database connections", "pooled: kept"},
}
NOT_ALLOWED = ("strace", "ptrace", "Operation not permitted")


def check(*arguments: str):
    return unrig("check", *arguments, *FEW_WORKERS, "--stacks", str(UNKEPT))


class CheckTest(E2ETest):
    def assert_written_as_published(self, written: str):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "check.json"
            file.write_text(written, encoding="utf-8")
            checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(file), str(SCHEMA)],
                                     capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def points(self, stack: dict, outcome: str) -> dict[str, dict]:
        return {point["point"]: point for point in stack["points"]
                if point["outcome"] == outcome}

    def assert_nothing_open(self, stack: dict):
        """But what this machine does not let anybody see."""
        for point in self.points(stack, "not checked").values():
            self.assertTrue(any(word in point["observed"] for word in NOT_ALLOWED), point)


class HonestTest(CheckTest):
    @classmethod
    def setUpClass(cls):
        cls.run_ = check(REAL_STACK, OTHER_STACK, "--json", "-")

    def setUp(self):
        self.stacks = {stack["stack"]: stack for stack in self.run_.json()["stacks"]}

    def test_keep_every_point(self):
        for name, stack in self.stacks.items():
            self.assertEqual(self.points(stack, "fails"), {}, name)
            self.assert_nothing_open(stack)
            self.assertIsNone(stack["failure"])
        self.assertIn(self.run_.code, (0, 98), self.run_.story())
        self.assertEqual(self.run_.code == 0, self.run_.json()["outcome"] == "holds")

    def test_are_written_as_published(self):
        self.assert_written_as_published(self.run_.out)

    def test_are_told_apart_where_nothing_is_demanded(self):
        closing = self.points(self.stacks[REAL_STACK], "holds")
        keeping = self.points(self.stacks[OTHER_STACK], "holds")
        self.assertIn("closes after each answer", closing["kept connection"]["observed"])
        self.assertIn("keeps it", keeping["kept connection"]["observed"])
        self.assertIn("connection is closed", closing["pipelined requests"]["observed"])
        self.assertEqual(keeping["pipelined requests"]["observed"], "3 of 3 answered")

    def test_have_their_figures(self):
        for name, statements in ((REAL_STACK, 3), (OTHER_STACK, 2)):
            figures = self.stacks[name]["figures"]
            self.assertEqual(figures["database_connections"], 1, name)
            self.assertEqual(figures["statements"], statements, name)
            self.assertGreater(figures["sql_bytes_forth"], 100, name)
            self.assertGreater(figures["head_bytes"], 60, name)
            self.assertLessEqual(figures["pool_most"], 4, name)
            self.assertIsNotNone(figures["memory_growth_bytes"], name)


class UnkeptTest(CheckTest):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "check.json"
            cls.run_ = check(*PLANTED, "--json", str(file))
            cls.written = file.read_text(encoding="utf-8")

    def setUp(self):
        self.assert_exit(self.run_, 99)
        self.stacks = {stack["stack"]: stack for stack in json.loads(self.written)["stacks"]}

    def failing(self, name: str) -> dict[str, dict]:
        return self.points(self.stacks[name], "fails")

    def test_each_is_caught_at_its_point_and_nowhere_else(self):
        for name, expected in PLANTED.items():
            failing = set(self.failing(name))
            if name == "three-faults" and "log" in self.points(self.stacks[name], "not checked"):
                self.fail("a file that grows is seen without strace, too")
            self.assertEqual(failing, expected, self.stacks[name]["points"])

    def test_each_says_where_and_what_to_change(self):
        for name in PLANTED:
            for point in self.failing(name).values():
                self.assertTrue(point["where"] and point["help"] and point["observed"], point)

    def test_what_was_seen_is_named(self):
        def seen(name: str, point: str) -> str:
            return self.failing(name)[point]["observed"]

        self.assertIn("X-Frame-Options: DENY", seen("three-faults", "headers"))
        self.assertIn("chunked", seen("chunked", "content length"))
        self.assertIn("requests.log", seen("three-faults", "log"))
        self.assertRegex(seen("one-pool", "pooled: share"), r"^8 of one process")
        self.assertEqual(seen("three-faults", "content type"), "text/plain; charset=utf-8")
        self.assertRegex(seen("reversed", "database connections"), r"^[01] opened for 40")

    def test_is_written_as_published(self):
        self.assert_written_as_published(self.written)

    def test_the_text_says_what_to_change(self):
        text = self.run_.out
        self.assertRegex(text, r"(?m)^  Not kept:\n    content type: text/plain")
        self.assertIn("      help: ", text)
        self.assertIn(f"0 of {len(PLANTED)} stacks keep the contract", text)


class EndsTest(CheckTest):
    def test_a_stack_that_does_not_start_is_no_stack_that_keeps_it(self):
        run = unrig("check", "never-starts", "--stacks", str(HERE / "stacks"))
        self.assert_exit(run, 4)
        self.assertIn("the last words of a server", run.out)
        self.assertIn("of 1 nobody knows", run.out)

    def test_what_a_dead_pooler_makes_fail_is_no_fault_of_the_stack(self):
        run = Run("check", REAL_STACK, *FEW_WORKERS)
        wait_until(lambda: any("gunicorn" in line for line in descendants().values()), "a server")
        time.sleep(1)
        for pid, line in descendants().items():
            if pathlib.Path(line.split(" ")[0]).name == "pgbouncer":
                os.kill(pid, signal.SIGKILL)
        self.assert_exit(run.wait(), 4)
        self.assertIn("the pooler has ended", run.out)
        self.assertNotIn("Not kept", run.out)

    def test_a_wrong_word_is_told_before_anything_starts(self):
        run = unrig("check", "flask-gunicron")
        self.assert_exit(run, 2)
        self.assert_says(run, REAL_STACK)
        self.assertEqual(run.out, "")


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
