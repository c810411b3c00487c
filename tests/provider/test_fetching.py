"""The provider fetches what SendFile names: all of it, redirects followed, again where it is not there at once."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from emulator.provider import fetching
from emulator.provider.fetching import fetch
from emulator.provider.state import Fetched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pytest_aiohttp import AiohttpServer

CAT = b"cat" * 1000
CAME = Fetched(200, content_type="image/png", size=len(CAT), sha256=sha256(CAT).hexdigest())


class Files:
    """A server of files that answers with the next of *answers*."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Callable[[], web.Response]] = []
        self.asked = 0
        self.released = asyncio.Event()
        self.slept: list[float] = []

    async def serve(self, request: web.Request) -> web.Response:
        self.asked += 1
        if request.path == "/slow":
            await self.released.wait()
        return self.answers.pop(0)() if self.answers else _cat()

    async def pause(self, seconds: float) -> None:
        self.slept.append(seconds)


def _cat() -> web.Response:
    return web.Response(body=CAT, content_type="image/png")


@pytest.fixture
async def files(aiohttp_server: AiohttpServer) -> AsyncIterator[Files]:
    """A server of files."""
    made = Files()
    app = web.Application()
    app.router.add_get("/{name}", made.serve)
    made.url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    yield made
    made.released.set()


async def fetched(files: Files, path: str = "/cat.png", **rest: Any) -> Fetched:
    """What comes of a file."""
    async with aiohttp.ClientSession() as session:
        return await fetch(session, files.url + path, pause=files.pause, **{"timeout_s": 5.0, **rest})


async def test_a_file_that_is_there(files: Files) -> None:
    """Once, and as a whole."""
    assert (await fetched(files), files.asked, files.slept) == (CAME, 1, [])


async def test_a_redirect_is_followed(files: Files) -> None:
    """To where the file is."""
    files.answers.append(lambda: web.Response(status=302, headers={"Location": "/other"}))
    assert (await fetched(files), files.asked) == (CAME, 2)


async def test_a_file_that_is_there_later(files: Files) -> None:
    """It is asked for again, each time after a longer pause."""
    files.answers += [lambda: web.Response(status=404), lambda: web.Response(status=503)]
    assert (await fetched(files), files.asked, files.slept) == (CAME, 3, [0.5, 1.0])


async def test_a_file_that_is_never_there(files: Files) -> None:
    """It is given up."""
    files.answers += [lambda: web.Response(status=404)] * 3
    assert await fetched(files) == Fetched(404, "the file was answered 404")
    assert files.asked == 3


async def test_a_file_that_is_gone_for_good(files: Files) -> None:
    """Nobody asks again."""
    files.answers.append(lambda: web.Response(status=410))
    assert (await fetched(files), files.asked) == (Fetched(410, "the file was answered 410"), 1)


async def test_a_file_that_never_comes(files: Files) -> None:
    """Each try ends in time."""
    assert await fetched(files, "/slow", timeout_s=0.05) == Fetched(error="no whole file within 0.05 s")


async def test_a_file_that_is_too_large(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is read."""
    monkeypatch.setattr(fetching, "MAX_FILE_BYTES", 100)
    assert await fetched(files) == Fetched(200, "the file is larger than 100 bytes")


async def test_nobody_there(files: Files, unused_tcp_port: int) -> None:
    """Told as it is."""
    files.url = f"http://127.0.0.1:{unused_tcp_port}"
    assert "Cannot connect" in str((await fetched(files)).error)
