"""What stacks there are, whether they can run here, and what becomes of one that cannot."""

import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

from harness import HOME, REAL_STACK, TINY, E2ETest, is_disturbed, unrig

OTHER_GROUP = "starlette-uvicorn"  # its environment is another one than that of REAL_STACK


def data_folder() -> pathlib.Path:
    """Where the tested program finds its stacks."""
    given = os.environ.get("UNRIG_DATA")
    return pathlib.Path(given) if given else pathlib.Path(__file__).resolve().parents[2]


class InFolderTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def changed_vintage(self, file: str, change) -> dict[str, str]:
        """Variables for the program's own data with one file of vintage 2026 changed."""
        data = self.folder / "data"
        for name in ("stacks", "scenarios", "apps", ".tools"):
            if (data_folder() / name).exists():
                data.mkdir(exist_ok=True)
                (data / name).symlink_to(data_folder() / name)
        vintage = data / "vintages" / "2026"
        vintage.mkdir(parents=True)
        for source in (data_folder() / "vintages" / "2026").glob("*.t*"):
            if source.name == file:
                text = source.read_text(encoding="utf-8")
                (vintage / file).write_text(change(text), encoding="utf-8")
            else:
                (vintage / source.name).symlink_to(source)
        return {"UNRIG_DATA": str(data)}


class ListStacksTest(InFolderTest):
    def listed(self, *arguments: str, **options) -> list[dict]:
        home = self.folder / "home"
        run = unrig("list", "stacks", "--json", "-", *arguments, home=home, **options)
        self.assert_exit(run, 0)
        self.assertFalse(home.exists(), "listing made its --home")
        return json.loads(run.out)

    def entry(self, entries: list[dict], stack: str, vintage: str) -> dict:
        return next(e for e in entries if (e["stack"], e["vintage"]) == (stack, vintage))

    def test_each_stack_has_its_versions_in_each_vintage(self):
        entries = self.listed()
        old = self.entry(entries, REAL_STACK, "2020")
        new = self.entry(entries, REAL_STACK, "2026")
        self.assertEqual(old["versions"]["framework"], "1.1.2")
        self.assertEqual(old["versions"]["server"], "20.0.4")
        self.assertEqual(old["versions"]["driver"], "2.8.6")
        self.assertNotEqual(new["versions"], old["versions"])
        self.assertEqual(new["concurrency"], "sync")
        for entry in entries:
            for part, version in entry["versions"].items():
                # What comes with a language's own library has none.
                if entry["language"] == "python" or version:
                    self.assertRegex(version or "", r"^v?\d", f"{entry['stack']}: {part}")
        self.assertTrue(new["runs_here"], new["missing"])
        self.assertRegex(new["interpreter"], r"^3\.\d+\.\d+ /")
        self.assertNotEqual(self.entry(entries, "flask-meinheld", "2026")["note"], "")

    def test_an_interpreter_that_is_nowhere(self):
        nowhere = str(self.folder / "nowhere")
        # PATH keeps what is no interpreter.
        for name in ("nginx", "pgbouncer", "uv"):
            for folder in ("/usr/sbin", "/usr/bin", *os.environ["PATH"].split(":")):
                if (source := pathlib.Path(folder) / name).exists():
                    (self.folder / "bin").mkdir(exist_ok=True)
                    (self.folder / "bin" / name).symlink_to(source)
                    break
        entries = self.listed(env={"PATH": str(self.folder / "bin"), "PYENV_ROOT": nowhere,
                                   "UV_PYTHON_INSTALL_DIR": nowhere})
        for entry in entries:
            if entry["language"] != "java":  # a JDK is also looked for where Debian has them
                self.assertFalse(entry["runs_here"], entry)
                self.assertIsNone(entry["interpreter"])
        [missing] = self.entry(entries, REAL_STACK, "2020")["missing"]
        self.assertIn("CPython 3.8", missing["what"])
        self.assertIn("uv python install 3.8", missing["help"])

    def test_the_table_says_what_is_missing(self):
        run = unrig("list", "stacks", "--python", str(self.folder / "none"))
        self.assert_exit(run, 0)
        self.assertRegex(run.out, rf"(?m)^{REAL_STACK} +2026 .*no$")
        self.assertIn("Cannot run here:", run.out)
        self.assertIn(str(self.folder / "none"), run.out)
        self.assertIn("uv python install 3.8", run.out)
        # Said once, not once per stack.
        self.assertEqual(run.out.count("uv python install 3.8"), 1, run.out)


