"""The application in Flask, for Hypercorn: that answers 500 where a WSGI application gives a body
without any part, as Flask does to HEAD."""

from app_flask import app as flask_app


def app(environ, start_response):
    body = flask_app(environ, start_response)
    if environ["REQUEST_METHOD"] != "HEAD":
        return body
    body.close()
    return [b""]
