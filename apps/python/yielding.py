"""Makes psycopg2 let other requests run while it waits, on servers whose requests are greenlets.

psycopg2 waits inside libpq, in C, where monkey patching does not reach. Without this a greenlet
server handles one request at a time, whatever it claims.
"""

import settings


def _wait_meinheld(connection):
    from meinheld import trampoline
    from psycopg2 import OperationalError, extensions

    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        if state == extensions.POLL_READ:
            trampoline(connection.fileno(), read=True)
        elif state == extensions.POLL_WRITE:
            trampoline(connection.fileno(), write=True)
        else:
            raise OperationalError("unexpected answer of poll: {}".format(state))


def patch_psycopg2():
    if settings.YIELD == "gevent":
        from psycogreen.gevent import patch_psycopg

        patch_psycopg()
    elif settings.YIELD == "meinheld":
        from psycopg2 import extensions

        extensions.set_wait_callback(_wait_meinheld)
