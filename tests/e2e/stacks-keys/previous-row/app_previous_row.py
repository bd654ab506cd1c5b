"""Reads the row that it is asked for, in one statement, and answers with that of the request
before: as many statements, right rows, and none of them for whoever gets it."""

import about
import data_sync

before = []


def app(environ, start_response):
    if environ["PATH_INFO"] == "/about":
        body = about.answer()
    else:
        before.append(data_sync.answer(environ["QUERY_STRING"].partition("a=")[2] or None))
        body = before.pop(0) if len(before) > 1 else before[0]
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
