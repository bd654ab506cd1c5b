"""Right in every answer, and tells a file of its own about each."""

import os

from app_flask import app as app

log = open(os.path.join(os.environ["HOME"], "requests.log"), "a", buffering=1, encoding="ascii")


@app.after_request
def tell(response):
    log.write(f"GET /test {response.status_code}\n")
    return response
