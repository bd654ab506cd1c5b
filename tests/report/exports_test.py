"""Every format of `unrig export` is read back by something that was not written here."""

import csv
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
from xml.etree import ElementTree

import jsonschema
from prometheus_client.openmetrics.parser import text_string_to_metric_families

UNRIG = os.environ["UNRIG_BIN"]
SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schema" / "unrig.run-1.json"
JUNIT = pathlib.Path(__file__).with_name("junit.xsd")
RUN, HOSTILE = "20261122-102030-aaaa", "20261125-102030-cccc"
STACKS, BLOCKS = 22, 4
GATES = 3


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([os.environ["MADE_STORE"], cls.folder.name], check=True)

    def run_unrig(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([UNRIG, *words, "--home", self.folder.name], capture_output=True,
                              text=True, check=False, encoding="utf-8")

    def exported(self, form: str, *more: str, run: str = RUN) -> str:
        done = self.run_unrig("export", run, "--format", form, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @property
    def record(self) -> dict:
        return json.loads(self.exported("json"))

    def test_csv(self):
        for run, trials in ((RUN, STACKS * BLOCKS), (HOSTILE, 8)):
            rows = list(csv.DictReader(io.StringIO(self.exported("csv", run=run), newline="")))
            self.assertEqual(len(rows), trials)
            self.assertFalse(any(None in row or None in row.values() for row in rows))
        rows = list(csv.DictReader(io.StringIO(self.exported("csv"), newline="")))
        for row, trial in zip(rows, self.record["trials"], strict=True):
            self.assertEqual(row["label"], trial["label"])
            self.assertEqual(int(row["block"]), trial["block"])
            self.assertEqual(row["valid"] == "true", trial["verdict"]["valid"])
            self.assertAlmostEqual(float(row["throughput_per_s"]), trial["throughput_per_s"])
            self.assertAlmostEqual(float(row["p99_us"]), trial["response_us"]["p99"])
            self.assertEqual(row["reasons"], "; ".join(trial["verdict"]["reasons"]))

    def test_json_and_json_lines(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        record = self.record
        jsonschema.validate(record, schema)
        lines = self.exported("jsonl").splitlines()
        self.assertEqual([json.loads(line) for line in lines], record["trials"])

    def xmllint(self, text: str) -> subprocess.CompletedProcess:
        return subprocess.run(["xmllint", "--noout", "--schema", str(JUNIT), "-"], input=text,
                              capture_output=True, text=True, check=False, encoding="utf-8")

    def test_junit_is_what_its_readers_take(self):
        for run in (RUN, HOSTILE):
            checked = self.xmllint(self.exported("junit", run=run))
            self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_the_schema_of_junit_refuses_what_its_readers_would(self):
        text = self.exported("junit")
        name = re.search(r'classname="unrig" name="[^"]*"', text).group()
        for found, instead in ((' hostname="made-up"', ""), ('timestamp="2', 'when="2'),
                               ("T10:20:30", "T10:20:30Z"), ('time="', 'time="1e+'),
                               ("</properties>", "</properties><testcase/>"),
                               ("<failure type", "<failure kind"),
                               (re.compile("(</?)failure"), r"\1wrong"),
                               (re.compile(r'classname="unrig" name="[^"]*"'), name),
                               ("<system-err/>", "")):
            with self.subTest(found=found):
                pattern = re.escape(found) if isinstance(found, str) else found
                spoiled = re.sub(pattern, instead, text)
                self.assertNotEqual(spoiled, text)
                self.assertEqual(self.xmllint(spoiled).returncode, 3, "not valid")

    def test_junit(self):
        text = self.exported("junit", run=HOSTILE)
        suite = ElementTree.fromstring(text.encode()).find("testsuite")
        cases = suite.findall("testcase")
        self.assertEqual(len(cases), int(suite.get("tests")))
        self.assertIn("</script><script>window.harmed=1</script>",
                      [case.get("name") for case in cases])
        failed = [case for case in cases if case.find("failure") is not None]
        self.assertEqual(len(failed), int(suite.get("failures")))
        self.assertEqual([case.get("name") for case in failed], ["__proto__"])
        seconds = [float(case.get("time")) for case in cases]
        self.assertGreater(seconds[0], 0)
        self.assertAlmostEqual(float(suite.get("time")), sum(seconds))

    def test_benchmark_action(self):
        cells = {cell["label"]: cell for cell in self.record["cells"]}
        entries = json.loads(self.exported("benchmark-action"))
        self.assertEqual(len(entries), STACKS - 1)
        for entry in entries:
            rate = cells[entry["name"]]["throughput_per_s"]
            self.assertEqual(entry["unit"], "requests/s")
            self.assertEqual(entry["value"], rate["estimate"])
            low, high = (float(end) for end in entry["range"].split(" to "))
            self.assertTrue(low < entry["value"] < high)
        times = json.loads(self.exported("benchmark-action", "--metric", "p99"))
        self.assertEqual(times[0]["unit"], "P99 ms")
        self.assertAlmostEqual(times[0]["value"] * 1000,
                               cells[times[0]["name"]]["p99_us"]["estimate"])

    def test_bencher(self):
        found = json.loads(self.exported("bencher"))
        cells = {cell["label"]: cell for cell in self.record["cells"]}
        self.assertEqual(len(found), STACKS - 1)
        for label, measures in found.items():
            self.assertAlmostEqual(measures["latency"]["value"],
                                   cells[label]["p50_us"]["estimate"] * 1000, 3)
            for measure in measures.values():
                self.assertTrue(measure["lower_value"] <= measure["value"]
                                <= measure["upper_value"])

    def test_openmetrics(self):
        for run in (RUN, HOSTILE):
            families = {family.name: family for family in
                        text_string_to_metric_families(self.exported("openmetrics", run=run))}
            self.assertLessEqual({"unrig_throughput", "unrig_requests", "unrig_response_seconds"},
                                 set(families))
        families = {family.name: family for family in
                    text_string_to_metric_families(self.exported("openmetrics"))}
        sanic = [s for s in families["unrig_response_seconds"].samples
                 if s.labels["stack"] == "sanic"]
        buckets = [s.value for s in sanic if s.name.endswith("_bucket")]
        self.assertEqual(buckets, sorted(buckets), "cumulative")
        self.assertEqual(buckets[-1], 3000 * BLOCKS)
        rates = {s.labels["stack"]: s.value for s in families["unrig_throughput"].samples}
        self.assertAlmostEqual(rates["sanic"] / 1187, 1, 1)

    def test_markdown(self):
        text = self.exported("markdown")
        self.assertTrue(text.startswith("**sanic is the fastest"), text)
        table, gates = re.findall(r"(?m)(?:^\|.*\n)+", text)
        rows = table.splitlines()
        self.assertEqual(len(rows), 2 + STACKS)
        self.assertEqual(len(gates.splitlines()), 2 + GATES)
        self.assertEqual({len(re.findall(r"(?<!\\)\|", row)) for row in rows}, {10})
        self.assertIn(" = | ", text)
        hostile = self.exported("markdown", run=HOSTILE)
        self.assertNotIn("<script", hostile)
        self.assertEqual({len(re.findall(r"(?<!\\)\|", row))
                          for row in hostile.splitlines() if row.startswith("|")}, {10})

    def test_one_distribution_wants_one_stack(self):
        done = self.run_unrig("export", RUN, "--format", "hgrm")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--stack", done.stderr)
        done = self.run_unrig("export", RUN, "--format", "hgrm", "--stack", "nobody")
        self.assertEqual(done.returncode, 2)
        self.assertIn("Percentile", self.exported("hgrm", "--stack", "sanic"))

    def test_into_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "run.csv"
            self.assertEqual(self.exported("csv", "-o", str(file)), "")
            self.assertEqual(file.read_bytes().decode(), self.exported("csv").replace("\n", "\r\n"))


if __name__ == "__main__":
    unittest.main()
