"""What the serving process really is: asked before a measurement, never during one."""

import asyncio
import json
import os
import platform
import sys
from importlib import metadata


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


def answer():
    """The body of one answer, as bytes of JSON."""
    return json.dumps(
        {
            "pid": os.getpid(),
            "python": platform.python_version(),
            "event_loop": _event_loop(),
            "c_extensions": _compiled_modules(),
            "versions": {d.metadata["Name"]: d.version for d in metadata.distributions()},
        }
    ).encode("ascii")
