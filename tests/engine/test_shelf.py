"""A link is one file's and nobody's guess; fetches are counted, added up and consumed once each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.ranges import Span
from emulator.engine import shelf as shelves
from emulator.engine.shelf import Fetch, Shelf

if TYPE_CHECKING:
    from emulator.engine.shelf import Link
    from tests.engine.conftest import ManualClock

CAT = Path("cat.jpg")


def share(shelf: Shelf, path: Path = CAT, **rest: Any) -> Link:
    """A link to a file, good for an hour from second 1000 on."""
    return shelf.share(path, lambda token: f"http://x.test/media/{token}/cat.jpg", 1000.0, 3600.0, **rest)


def fetch(**rest: Any) -> Fetch:
    """A request that was answered 200."""
    usual: dict[str, Any] = {"exchange": 1, "at": 1.0, "ended": 1.5, "method": "GET", "token": "t", "path": "/media/t"}
    return Fetch(**{**usual, "status": 200, **rest})


def test_every_link_is_another() -> None:
    """Framework 10.1: two messages with one file have two links, so that it is known which one was fetched."""
    shelf = Shelf()
    one, other = share(shelf), share(shelf)
    assert one.token != other.token
    assert len(one.token) >= 22
    assert shelf.find(one.token) == one
    assert shelf.at(f"{other.url}?x=1") == other
    assert [shelf.at(each) for each in ("http://x.test/media/guess/a", "http://x.test/other", "")] == [None] * 3


def test_links_end() -> None:
    """With the file's sharing, or when there are too many."""
    shelf = Shelf()
    one, other = share(shelf), share(shelf, Path("dog.jpg"))
    shelf.unshare(CAT)
    assert [shelf.find(one.token), shelf.find(other.token)] == [None, other]


def test_links_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first."""
    monkeypatch.setattr(shelves, "MOST_FILES", 2)
    shelf = Shelf()
    links = [share(shelf) for _ in range(3)]
    assert [shelf.find(each.token) is not None for each in links] == [False, True, True]


def test_an_expired_link_is_so_from_its_beginning() -> None:
    """The trap of that name; any other lives as long as it may."""
    shelf = Shelf()
    assert [share(shelf, trap="expired").expires, share(shelf).expires] == [1000.0, 4600.0]


@pytest.mark.parametrize(
    ("spans", "amounts"),
    [
        ([Span(0, 10)], [("complete", 10)]),
        ([Span(0, 4), Span(4, 10)], [("partial", 4), ("complete", 10)]),
        ([Span(6, 10), Span(0, 4), Span(2, 6)], [("partial", 4), ("partial", 8), ("complete", 10)]),
        ([None, Span(3, 3)], [("none", 0), ("none", 0)]),
    ],
)
def test_parts_add_up(spans: list[Span | None], amounts: list[tuple[str, int]]) -> None:
    """Framework 10.4: ranges that cover the file together are the whole file."""
    shelf = Shelf()
    token = share(shelf).token
    assert [shelf.sent(token, span, 10) for span in spans] == amounts


def test_an_empty_file_is_complete_at_once() -> None:
    """There is nothing of it that could be missing."""
    shelf = Shelf()
    assert shelf.sent(share(shelf).token, Span(0, 0), 0) == ("complete", 0)


def test_a_thousand_parts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for single bytes for ever costs no memory."""
    monkeypatch.setattr(shelves, "_MOST_SPANS", 2)
    shelf = Shelf()
    token = share(shelf).token
    assert [shelf.sent(token, Span(at, at + 1), 9)[1] for at in (1, 3, 5)] == [1, 2, 2]


def test_attempts_are_counted_by_link() -> None:
    """Those of a link that nobody has are always the first."""
    shelf = Shelf()
    one, other = share(shelf).token, share(shelf).token
    assert [shelf.begin(each) for each in (one, one, other, "guess", "guess")] == [1, 2, 1, 1, 1]


async def test_a_fetch_is_consumed_once(clock: ManualClock) -> None:
    """Whether it came before or after somebody waits for it; the first that waits has it."""
    shelf = Shelf()
    shelf.put(fetch(exchange=1))
    assert await shelf.wait_for(lambda _: True, clock.now(), clock) == fetch(exchange=1)
    assert shelf.claim(lambda _: True) is None
    first, second, other = (
        asyncio.ensure_future(shelf.wait_for(fits, clock.now() + 5, clock))
        for fits in (lambda each: each.status == 200, lambda _: True, lambda each: each.status == 404)
    )
    await asyncio.sleep(0)
    shelf.put(fetch(exchange=2))
    shelf.put(fetch(exchange=3))
    assert [await first, await second] == [fetch(exchange=2), fetch(exchange=3)]
    clock.turn(5)
    assert await other is None
    assert [each.exchange for each in shelf.since(1.0)] == [1, 2, 3]
    assert shelf.since(1.1) == ()


async def test_who_is_stopped_consumes_nothing(clock: ManualClock) -> None:
    """A fetch that came in the turn in which its waiter was cancelled is there for the next."""
    shelf = Shelf()
    waiting = asyncio.ensure_future(shelf.wait_for(lambda _: True, clock.now() + 5, clock))
    await asyncio.sleep(0)
    shelf.put(fetch())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert shelf.claim(lambda _: True) == fetch()
