"""Tests of the stacks' data: what a typing error would otherwise show only when a stack is run."""

import pathlib
import re
import unittest

import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The rows of the article, in both vintages.
ARTICLE = """falcon-meinheld bottle-meinheld flask-meinheld falcon-gevent bottle-gevent flask-gevent
aiohttp sanic sanic-uvicorn starlette-uvicorn fastapi-uvicorn quart-uvicorn aioflask-uvicorn tornado
quart-hypercorn falcon-uwsgi bottle-uwsgi flask-uwsgi falcon-gunicorn bottle-gunicorn
flask-gunicorn""".split()


def read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


ALL = {path.parent.name: read(path) for path in ROOT.glob("stacks/*/stack.toml")}
STACKS = {name: stack for name, stack in ALL.items() if "language" not in stack}
LOCKS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in ROOT.glob("vintages/*/*.txt")
}


class StacksTest(unittest.TestCase):
    def test_the_article_is_complete_in_both_vintages(self):
        self.assertEqual(len(ARTICLE), 21)
        for name in ARTICLE:
            with self.subTest(stack=name):
                self.assertEqual(set(STACKS[name]["vintage"]), {"2020", "2026"})

    def test_application_and_locks_are_there(self):
        for name, stack in STACKS.items():
            with self.subTest(stack=name):
                places = [ROOT / "apps/python", ROOT / "stacks" / name]
                self.assertTrue(any((place / stack["application"]).is_file() for place in places))
                for year, vintage in stack["vintage"].items():
                    self.assertIn("vintages/{}/{}.txt".format(year, vintage["group"]), LOCKS)

    def test_every_row_of_a_model_claims_the_same(self):
        for name, stack in STACKS.items():
            with self.subTest(stack=name):
                coroutine = stack["concurrency"] == "async-coroutine"
                self.assertEqual(stack.get("event_loop"), "uvloop.Loop" if coroutine else None)
                greenlet_psycopg2 = (
                    stack["concurrency"] == "async-greenlet" and stack["driver"] == "psycopg2"
                )
                self.assertEqual("UNRIG_YIELD" in stack.get("environment", {}), greenlet_psycopg2)

    def test_backlog_is_asked_for_on_every_command_line(self):
        for name, stack in STACKS.items():
            with self.subTest(stack=name):
                own_runner = "{application}" in stack["command"]
                self.assertNotEqual("{backlog}" in stack["command"], own_runner)


class LocksTest(unittest.TestCase):
    def test_every_package_is_pinned_and_hashed(self):
        for name, text in LOCKS.items():
            with self.subTest(lock=name):
                packages = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^#.*\n", "", text))
                self.assertGreater(len(packages), 3)
                for package in packages:
                    self.assertRegex(package, r"^[a-z0-9-]+==\S+")
                    self.assertIn("--hash=sha256:", package)

    def test_no_address_stands_in_a_lock(self):
        for name, text in LOCKS.items():
            with self.subTest(lock=name):
                self.assertNotIn("://", text)
                self.assertNotRegex(text, r"(?m)^-")

    def test_every_lock_has_its_input_and_the_other_way_round(self):
        for folder in ROOT.glob("vintages/*"):
            locks = {path.stem for path in folder.glob("*.txt")}
            inputs = {path.stem for path in folder.glob("in/*.in")}
            self.assertEqual(locks, inputs)


class ScenariosTest(unittest.TestCase):
    def test_counts_by_stack_name_stacks(self):
        for path in ROOT.glob("scenarios/*.toml"):
            with self.subTest(scenario=path.stem):
                named = read(path).get("workers", {}).get("stack", {})
                self.assertLessEqual(set(named), set(ALL))


if __name__ == "__main__":
    unittest.main()