class SkippedTest(InFolderTest):
    def assert_table_unless_disturbed(self, run):
        if not is_disturbed(run):
            self.assert_table(run.out)

    def test_a_stack_without_its_interpreter_is_named_and_the_others_go_on(self):
        python = os.path.realpath(sys.executable)
        run = unrig("run", f"{REAL_STACK}@2020", f"{REAL_STACK}@2026", "--python", python,
                    "--baseline", f"{REAL_STACK}@2026", *TINY)
        self.assert_exit(run, 4)
        self.assert_table_unless_disturbed(run)
        below = run.out[run.out.index("Does not count:"):]
        self.assertRegex(below, rf"{REAL_STACK}@2020: .* but 3\.8 is needed")
        self.assertIn("uv python install 3.8", below)

    def test_a_group_without_a_lock_is_refused(self):
        stack = self.folder / "stacks" / "mine"
        stack.mkdir(parents=True)
        text = (data_folder() / "stacks" / REAL_STACK / "stack.toml").read_text(encoding="utf-8")
        (stack / "stack.toml").write_text(text.replace('"wsgi"', '"wsgj"'), encoding="utf-8")
        run = unrig("run", "mine", *TINY, "--stacks", str(stack.parent))
        self.assert_exit(run, 2)
        self.assert_says(run, "wsgj", "did you mean 'wsgi'?")

    def test_a_lock_whose_hash_does_not_match_is_refused_by_name(self):
        def other_hashes(text: str) -> str:
            at = text.index("itsdangerous==")
            end = text.index("jinja2==")
            return text[:at] + re.sub(r"sha256:\w{64}", "sha256:" + "0" * 64, text[at:end]) + text[
                end:]

        env = self.changed_vintage("wsgi.txt", other_hashes)
        run = unrig("run", REAL_STACK, OTHER_GROUP, *TINY, env=env)
        self.assert_exit(run, 4)
        below = run.out[run.out.index("Does not count:"):]
        self.assertIn("itsdangerous", below)
        self.assertIn("wsgi.txt", below)
        self.assertIn("do not trust it", below)
        if not is_disturbed(run):
            self.assertRegex(run.out, r"(?m)Starlette .* (?:valid|disturbed)$")

    def test_a_build_that_lacks_a_header_names_the_package(self):
        env = self.changed_vintage("vintage.toml", lambda text: re.sub(
            "CFLAGS = \"", "CFLAGS = \"-include linux/no-such-header.h ", text))
        run = unrig("run", "flask-meinheld", REAL_STACK, *TINY, env=env)
        self.assert_exit(run, 4)
        below = run.out[run.out.index("Does not count:"):]
        self.assertIn("no-such-header.h: No such file", below)
        self.assertIn("apt-get install linux-libc-dev", below)
        self.assert_table_unless_disturbed(run)


class TuneTest(E2ETest):
    # The scenario's own number is 2, and more than 4 have nothing to do: 1, 2, 3 and 4 are tried.
    FOUR_CLIENTS = [*TINY, "--set", "clients=4", "--fresh-blocks", "0"]

    def test_tries_numbers_of_workers_and_names_the_best(self):
        run = unrig("run", "--tune", REAL_STACK, *self.FOUR_CLIENTS)
        self.assert_measured(run)
        self.assertEqual(re.findall(r"(?m)^ +(\d) .* (?:valid|disturbed)$", run.out),
                         ["1", "2", "3", "4"])
        self.assertRegex(run.out, rf"{REAL_STACK} served most with \d workers")

        record = unrig("show", "last", "--json", "-").json()
        self.assertEqual({cell["workers"] for cell in record["cells"]}, {1, 2, 3, 4})
        self.assertEqual({cell["stack"] for cell in record["cells"]}, {REAL_STACK})
        self.assertEqual(record["tuning"]["own"], 2)
        self.assertIn(record["tuning"]["best"], (1, 2, 3, 4))
        self.assertEqual(record["tuning"]["knob"], "workers.sync")
        for trial in record["trials"]:
            self.assertEqual(trial["label"], f"{REAL_STACK} workers={trial['workers']}")

        # A finished run has nothing left to do, whatever its plan was.
        again = unrig("run", "--resume", "last")
        self.assert_exit(again, 0)
        trials = unrig("show", "last", "--json", "-").json()["trials"]
        self.assertEqual(len(trials), len(record["trials"]))

    def test_takes_one_stack(self):
        home = pathlib.Path(tempfile.gettempdir()) / "unrig-e2e-never-made"
        for arguments in (["--tune"], ["--tune", "--all"], ["--tune", REAL_STACK, OTHER_GROUP],
                          ["--tune", REAL_STACK, "--baseline", REAL_STACK]):
            with self.subTest(arguments):
                run = unrig("run", *arguments, home=home)
                self.assert_exit(run, 2)
                self.assert_says(run, "--tune")
                self.assertFalse(home.exists())


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
