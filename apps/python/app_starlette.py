"""The application in Starlette."""

import about
import data_async
from row import CONTENT_TYPE
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


async def test(request):
    body = await data_async.answer(request.query_params.get("a"))
    return Response(body, media_type=CONTENT_TYPE)


async def about_process(request):
    return Response(about.answer(), media_type=CONTENT_TYPE)


app = Starlette(routes=[Route("/test", test), Route("/about", about_process)])
