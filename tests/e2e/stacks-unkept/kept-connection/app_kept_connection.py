"""Opens one connection, and takes it for every request, whatever `db.connection` says."""

import data_sync
import settings

if settings.DB_CONNECTION == "per-request":
    kept = []

    def _read_kept(asked):
        if not kept:
            kept.append(data_sync.connect())
        return data_sync._read(kept[0], asked)

    data_sync._read_row = _read_kept

from app_flask import app as app  # noqa: E402  the server looks for it here
