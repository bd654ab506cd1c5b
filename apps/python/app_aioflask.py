"""The application in Aioflask."""

import about
import data_async
from aioflask import Flask
from flask import Response, request
from row import CONTENT_TYPE

app = Flask("unrig")


@app.route("/test")
async def test():
    return Response(await data_async.answer(request.args.get("a")), content_type=CONTENT_TYPE)


@app.route("/about")
async def about_process():
    return Response(about.answer(), content_type=CONTENT_TYPE)
