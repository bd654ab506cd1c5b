"""What another user of the machine gets, in every phase of a run: nothing. See docs/security.md."""

import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

from harness import (HOME, IS_ROOT, REAL_STACK, SHORT, TINY, UNRIG, E2ETest, Run, argv, descendants,
                     stored, temporary, unrig, wait_until)

INTRUDER = (pathlib.Path(__file__).resolve().parent / "intruder.py").read_text(encoding="utf-8")
NOBODY = 65534
LONG = ["--blocks", "100", *SHORT]
LISTENING = "0A"


def account() -> pwd.struct_passwd:
    return pwd.getpwnam("unrig")


def runtime() -> pathlib.Path | None:
    with contextlib.suppress(OSError):
        return pathlib.Path((HOME / "runtime").read_text(encoding="utf-8").strip())
    return None


def services() -> pathlib.Path:
    """Where the database lies: home, or elsewhere when the account cannot reach that."""
    found = [home for home in (HOME, *pathlib.Path("/var/lib/unrig").glob("home-*"))
             if (home / "database").is_dir()]
    return found[0] if found else HOME


def secrets() -> list[str]:
    """Every password that there is now."""
    files = list(services().glob("database/*.passwords"))
    folder = runtime()
    if folder:
        files += [folder / "password", folder / "owner"]
    texts = []
    for file in files:
        with contextlib.suppress(OSError):
            texts += file.read_text(encoding="ascii").split()
    if folder:
        with contextlib.suppress(OSError):
            users = (folder / "userlist.txt").read_text(encoding="ascii")
            texts += [line.split('"')[3] for line in users.splitlines()]
    return sorted(set(texts))


def inodes(pids) -> set[str]:
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    link = os.readlink(entry.path)
                    if link.startswith("socket:["):
                        found.add(link[8:-1])
    return found


def listening(pids) -> tuple[list[int], list[str]]:
    """Ports and sockets that belong to these processes."""
    own = inodes(pids)
    ports, sockets = [], []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENING and words[9] in own:
                ports.append(int(words[1].rpartition(":")[2], 16))
    for line in pathlib.Path("/proc/net/unix").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[6] in own and int(words[3], 16) & 0x10000:
            sockets.append(words[7])
    return ports, sockets


def attack_as(user: int, group: int, task: dict) -> list[str]:
    done = subprocess.run(
        ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
         "/usr/bin/python3", "-I", "-", json.dumps(task)],
        input=INTRUDER, capture_output=True, text=True, check=False, cwd="/", timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"the intruder failed\n{done.stderr}")
    return json.loads(done.stdout)


def attack(pids, earlier) -> list[str]:
    """All that another user gets now, and whom the account is let in as without a password.
    `earlier` lay in /tmp before the run: that is others'."""
    ports, sockets = listening(pids)
    own = {path for path in temporary() - earlier if path.name.startswith("unrig-")}
    folders = [str(folder) for folder in {HOME, services(), runtime(), *own} if folder]
    got = attack_as(NOBODY, NOBODY, {
        "ports": ports, "sockets": sockets, "folders": sorted(folders),
        "secrets": secrets(), "processes": list(pids)})
    got += attack_as(account().pw_uid, account().pw_gid,
                     {"sockets": sockets, "may_connect": True, "secrets": []})
    return got


def modes() -> list[str]:
    """What in the runtime folder is open for others, or not as docs/security.md has it."""
    wrong = []
    folder = runtime()
    for path in [folder, *folder.rglob("*")]:
        with contextlib.suppress(OSError):
            status = path.lstat()
            mode = stat.S_IMODE(status.st_mode)
            if stat.S_ISDIR(status.st_mode):
                expected = (0o750 if status.st_uid == 0 else 0o700,)
            elif path.suffix == ".passwords" or path.parent == folder:
                expected = (0o600,)
            else:
                continue  # closed by its folder
            if mode not in expected:
                wrong.append(f"{path} has mode {mode:o}")
    return wrong


