"""The application in FastAPI."""

from typing import Optional

import about
import data_async
from fastapi import FastAPI
from row import CONTENT_TYPE
from starlette.responses import Response

app = FastAPI()


@app.get("/test")
async def test(a: Optional[str] = None):
    return Response(await data_async.answer(a), media_type=CONTENT_TYPE)


@app.get("/about")
async def about_process():
    return Response(about.answer(), media_type=CONTENT_TYPE)
