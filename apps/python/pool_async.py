"""A pool of connections for one event loop. It asks the database nothing: no ping, no reset."""

import asyncio
import contextlib


class Pool:
    """At most `size` connections, opened when first needed, the last used one first."""

    def __init__(self, connect, size):
        self._connect = connect
        self._size = size
        self._idle = []
        self._free = None

    @contextlib.asynccontextmanager
    async def connection(self):
        if self._free is None:  # not at import: on CPython 3.8 it belongs to the running loop
            self._free = asyncio.Semaphore(self._size)
        async with self._free:
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                yield connection
            except BaseException:
                await connection.close()
                raise
            self._idle.append(connection)
