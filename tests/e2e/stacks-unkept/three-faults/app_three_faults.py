"""The right bytes, called text, below a head that is longer than those of the others; and a file of
its own is told about each answer."""

import os

from app_flask import app as app

log = open(os.path.join(os.environ["HOME"], "requests.log"), "a", buffering=1, encoding="ascii")


@app.after_request
def change(response):
    response.content_type = "text/plain; charset=utf-8"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    log.write(f"GET /test {response.status_code}\n")
    return response
