"""The application in Litestar."""

from typing import Optional

import about
import data_async
from litestar import Litestar, Response, get
from row import CONTENT_TYPE


@get("/test")
async def test(a: Optional[str] = None) -> Response[bytes]:
    return Response(await data_async.answer(a), media_type=CONTENT_TYPE)


@get("/about")
async def about_process() -> Response[bytes]:
    return Response(about.answer(), media_type=CONTENT_TYPE)


app = Litestar([test, about_process], openapi_config=None)
