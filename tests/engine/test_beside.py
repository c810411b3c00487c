"""What a stranger sends holds nobody up: of much the work is done beside the event loop. Steps are counted."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.messages import Request
from emulator.core.redaction import Redactor
from emulator.engine.beside import AT_ONCE, Beside

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.engine.conftest import Sink

SECRET = "user"
LONG = 400 * 1024
MOST_STEPS = 30_000
"""Of the event loop's thread: far fewer than there are characters, or words, in what is sent."""


def _text(pump: str) -> bytes:
    said = {"from": "+61123456789", "to": "+61855555555", "content": pump * (LONG // len(pump or "x"))}
    return json.dumps({"method": "sms", "params": said}).encode()


ATTACKS: dict[str, tuple[bytes, dict[str, str]]] = {
    "secrets": (_text(f"{SECRET} "), {}),
    "escapes": (_text(f"{SECRET} %41b "), {}),
    "backslashes": (_text("\\u0041"), {}),
    "entities": (_text("&#65;b"), {}),
    "cuts": (_text(f"{SECRET}…"), {}),
    "from": (_text("").replace(b"+61123456789", f"{SECRET} %41b ".encode() * (LONG // 10)), {}),
    "packed": (gzip.compress(_text(f"{SECRET} %41b ")), {"Content_Encoding": "gzip"}),
    "no json": (f"{SECRET} %41b ".encode() * (LONG // 10), {}),
    "escaped quotes": (b'{"a": "' + b'\\"' * (LONG // 2), {}),
    "form": (b"a=" + f"{SECRET} %41b ".encode() * (LONG // 10), {"Content_Type": "application/x-www-form-urlencoded"}),
}


async def steps_of_loop(doing: Awaitable[Any]) -> int:
    """How many lines of Python this thread runs until *doing* is done."""
    count = 0

    def trace(*_: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        await doing
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["webhook", "elsewhere"])
async def test_much_is_read_and_masked_beside_the_loop(sink: Sink, attack: str, is_elsewhere: bool) -> None:
    """Whatever is posted, wherever, the event loop takes few steps; what is recorded is masked all the same."""
    body, headers = ATTACKS[attack]
    url = sink.account.webhook_url + ("/x" if is_elsewhere else "")
    sink.platform.journal.learn([SECRET])
    # What is imported, or made once, is no step of the attack.
    await sink.request(b'{"a": "%41"}', Content_Type="application/json")

    steps = await steps_of_loop(sink.request(body, url=url, **{"Content_Type": "application/json", **headers}))

    assert steps < MOST_STEPS
    recorded = sink.recorded()
    assert SECRET.encode() not in recorded.request.body
    assert SECRET not in json.dumps(recorded.outcome)
    assert not sink.platform.journal.redactor._foreseen


async def test_the_count_can_fail(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the loop the same takes many steps more."""
    sink.platform.journal.learn([SECRET])
    monkeypatch.setattr("emulator.engine.beside.AT_ONCE", 10 * LONG)
    body, _ = ATTACKS["escapes"]
    assert await steps_of_loop(sink.request(body, Content_Type="application/json")) > 3 * MOST_STEPS


async def test_one_thing_at_a_time_and_little_at_once() -> None:
    """So that of many large webhooks the loop waits for one thread alone; for little no thread is asked."""
    beside, running, most = Beside(), 0, 0
    goes_on = threading.Event()

    def work() -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        goes_on.wait()
        running -= 1
        return threading.current_thread().name

    waiting = [asyncio.ensure_future(beside.do(AT_ONCE + 1, work)) for _ in range(3)]
    assert await beside.do(AT_ONCE, threading.current_thread) is threading.current_thread()
    goes_on.set()
    assert threading.current_thread().name not in await asyncio.gather(*waiting)
    assert most == 1


async def test_what_was_learnt_meanwhile_is_masked_too() -> None:
    """What is known of a text does not outlive the next secret, nor the block; another text of the same words is no
    part of it."""
    redactor = Redactor(["s3cret-key"])
    body = b"s3cret-key token-99 " * AT_ONCE
    request = Request(method="POST", url="http://x/", body=body)

    async with Beside().masked(redactor, [request]):
        known = redactor.foreseen(request)
        assert known is not None
        assert b"s3cret-key" not in known.body
        assert redactor.foreseen(request._replace(method="PUT")) is None
        redactor.learn(["token-99"])
        assert redactor.foreseen(request) is None

    async with Beside().masked(redactor, [request]):
        assert redactor.foreseen(request) is not None
    assert redactor.foreseen(request) is None
