"""`unrig init`: what it writes runs, what is there stays, and whoever gives too little is told."""

import os
import pathlib
import pty
import re
import shlex
import subprocess
import sys
import unittest

from harness import HERE, UNRIG, Run, unrig, wait_until
from servers import ServersTest, answers, bound_socket

# Serves the port that it is given; the body has a count, so that it is another each time.
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    count = 0
    def do_GET(self):
        Handler.count += 1
        body = b'{"count": %d, "user": {"id": 7}}' % Handler.count
        self.send_response(200 if self.path == "/users/7" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def free_port() -> int:
    with bound_socket() as holder:
        return holder.getsockname()[1]


class InitTest(ServersTest):
    def setUp(self):
        super().setUp()
        self.target = self.folder / "it's here"

    def init(self, *words: str) -> Run:
        return unrig("init", str(self.target), *words, home=self.folder / "home")

    def script(self) -> pathlib.Path:
        return self.target / "measure.sh"

    def run_script(self, **changes: str) -> subprocess.CompletedProcess:
        """With assignments of the script changed, and short."""
        text = self.script().read_text()
        for name, value in changes.items():
            text, count = re.subn(rf"(?m)^{name}=.*$", lambda _: f"{name}={value}", text)
            self.assertEqual(count, 1, name)
        how = "--blocks 1 --accept-noise --patience 0s --warmup 50ms --duration 250ms -c 2"
        text = text.replace(' compare "$url_a"', f' compare {how} "$url_a"')
        self.script().write_text(text)
        return subprocess.run(
            ["/bin/sh", str(self.script())], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, cwd="/", env={**os.environ,
                                                    "UNRIG_HOME": str(self.folder / "home")})

    def assert_nothing_written(self, run: Run, *says: str):
        self.assert_exit(run, 2)
        self.assert_says(run, *says)
        self.assertFalse(self.target.exists(), run.story())


class ScriptTest(InitTest):
    def test_of_urls_it_compares_them(self):
        url = self.fault_server()
        run = self.init("--url", url, "--against", url, "--expect-length", "1..1000")
        self.assert_exit(run, 0)
        self.assertEqual(shlex.split(run.out.splitlines()[-1]), ["sh", str(self.script())])
        done = self.run_script()
        self.assertIn(done.returncode, (0, 4), done.stdout + done.stderr)
        self.assertIn(url, done.stdout)

    def test_of_commands_it_starts_them_and_ends_them(self):
        program = self.folder / "server.py"
        program.write_text(SERVER)
        command = f"{sys.executable} {program} {{port}}"
        run = self.init("--command", command, "--against", command, "--path", "/users/7",
                        "--expect-json", "user.id=7")
        self.assert_exit(run, 0)
        ports = free_port(), free_port()
        done = self.run_script(port_a=str(ports[0]), port_b=str(ports[1]))
        self.assertIn(done.returncode, (0, 4), done.stdout + done.stderr)
        self.assertIn(f"http://127.0.0.1:{ports[0]}/users/7", done.stdout)
        self.assertNotIn("wrong_body", done.stdout + done.stderr)
        for port in ports:
            wait_until(lambda: not answers(port), "it was ended", 20)

    def test_what_does_not_serve_is_shown_with_its_log(self):
        self.assert_exit(self.init("--command", "echo no such module, {port}; exit 1"), 0)
        done = self.run_script(port_a=str(free_port()))
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("no right answer", done.stderr)
        self.assertIn("no such module, ", done.stderr)

    def test_a_port_that_is_taken_is_not_measured(self):
        self.assert_exit(self.init("--command", "sleep 100; : {port}"), 0)
        done = self.run_script(port_a=self.fault_server().rsplit(":", 1)[1].strip("/"))
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("somebody listens", done.stderr)


class StackTest(InitTest):
    def test_a_copy_is_a_stack(self):
        run = self.init("--like", "flask-gunicorn")
        self.assert_exit(run, 0)
        copy = self.target / "my-flask-gunicorn"
        self.assertEqual(sorted(f.name for f in copy.iterdir()), ["app_flask.py", "stack.toml"])
        repository = HERE.parents[1]
        self.assertEqual((copy / "app_flask.py").read_text(),
                         (repository / "apps" / "python" / "app_flask.py").read_text())
        self.assertIn("unrig check my-flask-gunicorn --stacks", (copy / "stack.toml").read_text())
        plan = unrig("run", "my-flask-gunicorn", "--plan", "--stacks", str(self.target),
                     home=self.folder / "home")
        self.assert_exit(plan, 0)
        changed = copy / "stack.toml"
        changed.write_text("mine")
        self.assert_exit(self.init("--like", "flask-gunicorn"), 2)
        self.assertEqual(changed.read_text(), "mine")

    def test_a_stack_that_is_none_is_asked_back(self):
        self.assert_nothing_written(self.init("--like", "flask-gunikorn"),
                                    "did you mean 'flask-gunicorn'?")


class RefusedTest(InitTest):
    def test_too_little_names_the_options(self):
        self.assert_nothing_written(self.init(), "--url", "--command", "--like")

    def test_what_cannot_be_measured(self):
        for words, said in ((["--url", "127.0.0.1"], "http"),
                            (["--command", "gunicorn app:app"], "{port}"),
                            (["--command", "a {port}", "--path", "x"], "path"),
                            (["--url", "http://h/", "--against", "h"], "http"),
                            (["--url", "http://h/", "--like", "flask-gunicorn"], "--like"),
                            (["--url", "http://h/", "--expect-json", "a"], "--expect-json")):
            with self.subTest(words):
                self.assert_nothing_written(self.init(*words), said)

    def test_what_is_there_stays(self):
        for there in ("file", "link"):
            with self.subTest(there):
                self.target.mkdir()
                if there == "file":
                    self.script().write_text("mine")
                else:
                    self.script().symlink_to(self.folder / "elsewhere")
                run = self.init("--url", "http://127.0.0.1:1/")
                self.assert_exit(run, 2)
                self.assert_says(run, "is there already")
                self.assertFalse((self.folder / "elsewhere").exists())
                if there == "file":
                    self.assertEqual(self.script().read_text(), "mine")
                self.script().unlink()
                self.target.rmdir()

    def test_hostile_names(self):
        for name in ("a\x1b[2Jb", "a\nb"):
            run = unrig("init", name, "--url", "http://127.0.0.1:1/", home=self.folder / "home")
            self.assert_exit(run, 2)
            self.assertNotIn("\x1b", run.err)
            self.assertFalse(pathlib.Path(name).exists())


class TerminalTest(InitTest):
    def answered(self, *lines: str) -> tuple[str, int]:
        """What a terminal showed, and the exit code."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([UNRIG, "init"], stdin=follower, stdout=follower,
                                   stderr=follower, cwd=self.folder)
        os.close(follower)
        os.write(leader, "".join(line + "\n" for line in lines).encode() + b"\x04")
        shown = b""
        try:
            while piece := os.read(leader, 4096):
                shown += piece
        except OSError:  # the last one has closed the terminal
            pass
        os.close(leader)
        return shown.decode(), process.wait()

    def test_four_answers_are_a_script(self):
        shown, code = self.answered("1", "http://127.0.0.1:1/", "http://127.0.0.1:2/", "asked")
        self.assertEqual(code, 0, shown)
        self.assertIn("url_b=http://127.0.0.1:2/", (self.folder / "asked/measure.sh").read_text())

    def test_empty_answers_leave_out(self):
        shown, code = self.answered("2", "serve {port}", "", "")
        self.assertEqual(code, 0, shown)
        self.assertNotIn("port_b", (self.folder / "measure/measure.sh").read_text())

    def test_an_answer_that_is_none(self):
        for lines, said in ((["5"], "none of the four"), ([], "not answered"),
                            (["1", "", "", ""], "nothing says")):
            with self.subTest(lines):
                shown, code = self.answered(*lines)
                self.assertEqual(code, 2, shown)
                self.assertIn(said, shown)


if __name__ == "__main__":
    unittest.main()
