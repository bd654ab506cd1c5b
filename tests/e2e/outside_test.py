"""What stacks claim is seen from outside: cheats that tell other things of themselves are caught,
and honest stacks that look odd pass. Each is a copy of a stack with plants/planted.py around its
application."""

import os
import pathlib
import tempfile
import unittest

from harness import REAL_STACK, TINY, E2ETest, plant, unrig

WITHOUT_CALLS = os.environ["UNRIG_WITHOUT_CALLS"]
THREE_WORKERS = ["--set", "workers.sync=3", "--set", "workers.async=3"]


class PlantedTest(E2ETest):
    """One run of all of them: they are looked at one by one before the first trial."""

    CHEATS = (
        ("flask-gunicorn", "forged-about"),
        ("aiohttp", "more-workers"),
        ("flask-gunicorn", "other-driver"),
        ("starlette-uvicorn", "idle-uvloop", ('"--loop", "uvloop"', '"--loop", "asyncio"')),
        ("starlette-uvicorn", "one-blocks"),
        ("flask-gunicorn", "unknown-driver", ('driver = "psycopg2"', 'driver = "mine"')),
    )
    HONEST = (
        ("flask-gunicorn", "no-about"),
        ("aiohttp", "renamed-loop"),
        ("flask-gunicorn", "late"),
    )

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)  # whoever builds and serves has to see it
            stacks = [plant(folder, stack, "planted.py", what, changes)
                      for stack, what, *changes in (*cls.CHEATS, *cls.HONEST)]
            cls.run_ = unrig("run", REAL_STACK, "flask-waitress", *stacks, "--stacks", name, *TINY,
                             *THREE_WORKERS, "--set", "app.key=request", "--fresh-blocks", "0",
                             "--json", "-")
            cls.accepted = unrig("run", "--resume", "last", "--accept-unproven")
        cls.cells = {cell["stack"]: cell for cell in cls.run_.json()["cells"]}

    def claims(self, stack: str, ok) -> dict[str, str]:
        return {claim["claim"]: claim["observed"] for claim in self.cells[stack]["claims"]
                if claim["ok"] == ok and claim["claimed"]}

    def assert_only_false(self, stack: str, *names: str) -> dict[str, str]:
        self.assertEqual(set(self.claims(stack, False)), set(names), self.run_.story())
        self.assertEqual(self.claims(stack, "not checked"), {})
        self.assertIsNone(self.cells[stack]["rank"])
        return self.claims(stack, False)

    def assert_honest(self, stack: str):
        self.assertEqual(self.claims(stack, False), {}, self.run_.story())
        self.assertEqual(self.claims(stack, "not checked"), {}, self.run_.story())
        self.assertEqual(self.cells[stack]["unproven"], [])

    def test_forged_process_id_and_version(self):
        found = self.assert_only_false("flask-gunicorn-forged-about", "about")
        self.assertIn("process 1 does not serve", found["about"])
        self.assertIn("Flask 9.9.9", found["about"])

    def test_twenty_workers_more(self):
        found = self.assert_only_false("aiohttp-more-workers", "workers")
        self.assertRegex(found["workers"], r"^23 ")

    def test_another_driver_than_claimed(self):
        found = self.assert_only_false("flask-gunicorn-other-driver", "driver")
        self.assertIn("psycopg3 loaded", found["driver"])

    def test_uvloop_that_is_only_loaded(self):
        found = self.assert_only_false("starlette-uvicorn-idle-uvloop", "event loop")
        self.assertIn("waits in", found["event loop"])

    def test_one_of_three_workers_blocks(self):
        found = self.assert_only_false("starlette-uvicorn-one-blocks", "concurrency",
                                       "driver yields")
        self.assertIn("1 of 3 workers", found["concurrency"])

    def test_honest_stack_without_about(self):
        self.assert_honest("flask-gunicorn-no-about")
        about = [c for c in self.cells["flask-gunicorn-no-about"]["claims"]
                 if c["claim"] == "about"]
        self.assertEqual([(c["ok"], c["claimed"]) for c in about], [("not checked", False)])

    def test_honest_event_loop_under_another_name(self):
        self.assert_honest("aiohttp-renamed-loop")

    def test_honest_workers_that_come_late(self):
        self.assert_honest("flask-gunicorn-late")

    def test_honest_workers_that_are_threads(self):
        self.assert_honest("flask-waitress")
        self.assert_honest(REAL_STACK)

    def test_shares_of_workers_are_recorded(self):
        workers = self.cells[REAL_STACK]["audit"]["shares"]
        self.assertEqual(len(workers), 3)
        for worker in workers:
            self.assertGreater(worker["accepts"], 0)
            self.assertEqual(worker["statements_at_once"], 1)
            self.assertGreater(worker["database_connections"], 0)

    def test_what_cannot_be_checked_is_not_ranked_unless_accepted(self):
        cell = self.cells["flask-gunicorn-unknown-driver"]
        self.assertEqual(set(self.claims(cell["stack"], "not checked")), {"driver"})
        self.assertEqual(self.claims(cell["stack"], False), {})
        self.assertIsNone(cell["rank"])
        self.assertIn("not proven: driver", " ".join(cell["reasons"]))
        self.assertIn("? flask-gunicorn-unknown-driver: ranked without proof", self.accepted.out,
                      self.accepted.story())


class AttackTest(E2ETest):
    """What an application could do to others, as all have one account: plants/attacking.py."""

    def test_application_gets_at_nobody_and_lacks_nothing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            attacker = plant(folder, REAL_STACK, "attacking.py", "attacks")
            run = unrig("run", attacker, REAL_STACK, "--stacks", name, *TINY,
                        "--fresh-blocks", "0", "--json", "-")
        record = run.json()
        cells = {cell["stack"]: cell for cell in record["cells"]}
        fences = [c for c in cells[REAL_STACK]["claims"] if c["claim"] == "fence"]
        self.assertEqual(len(fences), 1, run.story())
        [fence] = fences
        self.assertFalse(fence["claimed"])
        landlock = record["host"]["settings"]["landlock"]
        if landlock == "none" or int(landlock) < 6:
            self.assertEqual(fence["ok"], "not checked", run.story())
            self.skipTest(fence["observed"])
        self.assertEqual(fence["ok"], True, run.story())
        self.assert_ran(run, record)
        for cell in cells.values():
            self.assertEqual([c for c in cell["claims"] if c["ok"] is False], [], run.story())

    def test_without_landlock_a_row_is_no_worse(self):
        run = unrig("run", REAL_STACK, *TINY, "--fresh-blocks", "0", "--json", "-",
                    prefix=[WITHOUT_CALLS, "landlock_create_ruleset"])
        if run.code == 77:
            self.skipTest("no filter may be set")
        record = run.json()
        self.assert_ran(run, record)
        self.assertEqual(record["host"]["settings"]["landlock"], "none")
        [cell] = record["cells"]
        [fence] = [c for c in cell["claims"] if c["claim"] == "fence"]
        self.assertEqual((fence["ok"], fence["claimed"]), ("not checked", False))
        self.assertIn("no Landlock", fence["observed"])
        self.assertEqual(cell["unproven"], [])


if __name__ == "__main__":
    unittest.main()
