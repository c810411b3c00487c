"""The load tool: posts one webhook over and over on a number of kept connections, as fast as they are answered.

``python -m bench.load HOST PORT PATH CONNECTIONS SECONDS`` prints requests a second. It is a process of its own,
speaks HTTP/1.1 itself and does the same for whatever it loads.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

_BODY = json.dumps({"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "hi"}})


class _Connection(asyncio.Protocol):
    def __init__(self, request: bytes, until: float) -> None:
        self.request = request
        self.until = until
        self.answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, blank, rest = self.buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(rest) < length:
            return
        assert head.startswith(b"HTTP/1.1 200"), head
        self.buffer = rest[length:]
        self.answered += 1
        if time.perf_counter() < self.until:
            self._send()
        elif not self.done.done():
            self.done.set_result(None)


async def load(host: str, port: int, path: str, connections: int, seconds: float) -> float:
    """Requests a second."""
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n{_BODY}"
    ).encode()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(request, began + seconds), host, port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in opened))
    took = time.perf_counter() - began
    for transport, _ in opened:
        transport.close()
    return sum(connection.answered for _, connection in opened) / took


if __name__ == "__main__":
    where, number, webhook, many, duration = sys.argv[1:]
    print(asyncio.run(load(where, int(number), webhook, int(many), float(duration))))
