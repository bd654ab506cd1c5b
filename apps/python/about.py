"""What the serving process really is: asked before a measurement, never during one."""

import asyncio
import ctypes
import functools
import json
import os
import platform
import sys
import threading
from importlib import metadata


# Modules of the drivers, as UNRIG_DRIVER has them; "psycopg" is version 3.
_DRIVERS = ("aiopg", "asyncpg", "psycopg", "psycopg2")


def _event_loop():
    try:
        kind = type(asyncio.get_running_loop())
    except RuntimeError:
        return None
    return kind.__module__ + "." + kind.__qualname__


def _compiled_modules():
    """Names of the loaded modules that came compiled from an installed package."""
    found = []
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        if path.endswith(".so") and "site-packages" in path:
            found.append(name)
    return sorted(found)


@functools.lru_cache(maxsize=None)
def _versions():
    return {d.metadata["Name"]: d.version for d in metadata.distributions()}


def _keep_busy():
    """Takes 20 ms without letting other requests of this thread run, so that the next one is
    answered by another worker, if there is one. In C: greenlet servers patch Python's sleep."""
    ctypes.CDLL(None).usleep(20000)


def answer():
    """The body of one answer, as bytes of JSON."""
    versions = _versions()
    _keep_busy()
    return json.dumps(
        {
            "pid": os.getpid(),
            "thread": threading.get_native_id(),
            "python": platform.python_version(),
            "event_loop": _event_loop(),
            "c_extensions": _compiled_modules(),
            "drivers": [name for name in _DRIVERS if name in sys.modules],
            "versions": versions,
        }
    ).encode("ascii")
