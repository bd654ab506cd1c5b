"""Answers right, but for every fifth answer of a process: the right length, another content."""

import itertools

import data_sync

served = itertools.count(1)


def app(environ, start_response):
    body = data_sync.answer()
    if next(served) % 5 == 0:
        body = body.replace(b'"b": "', b'"b": "x')[:-3] + b'"}'
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]
