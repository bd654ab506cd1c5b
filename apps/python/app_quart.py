"""The application in Quart."""

import about
import data_async
from quart import Quart, Response, request
from row import CONTENT_TYPE

app = Quart("unrig")


@app.route("/test")
async def test():
    return Response(await data_async.answer(request.args.get("a")), content_type=CONTENT_TYPE)


@app.route("/about")
async def about_process():
    return Response(about.answer(), content_type=CONTENT_TYPE)
