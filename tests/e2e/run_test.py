"""The main job with the real chain: what it prints, keeps, and says of faulty stacks."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import HOME, REAL_STACK, SHORT, STACKS, TINY, E2ETest, unrig
from verdicts import is_sound

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
COUNTS = ("scheduled", "issued", "dropped", "completed", "failed", "unfinished")


class GoodRunTest(E2ETest):
    """One run, three blocks, looked at from all sides."""

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", REAL_STACK, *SHORT, "--set", "workers.sync=7", "--set",
                         "db.delay=20ms", "--blocks", "3", "--seed", "42", "--json", "-")

    def setUp(self):
        self.record = self.run_.json()
        self.assert_ran(self.run_, self.record)

    def test_standard_output_is_one_json_document(self):
        self.assertEqual(self.record["schema"], "unrig.run/1")
        self.assertEqual(self.record["seed"], 42)
        self.assertEqual(self.record["baseline"], REAL_STACK)
        self.assertEqual(self.record["scenario"]["name"], "article")
        # Knobs are those in force, not those of the file.
        self.assertEqual(str(self.record["scenario"]["knobs"]["clients"]), "10")

    def test_record_keeps_to_its_schema(self):
        schema = REPOSITORY / "docs" / "schema" / "unrig.run-1.json"
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record.json"
            record.write_text(json.dumps(self.record), encoding="utf-8")
            checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(record), str(schema)],
                                     capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_cell_has_its_interval(self):
        (cell,) = self.record["cells"]
        self.assertEqual((cell["stack"], cell["concurrency"]), (REAL_STACK, "sync"))
        verdicts = ((trial, trial["verdict"]) for trial in self.record["trials"])
        valid = [t for t, verdict in verdicts if verdict["valid"] or verdict["disturbed"]]
        planned = [trial for trial in self.record["trials"] if trial["purpose"] == "planned"]
        self.assertEqual(len(planned), 3)
        self.assertEqual((cell["trials"], cell["valid_trials"]),
                         (len(self.record["trials"]), len(valid)))
        if len(valid) < 3:
            self.skipTest("others had this machine: too few trials count for an interval")
        throughput = cell["throughput_per_s"]
        self.assertEqual(throughput["confidence"], 0.95)
        self.assertLessEqual(throughput["low"], throughput["estimate"])
        self.assertLessEqual(throughput["estimate"], throughput["high"])
        if len({trial["throughput_per_s"] for trial in valid}) > 1:
            self.assertLess(throughput["low"], throughput["high"])
        self.assertEqual(cell["ratio"]["estimate"], 1)
        # Every valid trial is short: it has a P99 where it had requests enough for one.
        if cell["p99_us"]["estimate"] is not None:
            self.assertGreater(cell["p99_us"]["estimate"], cell["p50_us"]["estimate"] * 0.999)
        else:
            self.assertIn("1000", cell["p99_missing"])
        # The query delay of 20 ms is in every request.
        self.assertGreater(cell["p50_us"]["estimate"], 20_000)

    def test_counts_are_a_partition(self):
        for trial in self.record["trials"]:
            with self.subTest(block=trial["block"]):
                scheduled, issued, dropped, completed, failed, unfinished = (
                    trial["counts"][name] for name in COUNTS)
                self.assertEqual(scheduled, issued + dropped)
                self.assertEqual(issued, completed + failed + unfinished)
                self.assertEqual(failed, sum(trial["failed_by"].values()))
                self.assertEqual(failed, 0)
                self.assertGreater(completed, 0)

    def test_database_agrees_and_sessions_are_limited_by_the_workers(self):
        (cell,) = self.record["cells"]
        for trial in self.record["trials"]:
            self.assertTrue(is_sound(trial), trial["verdict"])
            # BEGIN, the query and COMMIT of each request, and nothing else in number.
            self.assertEqual(trial["db"]["queries"], 3 * trial["db"]["rows_read"])
            self.assertGreater(trial["db"]["rows_read"], trial["counts"]["completed"])  # readiness
            self.assertEqual(trial["db"]["connections"], trial["db"]["rows_read"])
            self.assertGreaterEqual(trial["db"]["sessions_max"], 1)
            self.assertLessEqual(trial["db"]["sessions_max"], cell["workers"])

    def test_every_component_used_its_own_cpu_time(self):
        for trial in self.record["trials"]:
            for component in ("load", "proxy", "app", "pooler", "database"):
                self.assertGreater(trial["cpu_us_per_request"][component], 0, component)

    def test_signals_tell_the_same_by_component(self):
        for trial in self.record["trials"]:
            signals = trial["signals"]
            self.assertEqual(list(signals), ["load", "proxy", "app", "pooler", "database",
                                             "machine"])
            completed = trial["throughput_per_s"] * trial["window"]["seconds"]
            for component, of in signals.items():
                for name, value in of.items():
                    self.assertEqual(value is None, name in of["not_checked"], (component, name))
                if component == "machine":
                    continue
                self.assertAlmostEqual(of["cpu_seconds"] * 1e6 / completed,
                                       trial["cpu_us_per_request"][component], 3)
                self.assertGreater(of["memory_bytes"], 100_000, component)
                if of["busiest_thread"] is not None:
                    # One of its threads cannot have used more than all of them.
                    window_s = trial["window"]["seconds"]
                    self.assertLess(of["busiest_thread"] * window_s, of["cpu_seconds"] + 0.05)
                    self.assertGreater(of["busiest_thread"], 0, component)
            self.assertEqual(signals["machine"]["busy"], trial["disturbance"]["machine_busy"])
            self.assertEqual(signals["database"]["sessions_max"], trial["db"]["sessions_max"])
            # Every request is somewhere, and what is asked of the query is not at work.
            where = trial["under_way"]
            self.assertGreater(where["all"], 0)
            self.assertLess(where["database"], where["all"])
            self.assertIsNotNone(signals["app"]["listen_queue_limit"], signals["app"])
            self.assertGreater(signals["database"]["pooler_query_seconds"], 0)
            suspects = [suspect["name"] for suspect in trial["limiter"]["suspects"]]
            self.assertEqual(len(suspects), len(set(suspects)), suspects)
            if trial["limiter"]["name"] != "unattributed":
                self.assertEqual(suspects[0], trial["limiter"]["name"])

    def test_show_says_what_limited_each_stack(self):
        shown = unrig("show", self.record["run"])
        for cell in self.record["cells"]:
            if cell["valid_trials"] > 0:
                self.assertIn(f"  {cell['label']}: {cell['limiter']['name']}\n", shown.out)
                for evidence in cell["limiter"]["evidence"]:
                    self.assertIn(evidence, shown.out)

    def test_store_has_the_run(self):
        name = self.record["run"]
        listed = unrig("list", "runs")
        self.assert_exit(listed, 0)
        self.assertIn(name, listed.out)
        shown = unrig("show", name, "--json", "-")
        self.assert_exit(shown, 0)
        self.assertEqual(shown.json(), self.record)
        table = unrig("show", name)
        self.assert_exit(table, 0)
        if self.run_.code == 0:
            self.assert_table(table.out)

    def test_plain_output_has_no_escape_sequences(self):
        self.assertNotIn("\x1b", self.run_.err)


class TableTest(E2ETest):
    def test_no_delay_prints_the_table_and_a_last_sentence(self):
        with tempfile.TemporaryDirectory(prefix="unrig-e2e-") as folder:
            file = pathlib.Path(folder) / "run.json"
            run = unrig("run", REAL_STACK, *TINY, "--set", "db.delay=0", "-q", "--json", str(file))
            record = json.loads(file.read_text(encoding="utf-8"))
        self.assertEqual(run.err, "")
        self.assertNotIn("\x1b", run.out)
        self.assert_measured(run, record)
        self.assert_table(run.out)
        self.assertRegex(run.out.rstrip().splitlines()[-1], r"\.$")
        (cell,) = record["cells"]
        self.assertEqual(record["scenario"]["knobs"]["db.delay"].strip('"')[0], "0")
        self.assertEqual(cell["valid_trials"], 1)


class FaultyStacksTest(E2ETest):
    """Three stacks with a planted fault each, and a good one that must not suffer from them."""

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", REAL_STACK, "wrong-body", "wrong-status", "never-starts",
                         "--stacks", str(STACKS), *TINY, "--fresh-blocks", "0", "--json", "-")

    def setUp(self):
        self.assert_exit(self.run_, 4)
        self.record = self.run_.json()

    def trial(self, stack: str) -> dict:
        return next(t for t in self.record["trials"] if t["stack"] == stack)

    def test_good_stack_is_measured(self):
        self.assertTrue(is_sound(self.trial(REAL_STACK)), self.run_.story())

    def test_wrong_body_is_counted_and_the_trial_invalid(self):
        trial = self.trial("wrong-body")
        self.assertGreater(trial["failed_by"]["wrong_body"], 0)
        self.assertEqual(trial["counts"]["failed"], trial["failed_by"]["wrong_body"])
        self.assertFalse(trial["verdict"]["valid"])
        self.assertRegex(" ".join(trial["verdict"]["reasons"]), "body")

    def test_wrong_status_is_counted_and_the_trial_invalid(self):
        trial = self.trial("wrong-status")
        self.assertGreater(trial["failed_by"]["wrong_status"], 0)
        self.assertFalse(trial["verdict"]["valid"])
        self.assertRegex(" ".join(trial["verdict"]["reasons"]), "status")

    def test_stack_that_does_not_start_shows_the_end_of_its_log(self):
        self.assertFalse(any(t["stack"] == "never-starts" for t in self.record["trials"]))
        self.assert_says(self.run_, "never-starts", "the last words of a server")

    def test_table_shows_what_is_wrong(self):
        shown = unrig("show", self.record["run"])
        self.assertIn("wrong_body", shown.out.replace(" ", "_"))
        self.assertIn("never-starts", shown.out)


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
