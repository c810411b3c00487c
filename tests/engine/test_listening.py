"""Binding an application to a port."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import socket
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from emulator.engine.listening import _base_url, listening, unreachable
from emulator.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.core.no_http import NoHttp

HOST = "127.0.0.1"


def app(handler: Callable[[web.Request], Awaitable[web.Response]] | None = None) -> web.Application:
    """An application that says hello."""

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    made = web.Application()
    made.router.add_get("/", handler or hello)
    return made


async def fetched(url: str) -> tuple[int, str]:
    """Status and text that *url* answers."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_port_0_picks_a_free_port() -> None:
    """The URL told is the one that answers, and two can listen at once."""
    async with listening(app(), HOST, 0) as (one, _), listening(app(), HOST, 0) as (other, _):
        assert one != other
        assert [await fetched(url) for url in (one, other)] == [(200, "hello")] * 2


async def test_the_socket_accepts_when_the_url_is_told_and_not_after_the_block() -> None:
    """Ready means ready, and closed means closed."""
    async with listening(app(), HOST, 0) as (url, _):
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), timeout=5):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=5)


async def test_a_port_in_use_is_told() -> None:
    """With the way out; the application is not left half started."""
    cleaned: list[web.Application] = []
    made = app()
    made.on_cleanup.append(lambda each: _noted(cleaned, each))
    with closing(socket.socket()) as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UnreachableError, match=f"port {port} of {HOST} is in use") as caught:
            async with listening(made, HOST, port):
                pass

    assert caught.value.mend == "stop what listens there, or pick another by --port (0: any free one)"
    assert cleaned == [made]


async def _noted(into: list[web.Application], each: web.Application) -> None:
    into.append(each)


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        (HOST, 70000, "cannot listen at 127.0.0.1:70000: bind(): port must be 0-65535"),
        (HOST, -1, "cannot listen at 127.0.0.1:-1: bind(): port must be 0-65535"),
        ("nohost.invalid", 0, "cannot listen at nohost.invalid:0: "),
        ("192.0.2.1", 0, "cannot listen at 192.0.2.1:0: "),
    ],
    ids=["too-large", "negative", "no-such-host", "not-ours"],
)
async def test_what_cannot_be_bound_is_told(host: str, port: int, said: str) -> None:
    """One sentence with the address, and one that always works."""
    with pytest.raises(UnreachableError) as caught:
        async with listening(app(), host, port):
            pass

    assert caught.value.message.startswith(said)
    assert caught.value.mend == "use --host 127.0.0.1 --port 0"


def test_a_privileged_port_is_told() -> None:
    """As it is refused to whoever is not root; a test cannot count on not being root."""
    error = unreachable(HOST, 80, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))

    assert (error.message, error.mend) == ("port 80 of 127.0.0.1 may not be used", "pick one above 1023 by --port")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (("127.0.0.1", 8085), "http://127.0.0.1:8085"),
        (("0.0.0.0", 8085), "http://127.0.0.1:8085"),  # noqa: S104 - nothing is bound
        (("::1", 8085, 0, 0), "http://[::1]:8085"),
        (("::", 8085, 0, 0), "http://[::1]:8085"),
        (("2001:db8::7", 1, 0, 0), "http://[2001:db8::7]:1"),
    ],
    ids=["ipv4", "everywhere", "ipv6", "everywhere-ipv6", "ipv6-address"],
)
def test_base_url(address: tuple[object, ...], expected: str) -> None:
    """A socket that listens everywhere is reached on the loopback; IPv6 stands in brackets."""
    assert expected == _base_url(address)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_ipv6() -> None:
    """The URL can be used as it is."""
    try:
        async with listening(app(), "::1", 0) as (url, _):
            assert await fetched(url) == (200, "hello")
    except UnreachableError as error:  # a machine may know IPv6 and have no address of it
        pytest.skip(error.message)


async def test_localhost_is_told_as_the_address_that_was_bound() -> None:
    """The name may stand for two addresses, and port 0 then for two ports."""
    async with listening(app(), "localhost", 0) as (url, _):
        assert urlsplit(url).hostname in {"127.0.0.1", "::1"}
        assert await fetched(url) == (200, "hello")


async def test_a_bug_of_ours_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What clients do wrong is answered in silence; what we do wrong is not."""

    async def broken(_request: web.Request) -> web.Response:
        raise LookupError("a bug")

    async with listening(app(broken), HOST, 0) as (url, _):
        assert (await fetched(url))[0] == 500

    (record,) = caplog.records
    assert (record.levelno, record.exc_info is not None) == (logging.ERROR, True)
    caplog.clear()


async def test_a_request_that_hangs_does_not_stop_the_end() -> None:
    """Closing waits a moment for open requests, not for ever."""

    async def hang(request: web.Request) -> web.Response:
        await request.content.read()
        return web.Response()

    made = app()
    made.router.add_post("/", hang)
    async with listening(made, HOST, 0) as (url, _):
        address = urlsplit(url)
        opened = socket.create_connection((address.hostname, address.port))
        opened.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        await fetched(url)
    opened.close()


async def exchanged(url: str, data: bytes) -> bytes:
    """What the port of *url* answers to *data*, to the end of the connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(data)
    answer = await reader.read() if data.endswith(b"\n") or data.startswith(b"\x16") else b""
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", "together"),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "no Host header"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", "longer than 16384 bytes"),
        (b"\x16\x03\x01\x00\x2a\x01\x00\x00\x26\x03\x03" + bytes(36), "HTTPS"),
        (b"hello there\r\n\r\n", "does not begin as an HTTP request"),
    ],
    ids=["two-lengths", "no-host", "long", "tls", "words"],
)
async def test_what_is_no_request_is_answered_and_told(data: bytes, reason: str) -> None:
    """Framework 6.27: by the bytes that came, in our own words, once."""
    told: asyncio.Queue[NoHttp] = asyncio.Queue()
    async with listening(app(), HOST, 0, on_no_http=told.put) as (url, _):
        answer = await exchanged(url, data)
        found = await asyncio.wait_for(told.get(), 5)
        assert reason in found.reason
        assert found.data == data[:4096]
        assert answer.split(b" ", 2)[1] == b"400"
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == {
            "message": f"no HTTP request: {found.reason}",
            "mend": found.mend,
        }
        assert (200, "hello") == await fetched(url)
    assert told.empty()


async def test_a_head_that_breaks_off_is_told() -> None:
    """Framework 6.27: whoever goes away in the middle gets no answer, and leaves a trace."""
    told: asyncio.Queue[NoHttp] = asyncio.Queue()
    async with listening(app(), HOST, 0, on_no_http=told.put) as (url, _):
        await exchanged(url, b"GET / HTTP/1.1\r\nHost:")
        assert "the connection ended before" in (await asyncio.wait_for(told.get(), 5)).reason


async def test_good_requests_and_open_connections_are_nothing_to_tell() -> None:
    """A body that comes behind its head, a second request, a connection that says nothing: all usual."""
    told: asyncio.Queue[NoHttp] = asyncio.Queue()
    async with listening(app(), HOST, 0, on_no_http=told.put) as (url, _):
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            await writer.drain()
            writer.write(b"three")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()
        await exchanged(url, b"")
    assert told.empty()
