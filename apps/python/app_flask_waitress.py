"""The application in Flask, for Waitress: without the line that it logs when a request has to wait
for a thread, which under load is a line per request."""

import logging

from app_flask import app as app  # the server looks for it here

logging.getLogger("waitress.queue").setLevel(logging.ERROR)
