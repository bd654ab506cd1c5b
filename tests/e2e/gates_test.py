"""`--gate`: bounds that a result has to keep, and the job of docs/ci.md that holds a pull request
to one. Outcomes are held against the intervals that the record has, so that no test depends on how
fast this machine is or what others do on it."""

import json
import operator
import os
import pathlib
import re
import signal
import subprocess
import unittest
from xml.etree import ElementTree

from harness import UNRIG, Run, stored, unrig, wait_until
from servers import ServersTest, bound_socket

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = REPOSITORY / "docs" / "schema"
HOLD = REPOSITORY / "docs" / "ci" / "hold.sh"
RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
             "=": operator.eq}
# Long enough for an interval of one load: five whole seconds.
LOAD = ["-c", "4", "-d", "5s"]
SLICES = ["--blocks", "4", "--seed", "1", "--accept-noise", "--warmup", "50ms", "--duration",
          "250ms", "-c", "4", "--no-report"]


def options(*gates: str) -> list[str]:
    return [word for gate in gates for word in ("--gate", gate)]


class GateTest(ServersTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"

    def run_unrig(self, *words: str) -> Run:
        return unrig(*words, home=self.home)

    def assert_schema(self, document: dict):
        record = self.folder / "record.json"
        record.write_text(json.dumps(document), encoding="utf-8")
        schema = SCHEMAS / f"{document['schema'].replace('/', '-')}.json"
        checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(record), str(schema)],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def assert_judged_by_intervals(self, gates: list[dict]):
        for gate in gates:
            low, high = gate["figure"]["low"], gate["figure"]["high"]
            if low is None:
                expected = "undecided"
            else:
                holds = RELATIONS[gate["comparison"]]
                ends = {holds(low, gate["bound"]), holds(high, gate["bound"])}
                expected = {(True,): "passed", (False,): "failed"}.get(tuple(ends), "undecided")
            self.assertEqual(gate["outcome"], expected, gate)
            self.assertEqual(gate["why"] is None, expected != "undecided", gate)

    def assert_exit_follows(self, run: Run, gates: list[dict]):
        """4 is the machine's, where others had it; else the outcomes tell."""
        outcomes = {gate["outcome"] for gate in gates}
        code = 99 if "failed" in outcomes else 98 if "undecided" in outcomes else 0
        self.assertIn(run.code, (4, code), run.story())

    def loaded(self, url: str, *gates: str, how=tuple(LOAD)) -> list[dict]:
        run = self.run_unrig("load", url, *how, *options(*gates), "--json", "-")
        document = run.json()
        self.assert_schema(document)
        self.assertEqual([gate["gate"] for gate in document["gates"]], list(gates), run.story())
        self.assert_judged_by_intervals(document["gates"])
        self.assert_exit_follows(run, document["gates"])
        return document["gates"]


class LoadTest(GateTest):
    def test_bounds_far_away_are_kept_and_missed(self):
        gates = self.loaded(self.delay_server(5), "p50 < 1h", "p(50) > 1ms", "throughput > 1/h",
                            "failed = 0", "p50 < 1ms", "throughput > 1000000/s")
        outcomes = [gate["outcome"] for gate in gates]
        # Where the generator was late, times say nothing; failures are counted all the same.
        self.assertEqual(outcomes[3], "passed")
        if outcomes[0] != "undecided":
            self.assertEqual(outcomes, ["passed"] * 4 + ["failed"] * 2)

    def test_counted_failures_decide_without_an_interval(self):
        url = self.fault_server("wrong_status", 2)
        run = self.run_unrig("load", url, "-c", "2", "-d", "300ms", *options("failed = 0"))
        self.assertIn(run.code, (4, 99), run.story())  # 4 where the generator was late
        self.assertRegex(run.out, r"(?m)^failed = 0  +\d+  +failed$")

    def test_too_short_for_an_interval_is_undecided(self):
        url = self.delay_server(5)
        run = self.run_unrig("load", url, "-c", "2", "-d", "300ms", *options("p50 < 1h"))
        self.assertIn(run.code, (4, 98), run.story())
        self.assertRegex(run.out, r"(?m)^p50 < 1h .*undecided: ")
        self.loaded(url, "p50 < 1h", "failed = 1", how=("-c", "2", "-d", "300ms"))

    def test_other_codes_come_first(self):
        with bound_socket() as holder:
            nobody = f"http://127.0.0.1:{holder.getsockname()[1]}/"
            run = self.run_unrig("load", nobody, "-d", "200ms", *options("failed = 0"))
        self.assert_exit(run, 4)
        self.assertRegex(run.out, r"(?m)^failed = 0 .* failed$")
        run = Run("load", self.fault_server(), "-c", "1", "-d", "1h", "--think-time", "1ms",
                  *options("failed > 1000000"), home=self.home)
        wait_until(lambda: self.connected(run.pid), "the load runs")
        run.send(signal.SIGINT)
        self.assert_exit(run.wait(), 130)
        self.assertRegex(run.out, r"(?m)^failed > 1000000 .* (failed|undecided: .*)$")


