"""The ring of events: bounded by count and bytes, read from any place that is still known."""

from __future__ import annotations

import asyncio

from emulator.core.redaction import Redactor
from emulator.engine.clock import SystemClock
from emulator.faces.console.feed import MOST_BYTES, MOST_EVENTS, Feed
from emulator.faces.console.records import Cursor, Nothing


def feed(most: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> Feed:
    """An empty feed."""
    return Feed(SystemClock(), Redactor(frozenset({"s3cret-key"})), most=most, most_bytes=most_bytes)


def test_the_oldest_go_first() -> None:
    ring = feed(most=10)

    for _ in range(25):
        ring.publish("reset", Nothing())

    assert ring.position == 25
    kept = [each.number for each in ring.after(max(number for number in range(26) if not ring.is_known(number)) + 1)]
    assert kept[-1] == 25
    assert 8 <= len(kept) <= 10
    assert kept == list(range(kept[0], 26))
    assert not ring.is_known(0)
    assert ring.position_of(ring.cursor(0)) is None
    assert ring.position_of(ring.cursor(24)) == 24


def test_bytes_are_bounded_too() -> None:
    ring = feed(most_bytes=1000)

    for _ in range(30):
        ring.publish("hello", Cursor(cursor="x" * 100))

    assert not ring.is_known(15)
    assert ring.is_known(29)


def test_cursors_of_others_are_not_known() -> None:
    ring, other = feed(), feed()
    ring.publish("reset", Nothing())

    for cursor in (other.cursor(0), ring.cursor(2), ring.cursor(1) + "0" * 30, "", "x", f"{ring.cursor(0)[:-1]}x"):
        assert ring.position_of(cursor) is None, cursor


def test_a_chunk_is_bounded_and_says_where_it_ends() -> None:
    ring = feed()
    for number in range(10):
        ring.publish("hello", Cursor(cursor=f"{number}" + "x" * 100_000))

    first = ring.chunk(0)
    second = ring.chunk(first.position)

    assert first.position == 3
    assert first.data.count(b"event: hello") == 3
    assert second.position == 6
    assert ring.chunk(0) == first


def test_secrets_are_masked_once_for_all_readers() -> None:
    ring = feed()

    ring.publish("hello", Cursor(cursor="it is s3cret-key"))

    assert b"s3cret-key" not in ring.chunk(0).data
    assert b"it is ***" in ring.chunk(0).data


async def test_who_waits_is_woken_by_news_and_by_the_end() -> None:
    ring = feed()
    deadline = SystemClock().now() + 30
    waits = [asyncio.ensure_future(ring.wait(0, deadline)) for _ in range(3)]
    await asyncio.sleep(0)

    ring.publish("reset", Nothing())

    assert await asyncio.gather(*waits) == [True, True, True]
    last = asyncio.ensure_future(ring.wait(1, deadline))
    await asyncio.sleep(0)
    ring.close()
    assert await last is False
    assert ring.is_closed
