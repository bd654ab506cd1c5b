"""Runs the built program as a user would, and looks at the machine from outside.

Everything that a test starts, orphans too, stays a descendant of this process (a child subreaper),
so that what is left running is found whatever the program thinks of it.
"""

import ctypes
import fcntl
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from verdicts import is_only_disturbed

UNRIG = os.environ["UNRIG_BIN"]
# One for all tests: making the environments and the database takes its time.
HOME = pathlib.Path(os.environ["UNRIG_E2E_HOME"])
HERE = pathlib.Path(__file__).resolve().parent
STACKS = HERE / "stacks"
REAL_STACK = "flask-gunicorn"
# Two workers, where the scenario has seven on two cores: to start their interpreters is most of
# what a short trial takes. And enough requests in half a second, or the next window is longer.
# What has been stopped or killed is waited for no longer than it takes to be sure.
FEW = ["--set", "clients=10", "--set", "workers.sync=2", "--set", "workers.async=2",
       "--set", "db.delay=1ms", "--set", "client.timeout=4s"]
# The shortest trials that still have a warm-up and a measurement. Others may disturb them: that
# costs no second and third try, and keeps no test from looking.
QUICK = ["--warmup", "200ms", "--duration", "500ms", *FEW]
SHORT = [*QUICK, "--accept-noise"]
TINY = ["--blocks", "1", *SHORT]
# How long anything may take before a test gives up on it: that is for what hangs, not for a slow
# machine. Nothing is slow because of it.
PATIENCE_S = 600
IS_ROOT = os.geteuid() == 0
# Whom services and builds run as under root; nobody else uses that account.
SERVICE_ACCOUNT = {entry.pw_uid for entry in pwd.getpwall() if IS_ROOT and entry.pw_name == "unrig"}
# What pip's and uv's builds, Python's multiprocessing and the servers call their temporary files.
LITTER = ("uv-", "pymp-", "pip-", "wgunicorn-", ".s.PGSQL.")
# Whether a test can have a disk of its own that nobody else sees. In a container, root may not.
CAN_MOUNT = IS_ROOT and subprocess.run(
    ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True,
    check=False).returncode == 0

# Under nohup it is ignored, and so it would be by what is started here.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _stat(pid: int) -> tuple[str, int] | None:
    """State and parent of a process, or None when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    except OSError:
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, int(parent)


def argv(pid: int) -> list[str]:
    try:
        content = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return content.decode(errors="replace").rstrip("\0").split("\0")


def environment(pid: int) -> dict[str, str]:
    try:
        content = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in content.split("\0") if "=" in entry)


def descendants() -> dict[int, str]:
    """Living processes below this one: pid and command line. Reaps orphans that have ended."""
    parents, zombies = {}, set()
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (found := _stat(int(entry))):
            parents[int(entry)] = found[1]
            if found[0] == "Z":
                zombies.add(int(entry))
    below, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in below} - below
        below |= more
        grown = bool(more)
    own_children = {process.pid for process in Run.started}
    for pid in zombies & below - own_children:
        if parents[pid] == os.getpid():
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
    return {pid: " ".join(argv(pid)) for pid in below - zombies - {os.getpid()}}


def wait_until(condition, what: str, limit_s: float = PATIENCE_S):
    """The first true value of condition(). Fails with `what` when there is none in time."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {limit_s} s: {what}")
        time.sleep(0.02)
    return value


def plant(folder: pathlib.Path, stack: str, program: str, what: str, changes=(),
          **variables: str) -> str:
    """The name of a copy of the stack with plants/PROGRAM around its application, which is told
    what to plant; with texts of its stack.toml replaced, and more variables for it."""
    name = "-".join([stack, what, *(variable.lower() for variable in variables)]).replace("_", "-")
    copy = folder / name
    shutil.copytree(HERE.parents[1] / "stacks" / stack, copy)
    shutil.copy(HERE / "plants" / program, copy)
    file = copy / "stack.toml"
    text = file.read_text(encoding="utf-8")
    application = re.search(r'^application = "(.*)\.py"$', text, re.M)[1]
    for old, new in ((f'"{application}.py"', f'"{program}"'), *changes):
        if old not in text:
            raise AssertionError(f"{stack} has no {old}")
        text = text.replace(old, new)
    told = {"UNRIG_PLANT": what, "UNRIG_PLANT_APP": application, **variables}
    text += "\n[environment]\n" + "".join(f'{key} = "{value}"\n' for key, value in told.items())
    file.write_text(text, encoding="utf-8")
    return name


