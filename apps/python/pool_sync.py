"""A pool of connections for one worker. It asks the database nothing: no ping, no reset."""

import contextlib
import os
import threading

import settings


class _Tokens:
    """A semaphore that a greenlet of meinheld can wait for: meinheld patches no locks, but it can
    wait for a file. Each waiter waits on its own copy, as meinheld knows one waiter per file."""

    def __init__(self, count):
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.write(self._write_end, b"t" * count)

    def acquire(self):
        try:
            os.read(self._read_end, 1)
        except BlockingIOError:
            self._wait()

    def _wait(self):
        from meinheld import trampoline

        own = os.dup(self._read_end)
        try:
            while True:
                trampoline(own, read=True)
                try:
                    os.read(own, 1)
                    return
                except BlockingIOError:  # another waiter was quicker
                    continue
        finally:
            os.close(own)

    def release(self):
        os.write(self._write_end, b"t")


class Pool:
    """At most `size` connections, opened when first needed, the last used one first."""

    def __init__(self, connect, size):
        self._connect = connect
        self._size = size
        self._idle = []
        self._free = None
        self._start = threading.Lock()

    def _tokens(self):
        # Made by the first request, not at import: servers that load the application before they
        # fork would share a pipe between workers.
        if self._free is None:
            with self._start:
                if self._free is None:
                    make = _Tokens if settings.YIELD == "meinheld" else threading.Semaphore
                    self._free = make(self._size)
        return self._free

    @contextlib.contextmanager
    def connection(self):
        tokens = self._tokens()
        tokens.acquire()
        try:
            connection = self._idle.pop() if self._idle else self._connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
        finally:
            tokens.release()
