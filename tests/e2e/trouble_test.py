"""What ends a run early, what stands in its way, and what must be true while one goes on."""

import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from harness import (CAN_MOUNT, HOME, IS_ROOT, REAL_STACK, SHORT, TINY, E2ETest, Run, argv,
                     descendants, environment, finished_trials, stored, unrig, wait_until)
from verdicts import is_sound

LONG = ["--blocks", "100", *SHORT]
PROGRAMS = ("postgres", "pgbouncer", "nginx", "gunicorn")


def start_and_wait_for_a_trial(*arguments: str) -> Run:
    """A run of many trials, at least one of which is kept already."""
    before = finished_trials()
    run = Run("run", REAL_STACK, *(arguments or LONG))
    wait_until(lambda: run.ended() or finished_trials() > before, "a trial is in the store")
    if run.ended():
        raise AssertionError(run.story())
    return run


def start_and_wait_for_the_chain(*arguments: str) -> Run:
    """A run that measures: it is in the store and has the threads of the load, and all four
    programs of the chain are there."""
    before = stored("run")
    run = Run("run", REAL_STACK, *arguments)

    def measures():
        lines = descendants().values()
        return (stored("run") > before and threads(run.pid) > 2  # main and signals
                and all(any(name in line for line in lines) for name in PROGRAMS))

    wait_until(lambda: run.ended() or measures(), "the whole chain is up")
    if run.ended():
        raise AssertionError(run.story())
    return run


def threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


class WhileItRunsTest(E2ETest):
    """One long run in the background, looked at from outside."""

    @classmethod
    def setUpClass(cls):
        cls.long_run = start_and_wait_for_the_chain(*LONG)

    @classmethod
    def tearDownClass(cls):
        cls.long_run.send(signal.SIGINT)
        cls.long_run.wait()

    def tearDown(self):
        self.assertFalse(self.long_run.ended(), self.long_run.story())

    def test_all_sockets_are_on_the_loopback_or_in_private_folders(self):
        def found():
            addresses = listening_addresses()
            return [addresses[i] for i in listening_inodes(descendants()) if i in addresses]

        # Between trials the application is not there.
        all_four = wait_until(lambda: now if len(now := found()) >= len(PROGRAMS) else None,
                              "nginx, gunicorn, pgbouncer and PostgreSQL listen")
        for address in all_four:
            if address.startswith("/"):
                folder = stat.S_IMODE(os.stat(pathlib.Path(address).parent).st_mode)
                self.assertEqual(oct(folder), oct(0o700), address)
            else:
                self.assertRegex(address, r"^127\.0\.0\.1:\d+$")
                self.assertFalse(is_ephemeral(int(address.rpartition(":")[2])), address)

    def test_secrets_are_private_files_and_in_no_command_line(self):
        def files():
            told = {environment(pid).get("UNRIG_DB_PASSWORD_FILE") for pid in descendants()}
            return told - {None}

        for file in wait_until(files, "the application is told where its password lies"):
            self.assertEqual(oct(stat.S_IMODE(os.stat(file).st_mode)), oct(0o600), file)
            secret = pathlib.Path(file).read_text(encoding="ascii").strip()
            self.assertGreaterEqual(len(secret), 16)
            for pid in descendants():
                self.assertNotIn(secret, " ".join(argv(pid)))

    def test_no_process_reads_the_terminal(self):
        for pid in descendants():
            try:
                self.assertEqual(os.readlink(f"/proc/{pid}/fd/0"), "/dev/null", argv(pid))
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                pass  # ended meanwhile, or has closed it

    def test_second_run_in_the_same_home_is_refused(self):
        second = unrig("run", REAL_STACK, *TINY, "--json", "-")
        self.assert_exit(second, 3)
        self.assertEqual(second.out, "")
        self.assert_says(second, str(HOME), "help:")


class InterruptTest(E2ETest):
    def test_once_keeps_what_was_measured(self):
        run = start_and_wait_for_a_trial()
        run.send(signal.SIGINT)
        run.wait()
        self.assert_exit(run, 130)
        listed = unrig("show", "last", "--json", "-")
        trials = listed.json()["trials"]
        self.assertGreaterEqual(len(trials), 1)
        self.assertLess(len(trials), 100)
        for trial in trials:
            self.assertTrue(is_sound(trial), trial["verdict"])
        if any(trial["verdict"]["valid"] for trial in trials):
            self.assert_table(run.out)

    def test_twice_stops_at_once(self):
        run = start_and_wait_for_the_chain("--blocks", "1", "--duration", "1h")
        run.send(signal.SIGINT)
        time.sleep(0.5)
        self.assertFalse(run.ended(), "the first one lets the trial end")
        run.send(signal.SIGINT)
        run.wait()
        self.assert_exit(run, 130)

    def test_terminate_is_like_interrupt(self):
        run = start_and_wait_for_a_trial(*LONG, "--json", "-")
        run.send(signal.SIGTERM)
        run.wait()
        self.assert_exit(run, 130)
        # A run that is cut short is one document as well.
        self.assertGreaterEqual(len(run.json()["trials"]), 1)


