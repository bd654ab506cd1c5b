"""The application in Sanic: as an ASGI application, or on Sanic's own server when run."""

import about
import data_async
import forked
import settings
from row import CONTENT_TYPE
from sanic import Sanic
from sanic.response import raw

app = Sanic("unrig")


def _respond(request, body):
    # Under ASGI newer releases leave the length out, and the server sends chunks instead.
    headers = {"content-length": str(len(body))} if hasattr(request.transport, "scope") else {}
    return raw(body, content_type=CONTENT_TYPE, headers=headers)


@app.route("/test")
async def test(request):
    return _respond(request, await data_async.answer(request.args.get("a")))


@app.route("/about")
async def about_process(request):
    return _respond(request, about.answer())


if __name__ == "__mp_main__":  # newer releases spawn their workers and helpers
    forked.die_with_parent()
elif __name__ == "__main__":  # older releases fork their workers
    app.listener("before_server_start")(lambda app, loop: forked.die_with_parent())
    app.run(
        host=settings.LISTEN_HOST,
        port=settings.LISTEN_PORT,
        workers=settings.WORKERS,
        backlog=settings.BACKLOG,
        access_log=False,
        debug=False,
    )
