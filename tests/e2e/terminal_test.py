"""What a terminal shows: tables that fit, colours, completions in real shells, the manual page."""

import fcntl
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from harness import UNRIG, E2ETest, unrig

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
COMMANDS_PAGE = REPOSITORY / "docs" / "commands.md"
COLOUR = "\x1b["


class Terminal:
    """A program on a terminal of its own, which a test types into and reads."""

    def __init__(self, arguments: list[str], columns: int = 80, env: dict | None = None):
        self.text = ""
        self.pid, self._main = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
            os.execvpe(arguments[0], arguments, environment | {"TERM": "xterm"} | (env or {}))

    def read_until(self, wanted: str | None, limit_s: float = 60) -> str:
        """Reads on, past what earlier calls have read, until `wanted` has been printed; to the end
        where it is None."""
        deadline = time.monotonic() + limit_s
        while wanted is None or wanted not in self.text:
            if not select.select([self._main], [], [], deadline - time.monotonic())[0]:
                raise AssertionError(f"no {wanted!r} in {limit_s} s: {self.text!r}")
            try:
                data = os.read(self._main, 65536)
            except OSError:  # its last program has ended
                data = b""
            if not data:
                if wanted is None:
                    break
                raise AssertionError(f"ended without {wanted!r}: {self.text!r}")
            self.text += data.decode(errors="replace")
        end = len(self.text) if wanted is None else self.text.index(wanted) + len(wanted)
        text, self.text = self.text[:end], self.text[end:]
        return text.replace("\r\n", "\n")

    def type(self, text: str):
        os.write(self._main, text.encode())

    def close(self):
        os.close(self._main)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)


def shown(*arguments: str, **options) -> str:
    """All that unrig prints on a terminal."""
    terminal = Terminal([UNRIG, *arguments], **options)
    try:
        return terminal.read_until(None)
    finally:
        terminal.close()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class TableTest(E2ETest):
    def test_a_table_fits_the_terminal_and_says_what_went(self):
        for columns in (80, 100):
            lines = plain(shown("list", "knobs", columns=columns)).splitlines()
            self.assertLessEqual(max(map(len, lines)), columns)
            self.assertIn("Meaning", lines[0])
        self.assertIn("--wide also shows Takes", lines[-1])
        self.assertNotIn("--wide", shown("list", "knobs", columns=300))

    def test_wide_and_a_pipe_have_every_column(self):
        head = "Knob Value Default Takes Meaning"
        for text in (plain(shown("list", "knobs", "--wide")),
                     unrig("list", "knobs", home=None).out):
            self.assertEqual(" ".join(text.splitlines()[0].split()), head)

    def test_colours_are_for_terminals_that_want_them(self):
        self.assertIn(COLOUR, shown("list", "knobs"))
        self.assertIn(COLOUR, shown("list", "nothing"))
        for words, env in ((["list", "knobs"], {"NO_COLOR": "1"}),
                           (["list", "knobs"], {"TERM": "dumb"}),
                           (["list", "knobs", "--no-color"], {}),
                           (["show", "nothing", "--no-color"], {})):
            self.assertNotIn(COLOUR, shown(*words, env=env), (words, env))
        self.assertNotIn(COLOUR, unrig("list", "knobs", home=None).out)


class HelpTest(E2ETest):
    def test_alone_it_prints_three_examples(self):
        run = unrig(home=None)
        self.assert_exit(run, 0)
        examples = [shlex.split(line) for line in run.out.splitlines()
                    if line.startswith("  unrig ")]
        self.assertEqual([words[1] for words in examples], ["load", "compare", "run"])
        with tempfile.TemporaryDirectory() as home:
            self.assert_exit(unrig(*examples[2][1:], "--plan", home=home), 0)

    def test_the_page_of_commands_is_what_the_program_prints(self):
        run = unrig("help", "--markdown", home=None)
        self.assert_exit(run, 0)
        self.assertEqual(COMMANDS_PAGE.read_text(), run.out,
                         "docs/commands.md is stale: unrig help --markdown > docs/commands.md")

    @unittest.skipUnless(shutil.which("groff"), "without groff")
    def test_the_manual_page_is_good_roff(self):
        page = unrig("help", "--man", home=None)
        self.assert_exit(page, 0)
        read = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=page.out, text=True,
                              capture_output=True, check=False)
        self.assertEqual(read.stderr, "")
        text = plain(re.sub(".\b", "", read.stdout))  # bold is printed twice, one over the other
        for part in ("NAME", "unrig compare A B", "--blocks", "EXIT STATUS",
                     "unrig run flask-gunicorn starlette-uvicorn"):
            self.assertIn(part, text)


class CompletionTest(E2ETest):
    """In the real shells, as far as they are installed."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "unrig").symlink_to(UNRIG)
        self.env = {"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": str(self.folder),
                    "PS1": "ready> ", "HISTFILE": "/dev/null"}

    def script(self, shell: str) -> pathlib.Path:
        path = self.folder / f"script.{shell}"
        run = unrig("completions", shell, home=None)
        self.assert_exit(run, 0)
        path.write_text(run.out)
        return path

    def complete(self, arguments: list[str], set_up: str):
        """Types beginnings of words and a tab. The words that come of it are what a function of the
        shell's own is called with, in the place of the program: completion asks that itself."""
        terminal = Terminal(arguments, columns=200, env=self.env)
        try:
            terminal.read_until("ready> ")
            terminal.type(f"{set_up}\nunrig() {{ printf 'got'; printf '<%s>' \"$@\"; }}\n"
                          "echo loa''ded\n")
            terminal.read_until("loaded\r\n")
            for typed, words in (("list sce\t", "<list><scenarios>"),
                                 ("run flask-gunic\t", "<run><flask-gunicorn>"),
                                 ("run --set db.del\t5ms", "<run><--set><db.delay=5ms>"),
                                 ("run --set=db.del\t5ms", "<run><--set=db.delay=5ms>"),
                                 ("run flask-gunicorn@2020\t--plan",
                                  "<run><flask-gunicorn@2020><--plan>"),
                                 ("completions z\t", "<completions><zsh>")):
                terminal.type(f"unrig {typed}\n")
                terminal.read_until(f"got{words}")
        finally:
            terminal.close()

    def test_bash_completes(self):
        self.complete(["bash", "--norc", "--noprofile", "-i"],
                      f"bind 'set enable-bracketed-paste off'; source {self.script('bash')}")

    @unittest.skipUnless(shutil.which("zsh"), "without zsh")
    def test_zsh_completes(self):
        self.complete(["zsh", "-f", "-i"],
                      "unsetopt zle_bracketed_paste prompt_sp; autoload -Uz compinit; "
                      f"compinit -u -D; source {self.script('zsh')}")

    @unittest.skipUnless(shutil.which("fish"), "without fish")
    def test_fish_completes(self):
        script = self.script("fish")
        for typed, wanted in (("unrig list sce", "scenarios"),
                              ("unrig run flask-gunic", "flask-gunicorn\tFlask on Gunicorn"),
                              ("unrig run --set db.del", "db.delay=")):
            run = subprocess.run(
                ["fish", "--no-config", "-c", f"source {script}; complete -C {shlex.quote(typed)}"],
                env={**os.environ, **self.env}, text=True, capture_output=True, check=False)
            self.assertIn(wanted, run.stdout, run.stderr)


if __name__ == "__main__":
    unittest.main()
