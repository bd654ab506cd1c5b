"""Right in every byte of the body, below a head that is longer than those of the others."""

from app_flask import app as app


@app.after_request
def add_headers(response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    return response
