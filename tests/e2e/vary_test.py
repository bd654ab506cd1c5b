"""A grid of stacks and settings with the real chain: labels, table, record, kill and resume."""

import json
import pathlib
import signal
import subprocess
import tempfile
import unittest

from harness import (HOME, REAL_STACK, TINY, E2ETest, Run, descendants, finished_trials, unrig,
                     wait_until)
from verdicts import is_sound

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
OTHER = "starlette-uvicorn"
DELAYS = {"5ms": 5_000, "60ms": 60_000}  # microseconds; neither is the scenario's own
LABELS = {f"{stack} db.delay={delay}" for delay in DELAYS for stack in (REAL_STACK, OTHER)}
GRID = ["--vary", f"db.delay={','.join(DELAYS)}", "--set", "clients=10", "--set", "workers.sync=7",
        "--set", "workers.async=2", "--warmup", "200ms", "--duration", "500ms", "--patience", "0s"]


def order_of(trials: list[dict], block: int) -> list[str]:
    return [trial["label"] for trial in trials if trial["block"] == block]


class WaysTest(E2ETest):
    """How the parts of the chain speak to one another, varied; and what cannot be."""

    def test_what_cannot_be_seen_is_not_checked(self):
        run = unrig("run", REAL_STACK, *TINY, "--vary", "pooler.mode=session,transaction",
                    "--vary", "proxy.socket=tcp,unix", "--fresh-blocks", "0", "--json", "-")
        record = run.json()
        self.assert_ran(run, record)
        self.assertEqual(len(record["cells"]), 4)
        for cell in record["cells"]:
            self.assertEqual([c for c in cell["claims"] if c["ok"] is False], [], cell["label"])
        for trial in record["trials"]:
            with self.subTest(trial["label"]):
                self.assertTrue(is_sound(trial), trial["verdict"])
                open_ = {each["what"] for each in trial["not_checked"]}
                shared = "pooler.mode=transaction" in trial["label"]
                self.assertEqual("connections of the application" in open_, shared)
                self.assertEqual(trial["db"]["connections"] is None, shared)
                hidden = "proxy.socket=unix" in trial["label"]
                served = trial["signals"]["app"]["processes_serving_most"]
                self.assertEqual(served is None, hidden)

    def test_a_server_that_does_not_know_the_way_is_refused(self):
        run = unrig("run", REAL_STACK, *TINY, "--set", "proxy.protocol=uwsgi")
        self.assert_exit(run, 2)
        self.assertIn("does not say how its server is reached", run.err)
        self.assertIn("flask-uwsgi", run.err)


