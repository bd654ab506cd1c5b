"""Stores that earlier versions left: shown, compared, and brought to the format of today."""

import pathlib
import sqlite3
import tempfile
import unittest

from harness import E2ETest, unrig

SQL = pathlib.Path(__file__).resolve().parents[1] / "data" / "store_format_1.sql"
INTERRUPTED, OTHER = "20261127-023507-3ea3", "20261127-034507-5b1c"


class EarlierStoreTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.execute(SQL.read_text())
        self.before = (self.home / "unrig.db").read_bytes()

    def execute(self, sql: str):
        database = sqlite3.connect(self.home / "unrig.db")
        database.executescript(sql)
        database.close()

    def test_its_runs_are_shown_and_compared(self):
        listed = unrig("list", "runs", home=self.home)
        self.assert_exit(listed, 0)
        self.assertIn(INTERRUPTED, listed.out)
        shown = unrig("show", INTERRUPTED, "--json", "-", home=self.home)
        self.assert_exit(shown, 0)
        record = shown.json()
        self.assertEqual(sorted(cell["stack"] for cell in record["cells"]),
                         ["flask-gunicorn", "starlette-uvicorn"])
        self.assertEqual(len(record["trials"]), 5)
        tuned = unrig("show", "last", "--json", "-", home=self.home).json()
        self.assertEqual([cell["role"] for cell in tuned["cells"]], ["step", "step"])
        compared = unrig("compare", INTERRUPTED, OTHER, "--json", "-", home=self.home)
        self.assertIn(compared.code, (0, 4), compared.story())
        self.assertEqual(compared.json()["schema"], "unrig.compare/1", compared.story())
        self.assertEqual((self.home / "unrig.db").read_bytes(), self.before, "only read")

    def test_a_trial_without_histograms_says_so(self):
        shown = unrig("show", INTERRUPTED, "--trial", "1", home=self.home)
        self.assert_exit(shown, 3)
        self.assertIn("an earlier unrig kept only the quantiles", shown.err)

    def test_a_later_format_is_refused(self):
        self.execute("PRAGMA user_version = 99")
        shown = unrig("show", "last", home=self.home)
        self.assert_exit(shown, 3)
        self.assertIn("has format 99", shown.err)
        self.assertIn("use the newer unrig", shown.err)


if __name__ == "__main__":
    unittest.main()
