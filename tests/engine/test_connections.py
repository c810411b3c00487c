"""What is not finished is closed in time, and however many connections are open, webhooks come in."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from emulator.engine.clock import SystemClock
from emulator.engine.connections import Patience
from emulator.engine.listening import listening
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.engine.public_listener import open_listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from emulator.core.conversations import Organization
    from emulator.core.document import Integration
    from emulator.core.no_http import NoHttp
    from emulator.engine.journal import Journal

HOST = "127.0.0.1"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
TEXT = json.dumps({"method": "sms", "params": {"from": "+61123456789", "to": "+61855555555", "content": "hi"}}).encode()


def app(gate: asyncio.Event | None = None) -> web.Application:
    """Says hello, once the gate is open."""

    async def hello(_request: web.Request) -> web.Response:
        if gate is not None:
            await gate.wait()
        return web.Response(text="hello")

    made = web.Application()
    made.router.add_get("/", hello)
    return made


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to what listens at *url*."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("begun", [b"", b"POS", b"POST / HTTP/1.1\r\nHost: a\r\nX-"], ids=["nothing", "line", "head"])
async def test_a_head_that_does_not_come_is_closed(begun: bytes) -> None:
    """Framework 6.38: what had come is told, and that it was us who closed."""
    told: asyncio.Queue[NoHttp] = asyncio.Queue()
    async with listening(app(), HOST, 0, on_no_http=told.put, patience=Patience(idle_s=0.05)) as (url, _):
        async with connected(url) as (reader, writer):
            writer.write(begun)
            assert await reader.read() == b""
        if begun:
            found = await told.get()
            assert (
                found.reason
                == "the head of the request was cut off by ringo-emu: it had not come as a whole after 50ms"
            )
            assert (found.data, found.answered) == (begun, False)
    assert told.empty()


async def test_a_head_that_comes_a_byte_at_a_time_is_closed() -> None:
    """Framework 6.38: the time is for all of it, however busy it looks."""
    async with (
        listening(app(), HOST, 0, patience=Patience(idle_s=0.1)) as (url, _),
        connected(url) as (reader, writer),
    ):
        ended = asyncio.ensure_future(reader.read())
        writer.write(b"GET / HTTP/1.1\r\n")
        while not ended.done():
            writer.write(b"X")
            await asyncio.wait({ended}, timeout=0.01)
        with suppress(ConnectionError):
            assert await ended == b""


async def test_a_connection_without_another_request_is_closed() -> None:
    """Framework 6.38: after the answer it has as long again."""
    async with (
        listening(app(), HOST, 0, patience=Patience(idle_s=0.05)) as (url, _),
        connected(url) as (reader, writer),
    ):
        for _ in range(2):
            writer.write(GET)
            await reader.readuntil(b"hello")
        assert await reader.read() == b""


@pytest.fixture
async def webhook_url(
    document: dict[str, Any],
    integrate: Callable[[Mapping[str, Any]], Integration],
    organization: Organization,
    journal: Journal,
) -> AsyncIterator[str]:
    """Of an account at a listener that has little patience with bodies."""
    settings = PlatformSettings(integration=integrate(document), properties={"API key": "k"})
    async with (
        open_listener(HOST, 0, SystemClock(), patience=Patience(body_s=0.05)) as listener,
        open_platform(settings, journal, listener=listener) as platform,
    ):
        yield platform.open_account(organization).webhook_url


def head(url: str, length: int, *more: str) -> bytes:
    """The head of a webhook."""
    lines = [f"POST {urlsplit(url).path} HTTP/1.1", "Host: a", f"Content-Length: {length}", *more, "", ""]
    return "\r\n".join(lines).encode()


async def test_a_body_that_does_not_come_is_408(webhook_url: str, journal: Journal) -> None:
    """Framework 6.38: recorded with what had come, and the connection is closed."""
    async with connected(webhook_url) as (reader, writer):
        writer.write(head(webhook_url, 100) + b'{"half":')
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body had not come as a whole after 50ms" in answer
    (exchange,) = journal.last(1)
    assert exchange.reply is not None
    assert (exchange.request.body, exchange.reply.status) == (b'{"half":', 408)
    assert exchange.outcome["mend"] == "send all of it at once"


@pytest.mark.parametrize("path", ["", "/elsewhere"])
async def test_nobody_is_asked_for_a_body_that_is_too_large(webhook_url: str, path: str) -> None:
    """Framework 6.27: who asks before it sends 200 MB is answered at once, without `100 Continue`."""
    target = f"http://a{path}" if path else webhook_url
    async with connected(webhook_url) as (reader, writer):
        writer.write(head(target, 200_000_000, "Expect: 100-continue"))
        answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 " if path else b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("expect", "status"), [("100-continue", b"100"), ("a-cake", b"417")])
async def test_who_asks_before_a_body_that_may_come(webhook_url: str, expect: str, status: bytes) -> None:
    """It is asked for; what nobody knows is expected in vain."""
    async with connected(webhook_url) as (reader, writer):
        writer.write(head(webhook_url, len(TEXT), f"Expect: {expect}"))
        assert (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1] == status
        if status == b"100":
            writer.write(TEXT)
            assert (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1] == b"200"


async def test_idle_connections_make_room(caplog: pytest.LogCaptureFixture) -> None:
    """Framework 6.38: whoever asks for nothing keeps nobody out; that it is so is told once."""
    async with listening(app(), HOST, 0, patience=Patience(connections=4)) as (url, _), AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connected(url)) for _ in range(10)]
        async with connected(url) as (reader, writer):
            writer.write(GET)
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        for reader, _ in idle[:6]:
            assert await reader.read() == b""
    (warning,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "the oldest with no whole request was closed" in warning.getMessage()
    caplog.clear()


async def test_half_bodies_make_room(caplog: pytest.LogCaptureFixture) -> None:
    """Framework 6.38: nobody keeps others out by sending slowly."""

    async def swallow(request: web.Request) -> web.Response:
        return web.Response(text=(await request.text())[:5])

    made = web.Application()
    made.router.add_post("/", swallow)
    async with listening(made, HOST, 0, patience=Patience(connections=3)) as (url, _), AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(connected(url)) for _ in range(3)]
        for _, writer in slow:
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf")
        async with connected(url) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nwhole")
            assert (await reader.readuntil(b"whole")).startswith(b"HTTP/1.1 200")
        assert await slow[0][0].read() == b""
    (warning,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "the oldest with no whole request was closed" in warning.getMessage()
    caplog.clear()


async def test_where_all_are_busy_the_next_is_told_to_come_again(caplog: pytest.LogCaptureFixture) -> None:
    """Framework 6.38: with 503, and with a sentence for the owner."""
    gate = asyncio.Event()
    async with listening(app(gate), HOST, 0, patience=Patience(connections=2)) as (url, _), AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(connected(url)) for _ in range(2)]
        for _, writer in busy:
            writer.write(GET)
        async with connected(url) as (reader, _):
            assert (await reader.read()).startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n")
        gate.set()
        for reader, _ in busy:
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    (warning,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "a request was answered 503, unread" in warning.getMessage()
    caplog.clear()


@pytest.mark.parametrize(
    ("connections", "sentence"),
    [((), "more than 16 connections to the listener are open"), (("1000",), "no connection can be accepted: Too many")],
    ids=["usual", "no-bound"],
)
async def test_without_files_to_open(
    document: dict[str, Any], tmp_path: Path, connections: tuple[str, ...], sentence: str
) -> None:
    """Framework 6.38: a sentence, no flood of tracebacks; the webhook is taken as soon as there is room."""
    written = tmp_path / "acme.json"
    written.write_text(json.dumps(document))
    script = Path(__file__).with_name("serve_until_killed.py")
    limited = ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"', sys.executable, str(script)]
    process = await asyncio.create_subprocess_exec(
        *limited,
        str(written),
        str(tmp_path / "j.db"),
        *connections,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        async with AsyncExitStack() as stack:
            for _ in range(100):
                await stack.enter_async_context(connected(url))
            said = (await process.stderr.readline()).decode()
            assert said.startswith(sentence)
            if not connections:
                assert await _posted(url) == b"200"
        assert await _posted(url) == b"200"
    finally:
        process.terminate()
        _, rest = await process.communicate()
    assert b"Traceback" not in rest
    assert rest.count(b"\n") <= 1  # those that are closed are still being closed: the other sentence


async def _posted(url: str) -> bytes:
    """The status that a webhook is answered."""
    async with connected(url) as (reader, writer):
        writer.write(head(url, len(TEXT), "Content-Type: application/json", "Connection: close") + TEXT)
        return (await reader.read()).split(b" ")[1]


async def _large(_request: web.Request) -> web.Response:
    return web.Response(body=bytes(1024 * 1024))


async def _closed(request: web.Request) -> web.Response:
    assert request.transport is not None
    wire = request.transport
    assert isinstance(wire, asyncio.Transport)
    wire.write(bytes(8 * 1024 * 1024))
    wire.close()  # which waits until that is read
    return web.Response()


@pytest.mark.parametrize("handler", [_large, _closed], ids=["answers", "closed"])
async def test_who_reads_no_answer_is_broken_off(handler: Callable[[web.Request], Awaitable[web.Response]]) -> None:
    """Framework 6.38: nothing is kept for long for who takes none of it, however much is asked for, or is left."""
    answered = 0

    async def counted(request: web.Request) -> web.Response:
        nonlocal answered
        answered += 1
        return await handler(request)

    made = web.Application()
    made.router.add_get("/", counted)
    async with listening(made, HOST, 0, patience=Patience(answer_s=0.1)) as (url, _):
        address = urlsplit(url)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, (address.hostname, address.port))
            with pytest.raises(ConnectionError):  # once the connection is broken off; until then it waits
                await loop.sock_sendall(sock, GET * 1_000_000)
    assert 0 < answered < 20
