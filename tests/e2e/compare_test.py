"""`unrig compare`: two stacks, a stack and itself, two stored runs, and what it refuses."""

import json
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest
import zlib

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

    def compared(self, *arguments: str, home=HOME):
        """The run of the program, and its record."""
        with tempfile.TemporaryDirectory(prefix="unrig-e2e-") as folder:
            file = pathlib.Path(folder) / "compare.json"
            run = unrig("compare", *arguments, "--json", str(file), home=home)
            self.assertTrue(file.exists() and file.stat().st_size > 0, run.story())
            record = json.loads(file.read_text(encoding="utf-8"))
        self.assert_keeps_to_schema(record)
        self.assertEqual(run.out.splitlines()[0], record["sentence"])
        return run, record


class StacksTest(CompareTest):
    def measured(self, *arguments: str) -> tuple[dict, dict]:
        """The record, and that of the run behind it. On a machine that others use all the time
        there may be nothing valid, and no figure to look at."""
        run, record = self.compared(*arguments, *SHORT)
        shown = unrig("show", record["run"], "--json", "-")
        self.assert_exit(shown, 0)
        behind = shown.json()
        self.assert_ran(run, behind)
        self.assertIn(record["run"], run.out)
        if run.code == 4:
            self.assertEqual((record["verdict"], record["blocks"]), ("invalid", 0), run.story())
        return record, behind

    def test_two_stacks(self):
        record, behind = self.measured(ASYNC_STACK, REAL_STACK, "--blocks", "3", "--seed", "5",
                                       "--no-confirm")
        self.assertEqual((record["a"], record["b"]), (ASYNC_STACK, REAL_STACK))
        self.assertEqual(behind["baseline"], REAL_STACK)
        # The run behind it is an ordinary one, and its table says the same.
        (row,) = (cell for cell in behind["cells"] if cell["label"] == ASYNC_STACK)
        for figure, value in record["ratio"].items():
            if value is None:
                self.assertIsNone(row["ratio"][figure])
            else:
                self.assertAlmostEqual(row["ratio"][figure], value, places=9)
        if record["blocks"] >= 3:
            self.assertRegex(record["sentence"],
                             rf"^{ASYNC_STACK} serves {FIGURE} requests/s and {REAL_STACK} "
                             rf"{FIGURE}: {FIGURE} times {INTERVAL} as many; "
                             rf"{record['blocks']} blocks")

    def test_limiters_are_put_to_the_test_in_blocks_that_no_table_has(self):
        record, behind = self.measured(REAL_STACK, ASYNC_STACK, "--blocks", "2", "--accept-noise",
                                       "--set", "workers.sync=2", "--set", "workers.async=1")
        self.assertEqual(behind["perturbation_blocks"], 5)
        self.assertEqual([cell["label"] for cell in behind["cells"] if cell["valid_trials"]],
                         [cell["label"] for cell in behind["cells"]], "the machine was in use")
        for side, label in (("a", REAL_STACK), ("b", ASYNC_STACK)):
            changes = [change for change in behind["perturbations"] if change["of"] == label]
            tests = record["limiter"][side]["elasticities"]
            self.assertTrue(1 <= len(changes) <= 3, changes)
            self.assertEqual([(change["suspect"], change["knob"]) for change in changes],
                             [(test["suspect"], test["knob"]) for test in tests])
            of_table = [trial for trial in behind["trials"] if trial["label"] == label
                        and trial["purpose"] in ("planned", "make-up")]
            self.assertEqual(record["trials"][side], len(of_table), "those of the table")
            self.assertGreaterEqual(len(of_table), 2)
            for change, test in zip(changes, tests):
                trials = [trial for trial in behind["trials"] if trial["label"] == change["label"]
                          and trial["purpose"] == "perturbation"]
                if change["not_checked"] is None:
                    self.assertTrue(5 <= len(trials) <= 10, (change, len(trials)))
                else:
                    self.assertEqual((trials, test["verdict"]), ([], "not checked"))
        beside = {trial["block"] for trial in behind["trials"] if trial["label"] == REAL_STACK
                  and trial["purpose"] == "perturbation"}
        self.assertTrue(beside)
        self.assertGreater(min(beside), 2)

    def test_a_stack_and_itself(self):
        record, _ = self.measured(REAL_STACK, REAL_STACK, "--blocks", "3", "--no-confirm")
        self.assertEqual((record["a"], record["b"]), (REAL_STACK, f"{REAL_STACK} (again)"))
        if record["blocks"] >= 3:
            covers = record["ratio"]["low"] <= 1 <= record["ratio"]["high"]
            self.assertIn("the interval covers 1" if covers else "the interval leaves out 1",
                          record["sentence"])

    def test_nothing_valid_is_invalid_with_the_reason(self):
        run, record = self.compared("wrong-body", REAL_STACK, *TINY, "--stacks", str(STACKS),
                                    "--no-confirm")
        self.assert_exit(run, 4)
        self.assertEqual(record["verdict"], "invalid")
        self.assertIn("cannot be compared", record["sentence"])
        self.assertRegex(" ".join(record["reasons"]["a"]), "body")
        self.assertIn("Does not count:", run.out)