class CompareTest(GateTest):
    def test_a_comparison_is_held_to_its_ratio(self):
        fast, slow = self.delay_server(10), self.delay_server(40)
        gates = ["ratio > 1.05", "ratio > 100", f"{fast}: failed = 0", "p50_ratio < 1 @ 90%",
                 "p999 < 1h"]
        run = self.run_unrig("compare", fast, slow, *SLICES, *options(*gates), "--json", "-")
        document = run.json()
        self.assert_schema(document)
        found = document["gates"]
        # One of both where it names neither, and a ratio of A over B.
        self.assertEqual([(gate["gate"], gate["label"], gate["against"]) for gate in found],
                         [(gates[0], fast, slow), (gates[1], fast, slow), (gates[2], fast, None),
                          (gates[3], fast, slow), (gates[4], fast, None), (gates[4], slow, None)])
        self.assert_judged_by_intervals(found)
        self.assert_exit_follows(run, found)
        self.assertEqual(found[0]["figure"], document["ratio"])
        self.assertEqual(found[3]["figure"]["confidence"], 0.9)
        self.assertEqual(found[4]["outcome"], "undecided", "so few requests have no P99.9")
        if document["ratio"]["low"] is not None:
            self.assertEqual(found[1]["outcome"], "failed", run.story())

    def test_a_stored_run_has_its_gates(self):
        url = self.delay_server(5)
        run = self.run_unrig("compare", url, url, *SLICES, *options("ratio > 0.01", "failed = 1"),
                             "--json", "-")
        gates = run.json()["gates"]
        self.assertEqual([gate["against"] for gate in gates], [f"{url} (again)", None, None])
        shown = self.run_unrig("show", "last", "--json", "-").json()
        self.assert_schema(shown)
        self.assertEqual((shown["gates"], shown["gates_asked"]),
                         (gates, ["ratio > 0.01", "failed = 1"]))
        self.assertRegex(self.run_unrig("show", "last").out,
                         rf"(?m)^{re.escape(url)}: failed = 1  +0  +failed$")
        suite = ElementTree.fromstring(
            self.run_unrig("export", "last", "--format", "junit").out.encode()).find("testsuite")
        cases = [case for case in suite if case.get("classname") == "unrig.gate"]
        self.assertEqual([case.get("name") for case in cases],
                         [f"{url}: ratio > 0.01", f"{url}: failed = 1",
                          f"{url} (again): failed = 1"])
        self.assertEqual([case.find("failure") is not None for case in cases][1:], [True, True])
        markdown = self.run_unrig("export", "last", "--format", "markdown").out
        lines = re.findall(r"(?m)^\| http.*failed = 1 \| 0 \| failed \|$", markdown)
        self.assertEqual(len(lines), 2, markdown)


class RefusedTest(GateTest):
    def test_a_gate_that_is_none_is_refused_before_anything_starts(self):
        url = "http://127.0.0.1:1/"
        for gate, *says in (("p98 < 1s", "no metric 'p98'", "help: did you mean 'p9"),
                            ("p99 < 50", "has no unit", "help: write it like 50"),
                            ("p99", "compares nothing", "help: "),
                            ("p99 = 1s", "known by an interval", "help: ")):
            for words in (["load", url], ["compare", url, url], ["run", "flask-gunicorn"]):
                with self.subTest(gate=gate, words=words):
                    run = self.run_unrig(*words, *options("failed = 0", gate))
                    self.assert_exit(run, 2)
                    self.assertEqual(run.out, "")
                    self.assert_says(run, f"unrig: --gate: '{gate}': ", *says)

    def test_so_is_one_of_nothing_that_is_measured(self):
        url = "http://127.0.0.1:1/"
        for words, gate, says in (
                (["load", url], "flask: p99 < 1s", "leave 'flask:' out"),
                (["load", url], "ratio > 1", "unrig compare URL1 URL2"),
                (["compare", url, "http://127.0.0.1:2/"], "http://127.0.0.1:22/: p99 < 1s",
                 "did you mean 'http://127.0.0.1:2/'?"),
                (["run", "flask-gunicorn", "sanic"], "sanik: p99 < 1s", "did you mean 'sanic'?"),
                (["run", "flask-gunicorn"], "ratio > 1", "unrig compare STACK STACK")):
            with self.subTest(gate):
                run = self.run_unrig(*words, *options(gate))
                self.assert_exit(run, 2)
                self.assertEqual(run.out, "")
                self.assert_says(run, f"unrig: --gate: '{gate}': ", says)
        self.assertEqual(stored("run", self.home), 0)

    def test_a_run_with_gates_can_be_planned(self):
        run = self.run_unrig("run", "flask-gunicorn", "sanic", "--plan",
                             *options("ratio > 1", "sanic: p99 < 1s"))
        self.assert_exit(run, 0)


