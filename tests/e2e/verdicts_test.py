"""What tests of the whole program excuse on a busy machine, and what they do not."""

import unittest

from verdicts import is_only_disturbed, is_sound

STOLEN = "the hypervisor took 2.1 % of the CPU time"
LATE = "the load generator was late: 7 of 25 requests by more than 1.0 ms"
SLOW = "97/s of the offered 100/s were served"
WRONG = "3 of 25 requests failed (wrong_body 3)"


def trial(*reasons: str, **words: bool) -> dict:
    return {"verdict": {"valid": not reasons, "reasons": list(reasons), **words}}


class VerdictsTest(unittest.TestCase):
    def test_the_machine_is_an_excuse(self):
        for reasons in ((), (STOLEN,), (LATE,), (SLOW, STOLEN), (LATE, SLOW, STOLEN)):
            with self.subTest(reasons):
                self.assertTrue(is_sound(trial(*reasons)))
        self.assertTrue(is_sound(trial("a reason of later", disturbed=True)))

    def test_what_the_program_did_is_none(self):
        for reasons in ((SLOW,), (WRONG,), (WRONG, STOLEN), ("no request was answered", LATE)):
            with self.subTest(reasons):
                self.assertFalse(is_sound(trial(*reasons)))

    def test_every_trial_of_a_run_is_looked_at(self):
        self.assertTrue(is_only_disturbed({"trials": [trial(), trial(STOLEN)]}))
        self.assertFalse(is_only_disturbed({"trials": [trial(), trial()]}))
        self.assertFalse(is_only_disturbed({"trials": [trial(WRONG), trial(STOLEN)]}))


if __name__ == "__main__":
    unittest.main()
