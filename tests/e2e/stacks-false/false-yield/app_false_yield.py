"""Coroutines around a driver that blocks: one request at a time, whatever the server could do."""

import about
import data_sync
from row import CONTENT_TYPE
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


async def test(request):
    return Response(data_sync.answer(), media_type=CONTENT_TYPE)


async def about_process(request):
    return Response(about.answer(), media_type=CONTENT_TYPE)


app = Starlette(routes=[Route("/test", test), Route("/about", about_process)])