class KillTest(E2ETest):
    def test_nothing_outlives_kill_and_the_next_start_works(self):
        run = start_and_wait_for_the_chain(*LONG)
        run.send(signal.SIGKILL)
        run.wait()
        self.assert_nothing_left()
        self.assert_ran(unrig("run", REAL_STACK, *TINY))

    def test_kill_during_the_start(self):
        run = Run("run", REAL_STACK, *LONG)
        wait_until(lambda: any("postgres" in line for line in descendants().values()),
                   "the database starts")
        run.send(signal.SIGKILL)
        run.wait()
        self.assert_nothing_left()
        self.assert_ran(unrig("run", REAL_STACK, *TINY))


class HomeTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_home_below_a_file(self):
        (self.folder / "file").touch()
        run = unrig("run", REAL_STACK, *TINY, home=self.folder / "file" / "home")
        self.assert_exit(run, 3)
        self.assert_says(run, str(self.folder / "file"))

    @unittest.skipIf(IS_ROOT, "root may write everywhere")
    def test_home_without_rights(self):
        self.folder.chmod(0o500)
        run = unrig("run", REAL_STACK, *TINY, home=self.folder / "home")
        self.folder.chmod(0o700)
        self.assert_exit(run, 3)
        self.assert_says(run, str(self.folder), "ermission denied")

    @unittest.skipUnless(CAN_MOUNT, "needs the right to mount")
    def test_home_that_is_read_only(self):
        run = unrig("run", REAL_STACK, *TINY, home=self.folder,
                    prefix=mounted(self.folder, "mode=0755,ro,size=1m"))
        self.assert_exit(run, 3)
        self.assert_says(run, str(self.folder), "can be written")

    @unittest.skipUnless(CAN_MOUNT, "needs the right to mount")
    def test_full_disk(self):
        # All in one mount namespace: the disk is full at first, and grows for the second start,
        # which must not trip over anything that the first one left.
        script = ('mount -t tmpfs -o size=24m,mode=755 tmpfs "$0" && "$@"; echo "first: $?" >&2;'
                  'mount -o remount,size=4g "$0" && exec "$@"')
        prefix = ["unshare", "-m", "sh", "-c", script, str(self.folder)]
        run = unrig("run", REAL_STACK, *TINY, "--json", "-", home=self.folder, prefix=prefix)
        self.assert_ran(run, run.json())
        self.assert_says(run, "first: 3")
        self.assertRegex(run.err, "(?i)no space left|disk is full", run.story())


class MissingProgramTest(E2ETest):
    @unittest.skipUnless(CAN_MOUNT, "needs the right to mount over a program")
    def test_names_the_debian_package(self):
        for program, package in (("nginx", "nginx-light"), ("pgbouncer", "pgbouncer")):
            with self.subTest(program):
                path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
                script = 'mount --bind /dev/null "$0" && exec "$@"'
                run = unrig("run", REAL_STACK, *TINY,
                            prefix=["unshare", "-m", "sh", "-c", script, path])
                self.assert_exit(run, 3)
                self.assert_says(run, program, f"apt-get install {package}")


def mounted(folder: pathlib.Path, options: str) -> list[str]:
    """A command prefix that sees a tmpfs at `folder`; nobody else does."""
    script = 'mount -t tmpfs -o "$1" tmpfs "$0" && shift && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, str(folder), options]


def listening_inodes(pids) -> set[str]:
    found = set()
    for pid in pids:
        try:
            links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        found |= {match[1] for link in links if (match := re.match(r"socket:\[(\d+)\]", link))}
    return found


def listening_addresses() -> dict[str, str]:
    """Socket inode to "ADDRESS:PORT", or to the path of a Unix socket."""
    found = {}
    for kind in ("tcp", "tcp6"):
        table = pathlib.Path(f"/proc/net/{kind}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[3] == "0A":
                host, port = fields[1].split(":")
                octets = reversed(bytes.fromhex(host))
                name = ".".join(map(str, octets)) if kind == "tcp" else f"[{host}]"
                found[fields[9]] = f"{name}:{int(port, 16)}"
    for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split(maxsplit=7)
        if int(fields[3], 16) & 0x10000:  # accepts connections
            found[fields[6]] = fields[7] if len(fields) > 7 else "unnamed"
    return found


def is_ephemeral(port: int) -> bool:
    low, high = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    return low <= port <= high


class ResumeTest(E2ETest):
    def test_everything_that_a_run_needs_is_in_its_manifest(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "mine.toml"
            file.write_text("clients = 10\n[workers.stack]\nflask-gunicorn = 3\n", encoding="utf-8")
            first = unrig("run", REAL_STACK, "--scenario", str(file), "--blocks", "1",
                          "--warmup", "200ms", "--duration", "500ms", "--accept-noise")
        self.assert_ran(first)
        again = unrig("run", "--resume", "last", "--json", "-")
        record = again.json()
        self.assert_ran(again, record)
        self.assertEqual(record["cells"][0]["workers"], 3)
        self.assertEqual(record["scenario"]["knobs"]["clients"], "10")


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
