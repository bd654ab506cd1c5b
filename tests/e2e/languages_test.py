"""Stacks in another language than Python: built once, looked at, measured beside one in Python."""

import os
import pathlib
import shutil
import tempfile
import unittest

from harness import HERE, HOME, REAL_STACK, TINY, E2ETest, is_disturbed, unrig

NODE_STACK = "node-http"
STACKS = HERE.parents[1] / "stacks"
# With one worker nobody could tell a share of the pool from all of it.
TWO_WORKERS = ["--set", "workers.async=2"]


class LanguagesTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.stacks = pathlib.Path(folder.name) / "stacks"

    def changed_stack(self, name: str, *changes: tuple[str, str]) -> None:
        """A copy of the Node stack with texts of its stack.toml replaced."""
        copy = self.stacks / name
        shutil.copytree(STACKS / NODE_STACK, copy)
        file = copy / "stack.toml"
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")

    def builds(self, stack: str) -> list[pathlib.Path]:
        return [path for path in (HOME / "builds").glob(f"{stack}-*") if path.suffix != ".lock"]

    def test_keeps_the_contract_and_is_measured_beside_one_in_python(self):
        run = unrig("check", NODE_STACK, *TWO_WORKERS)
        self.assert_exit(run, 0)
        [build] = self.builds(NODE_STACK)
        built = (build / "node_modules").stat().st_mtime_ns

        run = unrig("run", NODE_STACK, REAL_STACK, "--baseline", REAL_STACK, *TINY,
                    "--warmup-most", "9s")
        self.assert_measured(run)
        self.assertRegex(run.out, rf"Warmed up until the level held:\n  {NODE_STACK}: \d s more in")
        self.assertEqual(self.builds(NODE_STACK), [build])
        self.assertEqual((build / "node_modules").stat().st_mtime_ns, built, "built again")
        record = unrig("show", "last", "--json", "-").json()
        cells = {cell["stack"]: cell for cell in record["cells"]}
        self.assertEqual(cells[NODE_STACK]["concurrency"], "event-loop")
        for trial in record["trials"]:
            self.assertEqual(trial["warmed"] is not None, trial["stack"] == NODE_STACK)

    def test_a_copy_in_a_folder_of_ones_own_keeps_it_too(self):
        self.assert_exit(unrig("init", str(self.stacks), "--like", NODE_STACK), 0)
        run = unrig("check", f"my-{NODE_STACK}", *TWO_WORKERS, "--stacks", str(self.stacks))
        self.assert_exit(run, 0)

    def test_a_build_that_fails_shows_its_last_words_and_the_others_go_on(self):
        self.changed_stack("broken", ('["npm", "ci", "--ignore-scripts"]',
                                      '''["node", "-e", "console.error('no such wheel');'''
                                      ''' process.exit(3)"]'''))
        run = unrig("run", "broken", REAL_STACK, "--baseline", REAL_STACK, *TINY,
                    "--stacks", str(self.stacks))
        self.assert_exit(run, 4)
        below = run.out[run.out.index("Does not count:"):]
        self.assertIn("broken", below)
        self.assertIn("no such wheel", below)
        self.assertEqual(self.builds("broken"), [], "half a build is left")
        if not is_disturbed(run):
            self.assertRegex(run.out, r"(?m)Flask .* (?:valid|disturbed)$")

    def test_what_is_missing_is_named_with_what_brings_it(self):
        self.changed_stack("mine", ('"package-lock.json"', '"other-lock.json"'))
        run = unrig("check", "mine", "--stacks", str(self.stacks))
        self.assert_exit(run, 2)
        self.assert_says(run, "no lock 'other-lock.json'")

        bare = self.stacks.parent / "bin"
        bare.mkdir()
        for name in ("nginx", "pgbouncer", "uv"):
            for folder in ("/usr/sbin", "/usr/bin", *os.environ["PATH"].split(":")):
                if (program := pathlib.Path(folder) / name).exists():
                    (bare / name).symlink_to(program)
                    break
        run = unrig("check", NODE_STACK, env={"PATH": str(bare)})
        self.assert_exit(run, 4)
        self.assertIn("the program node is missing\n    apt-get install nodejs", run.out)


if __name__ == "__main__":
    HOME.mkdir(parents=True, exist_ok=True)
    unittest.main()
