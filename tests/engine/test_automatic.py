"""A text that the organization has an answer to is answered by the platform, without any user."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.conversations import Message, Organization
    from tests.engine.conftest import RawProvider, Sink

STOPPED = "You will get no more texts."


@pytest.fixture
def organization(organization: Organization) -> Organization:
    """One that answers STOP."""
    return replace(organization, automatic_replies={"STOP": STOPPED})


def text(content: str) -> dict[str, Any]:
    """A text that comes in."""
    return {"method": "sms", "params": {"from": "+61123456789", "to": "+61855555555", "content": content}}


@pytest.mark.parametrize("content", ["STOP", "stop", " Stop "])
async def test_a_keyword_is_answered(sink: Sink, provider: RawProvider, content: str) -> None:
    """Framework 3.11, 7.8: from the number that it came to, and the extension is unset: its key is dropped."""
    assert (await sink.post(text(content)))[0] == 200
    await provider.asked.wait()

    (body,) = map(json.loads, provider.bodies)
    assert body == {"from": "+61855555555", "to": "+61123456789", "text": STOPPED}
    assert [message.extension for message in sink.account.messages()] == [None, None]


async def test_any_other_text_is_not(sink: Sink, provider: RawProvider) -> None:
    """Nor one that only holds the keyword, nor one to a number that is unknown."""
    unknown = text("STOP")
    unknown["params"]["to"] = "+61000000000"
    for said in (text("please stop"), unknown):
        await sink.post(said)
    await sink.post(text("STOP"))
    await provider.asked.wait()

    assert len(provider.requests) == 1


async def test_one_that_cannot_be_sent_says_why(open_sink: Callable[..., Any], provider: RawProvider) -> None:
    """The message is failed; the webhook was taken all the same."""
    async with open_sink(properties={}) as sink:
        failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def look(message: Message) -> None:
            if message.reason is not None:
                failed.set_result(message.reason)

        sink.account.on_message = look
        assert (await sink.post(text("STOP")))[0] == 200

        assert "API key" in await failed
    assert provider.requests == []
