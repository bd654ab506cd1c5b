"""Stacks that are not what they say: each is caught by its claim, on the real chain."""

import pathlib
import unittest

from harness import HOME, REAL_STACK, TINY, E2ETest, unrig

FALSE_STACKS = pathlib.Path(__file__).resolve().parent / "stacks-false"
# Sync workers, so that a server that starts only two has two too few.
FOUR_WORKERS = ["--set", "workers.sync=4"]


class FalseClaimsTest(E2ETest):
    """One run: an honest stack, and five with a false claim each."""

    FALSE = ["false-loop", "false-yield", "false-workers", "false-body", "false-statements"]

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", REAL_STACK, *cls.FALSE, "--stacks", str(FALSE_STACKS), *TINY,
                         *FOUR_WORKERS, "--fresh-blocks", "0", "--json", "-")

    def setUp(self):
        self.assert_exit(self.run_, 4)
        self.cells = {cell["stack"]: cell for cell in self.run_.json()["cells"]}

    def false_claims(self, stack: str) -> dict[str, dict]:
        return {c["claim"]: c for c in self.cells[stack]["claims"] if c["ok"] is False}

    def test_honest_stack_has_no_false_claim(self):
        cell = self.cells[REAL_STACK]
        self.assertEqual(self.false_claims(REAL_STACK), {})
        held = {claim["claim"] for claim in cell["claims"] if claim["ok"] is True}
        self.assertLessEqual(
            {"versions", "workers", "concurrency", "driver", "statements", "body", "content type"},
            held)

    def test_asyncio_called_uvloop(self):
        found = self.false_claims("false-loop")
        self.assertEqual(set(found), {"event loop"})
        self.assertEqual(found["event loop"]["expected"], "uvloop.Loop")
        self.assertIn("nothing of uvloop is loaded", found["event loop"]["observed"])

    def test_driver_that_blocks(self):
        found = self.false_claims("false-yield")
        self.assertEqual(set(found), {"concurrency", "driver yields"})

    def test_two_workers_called_four(self):
        found = self.false_claims("false-workers")
        self.assertEqual(set(found), {"workers"})
        self.assertEqual(found["workers"]["expected"], "4")
        self.assertRegex(found["workers"]["observed"], r"^2 ")

    def test_body_that_differs_in_one_byte(self):
        found = self.false_claims("false-body")
        self.assertEqual(set(found), {"body"})
        self.assertIn("\\t", found["body"]["observed"])

    def test_second_hidden_query(self):
        found = self.false_claims("false-statements")
        self.assertEqual(set(found), {"statements"})
        self.assertIn("SELECT ?, ?", found["statements"]["observed"])

    def test_rows_with_a_false_claim_are_below_the_table_with_the_reason(self):
        shown = unrig("show", self.run_.json()["run"])
        lines = shown.out.splitlines()
        for stack in self.FALSE:
            reasons = [line for line in lines if line.strip().startswith(stack + ":")]
            self.assertTrue(reasons, shown.story())
            self.assertRegex(" ".join(reasons), "expected .*, observed ")
        self.assertFalse(any("Planted" in line for line in lines), shown.story())


class AuditTest(E2ETest):
    """What is counted on the wire, for drivers whose words are known."""

    @classmethod
    def setUpClass(cls):
        cls.run_ = unrig("run", REAL_STACK, "starlette-uvicorn", *TINY, "--json", "-")

    def setUp(self):
        self.assert_ran(self.run_, self.run_.json())
        self.audits = {cell["stack"]: cell["audit"] for cell in self.run_.json()["cells"]}

    def hop(self, stack: str, front: str) -> dict:
        return next(hop for hop in self.audits[stack]["hops"] if hop["from"] == front)

    def test_every_hop_opens_one_connection_per_request(self):
        for stack, audit in self.audits.items():
            self.assertEqual([hop["from"] for hop in audit["hops"]],
                             ["client", "proxy", "app", "pooler"])
            for front in ("client", "proxy", "app"):
                self.assertEqual(self.hop(stack, front)["connections"], 1, (stack, front))
            # The pooler keeps its sessions.
            self.assertEqual(self.hop(stack, "pooler")["connections"], 0, stack)

    def test_statements_are_those_of_the_driver(self):
        def texts(stack, front):
            return {s["text"].split()[0]: s["per_request"]
                    for s in self.hop(stack, front)["statements"]}

        self.assertEqual(texts(REAL_STACK, "app"), {"BEGIN": 1, "SELECT": 1, "COMMIT": 1})
        hidden = self.hop("starlette-uvicorn", "app")["statements"]
        self.assertEqual([statement["per_request"] for statement in hidden], [1, 1])
        self.assertTrue(any("pg_type" in statement["text"] for statement in hidden))
        # What the application did not send: the pooler tidies up after each client.
        self.assertEqual(texts(REAL_STACK, "pooler"),
                         {"BEGIN": 1, "SELECT": 1, "COMMIT": 1, "DISCARD": 1})

    def test_round_trips_are_those_of_the_messages(self):
        # Start, password, and one for each statement.
        self.assertEqual(self.hop(REAL_STACK, "app")["round_trips"], 5)
        self.assertEqual(self.hop("starlette-uvicorn", "app")["round_trips"], 4)

    def test_bytes_of_the_answers_are_equal_behind_the_proxy(self):
        sizes = {self.hop(stack, "client")["bytes_back"] for stack in self.audits}
        self.assertEqual(len(sizes), 1)

    def test_processes_threads_memory_and_log(self):
        for cell in self.run_.json()["cells"]:
            audit = cell["audit"]
            self.assertEqual(audit["log_lines"], 0)
            self.assertGreaterEqual(audit["threads"], audit["processes"])
            self.assertGreaterEqual(audit["processes"], cell["workers"])
            self.assertGreater(audit["memory_bytes"], 1 << 20)


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
