"""Right in every answer, with a ping before each statement, as some pools send it."""

import data_sync

_read = data_sync._read


def _read_after_a_ping(connection, asked):
    cursor = connection.cursor()
    cursor.execute("SELECT 'ping', 1")
    cursor.close()
    return _read(connection, asked)


data_sync._read = _read_after_a_ping

from app_flask import app as app  # noqa: E402  the server looks for it here