@unittest.skipUnless(IS_ROOT, "only root can become another user")
class IntruderTest(E2ETest):
    def everybody(self, run: Run) -> list[int]:
        return [run.pid, *descendants()]

    def attack(self, run: Run) -> list[str]:
        return attack(self.everybody(run), self.earlier)

    def assert_nothing_got(self, run: Run, phase: str):
        self.assertEqual(self.attack(run), [], phase)

    def test_nothing_is_got_in_any_phase(self):
        unrig("purge", "--database")
        before = stored("run")
        run = Run("run", REAL_STACK, *LONG)
        lines = lambda: " ".join(descendants().values())
        wait_until(lambda: run.ended() or "postgres -D" in lines() and runtime(), "set-up")
        self.assert_nothing_got(run, "set-up")

        def looks():
            folder = runtime()
            return folder and (folder / "relay-database").is_dir() and "gunicorn" in lines()

        wait_until(lambda: run.ended() or looks(), "the inspection")
        self.assert_nothing_got(run, "inspection")
        self.assertEqual(modes(), [])
        wait_until(lambda: run.ended() or stored("run") > before and "gunicorn" in lines(),
                   "a trial")
        for _ in range(3):  # trials are short: also between them
            self.assert_nothing_got(run, "trials")
        self.assertEqual(modes(), [])
        self.assertFalse(run.ended(), run.story())

        # The intruder is one: it gets in where one mode or one line is broken.
        folder = runtime()
        _, sockets = listening(self.everybody(run))
        database = [path for path in sockets if path.startswith(str(folder / "database"))]
        self.assertEqual(len(database), 1, sockets)
        for opened in (folder, folder / "database"):
            opened.chmod(0o755)
        self.assertNotEqual(modes(), [])
        self.assertIn(f"{database[0]} can be connected to", self.attack(run))
        folder.chmod(0o750)
        (folder / "database").chmod(0o700)
        rules = folder / "pg_hba.conf"
        good = rules.read_text(encoding="ascii")
        [server] = [pid for pid in descendants() if argv(pid)[1:2] == ["-D"]]
        rules.write_text("local all all trust\n", encoding="ascii")
        os.kill(server, signal.SIGHUP)
        wait_until(lambda: any("runs programs" in line for line in self.attack(run)),
                   "a rule that trusts is noticed", limit_s=60)
        rules.write_text(good, encoding="ascii")
        os.kill(server, signal.SIGHUP)
        wait_until(lambda: self.attack(run) == [], "the rule is mended", limit_s=60)

        run.send(signal.SIGKILL)
        run.wait()
        self.assert_nothing_got(run, "after kill -9")
        wait_until(lambda: not descendants(), "all processes ended", limit_s=60)
        self.assert_nothing_got(run, "what kill -9 leaves")
        self.assert_ran(unrig("run", REAL_STACK, *TINY))
        self.assertFalse(folder.exists())

    def test_which_account_runs_what(self):
        before = stored("run")
        run = Run("run", REAL_STACK, *LONG)
        wait_until(lambda: run.ended() or stored("run") > before
                   and any("gunicorn" in line for line in descendants().values()), "a trial")
        ours = {"postgres", "pgbouncer", "nginx", "gunicorn"}
        seen = set()  # what runs, and as whom

        def look():
            for pid in descendants():
                with contextlib.suppress(OSError):
                    user, words = os.stat(f"/proc/{pid}").st_uid, argv(pid)
                    if words[0] != UNRIG:  # its own arguments name a stack
                        seen.update((name, user) for name in ours if name in " ".join(words[:2]))
            return {name for name, _ in seen} == ours

        wait_until(lambda: run.ended() or look(), "all parts of the chain")
        run.send(signal.SIGINT)
        run.wait()
        self.assertEqual(seen, {(name, account().pw_uid) for name in ours}, run.story())


@unittest.skipUnless(IS_ROOT, "only root can give files away")
class PlantedTest(E2ETest):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="unrig-planted-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.victim = self.folder / "victim"
        self.victim.write_text("as it was", encoding="ascii")

    def assert_refused(self, home: pathlib.Path):
        run = unrig("run", REAL_STACK, *TINY, home=home)
        self.assert_exit(run, 3)
        self.assert_says(run, "help:", "--home")

    def give_away(self, path: pathlib.Path):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def test_homes_of_others_are_refused_and_left_as_they_are(self):
        theirs = self.folder / "theirs"
        theirs.mkdir(mode=0o700)
        self.give_away(theirs)
        self.assert_refused(theirs)
        self.assert_refused(theirs / "new")
        self.assertEqual(list(theirs.iterdir()), [])
        link = self.folder / "link"
        link.symlink_to(self.folder)
        self.give_away(link)
        self.assert_refused(link / "new")
        for mode in (0o777, 0o1777):
            home = self.folder / f"open-{mode:o}"
            home.mkdir()
            home.chmod(mode)
            self.assert_refused(home)
            self.assertEqual(stat.S_IMODE(home.stat().st_mode), mode)
            self.assertEqual(list(home.iterdir()), [])

    def test_below_a_folder_of_others_root_has_a_home_of_its_own(self):
        """As in a container, where the checkout is mounted from outside."""
        checkout = self.folder / "checkout"
        checkout.mkdir()
        self.give_away(checkout)
        inside = ["sh", "-c", 'cd "$0" && exec "$@"', str(checkout)]
        listed = unrig("list", "runs", home=None, prefix=inside)
        self.assert_exit(listed, 0)
        [place] = re.findall(r"^the home is (/var/lib/unrig/here-[0-9a-f]{12}):", listed.err, re.M)
        refused = unrig("purge", "--all", home=None, prefix=inside)
        self.assert_exit(refused, 3)
        self.assert_says(refused, f"there is no home folder {place}")
        self.assertEqual(list(checkout.iterdir()), [])
        # What is there, or is named, is taken at its word.
        (checkout / ".unrig").mkdir()
        for words in (["--home", ".unrig"], []):
            named = unrig("purge", "--all", *words, home=None, prefix=inside)
            self.assert_exit(named, 3)
            self.assert_says(named, "belongs to user", "--home /var/lib/unrig/mine")

    def test_records_follow_no_link_of_others_and_keep_modes(self):
        planted = self.folder / "planted.json"
        planted.symlink_to(self.victim)
        self.give_away(planted)
        self.assertNotEqual(unrig("list", "runs", "--json", str(planted)).code, 0)
        self.assertEqual(self.victim.read_text(encoding="ascii"), "as it was")
        self.victim.chmod(0o600)
        self.assert_exit(unrig("list", "runs", "--json", str(self.victim)), 0)
        self.assertEqual(stat.S_IMODE(self.victim.stat().st_mode), 0o600)
        new = self.folder / "new.json"
        self.assert_exit(unrig("list", "runs", "--json", str(new), prefix=(
            "/bin/sh", "-c", 'umask 077; exec "$@"', "sh")), 0)
        self.assertEqual(stat.S_IMODE(new.stat().st_mode), 0o600)

    def test_any_home_can_be_listed_and_none_is_made(self):
        self.assert_exit(unrig("list", "runs", home=self.folder / "missing"), 0)
        self.assertFalse((self.folder / "missing").exists())
        theirs = self.folder / "theirs"
        theirs.mkdir(mode=0o500)
        self.give_away(theirs)
        self.assert_exit(unrig("list", "runs", home=theirs), 0)
        self.assertEqual(list(theirs.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
