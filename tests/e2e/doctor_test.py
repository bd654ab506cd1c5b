"""`unrig doctor` on this machine, and on one that has had its programs taken away."""

import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import CAN_MOUNT, HOME, REAL_STACK, E2ETest, Run, limited, unrig

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/schema/unrig.doctor-1.json"
RLIMIT_NOFILE = 7
PACKAGES = {"nginx": "nginx-light", "pgbouncer": "pgbouncer", "postgresql": "postgresql"}
# Of the measured ones on a machine that does nothing else it takes 15 s; what hangs takes longer
# than any machine is slow.
LIMIT_S = 20
HANGS_S = 120


def without(paths: list[pathlib.Path], empty: pathlib.Path) -> list[str]:
    """A command prefix for which these programs and folders are not there."""
    script = ('while [ "$1" != -- ]; do with=/dev/null; [ ! -d "$1" ] || with="$0"; '
              'mount --bind "$with" "$1"; shift; done; shift; exec "$@"')
    return ["unshare", "-m", "sh", "-c", script, str(empty), *map(str, paths), "--"]


class DoctorTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_written_as_published(self, run: Run):
        file = self.folder / "doctor.json"
        file.write_text(run.out, encoding="utf-8")
        checked = subprocess.run(["/usr/bin/jsonschema", "-i", str(file), str(SCHEMA)],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def assert_examined(self, run: Run) -> dict:
        record = run.json()
        self.assert_written_as_published(run)
        spoils = [f for f in record["findings"] if f["gravity"] == "spoils"]
        self.assertEqual(record["fit"], not spoils)
        self.assert_exit(run, 0 if record["fit"] else 3)
        for finding in record["findings"]:
            wrong = finding["gravity"] in ("matters", "spoils")
            self.assertEqual(wrong, finding["means"] is not None, finding)
        return record

    def test_examines_this_machine_in_time(self):
        begun = time.monotonic()
        record = self.assert_examined(unrig("doctor", "--json", "-", home=self.folder / "new"))
        took = time.monotonic() - begun
        print(f"took {took:.1f} s of {LIMIT_S} s", flush=True)
        self.assertLess(took, HANGS_S)
        probes = record["probes"]
        self.assertGreater(probes["generator_per_s"], 0)
        self.assertGreaterEqual(probes["timer_max_us"], probes["timer_p50_us"])
        self.assertIn("environment", probes["not_checked"]["chain_difference"])
        self.assertFalse((self.folder / "new").exists(), "it makes nothing")

    def test_compares_seconds_of_the_chain_where_there_is_an_environment(self):
        # Makes it, where no other test has.
        unrig("run", REAL_STACK, "--blocks", "1", "--warmup", "200ms", "--duration", "500ms",
              "--set", "workers.sync=2", "--accept-noise", "--no-report")
        begun = time.monotonic()
        run = unrig("doctor", REAL_STACK, "--set", "workers.sync=2", "--json", "-")
        print(f"with the chain: {time.monotonic() - begun:.1f} s of {LIMIT_S} s", flush=True)
        probes = self.assert_examined(run)["probes"]
        self.assertEqual(probes["chain_stack"], REAL_STACK, run.story())
        self.assertEqual(len(probes["chain_per_s"]), 4)
        self.assertGreaterEqual(probes["chain_difference"], 0)

    def test_says_what_it_means_in_words(self):
        run = unrig("doctor", "--set", "clients=20000", home=self.folder / "new",
                    prefix=limited(RLIMIT_NOFILE, 2000))
        self.assert_exit(run, 3)
        self.assertIn("open files: 2000 at most, 40064 are needed for 20000 clients", run.out)
        self.assertIn("help: prlimit --pid $$ --nofile=65536", run.out)
        self.assertRegex(run.out, r"(?m)^Not fit to measure: \d+ findings? would make")

    @unittest.skipUnless(CAN_MOUNT, "needs the right to mount over programs")
    def test_lists_every_missing_program_with_its_package(self):
        paths = [pathlib.Path(path) for name in ("nginx", "pgbouncer", "initdb", "pg_config", "gcc")
                 if (path := shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin"))]
        paths += [path for path in [pathlib.Path("/usr/lib/postgresql")] if path.is_dir()]
        empty = self.folder / "empty"
        empty.mkdir()
        run = unrig("doctor", "--json", "-", home=self.folder / "new", prefix=without(paths, empty))
        record = self.assert_examined(run)
        self.assertFalse(record["fit"])
        programs = {program["name"]: program for program in record["programs"]}
        for name, package in PACKAGES.items():
            self.assertIsNone(programs[name]["found"])
            self.assertEqual(programs[name]["help"], f"apt-get install {package}")
        self.assertIn("apt-get install gcc", programs["gcc"]["help"])
        self.assertIn("missing", record["probes"]["not_checked"]["chain_difference"])

    def test_a_wrong_word_is_told_before_anything_is_measured(self):
        for words, message in ((["flask-gunicron"], "flask-gunicorn"),
                               (["--set", "cleints=1"], "clients"),
                               (["--scenario", "artcle"], "article")):
            run = unrig("doctor", *words, home=HOME)
            self.assert_exit(run, 2)
            self.assert_says(run, message)
            self.assertEqual(run.out, "")


if __name__ == "__main__":
    unittest.main()
