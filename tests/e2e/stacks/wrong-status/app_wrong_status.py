"""Answers right, but for every fifth answer of a process: 503 with the right body."""

import itertools

import data_sync

served = itertools.count(1)


def app(environ, start_response):
    body = data_sync.answer()
    status = "503 Service Unavailable" if next(served) % 5 == 0 else "200 OK"
    start_response(status, [("Content-Type", "application/json"),
                            ("Content-Length", str(len(body)))])
    return [body]
