"""What a user types wrong: said at once, with the next step, and nothing is made or started."""

import os
import pathlib
import tempfile
import unittest

from harness import REAL_STACK, E2ETest, unrig


class BadInputTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.home = self.folder / "home"

    def refused(self, *arguments: str):
        """The run, which must end with exit 2, print nothing as data and leave no trace."""
        run = unrig(*arguments, home=self.home)
        self.assert_exit(run, 2)
        self.assertEqual(run.out, "")
        self.assertFalse(self.home.exists(), "a refused command made its --home")
        return run

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_unknown_stack(self):
        run = self.refused("run", "flask-gunicron", "--json", "-")
        self.assert_says(run, "flask-gunicron", "flask-gunicorn")

    def test_unknown_vintage(self):
        self.assert_says(self.refused("run", f"{REAL_STACK}@2062"), "2062", "2026")

    def test_unknown_knob(self):
        run = self.refused("run", REAL_STACK, "--set", "db.dealy=1ms")
        self.assert_says(run, "db.dealy", "db.delay")

    def test_value_without_its_unit(self):
        run = self.refused("run", REAL_STACK, "--set", "db.delay=20")
        self.assert_says(run, "db.delay", "20ms")

    def test_unknown_scenario(self):
        self.assert_says(self.refused("run", "--scenario", "artikle"), "artikle", "article")

    def test_unknown_option_and_command(self):
        self.assert_says(self.refused("run", "--blokcs", "3"), "--blokcs")
        self.assert_says(self.refused("rnu"), "did you mean 'run'?")

    def test_numbers_that_make_no_sense(self):
        for option in (["--blocks", "0"], ["--blocks", "-1"], ["--blocks", "many"],
                       ["--duration", "0"], ["--duration", "5"], ["--warmup", "-1s"]):
            with self.subTest(option):
                self.assert_says(self.refused("run", REAL_STACK, *option), option[0])

    def test_baseline_that_is_not_measured(self):
        run = self.refused("run", REAL_STACK, "--baseline", "flask-gevnt")
        self.assert_says(run, "flask-gevnt")

    def test_broken_scenario_file(self):
        path = self.write("mine.toml", 'clients = 100\nthink_time = "0s\n')
        self.assert_says(self.refused("run", "--scenario", path), f"{path}:2:")

    def test_unknown_knob_in_a_scenario_file(self):
        path = self.write("mine.toml", "clients = 100\n[db]\nsesions = 3\n")
        run = self.refused("run", "--scenario", path)
        self.assert_says(run, f"{path}:3:", "db.sesions", "db.sessions")

    def test_broken_stack_file(self):
        path = self.write("stacks/mine/stack.toml", 'framework = "F"\nserver = \n')
        run = self.refused("run", REAL_STACK, "--stacks", str(self.folder / "stacks"))
        self.assert_says(run, f"{path}:2:")

    def stack_file(self, **changes: str) -> tuple[str, list[str]]:
        """A stack.toml of a new stack with some lines changed, and the options that measure it."""
        lines = {"framework": '"F"', "server": '"S"', "concurrency": '"sync"',
                 "application": '"app_flask.py"', "driver": '"psycopg2"',
                 "command": '["{bin}/gunicorn", "{module}:app"]', **changes}
        text = "".join(f"{key} = {value}\n" for key, value in lines.items())
        (self.folder / "apps").mkdir(exist_ok=True)
        path = self.write("stacks/mine/stack.toml", text + '[vintage.2026]\ngroup = "wsgi"\n')
        self.write("stacks/mine/app_flask.py", "")
        return path, ["run", "mine", "--stacks", str(self.folder / "stacks")]

    def test_unknown_key_in_a_stack_file(self):
        path, command = self.stack_file(comand='"gunicorn"')
        self.assert_says(self.refused(*command), f"{path}:7:1: ", "comand", "did you mean",
                         "command")

    def test_stack_whose_application_is_missing(self):
        path, command = self.stack_file(application='"app_mine.py"')
        self.assert_says(self.refused(*command), f"{path}:4:15: ", "app_mine.py", "looked in")

    def test_stack_that_needs_a_shell(self):
        for words in ('"gunicorn app:app"', '["gunicorn", "app:app", "&&", "true"]',
                      '["sh", "$(which gunicorn)"]'):
            with self.subTest(words):
                path, command = self.stack_file(command=words)
                self.assert_says(self.refused(*command), f"{path}:6:", "shell", "help: ")

    def test_stack_folder_without_its_file(self):
        (self.folder / "stacks" / "mine").mkdir(parents=True)
        run = self.refused("run", REAL_STACK, "--stacks", str(self.folder / "stacks"))
        self.assert_says(run, "mine", "stack.toml")

    def test_vintage_that_no_stack_has(self):
        for stacks in ([REAL_STACK], ["--all"]):
            with self.subTest(stacks):
                run = self.refused("run", *stacks, "--vintage", "2062")
                self.assert_says(run, "2062", "2026")

    def test_pooled_workers_without_a_session_each(self):
        run = self.refused("run", REAL_STACK, "--scenario", "fair", "--set", "db.sessions=3",
                           "--set", "workers.sync=4")
        self.assert_says(run, "4 workers for 3 sessions", "--set db.sessions=4",
                         "--set workers.sync=3")

    def test_numbers_beyond_their_limits(self):
        for words, limits in ((["--set", "client.timeout=0"], "1ms to 24h"),
                              (["--set", "workers.sync=10000"], "1 to 512"),
                              (["--set", "workers.sync={ per_core = 10000 }"], "1 to 512"),
                              (["--set", "db.delay=2562047h"], "0s to 1h"),
                              (["--blocks", "10001"], "1 to 10000"),
                              (["--seed", "-1"], "0 to 18446744073709551615"),
                              (["--budget", "2562048h"], "1ms to 1000h")):
            for plan in ([], ["--plan"]):
                with self.subTest(words + plan):
                    run = self.refused("run", REAL_STACK, *words, *plan)
                    self.assert_says(run, limits, "help: ")
                    self.assertNotIn("did you mean", run.err)

    def test_files_that_are_waited_for_or_have_no_end(self):
        pipe = self.folder / "pipe.toml"
        os.mkfifo(pipe)
        for path in (str(pipe), str(self.folder) + "/none.toml"):
            self.assert_says(self.refused("run", REAL_STACK, "--scenario", path, "--plan"), path)
        (self.folder / "stacks" / "mine").mkdir(parents=True)
        os.mkfifo(self.folder / "stacks/mine/stack.toml")
        run = unrig("run", REAL_STACK, "--stacks", str(self.folder / "stacks"), home=self.home)
        self.assert_says(run, "stack.toml", "it is no regular file")
        (self.folder / "stacks/mine/stack.toml").unlink()
        self.write("stacks/mine/stack.toml", "a" + ".a" * 50_000 + " = 1\n")
        run = self.refused("run", REAL_STACK, "--stacks", str(self.folder / "stacks"))
        self.assert_says(run, "stack.toml:1: a key of more than 32 parts")

    def test_name_with_control_bytes_cannot_touch_the_terminal(self):
        run = self.refused("run", "\x1b[2Jevil")
        self.assertNotIn("\x1b", run.err)
        self.assert_says(run, "evil")

    def test_unknown_run(self):
        run = unrig("show", "no-such-run", home=self.home)
        self.assert_exit(run, 2)
        self.assert_says(run, "no-such-run")


if __name__ == "__main__":
    unittest.main()
