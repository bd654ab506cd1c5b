"""Opens a connection for each request, though a pool is asked for."""

import data_sync
import settings

if settings.DB_CONNECTION == "pooled":
    data_sync._read_row = data_sync._read_once

from app_flask import app as app  # noqa: E402  the server looks for it here