class JobTest(GateTest):
    """The job of docs/ci.md."""

    def hold(self, new: str, base: str, least: str, most: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, "UNRIG": UNRIG, "UNRIG_HOME": str(self.home), "LEAST": least,
                       "MOST": most, "OUT": str(self.folder / "out")}
        job = subprocess.run([str(HOLD), new, base, *SLICES], env=environment, check=False,
                             cwd=self.folder, capture_output=True, text=True)
        if job.returncode == 4 and stored("trial", self.home) > 0:
            self.skipTest("others had this machine: no slice counts on both sides")
        return job

    def result(self) -> tuple[ElementTree.Element, str]:
        out = self.folder / "out"
        return (ElementTree.parse(out / "junit.xml").getroot().find("testsuite"),
                (out / "summary.md").read_text(encoding="utf-8"))

    def test_a_machine_that_cannot_tell_holds_nobody_to_anything(self):
        url = self.delay_server(5)
        # Nothing is within a millionth of itself in four short slices.
        job = self.hold(self.delay_server(5), url, "0.999999", "1.000001")
        self.assertEqual(job.returncode, 98, job.stdout + job.stderr)
        self.assertIn("not surely within 0.999999 and 1.000001 of itself", job.stderr)
        self.assertEqual(stored("run", self.home), 1, "the base alone was measured")
        suite, summary = self.result()
        self.assertGreater(int(suite.get("errors")) + int(suite.get("failures")), 0)
        self.assertIn("| Gate | Measured | Outcome |", summary)

    def test_what_loses_much_is_never_let_through(self):
        new, base = self.delay_server(40), self.delay_server(5)
        job = self.hold(new, base, "0.7", "1.4")
        self.assertIn(job.returncode, (98, 99), job.stdout + job.stderr)
        if stored("run", self.home) < 2:
            self.skipTest("this machine cannot tell a stack from itself now")
        suite, _ = self.result()
        cases = {case.get("name"): case for case in suite}
        self.assertEqual(len(cases[f"{new}: ratio >= 0.7"]), 1)
        self.assertEqual(len(cases[f"{new}: failed = 0"]), 0)

    def test_the_same_is_held_or_undecided(self):
        job = self.hold(self.delay_server(20), self.delay_server(20), "0.5", "2")
        self.assertIn(job.returncode, (0, 98), job.stdout + job.stderr)

    def test_a_side_that_does_not_answer_ends_it(self):
        with bound_socket() as holder:
            nobody = f"http://127.0.0.1:{holder.getsockname()[1]}/"
            job = self.hold(self.delay_server(5), nobody, "0.5", "2")
        self.assertEqual(job.returncode, 4, job.stdout + job.stderr)
        self.assertEqual(stored("trial", self.home), 0)

    def test_the_jobs_call_it_as_it_is_called_here(self):
        known = unrig("compare", "--help", home=None).out
        for name in ("github.yml", "gitlab.yml"):
            text = (HOLD.parent / name).read_text(encoding="utf-8")
            calls = re.findall(r"unrig/docs/ci/hold\.sh (\S+) (\S+) (.*)", text)
            self.assertEqual(len(calls), 1, name)
            ports = [re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", url)[1] for url in calls[0][:2]]
            for port in ports:
                self.assertIn(f"./serve {port}", text, name)
            for option in re.findall(r"--[a-z-]+", calls[0][2]):
                self.assertRegex(known, rf"(?m)[ ,]{option}[ ,\n]", name)
            for file in ("junit.xml", "summary.md"):
                self.assertIn(f"$OUT/{file}", HOLD.read_text(encoding="utf-8"))
            self.assertIn("unrig-ci", text, name)


if __name__ == "__main__":
    unittest.main()
