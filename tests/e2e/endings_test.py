"""Every way in which the program ends: exit codes, signals, full disks, no memory, no threads, no
descriptors, system calls that are missing. Whatever ended it, one line says why, and no process,
port or folder stays."""

import errno
import http.server
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from harness import UNRIG, E2ETest, Run, limited, unrig, wait_until
from servers import serve, url_of

WITHOUT_CALLS = os.environ["UNRIG_WITHOUT_CALLS"]
# A busy machine may make the generator late, and the run invalid; nothing here depends on that.
MEASURED = (0, 4)
# What these tests are about never takes long, and what hangs is to be seen.
SOON_S = 120


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


class EndingTest(E2ETest):
    """A small server to be asked. That no process stays is looked at after each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.url = url_of(serve(self, Handler))
        self.load = ["load", self.url, "-c", "2", "-d", "200ms", "-q"]

    def run_to(self, target: str, *arguments: str) -> subprocess.CompletedProcess:
        """With standard output into a file."""
        with open(target, "wb") as out:
            return subprocess.run([UNRIG, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.PIPE, text=True, timeout=SOON_S, check=False)

    def assert_one_error(self, run, *parts: str, code: int = 3):
        """One line that says what, and perhaps one that helps; nothing of a crash."""
        err = run.stderr if isinstance(run, subprocess.CompletedProcess) else run.err
        returned = run.returncode if isinstance(run, subprocess.CompletedProcess) else run.code
        self.assertEqual(returned, code, err)
        lines = [line for line in err.splitlines() if line.startswith("unrig: ")]
        self.assertEqual(len(lines), 1, err)
        self.assertNotIn("terminate called", err)
        for part in parts:
            self.assertIn(part, err)


class OutputTest(EndingTest):
    def test_full_disk_on_standard_output(self):
        for arguments in (["--help"], ["--version"], ["list", "knobs"], ["list", "stacks"],
                          ["list", "knobs", "--json", "-"], self.load, [*self.load, "--json", "-"]):
            with self.subTest(arguments=arguments):
                self.assert_one_error(self.run_to("/dev/full", *arguments), "standard output",
                                      "No space left")

    def test_full_disk_on_a_file_does_not_cost_the_table_nor_the_other_files(self):
        for option, other in (("--json", "--hgrm"), ("--hgrm", "--json"), ("--hlog", "--json")):
            with self.subTest(option=option):
                good = self.folder / f"beside{option}"
                run = unrig(*self.load, option, "/dev/full", other, str(good), home=None)
                self.assert_one_error(run, "/dev/full", "No space left")
                self.assertIn("requests", run.out)
                self.assertGreater(good.stat().st_size, 0)

    def test_files_are_written_though_the_table_cannot_be_printed(self):
        file = self.folder / "record.json"
        run = self.run_to("/dev/full", *self.load, "--json", str(file))
        self.assert_one_error(run, "standard output")
        self.assertIn("schema", json.loads(file.read_text(encoding="utf-8")))

    def test_closed_standard_output_is_an_error_and_nothing_else_gets_its_number(self):
        run = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", UNRIG, *self.load],
                             stderr=subprocess.PIPE, text=True, timeout=SOON_S, check=False)
        self.assert_one_error(run, "standard output", "Bad file descriptor")

    def test_all_standard_descriptors_closed(self):
        run = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", UNRIG, *self.load],
                             timeout=SOON_S, check=False)
        self.assertEqual(run.returncode, 3)

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            run = subprocess.run([UNRIG, "list", "knobs"], stdout=writer, stderr=subprocess.PIPE,
                                 text=True, timeout=SOON_S, check=False)
        finally:
            os.close(writer)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_an_error_output_that_is_gone_ends_nothing(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            run = subprocess.run([UNRIG, *self.load], stdout=subprocess.PIPE, stderr=writer,
                                 text=True, timeout=SOON_S, check=False)
        finally:
            os.close(writer)
        self.assertIn(run.returncode, MEASURED)
        self.assertIn("requests", run.stdout)


class CodesTest(EndingTest):
    """Each exit code, typed. 1 is what only a fault in unrig itself can bring about."""

    def test_0_done(self):
        self.assert_exit(unrig("list", "knobs", home=None), 0)

    def test_2_usage(self):
        self.assert_one_error(unrig("load", "nonsense", home=None), code=2)

    def test_3_environment(self):
        (self.folder / "unrig.db").write_bytes(b"this is no database" * 100)
        self.assert_one_error(unrig("show", "last", home=self.folder), "unrig.db", code=3)

    def test_4_nothing_valid(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            run = unrig("load", f"http://127.0.0.1:{port}/", "-d", "200ms", "-q", home=None)
        self.assert_exit(run, 4)

    def test_130_interrupted(self):
        run = Run("load", self.url, "-c", "1", "-d", "600s", "-q", home=None)
        wait_until(lambda: threads(run.pid) > 1, "the load runs")
        run.send(signal.SIGINT)
        self.assert_exit(run.wait(SOON_S), 130)
        self.assertIn("requests", run.out)


class SignalsTest(EndingTest):
    def test_each_signal(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 130),
                             (signal.SIGHUP, 130), (signal.SIGQUIT, -signal.SIGQUIT),
                             (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(signal=number.name):
                run = Run("load", self.url, "-c", "1", "-d", "600s", "-q", home=None)
                wait_until(lambda: threads(run.pid) > 1, "the load runs")
                run.send(signal.SIGPIPE)  # of no concern: a write that fails says it
                run.send(number)
                self.assert_exit(run.wait(SOON_S), code)
                self.assertEqual("requests" in run.out, code == 130, run.story())


class PurgeTest(EndingTest):
    def test_record_keeps_to_its_schema_and_plan_removes_nothing(self):
        home = self.folder / "home"
        (home / "environments" / "one").mkdir(parents=True)
        (home / "environments" / "one" / "file").write_bytes(bytes(1500))
        schema = pathlib.Path(__file__).resolve().parents[2] / "docs/schema/unrig.purge-1.json"
        for words, there in ((["--plan"], True), ([], False)):
            run = unrig("purge", "--all", *words, "--json", "-", home=home)
            self.assert_exit(run, 0)
            record = run.json()
            self.assertEqual((record["schema"], record["plan"], record["bytes"]),
                             ("unrig.purge/1", there, 1500))
            self.assertEqual((home / "environments").exists(), there)
            file = self.folder / "record.json"
            file.write_text(run.out, encoding="utf-8")
            checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(file), str(schema)],
                                     capture_output=True, text=True, check=False)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        again = unrig("purge", "--all", home=home)
        self.assertEqual((again.code, again.out), (0, "there is nothing to remove\n"))
        self.assert_one_error(unrig("purge", home=home), "nothing is named", code=2)


class LimitsTest(EndingTest):
    def limited(self, what: int, limit: int, *arguments: str) -> Run:
        """With a limit that only the program gets."""
        return unrig(*arguments, prefix=limited(what, limit), home=None)

    def test_no_memory(self):
        run = self.limited(resource.RLIMIT_AS, 700_000_000, "load", self.url, "--rate",
                           "100000000/s", "-d", "1s", "-q")
        self.assert_one_error(run, "memory", "help: ")

    def test_no_threads(self):
        run = self.limited(resource.RLIMIT_AS, 2_000_000_000, "load", self.url, "--threads", "1024",
                           "-c", "1024", "-d", "100ms", "-q")
        self.assert_one_error(run, "1024 threads", "--threads")

    def test_not_even_one_thread(self):
        run = unrig(*self.load, prefix=[WITHOUT_CALLS, f"{errno.EAGAIN}:clone,clone3"], home=None)
        if run.code == 77:
            self.skipTest("no filter may be set")
        self.assert_one_error(run, "no thread or process can be made", "help: ")

    def test_no_descriptors(self):
        run = self.limited(resource.RLIMIT_NOFILE, 20, *self.load)
        self.assert_one_error(run, "open files", "ulimit")

    def test_hardly_any_descriptor(self):
        for limit in range(3, 8):
            with self.subTest(limit=limit):
                run = self.limited(resource.RLIMIT_NOFILE, limit, "list", "runs", "--home",
                                   str(self.folder))
                self.assertIn(run.code, (0, 3, 127), run.story())
                self.assertNotIn("terminate called", run.err)


class MissingCallsTest(EndingTest):
    def without(self, calls: str, *arguments: str, **options) -> Run:
        run = unrig(*arguments, prefix=[WITHOUT_CALLS, calls], **options)
        if run.code == 77:
            self.skipTest("no filter may be set")
        return run

    def test_a_load_does_without_each_newer_call(self):
        for call in ("clone3", "close_range", "epoll_pwait2", "faccessat2", "getrandom",
                     "io_uring_setup", "memfd_create", "openat2", "pidfd_open", "rseq", "statx"):
            for error in ("", f"{errno.EPERM}:"):
                with self.subTest(call=call, error=error):
                    if call == "clone3" and error:
                        continue  # the C library itself takes ENOSYS alone for a missing call
                    run = self.without(error + call, *self.load, "--json", "-", home=None)
                    self.assertIn(run.code, MEASURED, run.story())
                    total = run.json()["counts"]
                    self.assertGreater(total["completed"], 0)
                    self.assertEqual(total["failed"], 0)

    def test_the_slower_way_is_said_once(self):
        run = self.without("epoll_pwait2,close_range", *[a for a in self.load if a != "-q"],
                           home=None)
        self.assertEqual(run.err.count("epoll_pwait2"), 1, run.story())
        self.assertIn("ppoll", run.out)

    def test_io_uring_that_is_forbidden_is_epoll(self):
        run = self.without("io_uring_setup", *self.load, "--backend", "io_uring", "--json", "-",
                           home=None)
        self.assertIn(run.code, MEASURED, run.story())
        self.assertEqual(run.json()["generator"]["backend"], "epoll")


def threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


if __name__ == "__main__":
    unittest.main(verbosity=2)
