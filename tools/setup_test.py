"""What the Makefile and tools/setup do, with small programs in the place of what they call."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent


def fake(path: pathlib.Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


class SetUpTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-tools-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.root.chmod(0o755)
        # Without what a make that runs this test has been given.
        mine = ("PRESET", "PREFIX", "DESTDIR", "BENCH_ARGS", "MAKEFLAGS", "MAKEOVERRIDES")
        self.environment = {name: value for name, value in os.environ.items() if name not in mine}
        self.environment["PATH"] = f"{self.root}/fakes:{os.environ['PATH']}"

    def run_in_root(self, *words: str):
        return subprocess.run(words, cwd=self.root, env=self.environment, capture_output=True,
                              text=True, check=False)

    def test_install_and_uninstall_take_a_prefix_with_blanks(self):
        shutil.copy(TOOLS.parent / "Makefile", self.root)
        fake(self.root / "tools/setup", "#!/bin/sh\n")
        # cmake --install BUILD --prefix PREFIX
        fake(self.root / "fakes/cmake", """#!/bin/sh
[ "$1" = --install ] || exit 0
mkdir -p "$DESTDIR$4/bin" "$DESTDIR$4/share/unrig/stacks"
touch "$DESTDIR$4/bin/unrig" "$DESTDIR$4/share/unrig/stacks/x"
""")
        for name in ("CMakePresets.json", "build/release/build.ninja",
                     "out a/share/unrig/stacks/old"):
            fake(self.root / name, "")
        for neighbour in ("out/share/unrig/kept", "a/kept"):
            fake(self.root / neighbour, "")
        prefix = f"PREFIX={self.root}/out a"
        done = self.run_in_root("make", "install", prefix)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        installed = self.root / "out a"
        for name in ("bin/unrig", "share/unrig/stacks/x"):
            self.assertTrue((installed / name).is_file(), name)
        self.assertFalse((installed / "share/unrig/stacks/old").exists(), "of an earlier version")
        self.assertEqual(self.run_in_root("make", "uninstall", prefix).returncode, 0)
        self.assertEqual([p for p in installed.rglob("*") if p.is_file()], [])
        for neighbour in ("out/share/unrig/kept", "a/kept"):
            self.assertTrue((self.root / neighbour).exists(), neighbour)
        self.assertEqual(self.run_in_root("make", "uninstall", "PREFIX=").returncode, 2)

    def test_sudo_that_is_refused_gets_the_help_of_one_that_is_missing(self):
        if os.geteuid() == 0 and shutil.which("setpriv") is None:
            self.skipTest("setpriv is missing: root cannot become another user")
        shutil.copytree(TOOLS, self.root / "tools")
        (self.root / "tools").chmod(0o755)
        fake(self.root / "fakes/dpkg-query", "#!/bin/sh\n")
        fake(self.root / "fakes/sudo", "#!/bin/sh\nexit 1\n")
        other = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        done = self.run_in_root(*other, "tools/setup")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("neither root nor sudo", done.stderr)
        self.assertIn("help: as root: apt-get install --no-install-recommends", done.stderr)

    def test_a_system_without_one_of_the_packages_gets_the_list(self):
        shutil.copytree(TOOLS, self.root / "tools")
        fake(self.root / "fakes/dpkg-query", "#!/bin/sh\n")
        fake(self.root / "fakes/apt-cache", "#!/bin/sh\necho Package: make\n")
        fake(self.root / "fakes/apt-get", '#!/bin/sh\necho "$*" >>"$0.log"\n')
        fake(self.root / "fakes/sudo", '#!/bin/sh\nexec "$@"\n')
        done = self.run_in_root("tools/setup")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("has no package ca-certificates,", done.stderr)
        self.assertIn("\n  libboost1.81-dev | libboost1.83-dev\n", done.stderr)
        self.assertRegex(done.stderr, r"and uv \d")
        calls = (self.root / "fakes/apt-get.log").read_text().splitlines()
        self.assertEqual(len(calls), 1, calls)
        self.assertTrue(calls[0].endswith(" update"), "new lists might have known more")

    def test_a_system_without_apt_gets_the_list(self):
        shutil.copytree(TOOLS, self.root / "tools")
        (self.root / "few").mkdir()
        for name in ("bash", "sed", "sort", "dirname", "awk", "paste"):
            (self.root / "few" / name).symlink_to(shutil.which(name))
        self.environment["PATH"] = f"{self.root}/few"
        done = self.run_in_root("tools/setup")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn(" is not installed by apt\n", done.stderr)
        self.assertIn("\n  postgresql\n", done.stderr)

    def test_of_several_names_the_first_that_there_is_counts(self):
        shutil.copytree(TOOLS, self.root / "tools")
        (self.root / "list").write_text("a | b  # why\nc | d\ne | f\ng | e\n")
        fake(self.root / "fakes/dpkg-query", "#!/bin/sh\nprintf 'ii \\tb, d (= 1)\\n'\n")
        fake(self.root / "fakes/apt-cache", "#!/bin/sh\nprintf 'Package: f\\nPackage: e\\n'\n")
        fake(self.root / "fakes/sudo", "#!/bin/sh\nexit 1\n")
        other = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        (self.root / "tools").chmod(0o755)
        done = self.run_in_root(*other, "tools/setup", f"{self.root}/list")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("to install them: e\n", done.stderr)

    def test_what_runs_needs_nothing_of_the_tests(self):
        names = {name: {line.split("#")[0].strip() for line in
                        (TOOLS / f"{name}.txt").read_text().splitlines()} - {""}
                 for name in ("packages", "packages-test")}
        self.assertEqual(names["packages"] & names["packages-test"], set())
        self.assertLessEqual({"make", "g++", "postgresql"}, names["packages"])
        self.assertLessEqual({"libgtest-dev", "npm"}, names["packages-test"])


if __name__ == "__main__":
    unittest.main()