class Run:
    """One started program. Its output goes to files, so that nothing can block on a pipe."""

    started: list["Run"] = []

    def __init__(self, *arguments: str, home=HOME, prefix=(), env=None):
        self._out = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._err = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.arguments = [*prefix, UNRIG, *arguments]
        if home is not None:
            self.arguments += ["--home", str(home)]
        self._process = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err,
            cwd=tempfile.gettempdir(), env={**os.environ, **(env or {})}, start_new_session=True)
        self.pid = self._process.pid
        Run.started.append(self)

    def send(self, number: signal.Signals):
        self._process.send_signal(number)

    def ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self, limit_s: float = PATIENCE_S) -> "Run":
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"did not end in {limit_s} s\n{self.story()}") from None
        return self

    def end(self):
        """Ends it, if it still runs."""
        if not self.ended():
            self._process.kill()
            self._process.wait()

    @property
    def code(self) -> int:
        return self._process.returncode

    @property
    def out(self) -> str:
        self._out.seek(0)
        return self._out.read()

    @property
    def err(self) -> str:
        self._err.seek(0)
        return self._err.read()

    def json(self) -> dict:
        try:
            return json.loads(self.out)
        except ValueError:
            raise AssertionError(f"not one JSON document\n{self.story()}") from None

    def story(self) -> str:
        """Everything that a failed test wants to show."""
        return (f"$ {' '.join(self.arguments)}\nexit {self._process.poll()}\n"
                f"--- stdout\n{self.out}\n--- stderr\n{self.err}")


def unrig(*arguments: str, **options) -> Run:
    """Runs it to its end."""
    return Run(*arguments, **options).wait()


def limited(what: int, limit: int) -> list[str]:
    """A prefix that gives a program, and what it starts, this resource limit (RLIMIT_…)."""
    line = (f"import os, resource, sys; resource.setrlimit({what}, ({limit}, {limit})); "
            "os.execv(sys.argv[1], sys.argv[1:])")
    return [sys.executable, "-c", line]


def temporary() -> set[pathlib.Path]:
    """What lies in /tmp."""
    return set(pathlib.Path("/tmp").iterdir())


def is_in_use(folder: pathlib.Path) -> bool:
    """Whether a run that lives has it: another one, once all processes of a test have ended."""
    try:
        with open(folder / "in-use", "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # gone meanwhile, or not of a run
    return False


def is_of_a_run(path: pathlib.Path) -> bool:
    """Whether this in /tmp is what unrig, or a program that it started, makes there."""
    try:
        status = path.lstat()
    except OSError:
        return False
    if re.fullmatch(r"unrig-[A-Za-z0-9]{6}", path.name):
        return not is_in_use(path)
    return (status.st_uid in SERVICE_ACCOUNT
            or (status.st_uid == os.geteuid() and path.name.startswith(LITTER)))


class E2ETest(unittest.TestCase):
    """Fails a test that leaves a process, or anything in /tmp, and ends what it left."""

    def run(self, result=None):
        self.earlier = temporary()
        self.first_run = len(Run.started)
        return super().run(result)

    def tearDown(self):
        # A test that failed may have left its run, which would go on for long.
        for run in Run.started[self.first_run:]:
            run.end()
        self.assert_nothing_left()

    def assert_nothing_left(self):
        self.assert_no_process_left()
        # A test beside this one may just have killed its run, whose guard then tidies up.
        deadline = time.monotonic() + 10
        while (left := [path for path in temporary() - self.earlier if is_of_a_run(path)]) \
                and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(left, [], "left in /tmp")

    def assert_no_process_left(self):
        try:
            wait_until(lambda: not descendants(), "all processes ended", limit_s=60)
        except AssertionError:
            left = descendants()
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.fail("left running:\n" + "\n".join(f"{p} {a}" for p, a in left.items()))

    def assert_exit(self, run: Run, code: int):
        self.assertEqual(run.code, code, run.story())

    def assert_ran(self, run: Run, record: dict | None = None):
        """Exit 0. Or 4, where others had this machine all the time and unrig says so."""
        if not is_disturbed(run, record):
            self.assert_exit(run, 0)

    def assert_measured(self, run: Run, record: dict | None = None):
        """Exit 0. Where others had this machine all the time there is nothing to look at."""
        if is_disturbed(run, record):
            self.skipTest("others had this machine all the time, as unrig says")
        self.assert_exit(run, 0)

    def assert_says(self, run: Run, *parts: str):
        """Each part stands on standard error."""
        for part in parts:
            self.assertIn(part, run.err, run.story())

    def assert_table(self, text: str):
        lines = text.splitlines()
        header = next(line for line in lines if "Framework" in line)
        for column in ("Web server", "Type", "Wrk", "Tput", "P50", "P99", "#DB"):
            self.assertIn(column.lower(), header.lower())
        row = next(line for line in lines if "Flask" in line and "Gunicorn" in line)
        self.assertRegex(row, re.compile(r"\bsync\b", re.I))
        self.assertRegex(row, r"\b1\.00\b")


def is_disturbed(run: Run, record: dict | None = None) -> bool:
    """Whether a run says that a stack does not count only because of the machine. Its record is
    that of the last run of HOME where it is not given."""
    return run.code == 4 and is_only_disturbed(
        record or unrig("show", "last", "--json", "-").json())


def finished_trials(home=HOME) -> int:
    """Trials in the store, whatever run they belong to."""
    return stored("trial", home)


def stored(table: str, home=HOME) -> int:
    """Rows of a table of the store."""
    import sqlite3
    total = 0
    for file in home.glob("*.db"):
        try:
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as store:
                total += store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.Error:
            pass  # not there yet
    return total
