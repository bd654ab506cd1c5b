"""`unrig load` against a server with planted faults: what it prints, records and returns."""

import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from harness import Run, unrig, wait_until
from servers import ServersTest, bound_socket

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class LoadTest(ServersTest):
    def test_every_request_of_an_open_loop_is_accounted_for(self):
        url = self.fault_server("wrong_status", 10)
        run = unrig("load", url, "--rate", "500/s", "-d", "1s", "-c", "50", "--seed", "3",
                    "--json", "-")
        record = run.json()
        self.assertEqual((record["schema"], record["loop"], record["seed"]),
                         ("unrig.load/1", "open", 3))
        counts, log = record["counts"], self.log()
        self.assertEqual(counts["scheduled"], 500)
        self.assertEqual(counts["scheduled"], counts["issued"] + counts["dropped"])
        self.assertEqual(counts["issued"],
                         counts["completed"] + counts["failed"] + counts["unfinished"])
        self.assertEqual(log["requests"], counts["issued"])
        self.assertEqual(record["failed_by"]["wrong_status"], log["faults"])
        self.assertEqual(counts["failed"], log["faults"])

    def test_record_keeps_to_its_schema(self):
        schema = REPOSITORY / "docs" / "schema" / "unrig.load-1.json"
        url = self.fault_server()
        for rate in ([], ["--rate", "50/s"]):
            with self.subTest(rate), tempfile.TemporaryDirectory() as folder:
                record = pathlib.Path(folder) / "record.json"
                unrig("load", url, *rate, "-c", "1", "-d", "100ms", "--json", str(record))
                checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(record), str(schema)],
                                         capture_output=True, text=True, check=False)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_closed_loop_for_people_and_its_histograms(self):
        with tempfile.TemporaryDirectory(prefix="unrig-e2e-") as folder:
            hgrm, hlog = pathlib.Path(folder, "a.hgrm"), pathlib.Path(folder, "a.hlog")
            run = unrig("load", self.fault_server(), "-c", "2", "-d", "300ms",
                        "--think-time", "5ms", "--hgrm", str(hgrm), "--hlog", str(hlog))
            self.assertIn(run.code, (0, 4), run.story())  # a busy machine may make it invalid
            for part in ("requests/s", "response (closed)", "verdict"):
                self.assertIn(part, run.out, run.story())
            self.assertIn("#[Max", hgrm.read_text())
            self.assertIn("HISTF", hlog.read_text())

    def test_nothing_completed_is_no_throughput(self):
        with bound_socket() as holder:
            url = f"http://127.0.0.1:{holder.getsockname()[1]}/"
            run = unrig("load", url, "-c", "1", "-d", "200ms")
        self.assert_exit(run, 4)
        self.assertIn("refused", run.out, run.story())
        self.assertNotIn("requests/s", run.out)

    def test_ctrl_c_prints_what_was_measured(self):
        run = Run("load", self.fault_server(), "-c", "1", "-d", "1h", "--think-time", "1ms",
                  "--json", "-", "--timeout", "1h")
        wait_until(lambda: self.connected(run.pid), "the load runs")
        run.send(signal.SIGINT)
        run.wait()
        self.assert_exit(run, 130)
        self.assertTrue(run.json()["interrupted"])

    def test_ctrl_c_while_the_last_answers_are_awaited_hides_no_slow_one(self):
        run = Run("load", self.fault_server("mute", 10), "--rate", "100/s", "-d", "1s",
                  "--timeout", "1h", "--json", "-")
        wait_until(lambda: self.connected(run.pid), "the load runs")
        time.sleep(2)  # the window is over, and ten requests will never be answered
        run.send(signal.SIGINT)
        run.wait()
        self.assert_exit(run, 130)
        record = run.json()
        self.assertTrue(record["interrupted"])
        self.assertEqual(record["counts"]["unfinished"], 10, run.story())
        for name in ("p95", "p99", "max"):
            self.assertIsNone(record["response_us"][name])
            self.assertGreater(record["response_us"]["missing"][name]["at_least"], 900_000)

    def test_bad_input_is_refused_at_once(self):
        url = "http://127.0.0.1:1/"
        for words in (["nonsense"], ["ftp://127.0.0.1/"], [url, "-c", "0"], [url, "--rate", "100"],
                      [url, "--rate", "-1/s"], ["http://host.invalid/"],
                      [url, "--body", "/no/such/file"], [url, "-d", "0s"]):
            with self.subTest(words):
                run = unrig("load", *words)
                self.assert_exit(run, 2)
                self.assertEqual(run.out, "")
                self.assertTrue(run.err.startswith("unrig: "), run.story())


if __name__ == "__main__":
    unittest.main()