class RunsTest(CompareTest):
    """Stored runs whose figures are planted: a real one, copied with other throughputs."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.home = pathlib.Path(folder.name)
        measured = unrig("run", REAL_STACK, *TINY)
        if measured.code not in (0, 4):
            raise AssertionError(measured.story())
        with sqlite3.connect(HOME / "unrig.db") as store:
            with sqlite3.connect(cls.home / "unrig.db") as copy:
                store.backup(copy)
                copy.executescript("DELETE FROM trial; DELETE FROM run")
            name, manifest = store.execute(
                "SELECT name, manifest FROM run ORDER BY name DESC").fetchone()
            (trial,) = store.execute("SELECT record FROM trial WHERE run = ?", (name,)).fetchone()
        cls.manifest, cls.trial = json.loads(manifest), json.loads(zlib.decompress(trial))
        cls.plant("20260101-100000-aaaa", (990, 1000, 1010))
        cls.plant("20260102-100000-bbbb", (490, 500, 500, 510))
        cls.plant("20260103-100000-cccc", (500,), {"db.delay": '"40ms"'})

    @classmethod
    def plant(cls, name: str, throughputs, knobs=None):
        manifest = {**cls.manifest, "run": name}
        scenario = cls.manifest["scenario"]
        manifest["scenario"] = {**scenario, "knobs": {**scenario["knobs"], **(knobs or {})}}
        with sqlite3.connect(cls.home / "unrig.db") as store:
            store.execute("INSERT INTO run VALUES (?, ?, ?)",
                          (name, manifest["started_at"], json.dumps(manifest)))
            for block, throughput in enumerate(throughputs, 1):
                verdict = {"valid": True, "reasons": [], "disturbed": False}
                trial = {**cls.trial, "block": block, "throughput_per_s": throughput,
                         "purpose": "planned", "verdict": {**cls.trial["verdict"], **verdict}}
                store.execute(
                    "INSERT INTO trial (run, stack, vintage, block, valid, record) "
                    "VALUES (?, ?, ?, ?, 1, ?)",
                    (name, trial["stack"], trial["vintage"], block, json.dumps(trial)))

    def test_same_settings(self):
        run, record = self.compared("20260101", "20260102", home=self.home)
        self.assert_exit(run, 0)
        self.assertEqual((record["a"], record["b"]),
                         ("20260101-100000-aaaa", "20260102-100000-bbbb"))
        self.assertFalse(record["paired"])
        self.assertFalse(record["forced"])
        (cell,) = record["cells"]
        self.assertEqual(cell["label"], REAL_STACK)
        self.assertEqual(cell["valid_trials"], {"a": 3, "b": 4})
        self.assertAlmostEqual(cell["ratio"]["estimate"], 2, delta=0.001)
        self.assertLess(cell["ratio"]["low"], 2)
        self.assertGreater(cell["ratio"]["high"], 2)
        self.assertEqual(cell["verdict"], "faster")
        self.assertEqual(record["ratio"], cell["ratio"])
        self.assertIn("their blocks are not paired", run.out)

    def test_other_settings_are_refused_unless_forced(self):
        refused = unrig("compare", "20260102", "last", home=self.home)
        self.assert_exit(refused, 2)
        self.assert_says(refused, "knob db.delay", "1ms", "40ms", "--force")
        self.assertEqual(refused.out, "")
        run, record = self.compared("20260102", "last", "--force", home=self.home)
        self.assert_exit(run, 0)
        self.assertTrue(record["forced"])
        self.assertEqual([d["what"] for d in record["differences"] if d["bars"]],
                         ["knob db.delay"])
        self.assertIn("by force", run.out)

    def test_what_is_refused(self):
        for arguments, words in (
                (("20260101", REAL_STACK), ("a stored run", "a stack")),
                (("20260103", "last"), ("the same run",)),
                (("flask-gunicorm", REAL_STACK), ("did you mean 'flask-gunicorn'",)),
                ((REAL_STACK + "@1999", REAL_STACK), ("1999",)),
                (("20260101", "20260102-100000-bbbc"), ("did you mean '20260102-100000-bbbb'",)),
                (("2026", "last"), ("names 3 runs",))):
            with self.subTest(arguments=arguments):
                run = unrig("compare", *arguments, home=self.home)
                self.assert_exit(run, 2)
                self.assert_says(run, *words)


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
