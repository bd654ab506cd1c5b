"""`unrig compare URL URL`: slices of load against servers that the tests run themselves."""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

from harness import E2ETest, is_disturbed, stored, unrig

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SERVER = pathlib.Path(__file__).resolve().parent / "delay_server.py"
BLOCKS = ["--blocks", "5", "--seed", "1", "--accept-noise"]  # enough for an interval
TINY = ["--warmup", "50ms", "--duration", "250ms", "-c", "4"]
SHORT = [*BLOCKS, *TINY]
ONCE = ["--blocks", "1", "--accept-noise", *TINY]  # where no interval is looked at
# A server that takes 10 ms could answer twenty times as many on these connections. A window holds
# 100 of them, so that two that end beside it are within the limit of the verdict.
OPEN = [*BLOCKS, "--warmup", "100ms", "--duration", "1s", "-c", "20", "--rate", "100/s"]


class CompareUrlTest(E2ETest):
    def setUp(self):
        self.servers = []
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)

    def tearDown(self):
        for server in self.servers:
            server.terminate()
            server.wait()
            server.stdout.close()
        super().tearDown()

    def server(self, delay_ms: int, *changes_after: str) -> str:
        """The URL of a new server. It is ended with the test."""
        server = subprocess.Popen([sys.executable, str(SERVER), str(delay_ms), *changes_after],
                                  stdout=subprocess.PIPE)
        self.servers.append(server)
        return f"http://127.0.0.1:{int(server.stdout.readline())}/"

    def compare(self, *arguments: str):
        return unrig("compare", *arguments, home=self.home)

    def trials(self) -> list[dict]:
        return unrig("show", "last", "--json", "-", home=self.home).json()["trials"]

    def measured(self, *arguments: str, how=tuple(SHORT)):
        """The run and its record. Where others had the machine there is nothing to look at."""
        run = self.compare(*arguments, *how, "--json", "-")
        if is_disturbed(run, {"trials": self.trials()}):
            self.skipTest("others had this machine all the time, as unrig says")
        self.assert_exit(run, 0)
        record = run.json()
        if record["blocks"] == 0:
            self.skipTest("others had this machine: no block counts on both sides")
        return run, record

    def test_the_planted_factor_is_found(self):
        fast, slow = self.server(20), self.server(40)
        run, record = self.measured(fast, slow)
        self.assertEqual((record["schema"], record["a"], record["b"]),
                         ("unrig.compare/1", fast, slow))
        # The delays are 20 times those of a machine at rest, and what a busy one adds to both only
        # brings the two closer.
        self.assertGreater(record["ratio"]["estimate"], 1, run.story())
        self.assertLess(record["p50_ratio"]["estimate"], 1, run.story())
        self.assertIn(record["verdict"], ("faster", "undecided"), run.story())
        self.assertEqual(record["limiter"]["a"]["name"], "unattributed")

    def test_show_prints_what_compare_printed(self):
        run = self.compare(self.server(5), self.server(5), *ONCE)
        shown = unrig("show", "last", home=self.home)
        self.assertEqual(shown.out, run.out, run.story())
        self.assertNotIn("#DB", shown.out)
        for trial in unrig("show", "last", "--json", "-", home=self.home).json()["trials"]:
            self.assertEqual(set(trial["db"].values()), {None})

    def test_every_time_of_a_trial_is_kept(self):
        run = self.compare(self.server(5), self.server(5), *ONCE)
        log = self.home / "times.hlog"
        shown = unrig("show", "last", "--trial", "2", "--hlog", str(log), home=self.home)
        self.assert_exit(shown, 0)
        trial = self.trials()[1]
        completed = re.search(r"Total count += +(\d+)\]", shown.out)
        self.assertEqual(int(completed[1]), trial["window"]["completed"], shown.story())
        self.assertIn("Tag=issue-delay,", log.read_text())
        shown = unrig("show", "last", "--trial", "2", "--json", "-", home=self.home).json()
        self.assertEqual([n for n, t in enumerate(shown["trials"], 1) if "histograms" in t], [2])
        beyond = unrig("show", "last", "--trial", "999", home=self.home)
        self.assert_exit(beyond, 2)
        self.assertIn("no trial 999", beyond.err, run.story())

    def test_one_url_against_itself_is_one(self):
        url = self.server(5)
        run, record = self.measured(url, url)
        self.assertEqual((record["a"], record["b"]), (url, f"{url} (again)"))
        if record["ratio"]["low"] is None:
            self.skipTest("others had this machine: too few slices count for an interval")
        covers = record["ratio"]["low"] <= 1 <= record["ratio"]["high"]
        self.assertIn("the interval covers 1" if covers else "the interval leaves out 1",
                      record["sentence"], run.story())
        self.assertEqual(len([t for t in self.trials() if t["purpose"] == "planned"]), 10)

    def test_an_answer_that_changes_makes_slices_invalid(self):
        steady, changing = self.server(5), self.server(5, "30")
        run = self.compare(steady, changing, *ONCE)
        self.assertIn(changing, run.out, run.story())
        self.assertIn("another body than the first one", run.out, run.story())
        self.assertNotIn("nan", run.out.lower())

    def test_different_bodies_are_noted(self):
        before, after = self.server(5), self.server(5, "0")
        run = self.compare(before, after, *ONCE)
        self.assertIn(run.code, (0, 4), run.story())
        self.assertIn("answers with another body than", run.out, run.story())

    def test_an_open_loop_offers_both_the_same_rate(self):
        run, record = self.measured(self.server(1), self.server(10), how=OPEN)
        # The schedule was made before the clock started, whatever the machine did then.
        for trial in self.trials():
            window = trial["window"]
            self.assertEqual((trial["offered_per_s"], window["scheduled"]),
                             (100, 100 * window["seconds"]), run.story())
        self.assertLess(record["p50_ratio"]["estimate"], 1, run.story())

    def test_record_keeps_to_its_schema(self):
        schema = REPOSITORY / "docs" / "schema" / "unrig.compare-1.json"
        url = self.server(2)
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record.json"
            self.compare(url, url, *SHORT, "--json", str(record))
            checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(record), str(schema)],
                                     capture_output=True, text=True, check=False)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_nobody_there(self):
        with socket.socket() as holder:  # has the port, and does not listen
            holder.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{holder.getsockname()[1]}/"
            run = self.compare(self.server(1), nobody, *SHORT)
        self.assert_exit(run, 4)
        self.assert_says(run, nobody, "refused")
        self.assertEqual(stored("trial", self.home), 0)

    def test_bad_input_is_refused_at_once(self):
        url = "http://127.0.0.1:1/"
        for words in (["ftp://127.0.0.1/", url], [url, "http://host.invalid/"], [url], [url, "-c"],
                      [url, "flask-gunicorn"], ["flask-gunicorn", url], [url, url, "-c", "0"],
                      [url, url, "--rate", "1/s..9/s"], [url, url, "--duration", "0s"],
                      [url, url, "--scenario", "article"], [url, url, "--precision", "0"],
                      ["flask-gunicorn", "falcon-gunicorn", "--rate", "10/s"]):
            with self.subTest(words):
                run = self.compare(*words)
                self.assert_exit(run, 2)
                self.assertEqual(run.out, "")
                self.assertTrue(run.err.startswith("unrig: "), run.story())


if __name__ == "__main__":
    unittest.main()
