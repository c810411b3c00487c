"""Posting webhooks, and tasks that outlive their request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from emulator.provider.posting import Background, Poster
from emulator.provider.state import Answered, Outcome, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pytest_aiohttp import AiohttpServer

    Posting = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[Outcome]]


@pytest.fixture
def post_to(aiohttp_server: AiohttpServer) -> Posting:
    """Posts ``{"text": "é"}`` once to a server that has only the given handler."""

    async def post(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Outcome:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        server = await aiohttp_server(app)
        async with aiohttp.ClientSession() as session:
            return await Poster(session, timeout_s=5.0).post(str(server.make_url("/hook")), {"text": "é"})

    return post


async def test_the_body_is_json_in_utf_8(post_to: Posting) -> None:
    """What goes out is JSON, labelled so, with characters as themselves."""
    seen: list[tuple[str, str | None, bytes]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.headers.get("Content-Type"), await request.read()))
        return web.Response(text="thanks")

    assert await post_to(handler) == Answered(200, "thanks")
    assert seen == [("POST", "application/json", '{"text": "é"}'.encode())]


async def test_an_error_status_is_an_answer(post_to: Posting) -> None:
    """Whatever the webhook answers is told, a 500 too."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=500, text="broken")

    assert await post_to(handler) == Answered(500, "broken")


async def test_redirects_are_not_followed(post_to: Posting) -> None:
    """A redirect is told, and nothing goes where it points."""
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    assert await post_to(handler) == Answered(307, "")
    assert paths == ["/hook"]


async def test_only_the_beginning_of_a_long_answer_is_kept(post_to: Posting) -> None:
    """2000 characters are kept, counted as characters."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="😀" * 100_000)

    assert await post_to(handler) == Answered(200, "😀" * 2000)


async def test_an_answer_that_is_not_utf_8_is_shown_all_the_same(post_to: Posting) -> None:
    """Bytes that are no text become replacement characters."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b"a\xff")

    assert await post_to(handler) == Answered(200, "a�")


async def test_a_torn_answer_is_unreachable(post_to: Posting) -> None:
    """A connection that closes in the middle is a reason, not an exception."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    outcome = await post_to(handler)

    assert isinstance(outcome, Unreachable)
    assert outcome.reason


async def test_a_refused_connection_is_unreachable(unused_tcp_port: int) -> None:
    """The reason names the address."""
    async with aiohttp.ClientSession() as session:
        outcome = await Poster(session, timeout_s=5.0).post(f"http://127.0.0.1:{unused_tcp_port}/", {})

    assert isinstance(outcome, Unreachable)
    assert f"127.0.0.1:{unused_tcp_port}" in outcome.reason


async def test_an_error_without_words_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """No reason is ever empty."""
    async with aiohttp.ClientSession() as session:

        def fail(*_args: object, **_kwargs: object) -> None:
            raise aiohttp.ClientError

        monkeypatch.setattr(session, "_request", fail)

        assert await Poster(session, timeout_s=5.0).post("http://x.test/", {}) == Unreachable("ClientError")


async def test_a_webhook_that_takes_too_long_is_unreachable(aiohttp_server: AiohttpServer) -> None:
    """The whole answer must be there within the timeout."""
    gate = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await gate.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", handler)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        outcome = await Poster(session, timeout_s=0.05).post(str(server.make_url("/")), {})
    gate.set()

    assert outcome == Unreachable("no whole answer within 0.05 s")


async def test_background_keeps_a_task_until_it_ends() -> None:
    """A running task is held, an ended one is let go."""
    background, ended = Background(), asyncio.Event()

    async def work() -> None:
        ended.set()

    background.start(work())
    assert len(background) == 1

    await ended.wait()
    await asyncio.sleep(0)  # the callback that lets it go runs in the loop's next turn
    assert len(background) == 0


async def test_background_cancels_what_runs_and_waits_for_its_end() -> None:
    """After cancel nothing runs any more, and what was open has been closed."""
    background, begun, closed = Background(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    background.start(work())
    await begun.wait()
    await background.cancel()

    assert closed.is_set()
    assert len(background) == 0
