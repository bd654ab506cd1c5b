"""An application of somebody's own through the whole chain: what `unrig init --chain` writes is
checked, compared and held against what its answers have to be."""

import pathlib
import tempfile

from harness import SHORT, E2ETest, unrig

# One process with threads; each answer is another one, and what stays the same is the user.
APPLICATION = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    count = 0
    def do_POST(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Handler.count += 1
        body = b'{"count": %d, "user": {"id": 7}, "asked": %s}' % (Handler.count, asked)
        right = self.path == "/users/7" and self.headers.get("Authorization") == "Bearer x"
        self.send_response(201 if right else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = int(sys.argv[2])
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
# None of unrig's database was used, and nobody says how often.
UNCOUNTED = ("rows_read", "queries", "transactions", "connections", "sessions_opened")
# Claimed of our stacks; of this one nobody knows.
UNKNOWN = {"statements", "query", "delay", "connections"}


class OwnTest(E2ETest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)  # under root it runs as another account
        (self.folder / "shop.py").write_text(APPLICATION)
        self.stacks = self.folder / "my-stacks"
        # Not this test's own, which may lie where another account cannot come.
        command = f"/usr/bin/python3 {self.folder}/shop.py {{port}} {{backlog}}"
        run = unrig("init", str(self.stacks), "--chain", "--command", command, "--against", command,
                    "--path", "/users/7", "--expect-status", "201", "--expect-json", "user.id=7")
        self.assert_exit(run, 0)
        self.names = sorted(each.name for each in self.stacks.iterdir())
        for name in self.names:
            self.change(name, 'method = "GET"',
                        'method = "POST"\nheaders = { Authorization = "Bearer x" }\nbody = "[1]"')

    def change(self, name: str, old: str, new: str):
        file = self.stacks / name / "stack.toml"
        text = file.read_text()
        self.assertEqual(text.count(old), 1, text)
        file.write_text(text.replace(old, new))

    def unrig(self, *arguments: str):
        return unrig(*arguments, "--stacks", str(self.stacks))

    def test_two_are_compared_and_what_nobody_counts_is_not_checked(self):
        run = self.unrig("compare", *self.names, "--blocks", "1", *SHORT, "--json", "-")
        self.assertIn(run.code, (0, 4), run.story())
        record = unrig("show", "last", "--json", "-").json()
        # The same program twice: which is the faster one is chance.
        self.assertEqual(sorted(cell["label"] for cell in record["cells"]), self.names)
        for cell in record["cells"]:
            self.assertEqual(cell["own_request"], "POST /users/7: status 201, user.id=7")
            self.assertIsNone(cell["failure"])
            claims = {claim["claim"]: claim for claim in cell["claims"]}
            self.assertIs(claims["answer"]["ok"], True, claims)
            for name in UNKNOWN:
                self.assertEqual(claims[name]["ok"], "not checked", claims)
            self.assertEqual([claim for claim in claims.values() if claim["ok"] is False], [])
            self.assertEqual(cell["unproven"], [])
        for trial in record["trials"]:
            self.assertTrue(trial["conditions"]["own_application"])
            self.assertGreater(trial["counts"]["completed"], 0)
            self.assertEqual(trial["counts"]["failed"], 0, trial["verdict"])
            for figure in UNCOUNTED:
                self.assertIsNone(trial["db"][figure], figure)
            self.assertIn("rows, transactions and queries",
                          {each["what"] for each in trial["not_checked"]})
            self.assertNotIn("looked at", " ".join(trial["verdict"]["reasons"]))
            self.assertGreater(trial["cpu_us_per_request"]["app"], 0)

    def test_it_is_checked_as_far_as_it_can_be(self):
        run = self.unrig("check", self.names[0], "--json", "-")
        self.assert_exit(run, 0)
        points = {point["point"]: point for point in run.json()["stacks"][0]["points"]}
        for name in ("answer", "many at once", "workers"):
            self.assertEqual(points[name]["outcome"], "holds", points[name])
        for name in ("statements", "round trips", "named row"):
            self.assertEqual(points[name]["outcome"], "not checked", points[name])

    def test_a_rule_that_no_answer_keeps_is_told_with_the_first_answer(self):
        self.change(self.names[0], 'json = { "user.id" = 7 } }', 'json = { "user.id" = 8 } }')
        run = self.unrig("run", self.names[0], "--blocks", "1", *SHORT)
        self.assert_exit(run, 4)
        self.assert_says(run, "user.id is 7, not 8", 'status 201: {"count": ')

    def test_a_command_that_does_not_serve_is_told_with_its_log(self):
        self.change(self.names[0], "shop.py", "shap.py")
        run = self.unrig("run", self.names[0], "--blocks", "1", *SHORT)
        self.assert_exit(run, 4)
        self.assert_says(run, "shap.py", "did not start")

    def test_knobs_of_a_database_mean_nothing_to_it(self):
        run = self.unrig("run", self.names[0], "--vary", "db.delay=1ms,2ms", "--plan")
        self.assert_exit(run, 2)
        self.assert_says(run, "it means nothing to " + self.names[0])


if __name__ == "__main__":
    import unittest
    unittest.main()
