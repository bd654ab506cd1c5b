"""The application in Tornado, on Tornado's own server."""

import asyncio

import about
import data_async
import forked
import uvloop
from row import CONTENT_TYPE
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler


class Test(RequestHandler):
    async def get(self):
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(await data_async.answer(self.get_query_argument("a", None)))

    def compute_etag(self):
        return None  # no other framework hashes its answers


class About(Test):
    async def get(self):
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(about.answer())


async def _serve(listening):
    app = Application(
        [("/test", Test), ("/about", About)], log_function=lambda handler: None
    )
    HTTPServer(app).add_socket(listening)
    await asyncio.Event().wait()


def serve(listening):
    uvloop.install()
    asyncio.run(_serve(listening))


if __name__ == "__main__":
    forked.run(serve)
