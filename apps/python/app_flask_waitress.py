"""The application in Flask, for Waitress: its workers are threads of one process."""

import logging

import settings

# All of them share one pool. It is made when the application is imported.
settings.DB_POOL_SIZE *= settings.WORKERS

from app_flask import app as app  # noqa: E402  the server looks for it here

# Waitress logs when a request has to wait for a thread: under load, a line per request.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
