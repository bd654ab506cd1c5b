"""200 and the right bytes, as text."""

from app_flask import app as app


@app.after_request
def call_it_text(response):
    response.content_type = "text/plain; charset=utf-8"
    return response
