"""A pool of connections for one worker. It asks the database nothing: no ping, no reset."""

import collections
import contextlib
import os
import threading

import settings


class _Tokens:
    """A semaphore that a greenlet of meinheld can wait for: meinheld patches no locks, but it can
    wait for a file. Each waiter has a pipe of its own, because meinheld knows one waiter per file,
    and forgets a file only when it is closed: a copy of one that stays open would wake it up for
    ever."""

    def __init__(self, count):
        self._free = count
        self._waiting = collections.deque()  # write ends of their pipes, the longest waiting first

    def acquire(self):
        if self._free > 0:
            self._free -= 1
            return
        from meinheld import trampoline

        read_end, write_end = os.pipe()
        self._waiting.append(write_end)
        try:
            trampoline(read_end, read=True)
        except BaseException:
            if write_end in self._waiting:
                self._waiting.remove(write_end)
            else:  # it was handed a token that it will not use
                self.release()
            raise
        finally:
            os.close(read_end)
            os.close(write_end)

    def release(self):
        if self._waiting:
            os.write(self._waiting.popleft(), b"t")  # handed on: it never becomes free
        else:
            self._free += 1


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
