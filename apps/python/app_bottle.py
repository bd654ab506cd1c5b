"""The application in Bottle."""

import about
import data_sync
from bottle import Bottle, request, response
from row import CONTENT_TYPE

app = Bottle()


@app.route("/test")
def test():
    response.content_type = CONTENT_TYPE
    return data_sync.answer(request.query.get("a"))


@app.route("/about")
def about_process():
    response.content_type = CONTENT_TYPE
    return about.answer()
