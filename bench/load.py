"""The load tool: posts webhooks, each with a text of its own, on a number of kept connections, as fast as they are
answered.

``python -m bench.load HOST PORT PATH CONNECTIONS SECONDS`` prints requests a second. It is a process of its own, speaks
HTTP/1.1 over epoll itself, so that little of a processor goes into asking, and does the same for whatever it loads.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from itertools import count

_BODY = json.dumps(
    {"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "000000000"}}
)
_COUNTER = b"000000000"
_OK = b"HTTP/1.1 200"


def _answer_length(connection: socket.socket, request: bytes) -> int:
    """The number of bytes of a whole answer: every answer of a server has the same."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    assert data.startswith(_OK), data
    head, _, rest = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(rest) < length:
        rest += connection.recv(65536)
    return len(head) + 4 + length


def load(host: str, port: int, path: str, connections: int, seconds: float) -> float:
    """Requests a second."""
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n{_BODY}"
    ).encode()
    before, after = request.split(_COUNTER)
    requests = (b"%b%09d%b" % (before, number, after) for number in count())
    opened = [socket.create_connection((host, port)) for _ in range(connections)]
    length = max(_answer_length(connection, next(requests)) for connection in opened)
    poller = select.epoll()
    by_number = {connection.fileno(): connection for connection in opened}
    got = dict.fromkeys(by_number, 0)
    for number, connection in by_number.items():
        poller.register(number, select.EPOLLIN)
        connection.send(next(requests))
    began = now = time.perf_counter()
    answered = 0
    while now < began + seconds:
        for number, _ in poller.poll():
            connection = by_number[number]
            data = connection.recv(65536)
            if not got[number]:
                assert data.startswith(_OK), data
            got[number] += len(data)
            if got[number] == length:
                got[number] = 0
                answered += 1
                connection.send(next(requests))
        now = time.perf_counter()
    for connection in opened:
        connection.close()
    return answered / (now - began)


if __name__ == "__main__":
    where, number, webhook, many, duration = sys.argv[1:]
    print(load(where, int(number), webhook, int(many), float(duration)))
