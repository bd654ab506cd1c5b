"""The application in Django Ninja, as an ASGI application."""

from typing import Optional

import about
import data_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path
from row import CONTENT_TYPE

# No middleware, as in the other frameworks: what Django adds by default is its users' choice.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DEBUG=False, MIDDLEWARE=[])

from ninja import NinjaAPI  # noqa: E402  it reads Django's settings

api = NinjaAPI(docs_url=None, openapi_url=None)


def _respond(body):
    # Without middleware Django leaves the length out, and the server sends chunks instead.
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, content_type=CONTENT_TYPE, headers=headers)


@api.get("/test")
async def test(request, a: Optional[str] = None):
    return _respond(await data_async.answer(a))


@api.get("/about")
async def about_process(request):
    return _respond(about.answer())


urlpatterns = [path("", api.urls)]
app = get_asgi_application()
