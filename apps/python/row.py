"""The row that a request asks for, and the bytes that it answers: the same for every stack."""

import json
import random

import settings

ROWS = 1000000
CONTENT_TYPE = "application/json"


def query(first, second):
    """The one statement. The arguments are the driver's two placeholders."""
    if settings.DB_DELAY_S == 0:
        return "SELECT t.a, t.b FROM test t WHERE t.a = " + first
    return "SELECT t.a, t.b FROM pg_sleep({}), test t WHERE t.a = {}".format(first, second)


def key(asked):
    """The row that a request names in its query, "?a=0000000123"; where it names none (None), one
    of the application's own choice."""
    return random.randrange(ROWS) if asked is None else int(asked)


def arguments(asked):
    """What the placeholders stand for in one request."""
    a = key(asked)
    return (a,) if settings.DB_DELAY_S == 0 else (settings.DB_DELAY_S, a)


def made_up(asked):
    """A row by the rule that is known, without a database: what all but that costs."""
    a = key(asked)
    return a, str((a * 6364136223846793005 + 1442695040888963407) % 2**64).zfill(20)


def body(a, b):
    """48 bytes, whatever the row."""
    return json.dumps({"a": str(a).zfill(10), "b": b}).encode("ascii")
