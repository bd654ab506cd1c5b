"""What unrig asks of the application, read once from the environment at start."""

import os


def _flag(name):
    return os.environ.get(name, "0") == "1"


def _password():
    path = os.environ.get("UNRIG_DB_PASSWORD_FILE")
    if not path:
        return ""
    with open(path, encoding="ascii") as file:
        return file.read().strip()


# Where the application server listens. Only the runners here need it: the other servers are told
# on their command line.
LISTEN_HOST = os.environ.get("UNRIG_HOST", "127.0.0.1")
LISTEN_SOCKET = os.environ.get("UNRIG_SOCKET", "")  # a path, instead of host and port
LISTEN_PORT = int(os.environ.get("UNRIG_PORT", "8000"))
WORKERS = int(os.environ.get("UNRIG_WORKERS", "1"))
BACKLOG = int(os.environ.get("UNRIG_BACKLOG", "2048"))

DB_HOST = os.environ.get("UNRIG_DB_HOST", "127.0.0.1")
DB_PORT = int(os.environ.get("UNRIG_DB_PORT", "5432"))
DB_NAME = os.environ.get("UNRIG_DB_NAME", "unrig")
DB_USER = os.environ.get("UNRIG_DB_USER", "unrig")
DB_PASSWORD = _password()
DB_DELAY_S = float(os.environ.get("UNRIG_DB_DELAY", "0"))
DB_CONNECTION = os.environ.get("UNRIG_DB_CONNECTION", "per-request")  # or pooled, or none
DB_POOL_SIZE = max(1, int(os.environ.get("UNRIG_DB_POOL", "1")))  # connections of one worker

DRIVER = os.environ.get("UNRIG_DRIVER", "")
DRIVER_TRANSACTION = _flag("UNRIG_DRIVER_TRANSACTION")
DRIVER_HSTORE = _flag("UNRIG_DRIVER_HSTORE")
YIELD = os.environ.get("UNRIG_YIELD", "")  # who makes psycopg2 yield: "gevent", "meinheld", ""

# libpq from version 12 on looks for a Kerberos ticket before it connects, older ones do not.
os.environ.setdefault("PGGSSENCMODE", "disable")
