"""Limiters that are known beforehand, with the real chain: one setting of each kind that
`make bench-limiter` plants, taken from its own data. How often the rules are right is counted
there; here they have to find each kind at all."""

import argparse
import dataclasses
import json
import os
import pathlib
import random
import sys
import tempfile
import unittest

from harness import IS_ROOT, UNRIG, E2ETest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
# pylint: disable=wrong-import-position
import limiter  # noqa: E402
import limiter_plants as plants  # noqa: E402

# Of its own: the application of this one may take a lock.
HOME = pathlib.Path(os.environ["UNRIG_BUILD"]) / "limiter-home"
STACKS = ["flask-gunicorn", "starlette-uvicorn"]
# On a machine that others use a trial may say something else once, but not each time.
TRIES = 3
NEEDS_ROOT = {"table lock", "slowed generator"}


def one_of(kind: plants.Kind, number: int) -> dict:
    """The least that plants it: one stack, one cell."""
    [run] = limiter.runs_of(dataclasses.replace(kind, runs=1), number)
    stacks = [name for name in STACKS if name in kind.ranges[0].stacks]
    knob, values = run["vary"]
    stream = random.Random(number)
    return run | {"stacks": [stream.choice(stacks)], "vary": None,
                  "settings": run["settings"] | {knob: stream.choice(values)}}


class PlantedTest(E2ETest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        HOME.mkdir(exist_ok=True)
        cls.folder = tempfile.TemporaryDirectory()
        cls.options = argparse.Namespace(
            unrig=UNRIG, home=str(HOME), records=pathlib.Path(cls.folder.name), rejudge=None,
            warmup="500ms", duration="1s")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    def seen(self, kind: plants.Kind, number: int) -> tuple[dict, bool]:
        """The limiter of one trial, and whether it says nothing: others had this machine."""
        run = one_of(kind, number)
        limiter.measure(self.options, run)
        [(trial, is_left_out)] = limiter.trials_of(self.options, [run])
        return trial["limiter"] | {"settings": run["settings"]}, is_left_out

    def test_each_kind_is_named(self):
        if IS_ROOT:
            limiter.let_update(self.options)
        for kind in plants.KINDS:
            with self.subTest(kind.name):
                if kind.name in NEEDS_ROOT and not IS_ROOT:
                    self.skipTest("to be root")
                wrong = []
                for number in range(1, TRIES + 1):
                    found, is_left_out = self.seen(kind, number)
                    if found["name"] in kind.right:
                        self.assertRegex(" ".join(found["evidence"]), r"\d", "with figures")
                        self.assertFalse(found["confirmed"], "nothing was put to the test")
                        break
                    if not is_left_out:
                        wrong.append(found)
                else:
                    self.assertLess(len(wrong), TRIES, json.dumps(wrong, indent=1))
                    self.skipTest("others had this machine")


if __name__ == "__main__":
    unittest.main()
