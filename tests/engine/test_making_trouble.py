"""What a provider sees of a fault on its connection, with real sockets; and that nobody is held for nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.engine import making_trouble
from emulator.engine.faults import HOLD_S, Fault, FaultPlan, Faults
from emulator.engine.making_trouble import Holder, make_trouble
from tests.engine.conftest import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.engine.conftest import Sink

    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]

REPORT = {"method": "delivered", "params": {"id": "m-1"}}
TEXT = {"method": "sms", "params": {"from": "+61123456789", "to": "+61855555555", "content": "hi"}}


class WatchedClock(ManualClock):
    """Tells when somebody begins and ends to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: asyncio.Queue[float] = asyncio.Queue()
        self.ended: asyncio.Queue[float] = asyncio.Queue()

    async def wait(self, future: asyncio.Future[Any], deadline: float) -> bool:
        """Wait, and tell of it."""
        self.begun.put_nowait(deadline - self.now())
        try:
            return await super().wait(future, deadline)
        finally:
            self.ended.put_nowait(self.now())


@pytest.fixture
def watched() -> WatchedClock:
    """A clock that tells who waits."""
    return WatchedClock()


def answer(sink: Sink, *faults: Fault) -> None:
    """Have the sink's webhooks answered so, one after the other."""
    sink.account.faults.plan(None, FaultPlan(faults))


def posting(sink: Sink, payload: object = REPORT) -> asyncio.Task[tuple[int, Any]]:
    """A webhook that is on its way."""
    return asyncio.ensure_future(sink.post(payload))


async def test_slow_is_as_usual_but_late(open_sink: OpenSink, watched: WatchedClock) -> None:
    """The event counts and the exchange is recorded at once; only the answer takes its time."""
    async with open_sink(clock=watched) as sink:
        answer(sink, Fault("slow", pause_s=10.0))
        post = posting(sink, TEXT)
        assert 10.0 == await watched.begun.get()
        (arrival,) = sink.account.inbox.unconsumed()
        assert (1, 1) == (arrival.exchange, arrival.attempts)
        recorded = sink.recorded()
        assert recorded.reply is not None
        assert (200, "slow") == (recorded.reply.status, recorded.outcome["fault"])
        watched.turn(9.5)
        assert not post.done()
        watched.turn(0.5)
        assert (200, {"result": {}}) == await post
        assert (200, {"result": {}}) == await sink.post(TEXT)


async def test_a_connection_is_used_on_after_a_slow_answer(open_sink: OpenSink, watched: WatchedClock) -> None:
    """A client that keeps its connection, and even writes its next request meanwhile, is served on it."""
    async with open_sink(clock=watched) as sink:
        answer(sink, Fault("slow", pause_s=1.0))
        body = json.dumps(TEXT).encode()
        path = "/" + sink.account.webhook_url.split("/", 3)[3]
        request = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        reader, writer = await sink.connected()
        writer.write(request)
        await watched.begun.get()
        writer.write(request)
        await writer.drain()
        watched.turn(1.0)
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(len(b'{"result": {}}'))
        writer.close()
        await writer.wait_closed()
        assert 2 == len(sink.account.inbox.unconsumed())


@pytest.mark.parametrize("fault", [Fault("empty"), Fault("status", 204)], ids=str)
@pytest.mark.parametrize("payload", [REPORT, {"odd": 1}], ids=["event", "unmatched"])
async def test_an_empty_answer(sink: Sink, fault: Fault, payload: object) -> None:
    """Whatever the platform would have said, there is no body, in the record neither."""
    answer(sink, fault)
    async with sink.session.post(sink.account.webhook_url, json=payload) as reply:
        assert (204 if fault.kind == "status" else 200, b"") == (reply.status, await reply.read())
    recorded = sink.recorded().reply
    assert recorded is not None
    assert (reply.status, b"") == (recorded.status, recorded.body)
    assert (200, {"result": {}}) == await sink.post(TEXT)


async def test_what_is_never_answered_is_closed_in_the_end(open_sink: OpenSink, watched: WatchedClock) -> None:
    """A provider without a timeout of its own is not held for ever."""
    async with open_sink(clock=watched) as sink:
        answer(sink, Fault("timeout"))
        post = posting(sink)
        assert HOLD_S == await watched.begun.get()
        watched.turn(HOLD_S)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post


@pytest.mark.parametrize("fault", [Fault("timeout"), Fault("slow", pause_s=60.0)], ids=str)
async def test_a_client_that_gives_up_is_held_no_longer(
    open_sink: OpenSink, watched: WatchedClock, fault: Fault
) -> None:
    """The clock stands still: it is the client's going that ends it."""
    async with open_sink(clock=watched) as sink:
        answer(sink, fault)
        post = posting(sink)
        await watched.begun.get()
        post.cancel()
        await watched.ended.get()
        assert (200, {"result": {}}) == await sink.post(REPORT)


