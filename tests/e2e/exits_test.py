"""Every exit of a run with the real chain that a machine can bring about: limits, missing system
calls, a disk that fills. Each is typed once; prints what each said, as a list to be read.

That no process and nothing in /tmp stays is looked at after each test (harness.py)."""

import contextlib
import os
import pathlib
import re
import resource
import signal
import tempfile
import unittest

from harness import (CAN_MOUNT, HOME, IS_ROOT, REAL_STACK, SHORT, TINY, E2ETest, Run,
                     descendants, limited, unrig, wait_until)

WITHOUT_CALLS = os.environ["UNRIG_WITHOUT_CALLS"]
MEASURED = (0, 4)
CHAIN = ["run", REAL_STACK, *TINY]
# All that came into Linux after 4.14, and what sandboxes like to forbid.
NEWER_CALLS = ("clone3", "close_range", "epoll_pwait2", "faccessat2", "io_uring_setup",
               "memfd_create", "openat2", "pidfd_open", "rseq", "statx")
# Of the second version, or of the first.
CGROUPS = next(path for path in map(pathlib.Path, ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"))
               if path.is_dir() or path.name == "cgroup")


class ExitTest(E2ETest):
    def assert_ends(self, what: str, run: Run, codes, cause: str = "^") -> Run:
        """With one of these codes, and one line that says why unless it went well; `cause` is a
        pattern that it has."""
        errors = re.findall(r"^unrig: .*", run.err, re.M)
        print(f"{what}: exit {run.code}: {(errors or ['(measured)'])[0]}", flush=True)
        self.assertIn(run.code, codes, run.story())
        self.assertEqual(len(errors), 0 if run.code in MEASURED else 1, run.story())
        self.assertRegex((errors or [""])[0], cause, run.story())
        self.assertNotIn("terminate called", run.err)
        return run

    def limited(self, what: int, limit: int) -> Run:
        return unrig(*CHAIN, prefix=limited(what, limit))


class CallsTest(ExitTest):
    def test_the_chain_does_without_each_newer_call(self):
        for error in ("", "1:"):  # not there, and forbidden (EPERM)
            # The C library itself takes ENOSYS alone for a missing clone3.
            calls = [call for call in NEWER_CALLS if not error or call != "clone3"]
            run = unrig(*CHAIN, prefix=[WITHOUT_CALLS, error + ",".join(calls)])
            if run.code == 77:
                self.skipTest("no filter may be set")
            self.assert_ends(f"without newer calls {error}", run, MEASURED)


class LimitsTest(ExitTest):
    def test_few_descriptors(self):
        for limit in (8, 24, 64):
            self.assert_ends(f"{limit} descriptors", self.limited(resource.RLIMIT_NOFILE, limit),
                             (3,), "descriptors|open files")

    def test_little_memory(self):
        # Less than what PostgreSQL, which has the same limit, wants.
        self.assert_ends("100 MB of memory", self.limited(resource.RLIMIT_AS, 100 << 20), (3,),
                         "memory")

    def test_few_processes_of_a_user(self):
        if IS_ROOT:
            self.skipTest("root is not held by this limit")
        self.assert_ends("1 process", self.limited(resource.RLIMIT_NPROC, 1), (3,))

    def test_few_processes_of_a_control_group(self):
        group = CGROUPS / "unrig-e2e"
        try:
            group.mkdir()
            (group / "pids.max").write_text("12", encoding="ascii")
        except OSError as error:
            with contextlib.suppress(OSError):
                group.rmdir()
            self.skipTest(f"no control groups here: {error}")
        self.addCleanup(lambda: group.exists() and group.rmdir())
        run = unrig(*CHAIN, prefix=["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"',
                                    str(group)])
        self.assert_ends("12 processes of a control group", run, (3,))
        self.assert_no_process_left()
        group.rmdir()  # empty, so that nothing stayed in it


class DiskTest(ExitTest):
    def test_home_that_is_a_device(self):
        self.assert_ends("--home /dev/full", unrig(*CHAIN, home="/dev/full"), (3,))

    @unittest.skipUnless(CAN_MOUNT, "needs the right to mount")
    def test_a_home_that_fills_while_a_run_goes_on_costs_no_table(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        # Environments are those of the other tests: they take minutes.
        script = ('mount -t tmpfs -o size=900m,mode=755 tmpfs "$0" && mkdir "$0/environments" && '
                  'mount --bind "$1" "$0/environments" && shift && exec "$@"')
        run = Run("run", REAL_STACK, "--blocks", "100", *SHORT, "--json", "-", home=folder.name,
                  prefix=["unshare", "-m", "sh", "-c", script, folder.name,
                          str(HOME / "environments")])
        wait_until(lambda: run.ended() or " block 1 " in run.err, "a trial")
        self.assertFalse(run.ended(), run.story())
        fill = pathlib.Path(f"/proc/{run.pid}/root{folder.name}/fill")
        with contextlib.suppress(OSError), open(fill, "wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        wait_until(lambda: run.ended() or "kept in memory" in run.err
                   or "No space" in run.err, "that the disk is full is told")
        run.send(signal.SIGINT)
        self.assert_ends("the disk of the home fills", run.wait(), (3, 130))
        self.assertGreaterEqual(len(run.json()["trials"]), 1)


class SignalTest(ExitTest):
    def test_each_signal_while_the_database_starts(self):
        for number, codes in ((signal.SIGINT, (130,)), (signal.SIGTERM, (130,))):
            run = Run("run", REAL_STACK, *TINY)
            wait_until(lambda: run.ended() or any("postgres -D" in line for line in
                                                  descendants().values()), "the database")
            run.send(number)
            run.wait(60)
            print(f"{number.name} before the first trial: exit {run.code}: "
                  f"{run.err.strip().splitlines()[-1]}", flush=True)
            self.assertIn(run.code, codes, run.story())
            self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
