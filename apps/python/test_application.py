"""Tests of the application's own parts: python3 -m unittest discover apps/python"""

import asyncio
import importlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import threading
import unittest
from unittest import mock

import about
import pool_async
import pool_sync
import row
import settings


class RowTest(unittest.TestCase):
    def test_body_has_the_same_48_bytes_in_every_framework(self):
        self.assertEqual(
            row.body(123, "01442695040888963407"),
            b'{"a": "0000000123", "b": "01442695040888963407"}',
        )
        self.assertEqual(len(row.body(999999, "0" * 20)), len(row.body(0, "0" * 20)))

    def test_without_delay_the_statement_does_not_sleep(self):
        with mock.patch.object(settings, "DB_DELAY_S", 0.0):
            self.assertNotIn("pg_sleep", row.query("%s", "%s"))
            self.assertEqual(len(row.arguments(None)), 1)
        with mock.patch.object(settings, "DB_DELAY_S", 0.02):
            self.assertIn("pg_sleep($1), test t WHERE t.a = $2", row.query("$1", "$2"))
            self.assertEqual(row.arguments(None)[0], 0.02)

    def test_a_row_that_is_made_up_is_by_the_rule_that_is_known(self):
        with mock.patch.object(row.random, "randrange", return_value=0):
            self.assertEqual(row.made_up(None), (0, "01442695040888963407"))
        with mock.patch.object(row.random, "randrange", return_value=999999):
            a, b = row.made_up(None)
            self.assertEqual((a, len(b)), (999999, 20))
            self.assertEqual(int(b), (999999 * 6364136223846793005 + 1442695040888963407) % 2**64)

    def test_rows_asked_for_exist(self):
        with mock.patch.object(settings, "DB_DELAY_S", 0.0):
            with mock.patch.object(row, "ROWS", 3):
                self.assertEqual({row.arguments(None)[0] for _ in range(500)}, {0, 1, 2})

    def test_the_row_that_a_request_names_is_the_one_that_is_read(self):
        with mock.patch.object(row.random, "randrange", side_effect=AssertionError):
            with mock.patch.object(settings, "DB_DELAY_S", 0.02):
                self.assertEqual(row.arguments("0000000123"), (0.02, 123))
            with mock.patch.object(settings, "DB_DELAY_S", 0.0):
                self.assertEqual(row.arguments("0000000000"), (0,))
            self.assertEqual(row.made_up("0000000001"), (1, "07806831264735756412"))

    def test_a_key_is_a_number_and_never_a_part_of_the_statement(self):
        for text in ("", "x", "1; DROP TABLE test", "1 OR 1=1", "1.5"):
            with self.assertRaises(ValueError):
                row.arguments(text)


class Database:
    """Stands in for psycopg2 and asyncpg: a row of the table, and the rows that were asked for."""

    def __init__(self):
        self.asked = []

    def row_of(self, a):
        self.asked.append(a)
        return a, "%020d" % a

    def connect(self, **settings):
        def execute(query, arguments):
            cursor.fetchone.return_value = self.row_of(arguments[-1])

        cursor = mock.Mock(execute=execute)
        return mock.Mock(cursor=mock.Mock(return_value=cursor))

    async def connect_async(self, **settings):
        async def fetchrow(query, *arguments):
            return self.row_of(arguments[-1])

        async def close():
            pass

        return mock.Mock(fetchrow=fetchrow, close=close)


class AskedTest(unittest.TestCase):
    """The data access as the frameworks' files call it."""

    CONNECTIONS = ("per-request", "pooled", "none")

    def load(self, name, driver, connection, connect):
        with mock.patch.multiple(settings, DRIVER=driver, DB_CONNECTION=connection), \
             mock.patch.dict(sys.modules, {driver: mock.Mock(connect=connect)}):
            sys.modules.pop(name, None)
            self.addCleanup(sys.modules.pop, name, None)
            return importlib.import_module(name)

    def answers(self, connection, asked):
        """Of both kinds of data access, and what they have asked the database for."""
        database = Database()
        data = self.load("data_sync", "psycopg2", connection, database.connect)
        yield [json.loads(data.answer(a)) for a in asked], database.asked
        database = Database()
        data = self.load("data_async", "asyncpg", connection, database.connect_async)

        async def all_of_them():
            return [json.loads(await data.answer(a)) for a in asked]

        yield asyncio.run(all_of_them()), database.asked

    def test_each_answer_is_the_row_of_its_own_request(self):
        keys = ["0000000123", "0000999999", "0000000123", "0000000000"]
        for connection in self.CONNECTIONS:
            for answers, asked in self.answers(connection, keys):
                with self.subTest(connection=connection):
                    self.assertEqual([answer["a"] for answer in answers], keys)
                    numbers = [] if connection == "none" else [int(key) for key in keys]
                    self.assertEqual(asked, numbers)

    def test_where_none_is_named_the_application_draws_one(self):
        for connection in self.CONNECTIONS:
            with mock.patch.object(row.random, "randrange", side_effect=[5, 6, 5, 6]):
                for answers, _ in self.answers(connection, [None, None]):
                    with self.subTest(connection=connection):
                        keys = [answer["a"] for answer in answers]
                        self.assertEqual(keys, ["0000000005", "0000000006"])

    def test_every_framework_hands_the_key_on(self):
        for path in pathlib.Path(__file__).parent.glob("app_*.py"):
            with self.subTest(path.name):
                self.assertNotIn(".answer()", path.read_text().replace("about.answer()", ""))


class Connections:
    """Counts what a pool opens and closes."""

    def __init__(self):
        self.opened = self.closed = 0

    def close(self):
        self.closed += 1

    def open(self):
        self.opened += 1
        return self


