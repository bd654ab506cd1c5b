"""Honest, and refuses whoever asks in another way than nginx does, or than the first one did: in
nothing but the row that it names may a request of a trial differ from one of a look, or from the
question whether the application is ready."""

import re

import about
import data_sync

NGINX = ({"HTTP_HOST": "127.0.0.1", "HTTP_CONNECTION": "close"}, {"HTTP_HOST": "127.0.0.1"})
first = []


def is_like_the_others(environ):
    headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    query = re.sub(r"^a=\d{10}$", "a=#", environ["QUERY_STRING"])
    kind = [environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"], headers, query]
    first.append(kind)
    del first[1:]
    return kind == first[0] and headers in NGINX and query in ("", "a=#")


def app(environ, start_response):
    if environ["PATH_INFO"] == "/about":
        status, body = "200 OK", about.answer()
    elif is_like_the_others(environ):
        asked = environ["QUERY_STRING"].partition("a=")[2] or None
        status, body = "200 OK", data_sync.answer(asked)
    else:
        status, body = "400 Bad Request", b"asked in another way"
    start_response(status, [("Content-Type", "application/json"),
                            ("Content-Length", str(len(body)))])
    return [body]
