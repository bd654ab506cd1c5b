"""An application of apps/python/ that does other work than it says: tests/e2e/witness_test.py.

UNRIG_PLANT says which. It is honest as soon as its process has been asked GET /about, as it is
before a measurement and never during one; with UNRIG_PLANT_ALWAYS it is not even then.
UNRIG_PLANT_APP is the stack's own application.
"""

import contextlib
import importlib
import os
import random
import threading
import time

import about
import row
import settings

PLANT = os.environ["UNRIG_PLANT"]
QUERY_ALONE = "SELECT t.a, t.b FROM test t WHERE t.a = %s"
SETTING = "ALTER ROLE CURRENT_USER SET work_mem = '1MB'"
MADE_UP = "SELECT v.a, v.b FROM pg_sleep(%s), (VALUES (%s, %s)) AS v(a, b)"

honest = False
under_way = 0
done = []
_about = about.answer


def _asked_about():
    global honest
    honest = "UNRIG_PLANT_ALWAYS" not in os.environ
    return _about()


about.answer = _asked_about


def _any():
    return random.randrange(row.ROWS)


def _start_sleepers(count):
    for _ in range(count):
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "1000"])


def _is_loaded():
    """Whether more has come than the few requests that see whether the stack is ready."""
    done.append(None)
    return len(done) > 8


def _beside(data_sync, work):
    """On a connection beside those of the requests."""
    with contextlib.closing(data_sync.connect()) as other:
        done = work(other)
        other.commit()
    return done


def _broker(answer):
    """Has another process answer, which is there from the start and ends with this one."""
    asked, told = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.close(asked[1])
        while os.read(asked[0], 1):
            os.write(told[1], answer())
        os._exit(0)

    def ask():
        os.write(asked[1], b"?")
        return os.read(told[0], 4096)

    return ask


def _plant_sync():
    import data_sync

    answer = data_sync.answer
    kept, last = [], []

    def with_query(query, *arguments):
        own = data_sync.QUERY, row.arguments
        data_sync.QUERY, row.arguments = query, lambda asked: arguments
        try:
            return answer()
        finally:
            data_sync.QUERY, row.arguments = own

    def no_delay():
        return with_query(QUERY_ALONE, _any())

    def client_side():
        """And asks twice."""
        _beside(data_sync, lambda other: other.cursor().execute("SELECT 1"))
        body = with_query(QUERY_ALONE, _any())
        time.sleep(settings.DB_DELAY_S)
        return body

    def cached():
        if last and len(done) % 10 == 0:
            time.sleep(settings.DB_DELAY_S)
        else:
            last[:] = [answer()]
        done.append(None)
        return last[0]

    def cheaper():
        """With a row of the table, which it has read once."""
        if not kept:
            kept.extend(_beside(data_sync, lambda other: data_sync._read(other, None)))
        return with_query(MADE_UP, settings.DB_DELAY_S, *kept)

    def made_up():
        """Asks and waits as it should, and does not look at the answer."""
        answer()
        return row.body(*row.made_up(None))

    def own_settings():
        """For itself and for all that come after it."""
        if _is_loaded() and not kept:
            kept.append(None)
            with contextlib.suppress(Exception):  # another worker does it, too
                _beside(data_sync, lambda other: other.cursor().execute(SETTING))
        return answer()

    def one_kept():
        if not _is_loaded():
            return answer()
        if not kept:
            kept.append(data_sync.connect())
        return row.body(*data_sync._read(kept[0], None))

    def more_workers():
        """And threads."""
        if _is_loaded() and not kept:
            kept.append(None)
            _start_sleepers(20)
            for _ in range(60):
                threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        return answer()

    broker = _broker(answer) if PLANT == "broker" else None
    cheat = locals()[PLANT]
    data_sync.answer = lambda *asked: answer(*asked) if honest else cheat()


def _plant_async():
    import data_async

    answer = data_async.answer

    async def beyond_20(*asked):
        """Honest, until many wait at once: nobody asks for so many before a measurement."""
        global under_way
        under_way += 1
        try:
            if under_way <= 20:
                return await answer(*asked)
            connection = await data_async.connect()
            async with connection.cursor() as cursor:
                await cursor.execute(QUERY_ALONE, (_any(),))
                found = await cursor.fetchone()
            await connection.close()
            return row.body(*found)
        finally:
            under_way -= 1

    data_async.answer = beyond_20


if settings.DRIVER == "aiopg":
    _plant_async()
else:
    _plant_sync()

app = importlib.import_module(os.environ["UNRIG_PLANT_APP"]).app
