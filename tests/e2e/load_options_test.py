"""Every option of `unrig load`, against small servers: what reaches the server, what comes back."""

import http.server
import json
import os
import pathlib
import pty
import signal
import subprocess
import tempfile
import threading
import unittest

from harness import UNRIG, E2ETest, unrig
from servers import ServersTest, serve, url_of

BODY = b"the right body"
# A busy machine may make the generator late, and the run invalid; its counts are exact even so.
MEASURED = (0, 4)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers everything with BODY and writes down what was asked."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, dict(self.headers), sent))
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    do_POST = do_PUT = do_GET

    def log_message(self, *arguments):
        pass


class OptionsTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.server = serve(self, Handler, seen=[], lock=threading.Lock())
        self.url = url_of(self.server)

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def record(self, *arguments: str) -> dict:
        """Of 50 requests, which all have to be answered."""
        run = unrig("load", self.url, "--rate", "100/s", "-d", "500ms", "-c", "8", "--json", "-",
                    *arguments)
        self.assertIn(run.code, MEASURED, run.story())
        record = run.json()
        self.assertEqual(record["counts"]["scheduled"], 50, run.story())
        self.assertEqual(record["counts"]["completed"], 50, run.story())
        return record


class ChangingHandler(Handler):
    """Answers with JSON that is another each time, but for its user."""

    def do_GET(self):
        with self.server.lock:
            self.server.seen.append(self.path)
            count = len(self.server.seen)
        body = json.dumps({"at": count, "user": {"id": 7, "name": "Ann"}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class ExpectationTest(OptionsTest):
    def setUp(self):
        super().setUp()
        self.server = serve(self, ChangingHandler, seen=[], lock=threading.Lock())
        self.url = url_of(self.server)

    def test_a_body_that_changes_is_right_where_its_members_are(self):
        record = self.record("--expect-json", "user.id=7", "--expect-json", "user.name=Ann",
                             "--expect-length", "10..100")
        self.assertEqual(record["expect"], {"status": 200, "length": "10..100",
                                            "json": ["user.id=7", 'user.name="Ann"']})
        self.assertEqual(record["failed_by"]["wrong_body"], 0)

    def test_a_rule_that_never_matches_shows_the_first_answer_and_why(self):
        for rule, why in ((["--expect-json", "user.id=8"], "user.id is 7, not 8"),
                          (["--expect-json", "id=7"], "there is no id"),
                          (["--expect-length", "1..2"], "bytes, not 1..2")):
            with self.subTest(rule):
                run = unrig("load", self.url, "-c", "1", "-d", "200ms", *rule)
                self.assert_exit(run, 4)
                for part in ("wrong_body", "HTTP/1.1 200 OK", '"name": "Ann"', why, rule[0]):
                    self.assertIn(part, run.out, run.story())
                self.assertNotIn("requests/s", run.out)

    def test_compare_holds_both_to_it(self):
        how = ["--blocks", "1", "--accept-noise", "--warmup", "50ms", "--duration", "250ms", "-c",
               "2"]
        run = unrig("compare", self.url, self.url, *how, home=self.folder)
        self.assert_exit(run, 4)
        self.assert_says(run, "differently", "--expect-json user.id=7 --expect-json")
        run = unrig("compare", self.url, self.url, *how, "--expect-json", "user.id=8",
                    home=self.folder)
        self.assert_exit(run, 4)
        self.assert_says(run, "wrong_body", "user.id is 7, not 8")
        run = unrig("compare", self.url, self.url, *how, "--expect-json", "user.id=7",
                    home=self.folder)
        self.assertIn(run.code, MEASURED, run.story())
        stored = unrig("show", "last", "--json", "-", home=self.folder).json()
        self.assertEqual(stored["scenario"]["knobs"]["expect.json"], '{"user.id" = 7}')
        for trial in stored["trials"]:
            self.assertEqual(trial["failed_by"]["wrong_body"], 0)


class RequestTest(OptionsTest):
    def test_method_headers_and_body_reach_the_server(self):
        self.url += "a?b=c"
        body = self.file("body", b'{"a": 1}\n')
        self.record("-X", "POST", "-H", "Accept: text/plain", "-H", "X-Two: b: c", "--body", body)
        self.assertEqual(len(self.server.seen), 50)
        for method, path, headers, sent in self.server.seen:
            self.assertEqual((method, path, sent), ("POST", "/a?b=c", b'{"a": 1}\n'))
            self.assertEqual((headers["Accept"], headers["X-Two"]), ("text/plain", "b: c"))

    def test_body_that_differs_is_no_completed_request(self):
        self.record("--expect-body", self.file("right", BODY))
        wrong = self.file("wrong", BODY.upper())
        run = unrig("load", self.url, "-c", "1", "-d", "200ms", "--expect-body", wrong)
        self.assert_exit(run, 4)
        self.assertIn("wrong_body", run.out, run.story())
        self.assertNotIn("requests/s", run.out)

    def test_bad_input_leaves_old_results_alone(self):
        old = {option: self.file(option, b"measured yesterday")
               for option in ("--json", "--hgrm", "--hlog")}
        outputs = [word for pair in old.items() for word in pair]
        for wrong in (["-X", "NOT ONE"], ["-X", "CONNECT"], ["-H", "Bad Name: x"],
                      ["-H", "Content-Length: 1"], ["--body", "/no/such/file"], ["-d", "0s"],
                      ["--timeout", "0s"], ["--cacert", "/no/such/file"]):
            with self.subTest(wrong):
                url = self.url.replace("http:", "https:") if "--cacert" in wrong else self.url
                run = unrig("load", url, *wrong, *outputs)
                self.assert_exit(run, 2)
                for path in old.values():
                    self.assertEqual(pathlib.Path(path).read_bytes(), b"measured yesterday")
        self.assertEqual(self.server.seen, [])

    def test_output_that_cannot_be_written_is_refused_before_the_load(self):
        for option in ("--json", "--hgrm", "--hlog"):
            for target in (str(self.folder), str(self.folder / "missing" / "file")):
                with self.subTest((option, target)):
                    run = unrig("load", self.url, option, target)
                    self.assert_exit(run, 2)
                    self.assert_says(run, option, target)
        self.assertEqual(self.server.seen, [])


class LoopTest(OptionsTest):
    def test_threads_share_one_schedule(self):
        for threads in (2, 4):
            with self.subTest(threads):
                record = self.record("--threads", str(threads))
                self.assertEqual(record["generator"]["threads"], threads)

    def test_every_backend_and_pacing(self):
        for backend in ("epoll", "io_uring", "auto"):
            with self.subTest(backend):
                generator = self.record("--backend", backend)["generator"]
                if backend == "io_uring" and generator["backend"] != "io_uring":
                    self.assertIn("io_uring", generator["backend_note"])
        for pacing in ("sleep", "hybrid", "spin"):
            with self.subTest(pacing):
                self.record("--pacing", pacing, "--arrivals", "poisson")

    def test_ramp_has_the_requests_of_its_area(self):
        run = unrig("load", self.url, "--rate", "100/s..500/s", "-d", "500ms", "--json", "-")
        self.assertIn(run.code, MEASURED, run.story())
        self.assertEqual(run.json()["counts"]["scheduled"], 150)  # (100 + 500) / 2 * 0.5

    def test_clients_think(self):
        for think in ("constant", "exponential"):
            with self.subTest(think):
                run = unrig("load", self.url, "-c", "2", "-d", "1s", "--think-time", "100ms",
                            "--think", think, "--seed", "1", "--json", "-")
                self.assertIn(run.code, MEASURED, run.story())
                counts = run.json()["counts"]
                self.assertEqual(counts["completed"], counts["issued"])
                self.assertGreaterEqual(counts["completed"], 2)
                # Constant: ten a client. Without thinking it would be thousands.
                self.assertLessEqual(counts["issued"], 20 if think == "constant" else 200)

    def test_histograms_hold_every_request(self):
        hgrm, hlog = self.folder / "a.hgrm", self.folder / "a.hlog"
        self.record("--hgrm", str(hgrm), "--hlog", str(hlog))
        self.assertIn("Total count    =           50]", hgrm.read_text())
        lines = [line for line in hlog.read_text().splitlines() if "HISTF" in line]
        tags = [line.partition(",")[0] for line in lines]
        self.assertEqual(tags, ["0.000", "Tag=service", "Tag=issue-delay"])


class TlsTest(ServersTest):
    def setUp(self):
        super().setUp()
        self.url, self.certificate = self.tls_server()

    def test_unknown_authority_is_refused_and_says_why(self):
        run = unrig("load", self.url, "-c", "1", "-d", "200ms")
        self.assert_exit(run, 4)
        for part in ("unreachable", "certificate", "INVALID", "--insecure"):
            self.assertIn(part, run.out, run.story())
        self.assertNotIn("requests/s", run.out)

    def test_trusted_or_not_verified_it_is_measured(self):
        for words in (["--insecure"], ["--cacert", self.certificate]):
            with self.subTest(words):
                run = unrig("load", self.url, "--rate", "100/s", "-d", "200ms", *words)
                self.assertIn(run.code, MEASURED, run.story())
                self.assertIn("20 completed", run.out, run.story())
                self.assertRegex(run.out, r"(?m)^connect ")
                self.assertRegex(run.out, r"(?m)^TLS handshake ")


class TerminalTest(OptionsTest):
    def shown(self, *words: str, terminal: str = "xterm", until: str = "", interrupt=False):
        """What a terminal showed of standard error, standard output, and the exit code."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [UNRIG, "load", self.url, "-c", "1", "--think-time", "1ms", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower,
            env={**os.environ, "TERM": terminal})
        os.close(follower)
        shown = b""
        while piece := self.piece(leader):
            shown += piece
            if interrupt and until.encode() in shown:
                process.send_signal(signal.SIGINT)
                interrupt = False
        out = process.stdout.read().decode()
        process.stdout.close()
        os.close(leader)
        return shown.decode(), out, process.wait()

    @staticmethod
    def piece(leader: int) -> bytes:
        try:
            return os.read(leader, 4096)
        except OSError:  # the last one has closed the terminal
            return b""

    def test_line_is_redrawn_and_gone_at_the_end(self):
        shown, out, code = self.shown("-d", "2500ms")
        self.assertIn(code, MEASURED)
        for part in ("requests/s", "P50", "P99", "failed", "left", "\r\x1b[K"):
            self.assertIn(part, shown)
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)
        self.assertNotIn("\x1b", out)

    def test_ctrl_c_prints_what_was_measured(self):
        shown, out, code = self.shown("-d", "1h", until="left", interrupt=True)
        self.assertEqual(code, 130, shown + out)
        for part in ("interrupted", "requests/s", "P99", "verdict"):
            self.assertIn(part, out)

    def test_quiet_shows_nothing(self):
        shown, out, _ = self.shown("-d", "1500ms", "-q")
        self.assertEqual(shown, "")
        self.assertIn("requests/s", out)

    def test_plain_lines_every_ten_seconds(self):
        shown, _, _ = self.shown("-d", "12s", "--plain")
        self.assertIn("requests/s", shown)
        self.assertNotIn("\x1b", shown)
        # One where the machine has time for it, and never one each second.
        self.assertLessEqual(len(shown.splitlines()), 2, shown)

    def test_a_terminal_that_cannot_redraw_gets_plain_lines(self):
        shown, _, _ = self.shown("-d", "1200ms", terminal="dumb")
        self.assertNotIn("\x1b", shown)


if __name__ == "__main__":
    unittest.main()