class WouldWait(Exception):
    pass


class Places:
    """A semaphore that says so instead of waiting."""

    def __init__(self, count):
        self.count = count

    def acquire(self):
        if self.count == 0:
            raise WouldWait
        self.count -= 1

    def release(self):
        self.count += 1


@mock.patch.object(threading, "Semaphore", Places)
class SyncPoolTest(unittest.TestCase):
    def test_opens_no_more_than_its_size(self):
        seen = Connections()
        pool = pool_sync.Pool(seen.open, 2)
        for _ in range(3):
            with pool.connection(), pool.connection():
                with self.assertRaises(WouldWait):
                    with pool.connection():
                        pass
        self.assertEqual((seen.opened, seen.closed), (2, 0))

    def test_tokens_of_meinheld_are_handed_on_in_turn(self):
        waited = []

        def trampoline(descriptor, read):
            waited.append(descriptor)
            with self.assertRaises(BlockingIOError):
                os.set_blocking(descriptor, False)
                os.read(descriptor, 1)
            tokens.release()
            self.assertEqual(os.read(descriptor, 1), b"t")

        tokens = pool_sync._Tokens(1)
        with mock.patch.dict("sys.modules", meinheld=mock.Mock(trampoline=trampoline)):
            tokens.acquire()
            self.assertEqual(waited, [])
            tokens.acquire()
            self.assertEqual(len(waited), 1)
            tokens.release()
            tokens.acquire()
        self.assertEqual(len(waited), 1)
        with self.assertRaises(OSError):  # meinheld would never forget an open one
            os.fstat(waited[0])

    def test_a_waiter_of_meinheld_that_gives_up_takes_no_token_along(self):
        tokens = pool_sync._Tokens(1)

        def give_up(descriptor, read):
            raise TimeoutError

        def give_up_too_late(descriptor, read):
            tokens.release()
            raise TimeoutError

        tokens.acquire()
        for trampoline in (give_up, give_up_too_late):
            with mock.patch.dict("sys.modules", meinheld=mock.Mock(trampoline=trampoline)):
                with self.assertRaises(TimeoutError):
                    tokens.acquire()
        tokens.acquire()  # the token of the one that came too late

    def test_a_connection_that_failed_is_not_used_again(self):
        seen = Connections()
        pool = pool_sync.Pool(seen.open, 1)
        for _ in range(2):
            with self.assertRaises(KeyError):
                with pool.connection():
                    raise KeyError
        self.assertEqual((seen.opened, seen.closed), (2, 2))


class AsyncPoolTest(unittest.TestCase):
    def test_opens_no_more_than_its_size(self):
        seen = Connections()
        in_use = []
        most_in_use = []

        async def connect():
            await asyncio.sleep(0)
            return seen.open()

        async def request(pool):
            async with pool.connection() as connection:
                in_use.append(connection)
                most_in_use.append(len(in_use))
                await asyncio.sleep(0)
                in_use.pop()

        async def requests():
            pool = pool_async.Pool(connect, 2)
            await asyncio.gather(*(request(pool) for _ in range(8)))

        asyncio.run(requests())
        self.assertEqual((seen.opened, max(most_in_use)), (2, 2))

    def test_a_connection_that_failed_is_not_used_again(self):
        closed = []

        class Broken:
            async def close(self):
                closed.append(self)

        async def connect():
            return Broken()

        async def request(pool):
            async with pool.connection():
                raise KeyError

        async def requests():
            pool = pool_async.Pool(connect, 1)
            await asyncio.gather(request(pool), request(pool), return_exceptions=True)

        asyncio.run(requests())
        self.assertEqual(len(set(map(id, closed))), 2)


class AboutTest(unittest.TestCase):
    def test_names_the_loop_that_runs(self):
        async def inside():
            return json.loads(about.answer())["event_loop"]

        self.assertIsNone(json.loads(about.answer())["event_loop"])
        self.assertRegex(asyncio.run(inside()), r"^asyncio\..*EventLoop$")


class ForkedTest(unittest.TestCase):
    """A runner whose workers only say who they are, and then wait or end."""

    SCRIPT = """
import os, signal, sys
import forked
def serve(listening):
    os.write(1, b"%d\\n" % os.getpid())
    if sys.argv[1] == "wait":
        signal.pause()
    os.read(0, 1)
forked.run(serve)
"""

    def start(self, kind):
        runner = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, kind],
            cwd=str(pathlib.Path(__file__).parent),
            env=dict(os.environ, UNRIG_PORT="0", UNRIG_WORKERS="2"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.addCleanup(runner.stdin.close)
        self.addCleanup(runner.stdout.close)
        self.addCleanup(self.end_group, runner.pid)
        workers = [int(runner.stdout.readline()) for _ in range(2)]
        self.assertEqual(len(set(workers)), 2)
        return runner

    def end_group(self, group):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def assert_all_end(self, runner):
        # Each worker holds the other end of this pipe: it ends when the last of them has.
        ended, _, _ = select.select([runner.stdout], [], [], 60)
        self.assertTrue(ended)
        self.assertEqual(runner.stdout.read(), b"")
        runner.wait()

    def test_term_to_the_leader_ends_the_workers(self):
        runner = self.start("wait")
        runner.terminate()
        self.assert_all_end(runner)

    def test_kill_of_the_leader_ends_the_workers(self):
        runner = self.start("wait")
        runner.kill()
        self.assert_all_end(runner)

    def test_a_worker_that_ends_ends_the_others(self):
        runner = self.start("read")
        runner.stdin.write(b"x")  # one of the two gets it
        runner.stdin.flush()
        self.assert_all_end(runner)
        self.assertEqual(runner.returncode, 1)


if __name__ == "__main__":
    unittest.main()
