"""`unrig compare`: two stacks, a stack and itself, two stored runs, and what it refuses."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import HOME, REAL_STACK, SHORT, STACKS, TINY, E2ETest, unrig

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schema" / "unrig.compare-1.json"
ASYNC_STACK = "starlette-uvicorn"
FIGURE = r"\d+(?:\.\d+)?"
INTERVAL = rf"\[{FIGURE}, {FIGURE}\]"


class CompareTest(E2ETest):
    def assert_keeps_to_schema(self, record: dict):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "record.json"
            file.write_text(json.dumps(record), encoding="utf-8")
            checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(file), str(SCHEMA)],
                                     capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def compared(self, *arguments: str, code: int = 0) -> tuple[str, dict]:
        """What it printed, and its record."""
        with tempfile.TemporaryDirectory(prefix="unrig-e2e-") as folder:
            file = pathlib.Path(folder) / "compare.json"
            run = unrig("compare", *arguments, "--json", str(file))
            self.assert_exit(run, code)
            record = json.loads(file.read_text(encoding="utf-8"))
        self.assert_keeps_to_schema(record)
        self.assertEqual(run.out.splitlines()[0], record["sentence"])
        return run.out, record


class StacksTest(CompareTest):
    def test_two_stacks(self):
        text, record = self.compared(ASYNC_STACK, REAL_STACK, *SHORT, "--blocks", "3",
                                     "--seed", "5")
        self.assertEqual((record["a"], record["b"]), (ASYNC_STACK, REAL_STACK))
        self.assertEqual(record["blocks"], 3)
        self.assertLess(record["ratio"]["low"], record["ratio"]["estimate"])
        self.assertRegex(record["sentence"],
                         rf"^{ASYNC_STACK} serves {FIGURE} times {INTERVAL} as many requests as "
                         rf"{REAL_STACK}; P99 {FIGURE} times; 3 blocks")
        # The run is an ordinary one, found again by its name.
        shown = unrig("show", record["run"], "--json", "-")
        self.assert_exit(shown, 0)
        stored = shown.json()
        self.assertIn(record["run"], text)
        self.assertEqual(stored["baseline"], REAL_STACK)
        self.assertEqual(len(stored["trials"]), 6)
        (row,) = (cell for cell in stored["cells"] if cell["label"] == ASYNC_STACK)
        self.assertAlmostEqual(row["ratio"]["estimate"], record["ratio"]["estimate"])

    def test_a_stack_and_itself(self):
        _, record = self.compared(REAL_STACK, REAL_STACK, *SHORT, "--blocks", "3")
        self.assertEqual((record["a"], record["b"]), (REAL_STACK, f"{REAL_STACK} (again)"))
        ratio = record["ratio"]
        covers = ratio["low"] <= 1 <= ratio["high"]
        self.assertIn("the interval covers 1" if covers else "the interval leaves out 1",
                      record["sentence"])

    def test_one_block_gives_no_interval(self):
        _, record = self.compared(REAL_STACK, REAL_STACK, *TINY)
        self.assertEqual(record["verdict"], "undecided")
        self.assertIsNone(record["ratio"]["low"])
        self.assertIn("1 block; no interval", record["sentence"])

    def test_nothing_valid_is_invalid_with_the_reason(self):
        text, record = self.compared("wrong-body", REAL_STACK, *TINY, "--stacks", str(STACKS),
                                     code=4)
        self.assertEqual(record["verdict"], "invalid")
        self.assertIn("cannot be compared", record["sentence"])
        self.assertRegex(" ".join(record["reasons"]["a"]), "body")
        self.assertIn("Does not count:", text)

    def test_standard_output_is_one_json_document(self):
        run = unrig("compare", REAL_STACK, REAL_STACK, *TINY, "--json", "-")
        self.assert_exit(run, 0)
        self.assertEqual(run.json()["schema"], "unrig.compare/1")


class RunsTest(CompareTest):
    """Three stored runs: two of the same settings, one of others."""

    @classmethod
    def setUpClass(cls):
        cls.names = []
        for more in (["--blocks", "3"], ["--blocks", "4"],
                     ["--blocks", "1", "--set", "db.delay=0"]):
            run = unrig("run", REAL_STACK, *SHORT, *more, "--json", "-")
            if run.code != 0:
                raise AssertionError(run.story())
            cls.names.append(run.json()["run"])

    def test_same_settings(self):
        first, second, _ = self.names
        text, record = self.compared(first, second)
        self.assertEqual((record["a"], record["b"]), (first, second))
        self.assertFalse(record["paired"])
        self.assertFalse(record["forced"])
        (cell,) = record["cells"]
        self.assertEqual(cell["label"], REAL_STACK)
        self.assertEqual(cell["valid_trials"], {"a": 3, "b": 4})
        self.assertLess(cell["ratio"]["low"], cell["ratio"]["high"])
        self.assertEqual(record["ratio"], cell["ratio"])
        self.assertIn("their blocks are not paired", text)

    def test_other_settings_are_refused_unless_forced(self):
        _, second, other = self.names
        refused = unrig("compare", second, other)
        self.assert_exit(refused, 2)
        self.assert_says(refused, "knob db.delay", "20ms", "--force")
        text, record = self.compared(second, other, "--force")
        self.assertTrue(record["forced"])
        self.assertIn("knob db.delay", [d["what"] for d in record["differences"] if d["bars"]])
        self.assertIn("by force", text)

    def test_what_is_refused(self):
        first, second, _ = self.names
        for arguments, words in (
                ((first, REAL_STACK), ("a stored run", "a stack")),
                ((first, first), ("the same run",)),
                (("flask-gunicorm", REAL_STACK), ("did you mean 'flask-gunicorn'",)),
                ((REAL_STACK + "@1999", REAL_STACK), ("1999",)),
                ((first, second[:-1] + "x"), (f"did you mean '{second}'",))):
            with self.subTest(arguments=arguments):
                run = unrig("compare", *arguments)
                self.assert_exit(run, 2)
                self.assert_says(run, *words)


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
