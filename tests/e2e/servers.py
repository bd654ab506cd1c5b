"""Servers to be loaded: those of tests/fault_server as programs, and small ones of a test's own."""

import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from harness import E2ETest, wait_until

FAULT_SERVER = os.environ["UNRIG_FAULT_SERVER"]
TLS_SERVER = os.environ["UNRIG_TLS_SERVER"]
DELAY_SERVER = pathlib.Path(__file__).resolve().parent / "delay_server.py"


def bound_socket() -> socket.socket:
    """Holds a port of 127.0.0.1 and does not listen there."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def serve(test: unittest.TestCase, handler, **attributes) -> http.server.ThreadingHTTPServer:
    """A server of this program with such attributes, which `handler` sees; ends with the test."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    vars(server).update(attributes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return server


def url_of(server: http.server.ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/"


class ServersTest(E2ETest):
    """Servers end with the test that asked for them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            self.end(server)
        super().tearDown()

    @staticmethod
    def end(server: subprocess.Popen) -> str:
        """What it printed."""
        server.terminate()
        return server.communicate()[0] if not server.stdout.closed else ""

    def fault_server(self, fault: str = "none", every: int = 1) -> str:
        """The URL of a new server that treats every so-manieth request so."""
        for _ in range(5):  # another program may take the port before the server does
            with bound_socket() as holder:
                port = holder.getsockname()[1]
            server = subprocess.Popen([FAULT_SERVER, str(port), fault, str(every)],
                                      stdout=subprocess.PIPE, text=True)
            self.servers.append(server)
            wait_until(lambda: server.poll() is not None or answers(port),
                       "the fault server listens")
            if server.poll() is None:
                return f"http://127.0.0.1:{port}/"
        raise AssertionError("the fault server does not start")

    def log(self) -> dict:
        """What the last server counted; it ends."""
        return json.loads(self.end(self.servers.pop()))

    def delay_server(self, delay_ms: int) -> str:
        """The URL of a new server that answers each request so late."""
        server = subprocess.Popen([sys.executable, str(DELAY_SERVER), str(delay_ms)],
                                  stdout=subprocess.PIPE, text=True)
        self.servers.append(server)
        return f"http://127.0.0.1:{int(server.stdout.readline())}/"

    def tls_server(self) -> tuple[str, str]:
        """The URL of a new server, and the file with its certificate."""
        certificate = str(self.folder / "certificate.pem")
        server = subprocess.Popen([TLS_SERVER, certificate], stdout=subprocess.PIPE, text=True)
        self.servers.append(server)
        return f"https://127.0.0.1:{int(server.stdout.readline())}/", certificate

    @staticmethod
    def connected(pid: int) -> bool:
        """Whether a load of this process has begun."""
        threads = pathlib.Path(f"/proc/{pid}/task")
        return len(list(threads.iterdir())) >= 4  # main, signals, progress, measuring
