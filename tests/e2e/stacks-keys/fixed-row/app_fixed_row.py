"""Reads and answers the same row for everybody: it is always in the database's cache."""

import about
import data_sync


def app(environ, start_response):
    if environ["PATH_INFO"] == "/about":
        body = about.answer()
    else:
        body = data_sync.answer("0000000007")
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
