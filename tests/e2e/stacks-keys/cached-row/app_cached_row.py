"""Reads the row that it is asked for, but for every tenth request of a process, which gets the row
of an earlier one."""

import itertools

import about
import data_sync

served = itertools.count(1)
kept = {}


def app(environ, start_response):
    if environ["PATH_INFO"] == "/about":
        body = about.answer()
    elif next(served) % 10 == 0:
        body = kept["row"]
    else:
        body = data_sync.answer(environ["QUERY_STRING"].partition("a=")[2] or None)
        kept.setdefault("row", body)
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
