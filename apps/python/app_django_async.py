"""The application in Django, as an ASGI application."""

import about
import data_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path
from row import CONTENT_TYPE


def _respond(body):
    # Without middleware Django leaves the length out, and the server sends chunks instead.
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, content_type=CONTENT_TYPE, headers=headers)


async def test(request):
    return _respond(await data_async.answer(request.GET.get("a")))


async def about_process(request):
    return _respond(about.answer())


urlpatterns = [path("test", test), path("about", about_process)]
# No middleware, as in the other frameworks: what Django adds by default is its users' choice.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DEBUG=False, MIDDLEWARE=[])
app = get_asgi_application()
