"""Data access of the sync, threaded and greenlet stacks: psycopg2, or psycopg 3."""

import row
import settings
import yielding
from pool_sync import Pool

QUERY = row.query("%s", "%s")
CONNECT = {
    "host": settings.DB_HOST,
    "port": settings.DB_PORT,
    "dbname": settings.DB_NAME,
    "user": settings.DB_USER,
    "password": settings.DB_PASSWORD,
    "sslmode": "disable",
}

if settings.DRIVER == "psycopg2":
    import psycopg2

    yielding.patch_psycopg2()

    def connect():
        connection = psycopg2.connect(**CONNECT)
        connection.autocommit = not settings.DRIVER_TRANSACTION
        return connection

elif settings.DRIVER == "psycopg3":
    import psycopg

    def connect():
        # Never prepared: each request is one flight, on the first use of a connection and later.
        return psycopg.connect(
            autocommit=not settings.DRIVER_TRANSACTION, prepare_threshold=None, **CONNECT
        )

else:
    raise SystemExit("UNRIG_DRIVER is not one of psycopg2, psycopg3: " + repr(settings.DRIVER))


def _read(connection, asked):
    cursor = connection.cursor()
    cursor.execute(QUERY, row.arguments(asked))
    found = cursor.fetchone()
    cursor.close()
    if settings.DRIVER_TRANSACTION:
        connection.commit()
    return found


def _read_once(asked):
    connection = connect()
    try:
        return _read(connection, asked)
    finally:
        connection.close()


def _read_pooled(asked):
    with pool.connection() as connection:
        return _read(connection, asked)


pool = Pool(connect, settings.DB_POOL_SIZE)
_read_row = {"pooled": _read_pooled, "none": row.made_up}.get(settings.DB_CONNECTION, _read_once)


def answer(asked=None):
    """The body of one answer; `asked`: the text of `a` in the query, where there is one."""
    return row.body(*_read_row(asked))
