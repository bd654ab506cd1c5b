"""The application in Flask."""

import about
import data_sync
from flask import Flask, Response, request
from row import CONTENT_TYPE

app = Flask("unrig")


@app.route("/test")
def test():
    return Response(data_sync.answer(request.args.get("a")), content_type=CONTENT_TYPE)


@app.route("/about")
def about_process():
    return Response(about.answer(), content_type=CONTENT_TYPE)
