"""An application of apps/python/ that is not what its stack says, or only looks so.

UNRIG_PLANT says how, UNRIG_PLANT_APP is the stack's own application: outside_test.py.
"""

import importlib
import json
import os
import time

import about
import settings

PLANT = os.environ["UNRIG_PLANT"]
assert settings.DB_HOST == "127.0.0.1", "who is looked at finds the database elsewhere"
_about = about.answer


def _turn(name):
    """0 in the first process that asks for it, 1 in the next: the folder is new at each start."""
    for number in range(100):
        try:
            open("{}-{}".format(name, number), "x").close()
            return number
        except FileExistsError:
            pass
    raise SystemExit("too many processes")


def _forged():
    seen = json.loads(_about())
    seen["pid"] = 1
    seen["versions"]["Flask"] = "9.9.9"
    return json.dumps(seen).encode("ascii")


def _silent():
    raise RuntimeError("nothing is told here")


def _block():
    """The statements of aiopg, from a coroutine that lets nobody else run meanwhile."""
    import data_async
    import psycopg2
    import row

    async def answer(asked=None):
        connection = psycopg2.connect(
            host=settings.DB_HOST,
            port=settings.DB_PORT,
            dbname=settings.DB_NAME,
            user=settings.DB_USER,
            password=settings.DB_PASSWORD,
            sslmode="disable",
        )
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.execute(data_async.QUERY, row.arguments(asked))
        found = cursor.fetchone()
        connection.close()
        return row.body(*found)

    data_async.answer = answer


if PLANT == "forged-about":
    about.answer = _forged
elif PLANT == "no-about":
    about.answer = _silent
elif PLANT == "more-workers":
    settings.WORKERS += 20
elif PLANT == "other-driver":
    settings.DRIVER = "psycopg3"
elif PLANT == "unknown-driver":
    settings.DRIVER = "psycopg2"
elif PLANT == "idle-uvloop":
    import uvloop  # noqa: F401  it is loaded, and another loop runs
elif PLANT == "renamed-loop":
    import uvloop

    class Faster(uvloop.Loop):
        pass

    uvloop.Loop = Faster
elif PLANT == "one-blocks":
    if _turn("blocks") == 0:
        _block()
elif PLANT == "late":  # one after the other, as long as the first one took
    time.sleep(1.5 * min(2, 1 + _turn("late")))
else:
    raise SystemExit("UNRIG_PLANT is none of those known: " + PLANT)

_own = importlib.import_module(os.environ["UNRIG_PLANT_APP"])
app = getattr(_own, "app", None)

if __name__ == "__main__":
    import forked

    forked.run(_own.serve)
