"""Runs one function in several forked workers on one listening socket, for the frameworks whose
own server has no such start of its own. All end together, however the first of them ends."""

import ctypes
import os
import signal
import socket
import sys

import settings

_PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Has the kernel end this process when its parent is gone, even by kill -9."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _listen():
    if settings.LISTEN_SOCKET:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(settings.LISTEN_SOCKET)
    else:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.LISTEN_HOST, settings.LISTEN_PORT))
    listening.listen(settings.BACKLOG)
    listening.setblocking(False)
    return listening


def _start(serve, listening):
    leader = os.getpid()
    if os.fork():
        return
    die_with_parent()
    if os.getppid() != leader:  # it was gone before the kernel could be told
        os._exit(1)
    serve(listening)
    os._exit(0)


def run(serve):
    """Calls `serve(listening_socket)` in each worker; never returns. The first worker to end ends
    the others: a server with fewer workers than it claims must not go on."""
    listening = _listen()
    for _ in range(settings.WORKERS):
        _start(serve, listening)
    os.wait()
    sys.exit("a worker ended")
