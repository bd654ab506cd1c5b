"""What `make install` and the Debian package put in place, and that it works from anywhere."""

import gzip
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from harness import E2ETest, unrig

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["UNRIG_BUILD"])
COMPLETIONS = {"bash": "share/bash-completion/completions/unrig",
               "fish": "share/fish/vendor_completions.d/unrig.fish",
               "zsh": "share/zsh/site-functions/_unrig"}
# Of whoever calls it: the installed program has to find its data by itself.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("UNRIG_DATA", "DESTDIR", "PREFIX", "MAKEFLAGS", "MAKEOVERRIDES")}


class InstallTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.prefix = pathlib.Path(folder.name) / "a prefix"

    def run_command(self, *words: str, **environment: str) -> str:
        done = subprocess.run(words, env=ENVIRONMENT | environment, cwd="/", text=True,
                              capture_output=True, check=False, umask=0o022)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def install(self):
        self.run_command("cmake", "--install", str(BUILD), "--prefix", str(self.prefix))

    def test_the_installed_program_has_its_data_manual_and_completions(self):
        self.install()
        program = str(self.prefix / "bin/unrig")
        listed = self.run_command(program, "list", "scenarios")
        self.assertEqual(listed, unrig("list", "scenarios", home=None).out)
        self.run_command(program, "run", "flask-gunicorn", "--plan", "--home",
                         str(self.prefix / "home"))
        page = gzip.decompress((self.prefix / "share/man/man1/unrig.1.gz").read_bytes()).decode()
        self.assertEqual(page, self.run_command(program, "help", "--man"))
        for shell, name in COMPLETIONS.items():
            self.assertEqual((self.prefix / name).read_text(),
                             self.run_command(program, "completions", shell))

    def test_everybody_can_read_what_is_installed(self):
        self.install()
        for path in (self.prefix / "bin").parent.rglob("*"):
            mode = stat.S_IMODE(path.lstat().st_mode)
            self.assertEqual(mode & 0o044, 0o044, path)
            self.assertEqual(mode & 0o022, 0, path)
        self.assertFalse(list(self.prefix.rglob("__pycache__")))

    def test_uninstall_leaves_no_file(self):
        self.install()
        self.run_command("make", "-C", str(REPOSITORY), "uninstall", f"PREFIX={self.prefix}")
        self.assertEqual([path for path in self.prefix.rglob("*") if not path.is_dir()], [])

    def test_below_usr_zsh_looks_elsewhere(self):
        self.run_command("cmake", "--install", str(BUILD), "--prefix", "/usr",
                         DESTDIR=str(self.prefix))
        self.assertTrue((self.prefix / "usr/share/zsh/vendor-completions/_unrig").is_file())

    @unittest.skipUnless(shutil.which("dpkg-shlibdeps") and shutil.which("file"),
                         "without what tools/packages-package.txt has")
    def test_the_package_has_it_all_and_names_what_it_needs(self):
        self.prefix.mkdir()
        self.run_command("cpack", "--config", str(BUILD / "CPackConfig.cmake"), "-B",
                         str(self.prefix), "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none")
        [package] = self.prefix.glob("unrig_*.deb")
        files = self.run_command("dpkg-deb", "--contents", str(package))
        for name in ("/usr/bin/unrig", "/usr/share/unrig/stacks/flask-gunicorn/stack.toml",
                     "/usr/share/man/man1/unrig.1.gz", "/usr/share/doc/unrig/copyright",
                     "/usr/share/zsh/vendor-completions/_unrig"):
            self.assertIn(f".{name}\n", files)
        fields = self.run_command("dpkg-deb", "--field", str(package))
        self.assertRegex(fields, r"(?m)^Depends: .*\blibpq5\b")
        self.assertRegex(fields, r"(?m)^Recommends: .*\bpgbouncer\b")
        self.assertNotRegex(fields, r"(?m)^Recommends: .*\bcmake\b")


if __name__ == "__main__":
    unittest.main()
