"""A file is fetched in the background: no webhook's answer waits, its message learns of it, memory stays bounded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.core.conversations import User
from emulator.core.media import ReceivedFile
from emulator.engine import fetching, incoming

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from emulator.core.conversations import Message, Organization
    from tests.engine.conftest import Answer, ManualClock, RawProvider, Sink

    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]

NUMBER, CONTACT = "+61855555555", "+61123456789"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


async def arrive(sink: Sink, url: str, to: str = NUMBER) -> int:
    """Post an mms; returns the number of its exchange."""
    params = {"from": CONTACT, "to": to, "text": "a cat", "url": url}
    await sink.post({"method": "file", "params": params})
    (latest,) = [each for each in sink.platform.journal.last(9) if each.kind == "webhook"][-1:]
    return latest.id


async def come(sink: Sink, exchange: int) -> ReceivedFile:
    """What came of its file."""
    clock = sink.platform.clock
    found = await sink.platform.incoming.wait_for(exchange, (), clock.now() + 10)
    assert found is not None
    return found


@pytest.fixture
def png(answer: type[Answer]) -> Answer:
    """A picture."""
    return answer.of(PNG, "Content-Type: image/png")


async def test_the_answer_does_not_wait(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 10.7: it leaves while the file is still being fetched."""
    provider.answers.append(answer(b"HTTP/1.1 200 OK\r\n", then="hang"))
    exchange = await arrive(sink, f"{provider.url}/cat.png")
    await provider.asked.wait()
    clock = sink.platform.clock
    assert await sink.platform.incoming.wait_for(exchange, (), clock.now()) is None
    assert sink.account.messages()[0].file is None


async def test_the_message_learns_of_its_file(sink: Sink, provider: RawProvider, png: Answer) -> None:
    """Framework 10.7: type, size and digest, and whoever watches is told; the bytes are kept for the run."""
    provider.answers.append(png)
    seen: list[Message] = []
    sink.account.on_message = seen.append
    url = f"{provider.url}/cat.png"
    exchange = await arrive(sink, url)
    file = await come(sink, exchange)
    (message,) = sink.account.messages()
    assert (message.file, message.content) == (file, url)
    assert [each.file for each in seen] == [None, file]
    assert (file.type, file.size, file.came) == ("image/png", len(PNG), True)
    assert sink.platform.incoming.content(exchange, url) == PNG
    assert sink.platform.incoming.content(exchange, "http://x.test/") is None
    assert sink.platform.incoming.content(exchange + 1, url) is None


async def test_only_what_was_taken_is_fetched(sink: Sink, provider: RawProvider) -> None:
    """An mms for an unknown number has no effect; nor has a text that is an address."""
    await arrive(sink, f"{provider.url}/cat.png", to="+61000000000")
    await sink.post({"method": "sms", "params": {"from": CONTACT, "to": NUMBER, "content": f"{provider.url}/cat.png"}})
    assert "incoming" not in sink.platform.__dict__
    await sink.platform.settle_files(sink.account)
    assert sink.platform.untold_files(sink.account) == ()


async def test_what_is_wrong_is_told_once(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 10.12: by a step that looks at it, or else at the end; that waits for files on their way."""
    provider.answers += [answer.of(b"", status="404 Not Found"), answer.of(b"", status="403 Forbidden")]
    looked_at = await arrive(sink, f"{provider.url}/a.png")
    assert [each.code for each in (await come(sink, looked_at)).findings] == ["MEDIA-102"]
    await arrive(sink, f"{provider.url}/b.png")
    await sink.platform.settle_files(sink.account)
    (finding,) = sink.platform.untold_files(sink.account)
    assert "was answered 403" in finding.message


async def test_what_nobody_fetches(sink: Sink) -> None:
    """A webhook that brought no file has none."""
    assert await sink.platform.incoming.wait_for(1, (), 0.0) is None


async def test_two_accounts_with_one_url(
    sink: Sink, provider: RawProvider, png: Answer, organization: Organization
) -> None:
    """The file belongs to the account whose number the mms is for."""
    other = User(extension="102", name="Bob", numbers=("+61866666666",))
    second = sink.platform.open_account(replace(organization, users=(other,)))
    provider.answers.append(png)
    exchange = await arrive(sink, f"{provider.url}/cat.png", to="+61866666666")
    await come(sink, exchange)
    assert [len(each.messages()) for each in (sink.account, second)] == [0, 1]
    assert second.messages()[0].file is not None


# -- bounds


async def test_memory_is_bounded(
    sink: Sink, provider: RawProvider, png: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of the oldest go first, and what is known of them stays."""
    monkeypatch.setattr(incoming, "MOST_BYTES", 2 * len(PNG))
    url, kept = f"{provider.url}/cat.png", []
    for _ in range(3):
        provider.answers.append(png)
        kept.append(await arrive(sink, url))
        await come(sink, kept[-1])
    files = sink.platform.incoming
    assert [files.content(each, url) is not None for each in kept] == [False, True, True]
    assert (await come(sink, kept[0])).size == len(PNG)


async def test_files_are_bounded(
    sink: Sink, provider: RawProvider, answer: type[Answer], png: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is forgotten while it is on its way keeps no bytes; its message learns of it all the same."""
    monkeypatch.setattr(incoming, "MOST_FILES", 1)
    url = f"{provider.url}/cat.png"
    gate = asyncio.Event()

    async def later() -> Answer:
        await gate.wait()
        return png

    provider.answers += [later, png]
    first = await arrive(sink, url)
    second = await arrive(sink, url)
    told = asyncio.Event()
    sink.account.on_message = lambda message: told.set() if message.exchange == first else None
    await come(sink, second)
    gate.set()
    await told.wait()
    files = sink.platform.incoming
    assert [files.content(each, url) for each in (first, second)] == [None, PNG]
    assert await files.wait_for(first, (), 0.0) is None
    assert sink.account.messages()[0].file is not None


async def test_a_flood_is_not_waited_for(
    sink: Sink, provider: RawProvider, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above a number of files on their way, the next is told as not fetched."""
    monkeypatch.setattr(incoming, "MOST_WAITING", 1)
    provider.answers.append(answer(b"", then="hang"))
    await arrive(sink, f"{provider.url}/a.png")
    file = await come(sink, await arrive(sink, f"{provider.url}/b.png"))
    assert "1 files are waited for already" in file.findings[0].message


async def test_a_bug_of_ours_lets_nobody_wait(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised where the file is looked at."""

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fetching.MediaFetcher, "fetch", broken)
    exchange = await arrive(sink, "http://x.test/cat.png")
    with pytest.raises(ZeroDivisionError):
        await come(sink, exchange)


async def test_the_end(open_sink: OpenSink, provider: RawProvider, answer: type[Answer], clock: ManualClock) -> None:
    """With the platform's end nothing is fetched any longer, and nothing new begins."""
    provider.answers.append(answer(b"", then="hang"))
    before = asyncio.all_tasks()
    async with open_sink() as sink:
        await arrive(sink, f"{provider.url}/a.png")
        await provider.asked.wait()
        await sink.platform.close()
        await arrive(sink, f"{provider.url}/b.png")
    provider.released.set()
    await asyncio.gather(*provider.tasks)
    assert len(provider.requests) == 1
    assert asyncio.all_tasks() - before == set()
