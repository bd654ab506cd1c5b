"""A pool for everybody, in the one process that there is."""

import settings

settings.DB_POOL_SIZE *= settings.WORKERS

from app_starlette import app as app  # noqa: E402  the server looks for it here
