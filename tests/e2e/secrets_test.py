"""Secrets of the command line reach servers and nothing else; inputs reach all servers alike."""

import http.server
import pathlib
import subprocess
import tempfile
import unittest

from harness import UNRIG, E2ETest
from servers import serve, url_of

SECRET = "s3cr3t-m4rk3r"
HEADER = f"Authorization: Bearer {SECRET}"
SPELLINGS = [["-H", HEADER], [f"-H{HEADER}"], ["-qH", HEADER], [f"-qH{HEADER}"],
             ["--header", HEADER], [f"--header={HEADER}"], ["-H", "X-One: 1", "-H", HEADER]]
SLICES = ["--blocks", "1", "--accept-noise", "--warmup", "0s", "--duration", "50ms", "-c", "1"]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers "ok" and remembers the header and the body of the requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.add((self.headers.get("Authorization"), body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET

    def log_message(self, *arguments):
        pass


class SecretsTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.servers = [serve(self, Handler, seen=set()) for _ in range(2)]
        self.urls = [url_of(each) for each in self.servers]

    def unrig(self, *words: str, **more):
        """Exit code, and all that was printed; results go below the folder."""
        done = subprocess.run([UNRIG, *words, "--home", self.folder / "home"], cwd=self.folder,
                              capture_output=True, check=False, timeout=600, **more)
        return done.returncode, (done.stdout + done.stderr).decode()

    def assert_secret_is_nowhere(self, printed: str):
        self.assertNotIn(SECRET, printed)
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        for path in files:
            self.assertNotIn(SECRET.encode(), path.read_bytes(), path)
        return files

    def test_headers_in_every_spelling(self):
        for spelling in SPELLINGS:
            with self.subTest(spelling):
                code, printed = self.unrig("compare", *self.urls, *spelling, *SLICES, "--json",
                                           "compare.json")
                self.assertIn(code, (0, 4), printed)
                for words in (["show", "last", "--json", "show.json"],
                              ["load", self.urls[0], *spelling, "-d", "50ms", "-c", "1", "--json",
                               "load.json", "--hgrm", "a.hgrm", "--hlog", "a.hlog"]):
                    code, more = self.unrig(*words)
                    self.assertIn(code, (0, 4), more)
                    printed += more
                names = {path.name for path in self.assert_secret_is_nowhere(printed)}
                self.assertLessEqual({"unrig.db", "compare.json", "show.json", "load.json"}, names)
                for server in self.servers:  # else there was nothing to hide
                    self.assertIn(f"Bearer {SECRET}", {header for header, _ in server.seen})
                    server.seen.clear()

    def test_words_that_are_refused(self):
        address = self.urls[0].replace("http://", f"http://name:{SECRET}@")
        for words in (["load", address], ["compare", address, self.urls[1]],
                      ["load", f"name:{SECRET}@host"], ["load", self.urls[0], "-H", SECRET],
                      ["load", self.urls[0], f"-H={HEADER}"],
                      ["load", self.urls[0], "-H", f"X-Key: {SECRET}\r\nB: c"]):
            with self.subTest(words):
                code, printed = self.unrig(*words)
                self.assertEqual(code, 2, printed)
                self.assertIn("help:", printed)
                self.assert_secret_is_nowhere(printed)

    def test_both_servers_of_a_comparison_get_what_a_pipe_or_standard_input_has(self):
        for words, more in ((["--body", "-"], {"input": b"typed"}),
                            (["--body", "/dev/stdin"], {"input": b"typed"})):
            with self.subTest(words):
                code, printed = self.unrig("compare", *self.urls, "-X", "POST", *words, *SLICES,
                                           **more)
                self.assertIn(code, (0, 4), printed)
                for server in self.servers:
                    self.assertEqual({body for _, body in server.seen}, {b"typed"})
                    server.seen.clear()

    def test_only_one_option_has_standard_input(self):
        code, printed = self.unrig("load", self.urls[0], "--body", "-", "--expect-body", "-",
                                   input=b"typed")
        self.assertEqual(code, 2, printed)
        self.assertIn("--body and --expect-body both ask for standard input", printed)

    def test_two_options_do_not_write_one_file(self):
        for one, other in ((["--json", "x"], ["--hgrm", "x"]), (["--hgrm", "x"], ["--hlog", "./x"]),
                           (["--json", "-"], ["--hlog", "-"])):
            with self.subTest(one + other):
                code, printed = self.unrig("load", self.urls[0], *one, *other)
                self.assertEqual(code, 2, printed)
                self.assertIn(f"{one[0]} and {other[0]} both write", printed)
                self.assertFalse((self.folder / "x").exists())

    def test_dash_is_standard_output_for_every_result(self):
        for option, begins in (("--hgrm", "       Value"), ("--hlog", "#[Histogram log"),
                               ("--json", "{\n")):
            with self.subTest(option):
                code, printed = self.unrig("load", self.urls[0], "-q", "-d", "50ms", "-c", "1",
                                           option, "-")
                self.assertIn(code, (0, 4), printed)
                self.assertTrue(printed.startswith(begins), printed[:200])
                self.assertNotIn("verdict  ", printed)
                self.assertFalse((self.folder / "-").exists())


if __name__ == "__main__":
    unittest.main()