class GridTest(E2ETest):
    """One run that is killed amid its trials, and its rest."""

    @classmethod
    def setUpClass(cls):
        before = finished_trials()
        cls.killed = Run("run", OTHER, REAL_STACK, *GRID, "--blocks", "2", "--accept-noise")
        wait_until(lambda: finished_trials() - before >= 3 or cls.killed.ended(), "three trials")
        cls.killed.send(signal.SIGKILL)
        cls.killed.wait()
        wait_until(lambda: not descendants(), "what was started has ended")
        cls.stored = unrig("show", "last", "--json", "-").json()
        cls.planned = unrig("run", "--resume", "last", "--plan", "--json", "-").json()
        cls.resumed = unrig("run", "--resume", "last")
        cls.record = unrig("show", "last", "--json", "-").json()

    def setUp(self):
        self.assertEqual(self.killed.code, -signal.SIGKILL, self.killed.story())
        self.assert_ran(self.resumed, self.record)

    def need_every_cell(self):
        if not all(cell["valid_trials"] for cell in self.record["cells"]):
            self.skipTest("others had this machine: not every setting counts")

    def test_cells_are_labelled_by_stack_and_setting(self):
        self.assertEqual({cell["label"] for cell in self.record["cells"]}, LABELS)
        self.assertEqual(self.record["baseline"], f"{REAL_STACK} db.delay=5ms")
        for cell in self.record["cells"]:
            self.assertEqual(cell["role"], "step")
            value = cell["knobs"]["db.delay"].strip('"')
            self.assertEqual(cell["label"], f"{cell['stack']} db.delay={value}")

    def test_goes_on_with_the_trials_that_were_missing(self):
        trials = self.record["trials"]
        kept = self.stored["trials"]
        self.assertGreaterEqual(len(kept), 3)
        self.assertLess(len(kept), 8)
        self.assertEqual(trials[:len(kept)], kept)
        planned = [trial for trial in trials if trial["purpose"] == "planned"]
        for block in (1, 2):
            self.assertEqual(len(order_of(planned, block)), 4)
            self.assertEqual(set(order_of(planned, block)), LABELS)
        rest = [label for block in self.planned["blocks"] for label in block["order"]]
        self.assertEqual(rest, [trial["label"] for trial in planned[len(kept):]])
        self.assertEqual({cell["label"] for cell in self.planned["cells"]}, LABELS)

    def test_every_trial_has_the_delay_of_its_cell(self):
        for trial in self.record["trials"]:
            delay = DELAYS[trial["label"].rpartition("=")[2]]
            self.assertTrue(is_sound(trial), trial["verdict"])
            if trial["response_us"]["p50"] is None:
                continue  # others had this machine: too few requests to say it
            self.assertGreater(trial["response_us"]["p50"], delay)
            if delay == 5_000 and trial["verdict"]["valid"]:
                self.assertLess(trial["response_us"]["p50"], 60_000)

    def test_one_look_serves_a_stack_at_all_delays(self):
        self.assertIn("2 looks at stacks", self.killed.err)
        for stack in (REAL_STACK, OTHER):
            claims = [cell["claims"] for cell in self.record["cells"] if cell["stack"] == stack]
            self.assertEqual(len(claims), 2)
            self.assertGreater(len(claims[0]), 0)
            self.assertEqual(claims[0], claims[1])

    def test_prints_one_table_with_the_knob_and_each_setting(self):
        self.need_every_cell()
        lines = self.resumed.out.splitlines()
        self.assertTrue(lines[0].startswith("db.delay  Framework"), self.resumed.story())
        self.assertIn(f"as {REAL_STACK} at the same setting:", self.resumed.out)
        for delay in DELAYS:
            self.assertRegex(self.resumed.out, rf"(?m)^db.delay={delay} +{OTHER} ")

    def test_record_keeps_to_its_schema_and_has_the_grid(self):
        grid = self.record["grid"]
        self.assertEqual((grid["knobs"], grid["beside"]), (["db.delay"], REAL_STACK))
        self.assertEqual([setting["knobs"]["db.delay"].strip('"') for setting in grid["settings"]],
                         list(DELAYS))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "record.json"
            file.write_text(json.dumps(self.record), encoding="utf-8")
            schema = REPOSITORY / "docs" / "schema" / "unrig.run-1.json"
            checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(file), str(schema)],
                                     capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_each_setting_has_its_ratio(self):
        self.need_every_cell()
        for setting in self.record["grid"]["settings"]:
            (ratio,) = setting["ratios"]
            self.assertEqual(ratio["name"], OTHER)
            self.assertGreater(ratio["ratio"]["estimate"], 0)
            self.assertEqual(ratio["ratio"]["low"], None)  # two blocks


class ChainTest(E2ETest):
    def test_what_the_chain_is_made_of_changes_from_trial_to_trial(self):
        run = unrig("run", REAL_STACK, "--vary", "proxy.enabled=false,true", "--vary",
                    "db.sessions=3,20", *TINY, "--set", "workers.sync=7", "--set", "db.delay=20ms",
                    "--fresh-blocks", "0", "--json", "-")
        record = run.json()
        self.assert_ran(run, record)
        self.assertEqual(len({cell["label"] for cell in record["cells"]}), 4)
        self.assertEqual(record["baseline"],
                         f"{REAL_STACK} proxy.enabled=true db.sessions=3")
        for trial in record["trials"]:
            with self.subTest(trial["label"]):
                self.assertTrue(is_sound(trial), trial["verdict"])
                has = dict(pair.split("=") for pair in trial["label"].split()[1:])
                if trial["counts"]["completed"] == 0:
                    continue  # others had this machine: there is nothing to look at
                self.assertEqual(trial["cpu_us_per_request"]["proxy"] > 0,
                                 has["proxy.enabled"] == "true")
                # Seven workers share them.
                if has["db.sessions"] == "3":
                    self.assertLessEqual(trial["db"]["sessions_max"], 3)
                elif trial["verdict"]["valid"]:
                    self.assertGreater(trial["db"]["sessions_max"], 3)


class WrongInputTest(E2ETest):
    def test_is_told_before_anything_is_made(self):
        home = pathlib.Path(tempfile.gettempdir()) / "unrig-e2e-never-made"
        many = ",".join(str(number) for number in range(1, 502))
        for given, said in ((["db.dlay=5ms"], ("no knob 'db.dlay'", "did you mean 'db.delay'")),
                            (["db.delay="], ("empty",)),
                            (["db.delay=5ms,9h"], ("from 0s to 1h",)),
                            (["db.delay=5ms,0.005s"], ("5ms twice",)),
                            (["db.delay=5ms", "--vary", "db.delay=6ms"], ("varied twice",)),
                            (["workers.async=1,2"], ("means nothing to flask-gunicorn",)),
                            ([f"clients={many}"], ("501 cells", "each block"))):
            with self.subTest(given=given[0][:40]):
                run = unrig("run", REAL_STACK, "--vary", *given, home=home)
                self.assert_exit(run, 2)
                self.assert_says(run, *said)
                self.assertFalse(home.exists())


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
