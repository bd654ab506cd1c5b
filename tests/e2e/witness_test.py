"""Stacks that do other work than they say, honest as long as they are looked at: each trial finds
them out by what the database counts, by the clock, and by what can be seen of their processes."""

import os
import pathlib
import tempfile
import unittest

from harness import HOME, REAL_STACK, E2ETest, plant, unrig
from verdicts import is_sound

# Requests enough to tell a tenth of them from all, and 20 ms that nobody can overlook. Of 60
# clients two workers of coroutines have 30 each, of which 20 wait as they should.
SETTINGS = ["--warmup", "200ms", "--duration", "1s", "--set", "db.delay=20ms", "--set",
            "workers.sync=4", "--set", "clients=60", "--accept-noise", "--blocks", "1",
            "--fresh-blocks", "0"]

# What each trial is to say of it.
OF_A_TRIAL = {
    "no_delay": [r"\d+ requests/s were answered, and 4 sync workers",
                 r"slept 20 ms for 0: \"SELECT t\.a, t\.b FROM test t"],
    "client_side": [r"slept 20 ms for 0: \"SELECT t\.a, t\.b FROM test t",
                    r"connections to the pooler: 2 per request, 1 when"],
    "cached": [r"ran the application's query \d+ times, expected \d+",
               r"of \d+ answered requests the database slept 20 ms for \d+:"],
    "cheaper": [r"ran the application's query \d times",
                r"\"SELECT v\.a, v\.b .* (1|0\.9\d*|1\.0\d*) per request, 0"],
    "made_up": [r"\d+ of \d+ requests failed \(.*wrong_body"],
    "own_settings": [r"changed its role in the database: work_mem=1MB"],
    "one_kept": [r"connections to the pooler: 0\.\S+ per request, 1 when"],
    "more_workers": [r"the application server had \d\d processes, 5 when it was looked at",
                     r"the application server had \d+ threads, \d+ when it was looked at"],
}
OF_AN_ASYNC_TRIAL = {"beyond_20": [r"of \d+ answered requests the database slept 20 ms for \d+:"]}
# Of those that do it while they are looked at as well: the claims that do not hold.
OF_A_LOOK = {"client_side": {"delay", "query", "connections", "statements"}, "made_up": {"body"},
             "own_settings": {"role"}}


def cheat(folder: pathlib.Path, stack: str, what: str, **variables: str) -> str:
    return plant(folder, stack, "cheating.py", what, **variables)


class CheatsTest(E2ETest):
    """One run of an honest stack and of all the others."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as name:
            os.chmod(name, 0o755)  # whoever serves has to see the stacks
            folder = pathlib.Path(name)
            cls.expected = {cheat(folder, REAL_STACK, what): reasons
                            for what, reasons in OF_A_TRIAL.items()}
            cls.expected |= {cheat(folder, "starlette-uvicorn", what): reasons
                             for what, reasons in OF_AN_ASYNC_TRIAL.items()}
            cls.claims = {cheat(folder, REAL_STACK, what, UNRIG_PLANT_ALWAYS="1"): claims
                          for what, claims in OF_A_LOOK.items()}
            cls.honest = [REAL_STACK, "starlette-uvicorn"]
            cls.run_ = unrig("run", *cls.honest, *cls.expected, *cls.claims, "--stacks", name,
                             *SETTINGS, "--json", "-")

    def setUp(self):
        self.assert_exit(self.run_, 4)
        record = self.run_.json()
        self.cells = {cell["stack"]: cell for cell in record["cells"]}
        self.trials = {trial["stack"]: trial for trial in record["trials"]}

    def false_claims(self, stack: str) -> set[str]:
        return {c["claim"] for c in self.cells[stack]["claims"] if c["ok"] is False}

    def test_honest_stacks_are_not_accused(self):
        for stack in self.honest:
            self.assertEqual(self.false_claims(stack), set(), stack)
            held = {c["claim"] for c in self.cells[stack]["claims"] if c["ok"] is True}
            self.assertLessEqual({"delay", "query", "connections", "body", "role"}, held)
            trial = self.trials[stack]
            self.assertTrue(is_sound(trial), trial["verdict"])

    def test_who_is_honest_while_it_is_looked_at_is_found_out_by_the_trial(self):
        for stack, reasons in self.expected.items():
            with self.subTest(stack):
                # A worker that is asked for more than 20 of them at once is caught at once.
                seen = {"delay"} if "beyond-20" in stack else set()
                self.assertLessEqual(self.false_claims(stack), seen)
                verdict = self.trials[stack]["verdict"]
                self.assertFalse(verdict["valid"], verdict)
                for reason in reasons:
                    self.assertRegex("\n".join(verdict["reasons"]), reason)

    def test_who_is_not_does_not_hold_its_claims(self):
        for stack, claims in self.claims.items():
            with self.subTest(stack):
                self.assertEqual(self.false_claims(stack), claims)

    def test_the_record_has_what_the_database_said(self):
        trial = self.trials[REAL_STACK]
        done = trial["db"]["rows_read"]
        slept = [s for s in trial["db"]["statements"] if "pg_sleep(?)" in s["text"]]
        self.assertEqual([s["calls"] for s in slept], [done])
        self.assertGreaterEqual(slept[0]["least_us"], 19_800)
        self.assertEqual(trial["db"]["statements_lost"], 0)
        self.assertGreaterEqual(trial["service_us"]["min"], 19_800)
        self.assertEqual(trial["inspected"]["connections"], 1)
        self.assertEqual(trial["inspected"]["queries"], 3)
        self.assertEqual(trial["signals"]["app"]["processes_most"],
                         trial["inspected"]["processes"])


class BrokerTest(E2ETest):
    """Who holds which connection is looked at once a second, and each look misses some."""

    def test_who_was_idle_and_speaks_to_the_database_for_others_is_found_out(self):
        settings = ["6s" if word == "1s" else word for word in SETTINGS]
        with tempfile.TemporaryDirectory() as name:
            os.chmod(name, 0o755)
            stack = cheat(pathlib.Path(name), REAL_STACK, "broker")
            run = unrig("run", stack, "--stacks", name, *settings, "--json", "-")
        record = run.json()
        false = [c["claim"] for c in record["cells"][0]["claims"] if c["ok"] is False]
        self.assertEqual(false, [], run.story())
        self.assertRegex("\n".join(record["trials"][0]["verdict"]["reasons"]),
                         r"[5-8] processes held connections of clients or to the pooler, 4 when")


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
