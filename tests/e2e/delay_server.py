"""A server that answers each request after a fixed delay, for tests of comparisons.

delay_server.py DELAY_MS [CHANGES_AFTER]: serves a free port of 127.0.0.1, which it prints, until it
is ended. The body changes, and keeps its length, after that many answers.
"""

import asyncio
import sys


async def serve(delay_s: float, changes_after: int | None):
    answered = 0

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        nonlocal answered
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(delay_s)
                answered += 1
                changed = changes_after is not None and answered > changes_after
                body = b"after." if changed else b"before"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    delay_ms, *changes = sys.argv[1:]
    asyncio.run(serve(float(delay_ms) / 1000, int(changes[0]) if changes else None))
