"""The right body as a stream: its length is nowhere, and the server has to send chunks."""

from urllib.parse import parse_qs

import data_sync


def app(environ, start_response):
    there = environ["PATH_INFO"] == "/test"
    start_response("200 OK" if there else "404 Not Found", [("Content-Type", "application/json")])
    if environ["REQUEST_METHOD"] == "HEAD":
        return []
    asked = parse_qs(environ["QUERY_STRING"]).get("a", [None])[0]
    return iter([data_sync.answer(asked) if there else b"{}"])
