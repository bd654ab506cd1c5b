"""An application of apps/python/ with a limiter planted in it: bench/limiter_plants.py.

UNRIG_PLANT says what each of its requests does beside what it should, UNRIG_PLANT_SIZE how much of
it: "burn", so many milliseconds of CPU time in the worker; "scan", a statement that counts so far
in the database before it answers; "lock", a statement that takes the table for itself until it has
answered. All three change what apps/python/row.py tells the stack; UNRIG_PLANT_APP is the stack's
own application.
"""

import importlib
import os
import time

import row

SIZE = float(os.environ["UNRIG_PLANT_SIZE"])

_arguments = row.arguments
_query = row.query


def _burn(asked):
    end = time.thread_time() + SIZE / 1000
    while time.thread_time() < end:
        pass
    return _arguments(asked)


def _scan(first, second):
    # Of functions the application has operators alone; and the table's index is read once, as it
    # is counted.
    counting = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {0:.0f}) "
    last = " AND EXISTS (SELECT 1 FROM s WHERE n = {0:.0f})"
    return counting.format(SIZE) + _query(first, second) + last.format(SIZE)


def _lock(first, second):
    # One message of two statements, so that they are one transaction.
    return "LOCK TABLE test IN ACCESS EXCLUSIVE MODE; " + _query(first, second)


PLANT = os.environ["UNRIG_PLANT"]
if PLANT == "burn":
    row.arguments = _burn
elif PLANT == "scan":
    row.query = _scan
elif PLANT == "lock":
    row.query = _lock
else:
    raise SystemExit("UNRIG_PLANT is none of burn, scan, lock: " + PLANT)

app = importlib.import_module(os.environ["UNRIG_PLANT_APP"]).app
