"""Running the reference provider on a socket."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from emulator.provider.serving import base_url, serve
from emulator.provider.settings import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pytest_aiohttp import AiohttpServer

HOST = "127.0.0.1"
TEXT = {"from": "+1", "to": "+2", "content": "hi"}


def accepts(url: str) -> bool:
    """Whether the socket of *url* accepts a connection now."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


@asynccontextmanager
async def serving(settings: ProviderSettings, *, log: asyncio.Queue[str] | None = None) -> AsyncIterator[str]:
    """The base URL of a provider that is served in the block."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    def note(event: str, _data: Mapping[str, object]) -> None:
        assert log is not None
        log.put_nowait(event)

    task = asyncio.create_task(serve(settings, HOST, 0, ready.set_result, stop, log=note))
    yield await ready
    stop.set()
    await task


async def test_serves_on_a_free_port_until_it_is_stopped() -> None:
    """Port 0 picks a port, the URL told is the one that answers, and after the stop nobody listens."""
    async with serving(ProviderSettings()) as url, aiohttp.ClientSession() as session:
        assert url.startswith(f"http://{HOST}:")
        async with session.get(f"{url}/health") as response:
            assert await response.json() == {"status": "ok"}

    assert not accepts(url)


async def test_is_ready_only_when_the_socket_accepts() -> None:
    """Whoever is told the URL can connect at that very moment."""
    told: list[bool] = []
    stop = asyncio.Event()
    stop.set()

    await serve(ProviderSettings(), HOST, 0, lambda url: told.append(accepts(url)), stop)

    assert told == [True]


async def test_a_port_in_use_is_an_os_error() -> None:
    """The caller learns that the address is taken; nobody was told of a URL."""
    told: list[str] = []
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"):
            await serve(ProviderSettings(), HOST, taken.getsockname()[1], told.append, asyncio.Event())

    assert told == []


async def test_a_fault_in_on_ready_closes_the_socket() -> None:
    """What the caller raises comes back to it, and nothing is left open."""
    told: list[str] = []

    def fail(url: str) -> None:
        told.append(url)
        raise LookupError

    with pytest.raises(LookupError):
        await serve(ProviderSettings(), HOST, 0, fail, asyncio.Event())

    assert [accepts(url) for url in told] == [False]


async def test_failed_reports_reach_the_log(unused_tcp_port: int) -> None:
    """The log that serve was given is the application's."""
    log: asyncio.Queue[str] = asyncio.Queue()
    settings = ProviderSettings(auth="none", delivered_after_s=0.0)
    async with serving(settings, log=log) as url, aiohttp.ClientSession() as session:
        hook = {"post-url": f"http://{HOST}:{unused_tcp_port}/"}
        async with session.post(f"{url}/ns-api/v2/subscriptions", json=hook) as response:
            assert response.status == 201
        async with session.post(f"{url}/webhook", json=TEXT) as response:
            assert response.status == 200

        assert await log.get() == "report.failed"


async def test_stopping_does_not_wait_for_a_busy_webhook(aiohttp_server: AiohttpServer) -> None:
    """A request that hangs on a webhook is broken off with the provider, within two seconds or so."""
    busy, gate = asyncio.Event(), asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        busy.set()
        await gate.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hang)
    hook = {"post-url": str((await aiohttp_server(app)).make_url("/"))}
    settings = ProviderSettings(auth="none", report_before_answer=True, webhook_timeout_s=60.0)
    async with aiohttp.ClientSession() as session, asyncio.timeout(5):
        async with serving(settings) as url:
            async with session.post(f"{url}/ns-api/v2/subscriptions", json=hook) as response:
                assert response.status == 201
            sending = asyncio.create_task(session.post(f"{url}/webhook", json=TEXT))
            await busy.wait()
        with pytest.raises(aiohttp.ClientError):
            await sending
    gate.set()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (("127.0.0.1", 8080), "http://127.0.0.1:8080"),
        ((str(IPv4Address(0)), 8080), "http://127.0.0.1:8080"),
        (("::1", 8080, 0, 0), "http://[::1]:8080"),
        (("::", 8080, 0, 0), "http://[::1]:8080"),
        (("192.0.2.7", 1), "http://192.0.2.7:1"),
    ],
)
def test_base_url(address: tuple[object, ...], expected: str) -> None:
    """A socket that listens everywhere is reached on the loopback; IPv6 stands in brackets."""
    assert expected == base_url(address)
