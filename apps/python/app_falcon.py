"""The application in Falcon, from version 2 on."""

import about
import data_sync
import falcon
from row import CONTENT_TYPE


class Test:
    def on_get(self, request, response):
        response.data = data_sync.answer(request.get_param("a"))
        response.content_type = CONTENT_TYPE


class About:
    def on_get(self, request, response):
        response.data = about.answer()
        response.content_type = CONTENT_TYPE


app = falcon.App() if hasattr(falcon, "App") else falcon.API()
app.add_route("/test", Test())
app.add_route("/about", About())
