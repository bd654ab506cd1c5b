"""The application in BlackSheep."""

from typing import Optional

import about
import data_async
from blacksheep import Application, Content, Response
from row import CONTENT_TYPE

app = Application()


def _respond(body):
    return Response(200, content=Content(CONTENT_TYPE.encode("ascii"), body))


@app.router.get("/test")
async def test(a: Optional[str] = None):
    return _respond(await data_async.answer(a))


@app.router.get("/about")
async def about_process():
    return _respond(about.answer())
