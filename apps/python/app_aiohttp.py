"""The application in aiohttp, on aiohttp's own server."""

import asyncio

import about
import data_async
import forked
import settings
import uvloop
from aiohttp import web
from row import CONTENT_TYPE


async def test(request):
    body = await data_async.answer(request.query.get("a"))
    return web.Response(body=body, content_type=CONTENT_TYPE)


async def about_process(request):
    return web.Response(body=about.answer(), content_type=CONTENT_TYPE)


async def _serve(listening):
    app = web.Application()
    app.add_routes([web.get("/test", test), web.get("/about", about_process)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening, backlog=settings.BACKLOG).start()
    await asyncio.Event().wait()


def serve(listening):
    uvloop.install()
    asyncio.run(_serve(listening))


if __name__ == "__main__":
    forked.run(serve)
