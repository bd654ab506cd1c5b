"""Data access of the coroutine stacks: aiopg, asyncpg, or psycopg 3."""

import row
import settings
from pool_async import Pool

CONNECT = {
    "host": settings.DB_HOST,
    "port": settings.DB_PORT,
    "user": settings.DB_USER,
    "password": settings.DB_PASSWORD,
}

if settings.DRIVER == "aiopg":
    import aiopg

    QUERY = row.query("%s", "%s")

    async def connect():
        # In this mode psycopg2 opens no transaction, so there is none to end.
        return await aiopg.connect(
            dbname=settings.DB_NAME,
            sslmode="disable",
            enable_hstore=settings.DRIVER_HSTORE,
            **CONNECT
        )

    async def read(connection, asked):
        async with connection.cursor() as cursor:
            await cursor.execute(QUERY, row.arguments(asked))
            return await cursor.fetchone()

elif settings.DRIVER == "asyncpg":
    import asyncpg

    QUERY = row.query("$1", "$2")

    async def connect():
        return await asyncpg.connect(database=settings.DB_NAME, ssl=False, **CONNECT)

    async def read(connection, asked):
        return await connection.fetchrow(QUERY, *row.arguments(asked))

elif settings.DRIVER == "psycopg3":
    import psycopg

    QUERY = row.query("%s", "%s")

    async def connect():
        # Never prepared: each request is one flight, on the first use of a connection and later.
        return await psycopg.AsyncConnection.connect(
            dbname=settings.DB_NAME,
            sslmode="disable",
            autocommit=not settings.DRIVER_TRANSACTION,
            prepare_threshold=None,
            **CONNECT
        )

    async def read(connection, asked):
        async with connection.cursor() as cursor:
            await cursor.execute(QUERY, row.arguments(asked))
            found = await cursor.fetchone()
        if settings.DRIVER_TRANSACTION:
            await connection.commit()
        return found

else:
    raise SystemExit(
        "UNRIG_DRIVER is not one of aiopg, asyncpg, psycopg3: " + repr(settings.DRIVER)
    )


async def _read_once(asked):
    connection = await connect()
    try:
        return await read(connection, asked)
    finally:
        await connection.close()


async def _read_pooled(asked):
    async with pool.connection() as connection:
        return await read(connection, asked)


async def _make_up(asked):
    return row.made_up(asked)


pool = Pool(connect, settings.DB_POOL_SIZE)
_read_row = {"pooled": _read_pooled, "none": _make_up}.get(settings.DB_CONNECTION, _read_once)


async def answer(asked=None):
    """The body of one answer; `asked`: the text of `a` in the query, where there is one."""
    return row.body(*await _read_row(asked))
