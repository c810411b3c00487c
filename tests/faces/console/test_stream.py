"""The stream of events: what is read after a break goes on where it stopped, with nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

    from tests.faces.console.conftest import Client, Open


class Event(NamedTuple):
    """One event of the stream."""

    kind: str
    id: str
    data: Any


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    """The events of a stream as they come."""
    lines: dict[str, str] = {}
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            lines[name] = value
        elif "event" in lines:
            yield Event(lines["event"], lines["id"], json.loads(lines["data"]))
            lines = {}


def incoming(content: str) -> dict[str, Any]:
    """A webhook with a text."""
    return {"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": content}}


async def test_it_begins_with_a_cursor_and_tells_what_happens(client: Client) -> None:
    async with client.session.get(f"{client.url}/api/v1/stream") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        stream = events(answer)
        hello = await anext(stream)

        await client.webhook(incoming("hi"))
        message, exchange = await anext(stream), await anext(stream)

    assert (hello.kind, hello.data) == ("hello", {"cursor": hello.id})
    assert (message.kind, message.data["content"], message.data["state"]) == ("message", "hi", "received")
    assert (exchange.kind, exchange.data["kind"], exchange.data["status"]) == ("exchange", "webhook", 200)


async def test_an_exchange_is_told_when_it_begins_and_when_it_ends(client: Client) -> None:
    cursor = (await client.get("/exchanges"))["cursor"]

    sent = await client.post("/messages", {"content": "hello"})

    async with client.session.get(f"{client.url}/api/v1/stream?after={cursor}") as answer:
        told = []
        async for event in events(answer):
            if event.kind == "exchange" and event.data["id"] == sent["exchange"]:
                told.append(event.data["under_way"])
            if told == [True, False]:
                break
    assert told == [True, False]


async def test_nothing_is_lost_or_doubled_whenever_it_breaks(client: Client) -> None:
    """A thousand texts come while the reader breaks off at random and resumes by Last-Event-ID."""
    chance, texts = random.Random(6), 1000  # noqa: S311 - no secret
    cursor = (await client.get("/exchanges"))["cursor"]

    async def post(some: range) -> None:
        for number in some:
            assert await client.webhook(incoming(f"text {number}")) == 200

    posting = asyncio.gather(*(post(range(first, texts, 8)) for first in range(8)))
    seen: list[str] = []
    numbers: list[int] = []
    breaks = 0
    while len(seen) < texts:
        async with client.session.get(f"{client.url}/api/v1/stream", headers={"Last-Event-ID": cursor}) as answer:
            left = chance.randrange(1, 120)
            async for event in events(answer):
                assert event.kind != "resync"
                if event.kind != "hello":
                    cursor = event.id
                    numbers.append(int(event.id.partition("-")[2]))
                if event.kind == "message":
                    seen.append(event.data["content"])
                left -= 1
                if left == 0 or len(seen) == texts:
                    breaks += 1
                    break
    await posting

    assert sorted(seen) == sorted(f"text {number}" for number in range(texts))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert breaks > 10


async def test_another_run_says_load_everything_again(open_client: Open) -> None:
    one, other = await open_client(), await open_client()
    cursor = (await one.get("/exchanges"))["cursor"]

    async with other.session.get(f"{other.url}/api/v1/stream", headers={"Last-Event-ID": cursor}) as answer:
        stream = events(answer)
        kinds = [(await anext(stream)).kind, (await anext(stream)).kind]

    assert kinds == ["hello", "resync"]


async def test_no_more_than_a_hundred_read_at_a_time(client: Client) -> None:
    readers = [await client.session.get(f"{client.url}/api/v1/stream") for _ in range(100)]
    try:
        refused = await client("GET", "/stream")
        assert (refused.status, refused.json["detail"]) == (429, "too many streams are under way")
        assert (await client.get("/health"))["status"] == "ok"
    finally:
        for reader in readers:
            reader.close()


async def test_fifty_readers_get_the_same(client: Client) -> None:
    readers = [await client.session.get(f"{client.url}/api/v1/stream") for _ in range(50)]
    await client.webhook(incoming("to all"))

    async def read(answer: aiohttp.ClientResponse) -> list[Event]:
        stream = events(answer)
        return [await anext(stream) for _ in range(3)]

    try:
        found = await asyncio.gather(*map(read, readers))
    finally:
        for reader in readers:
            reader.close()
    assert all(each == found[0] for each in found)
    assert [each.kind for each in found[0]] == ["hello", "message", "exchange"]


@pytest.mark.timeout(20)
async def test_stopping_lets_readers_go(client: Client) -> None:
    async with client.session.get(f"{client.url}/api/v1/stream") as answer:
        stream = events(answer)
        await anext(stream)
        client.console.feed.close()
        assert [each async for each in stream] == []