@pytest.mark.parametrize("fault", [Fault("timeout"), Fault("slow", pause_s=60.0)], ids=str)
async def test_the_end_of_the_account_ends_its_faults(open_sink: OpenSink, watched: WatchedClock, fault: Fault) -> None:
    """A provider that can do one thing at a time is free for the next scenario; other accounts' are held on."""
    async with open_sink(clock=watched) as sink:
        neighbour = sink.platform.open_account(replace(sink.account.organization, id="2"))
        neighbour.faults.plan(None, FaultPlan((fault,)))
        held_on = asyncio.ensure_future(sink.post(REPORT, url=neighbour.webhook_url))
        await watched.begun.get()
        answer(sink, fault, fault)
        post = posting(sink)
        await watched.begun.get()
        sink.platform.close_account(sink.account)
        await watched.ended.get()
        assert watched.ended.empty()
        held_on.cancel()
        if fault.kind == "slow":
            assert 200 == (await post)[0]
        else:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await post
        assert 404 == (await sink.post(REPORT))[0]


async def test_only_so_many_are_held(
    open_sink: OpenSink, watched: WatchedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that posts without end does not use up our connections: who was held longest goes first."""
    monkeypatch.setattr(making_trouble, "MOST_HELD", 2)
    async with open_sink(clock=watched) as sink:
        sink.account.faults.plan(None, FaultPlan((Fault("timeout"),), "always"))
        posts = []
        for _ in range(3):
            posts.append(posting(sink))
            await watched.begun.get()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await posts[0]
        assert [False, False] == [post.done() for post in posts[1:]]
        sink.account.faults.end()
        await asyncio.gather(*posts, return_exceptions=True)


async def test_a_client_that_is_gone_already_is_not_held(open_sink: OpenSink, watched: WatchedClock) -> None:
    """Between its request and our answer, a client may go."""

    class Gone:
        transport = None

    request: Any = Gone()
    await make_trouble(Fault("timeout"), request, Holder(watched), Faults())
    assert watched.begun.empty()


async def test_a_client_that_goes_after_it_was_held(open_sink: OpenSink, watched: WatchedClock) -> None:
    """Letting go of everybody twice, or of somebody who has just gone, is no mistake."""
    async with open_sink(clock=watched) as sink:
        answer(sink, Fault("timeout"))
        post = posting(sink)
        await watched.begun.get()
        sink.account.faults.end()
        sink.account.faults.end()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post


# -- webhooks of which nothing can be used


@pytest.mark.parametrize(
    ("body", "method", "usual"),
    [(b"{", "POST", 400), (b"{}", "PUT", 405), (b'{"odd": 1}', "POST", 422)],
    ids=["unreadable", "wrong-method", "unmatched"],
)
async def test_every_webhook_is_meant(sink: Sink, body: bytes, method: str, usual: int) -> None:
    """Without an event too: attempts are told apart by the body, and the inbox remembers why it was of no use."""
    answer(sink, Fault("status", 503), Fault("status", 200), Fault("status", 503))
    answers = [await sink.request(body, method=method) for _ in range(3)]
    assert [503, 200, 503] == [status for status, _ in answers]
    await sink.request(b"another", method=method)
    assert usual == (await sink.request(body, method=method))[0]
    assert [(503, 1), (200, 2), (503, 1), (400 if method == "POST" else 405, 1), (usual, 2)] == [
        (each.reply.status, each.attempt) for each in sink.platform.journal.last() if each.reply
    ]
    assert all(each.problem or each.near for each in sink.account.inbox.since(0.0))
    assert 5 == len(sink.account.inbox.since(0.0))


async def test_the_odd_part_of_a_refused_webhook_is_not_lost(sink: Sink) -> None:
    """Its near misses may be why something does not come."""
    answer(sink, Fault("status", 503))
    await sink.post([TEXT, {"method": "delivered", "params": {"ID": "m-1"}}])
    assert ["$[1]"] == [miss["path"] for miss in sink.recorded().outcome["unmatched"]]
    (arrival,) = sink.account.inbox.since(0.0)
    assert arrival.near is not None


async def test_an_event_twice_in_one_webhook_is_one_attempt(sink: Sink) -> None:
    """Attempts are posts, not elements of a list."""
    answer(sink, Fault("status", 503))
    await sink.post([TEXT, TEXT])
    assert 1 == sink.recorded().attempt
    await sink.post(TEXT)
    (arrival,) = sink.account.inbox.unconsumed()
    assert (2, False, (1,)) == (arrival.attempts, arrival.is_same_body, arrival.refused)


async def test_what_is_refused_is_recorded_before_it_is_answered(sink: Sink) -> None:
    """Design 7: what cannot be recorded uses up no fault: the next webhook is answered so."""
    answer(sink, Fault("status", 503))
    sink.platform.journal._database.execute("PRAGMA query_only = on")
    assert 500 == (await sink.post(REPORT))[0]
    sink.platform.journal._database.execute("PRAGMA query_only = off")
    assert [503, 200] == [(await sink.post(REPORT))[0] for _ in range(2)]
