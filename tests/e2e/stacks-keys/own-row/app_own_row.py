"""Does not look at what it is asked for, and reads a row of its own choice."""

import about
import data_sync


def app(environ, start_response):
    body = about.answer() if environ["PATH_INFO"] == "/about" else data_sync.answer()
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
