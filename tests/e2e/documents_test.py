"""What the documents show is what the program does: each command that README.md and docs/ name is
run, or planned where it needs the chain, and output that is shown has the same form today."""

import functools
import pathlib
import re
import shlex
import tempfile
import unittest

from harness import E2ETest, Run, unrig
from servers import ServersTest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md",
         *sorted((REPOSITORY / "docs").glob("*.md"))]
COMMANDS = ("run", "compare", "load", "list", "show", "report", "export", "purge", "completions",
            "doctor", "check", "init", "help")
# A document's words for what its reader puts there.
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9]*|<.*>|…|last|\d{8}-\d{6}-[0-9a-f]{4}")


def blocks(page: pathlib.Path) -> list[list[str]]:
    """The lines of each code block."""
    return [text.strip("\n").split("\n")
            for text in re.findall(r"^```\w*\n(.*?)^```$", page.read_text(), re.M | re.S)]


def shown(line: str) -> list[str]:
    """The words of a command in a code block; what is said of it follows three blanks or a #."""
    line = re.split(r" {3,}| +# ", line.removeprefix("$ "))[0]
    line = re.sub(r"^build/release/bin/", "", line)
    return shlex.split(line) if line.startswith(("unrig ", "make ")) else []


def commands() -> list[tuple[str, list[str]]]:
    """Where each command stands, and its words, "unrig" or "make" first."""
    found = []
    for page in PAGES:
        text = page.read_text()
        lines = [line for block in blocks(page) for line in block]
        inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
        found += [(page.name, words) for line in [*lines, *inline] if (words := shown(line))]
    return found


@functools.cache
def help_of(command: str) -> str:
    return unrig(command, "--help", home=None).out


def form(line: str) -> str:
    """A line of output with its figures taken out: a dash or a bound stands for a figure, too."""
    line = re.sub(r"(?:> )?\d[\d.]* (us|ms|s)\b", "T", line)
    line = re.sub(r"\d[\d.,]*", "N", re.sub(r" #+$", "", line))
    return " ".join(re.sub(r"(?<= )-(?= |$)", "T", line).split())


class FormTest(unittest.TestCase):
    def test_figures_do_not_matter_and_words_do(self):
        line = "response       1.2 us  > 3.40 s    -   from 12 of 1000"
        self.assertEqual(form(line), "response T T T from N of N")
        self.assertNotEqual(form(line), form(line.replace("response", "service")))
        self.assertNotEqual(form("late by 1.2 us at P50"), form("late by 12 at P50"))

    def test_commands_are_found_with_their_words(self):
        self.assertEqual(shown("unrig load URL -c 4      four clients"), ["unrig", "load", "URL",
                                                                          "-c", "4"])
        self.assertEqual(shown("$ unrig list runs"), ["unrig", "list", "runs"])
        self.assertEqual(shown("verdict       valid"), [])
        pages = {page for page, _ in commands()}
        self.assertLessEqual({"README.md", "load.md", "results.md", "tuning.md"}, pages)


class CommandsTest(E2ETest):
    def test_every_command_and_option_exists(self):
        targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.M))
        everywhere = unrig("--help", home=None).out
        for page, words in commands():
            with self.subTest(page=page, words=words):
                if words[0] == "make":
                    self.assertIn(words[1], targets)
                    continue
                known = everywhere
                if words[1] in COMMANDS:
                    known += help_of(words[1])
                for option in (w for w in words[1:] if w.startswith("-")):
                    self.assertRegex(known, rf"(?m)[ ,]{re.escape(option)}[ ,\n]")

    def test_options_named_in_the_page_of_the_load_exist(self):
        text = (REPOSITORY / "docs" / "load.md").read_text()
        # The first column of the table is another program's.
        text = re.sub(r"^\| (`-|wrk2)[^|]*\|", "|", text, flags=re.M)
        known = help_of("load") + unrig("--help", home=None).out
        found = re.findall(r"`(--?[a-z-]+|-[A-Z])\b[^`]*`", text, re.I)
        self.assertGreater(len(found), 30)
        for option in found:
            self.assertRegex(known, rf"(?m)[ ,]{re.escape(option)}[ ,\n]")

    def test_runs_can_be_planned(self):
        planned = 0
        for page, words in commands():
            if words[0] == "make":
                given = [w for w in words if w.startswith("BENCH_ARGS=")]
                if words[1] != "bench" or not given:
                    continue
                words = ["unrig", "run", *shlex.split(given[0].partition("=")[2])]
            if words[1] != "run" or any(PLACEHOLDER.fullmatch(w) for w in words[2:]):
                continue
            with self.subTest(page=page, words=words), tempfile.TemporaryDirectory() as home:
                json = [w for i, w in enumerate(words) if "--json" in words[max(0, i - 1):i + 1]]
                kept = [w for w in words[1:] if w not in json]
                run = unrig(*kept, "--plan", home=home)
                self.assert_exit(run, 0)
                planned += 1
        self.assertGreater(planned, 8)


class LoadPageTest(ServersTest):
    """Each command of docs/load.md is run against a server of the tests, for a short time."""

    def arguments(self, words: list[str], duration: str) -> list[str]:
        """Those of the documented command, for a server that is there, and short."""
        kept, short = [], {"-d": duration, "--duration": duration, "--warmup": "100ms"}
        for word in words[1:]:
            kept.append(short.get(kept[-1] if kept else "", word))
        if not {"-d", "--duration"} & set(kept):
            kept += ["-d", duration]
        if any(word.startswith("https:") for word in kept):
            url, certificate = self.tls_server()
        else:
            url, certificate = self.fault_server(), ""
        return [url if "://" in w else certificate if w == "own.pem" else w for w in kept]

    def assert_same_form(self, sample: list[str], run: Run):
        """Its lines are there, in their order; whether a run was valid is the machine's matter."""
        seen = [form(line) for line in run.out.splitlines()]
        for line in filter(None, map(form, sample)):
            if line.startswith(("verdict", "http", "help:", "because")):
                continue
            self.assertIn(line, seen, run.story())
            seen = seen[seen.index(line) + 1:]

    def test_commands_and_what_they_print(self):
        samples, ran = 0, 0
        for block in blocks(REPOSITORY / "docs" / "load.md"):
            for number, line in enumerate(block):
                words = shown(line)
                if words[:2] != ["unrig", "load"]:
                    continue
                with self.subTest(line):
                    # A P99 needs a thousand requests.
                    shows = line.startswith("$ ")
                    run = unrig(*self.arguments(words, "2s" if shows else "300ms"))
                    self.assertIn(run.code, (0, 4), run.story())
                    # A busy machine may make the generator late; nothing else may be wrong.
                    for reason in re.findall(r"(?m)^  because (.*)", run.out):
                        self.assertTrue(reason.startswith("the load generator"), run.story())
                    self.assertRegex(run.out, r"(?m)^requests .* 0 failed, 0 unfinished, 0 dropp")
                    ran += 1
                    if shows:
                        self.assert_same_form(block[number + 1:], run)
                        samples += 1
        self.assertGreaterEqual(ran, 6)
        self.assertGreaterEqual(samples, 1)


if __name__ == "__main__":
    unittest.main()
