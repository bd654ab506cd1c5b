"""The question comes from outside: answers that are not those of their own requests are caught, on
the real chain, and nothing but the row tells one request from another."""

import pathlib
import unittest

from harness import HOME, REAL_STACK, TINY, E2ETest, unrig
from verdicts import is_sound

STACKS = pathlib.Path(__file__).resolve().parent / "stacks-keys"
PLANTED = [*TINY, "--stacks", str(STACKS), "--fresh-blocks", "0", "--json", "-"]
ASKED = ["--set", "app.key=request"]
KEPT = ["--set", "client.keep_alive=true", "--set", "proxy.keep_alive=true"]


class KeysTest(E2ETest):
    def look_at(self, run):
        record = run.json()
        self.cells = {cell["stack"]: cell for cell in record["cells"]}
        self.trials = {stack: [t for t in record["trials"] if t["stack"] == stack]
                       for stack in self.cells}
        for stack, trials in self.trials.items():
            self.assertTrue(trials, f"{stack} was not measured")
        return record

    def assert_honest(self, stack: str):
        false = [claim for claim in self.cells[stack]["claims"] if claim["ok"] is False]
        self.assertEqual(false, [])
        self.assertIn(True, [c["ok"] for c in self.cells[stack]["claims"] if c["claim"] == "body"])
        for trial in self.trials[stack]:
            self.assertEqual(trial["counts"]["failed"], 0, trial["verdict"])
            self.assertGreater(trial["counts"]["completed"], 0)
            self.assertTrue(is_sound(trial), trial["verdict"])


class AskedTest(KeysTest):
    """One run in which requests name their rows: two honest stacks, and four that answer others."""

    CHEATS = ["previous-row", "fixed-row", "cached-row", "own-row"]

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", REAL_STACK, "looks-alike", *cls.CHEATS, *PLANTED, *ASKED)

    def setUp(self):
        self.assert_exit(self.run_, 4)
        self.record = self.look_at(self.run_)

    def test_the_record_has_the_knob(self):
        self.assertEqual(self.record["scenario"]["knobs"]["app.key"], '"request"')

    def test_honest_stacks_answer_what_they_are_asked(self):
        self.assert_honest(REAL_STACK)

    def test_ready_requests_looks_and_trials_ask_alike(self):
        self.assert_honest("looks-alike")

    def test_answers_to_other_requests_break_the_claim(self):
        for stack in self.CHEATS:
            with self.subTest(stack):
                claims = {c["claim"]: c for c in self.cells[stack]["claims"]}
                self.assertIs(claims["body"]["ok"], False)
                self.assertRegex(claims["body"]["observed"],
                                 r' where /test\?a=\d{10} was asked for$')

    def test_answers_to_other_requests_are_wrong_bodies_of_the_trial(self):
        for stack in self.CHEATS:
            with self.subTest(stack):
                for trial in self.trials[stack]:
                    counts, wrong = trial["counts"], trial["failed_by"]["wrong_body"]
                    self.assertFalse(is_sound(trial))
                    self.assertEqual(wrong, counts["failed"], trial["failed_by"])
                    share = 0.05 if stack == "cached-row" else 0.9
                    self.assertGreater(wrong, share * counts["issued"])
                    reason = " ".join(trial["verdict"]["reasons"])
                    self.assertRegex(reason, r"(?s)wrong_body.*asked for \d+")


class KeptTest(KeysTest):
    """On connections that are kept at every hop, as `fair` has them."""

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", "starlette-uvicorn", "looks-alike", "previous-row", *PLANTED,
                         *ASKED, *KEPT)

    def test_each_answer_is_held_against_its_own_request(self):
        self.assert_exit(self.run_, 4)
        self.look_at(self.run_)
        self.assert_honest("starlette-uvicorn")
        self.assert_honest("looks-alike")
        for trial in self.trials["previous-row"]:
            self.assertGreater(trial["failed_by"]["wrong_body"], 0)


class OwnTest(KeysTest):
    """As the article has it: the application draws, and every row of the table is right."""

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", "own-row", "looks-alike", *PLANTED)

    def test_whoever_draws_a_row_is_right(self):
        record = self.look_at(self.run_)
        self.assert_ran(self.run_, record)
        self.assertEqual(record["scenario"]["knobs"]["app.key"], '"own"')
        self.assert_honest("own-row")
        self.assert_honest("looks-alike")


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
