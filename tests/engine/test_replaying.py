"""Recorded requests are made again as they were, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.messages import Request
from emulator.core.profile import Profile
from emulator.engine.replaying import KeptRequests
from emulator.errors import UsageError
from tests.engine.conftest import API_KEY, CONTACT, NUMBER, TAKEN, Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from emulator.core.conversations import Organization
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform
    from tests.engine.conftest import RawProvider, Sink

    Open = Callable[..., AbstractAsyncContextManager[Platform]]

SMS = {"method": "sms", "params": {"from": CONTACT, "to": NUMBER, "content": "hello"}}


def _request(number: int, size: int = 0) -> Request:
    return Request(method="POST", url=f"http://127.0.0.1/{number}", body=b"x" * size)


def test_the_latest_requests_are_kept() -> None:
    """Only so many, and only so large together: the oldest go."""
    kept = KeptRequests(most=3, most_bytes=10)
    for number in range(1, 5):
        kept.keep(number, _request(number, 3))
    assert [False, True, True, True] == [kept.get(number) is not None for number in range(1, 5)]
    kept.keep(5, _request(5, 5))
    assert [4, 5] == [number for number in range(1, 6) if kept.get(number)]
    kept.keep(6, _request(6, 11))
    assert [] == [number for number in range(1, 7) if kept.get(number)]


async def test_a_request_goes_out_again_byte_for_byte(
    open_emulator: Open, organization: Organization, provider: RawProvider, journal: Journal
) -> None:
    """The secret in it too, and nothing that is recorded has it."""
    journal.learn([API_KEY])
    async with open_emulator() as platform:
        account = platform.open_account(organization)
        sending = await platform.send_message(account, number=NUMBER, contact=CONTACT, content="hello ü")
        call = await platform.replay(account, sending.call.exchange)
    first, second = provider.requests
    assert first == second
    assert API_KEY.encode() in second
    assert ("replay", 200, 2) == (call.name, call.status, call.exchange)
    assert API_KEY not in str(journal.last())


async def test_a_request_that_had_no_answer(
    open_emulator: Open, organization: Organization, provider: RawProvider
) -> None:
    """It can be made again all the same."""
    provider.answers.extend([Answer(b"", "abort"), TAKEN])
    async with open_emulator() as platform:
        account = platform.open_account(organization)
        sending = await platform.send_message(account, number=NUMBER, contact=CONTACT, content="hello")
        assert sending.call.reply is None
        assert 200 == (await platform.replay(account, sending.call.exchange)).status


async def _post(sink: Sink, **options: Any) -> int:
    """Post a webhook; returns the number of its exchange."""
    async with sink.session.post(sink.account.webhook_url, **options) as reply:
        await reply.read()
    return sink.platform.journal.last()[-1].id


@pytest.mark.parametrize(
    "options",
    [
        {"json": SMS},
        {"data": json.dumps(SMS).encode(), "headers": {"Content-Type": "text/plain", "X-A": "1", "Expect": ""}},
        {"json": SMS, "params": {"a b": "ü/%", "c": ""}},
        {"json": SMS, "chunked": True},
    ],
    ids=["json", "headers", "query", "chunked"],
)
async def test_a_webhook_is_posted_again(options: dict[str, Any], sink: Sink) -> None:
    """With its method, query, headers and body; how it is cut into chunks is the connection's."""
    number = await _post(sink, **options)
    call = await sink.platform.replay(sink.account, number)
    first, again, second = sink.platform.journal.last()
    assert ("webhook", "replay", "webhook") == (first.kind, again.kind, second.kind)
    assert (first.reply, None) == (call.reply and second.reply, call.failure)
    assert (first.request.method, first.request.url, first.request.body) == (
        second.request.method,
        second.request.url,
        second.request.body,
    )
    framing = {"content-length", "transfer-encoding", "expect"}
    headers, copies = (
        sorted(each for each in exchange.request.headers if each[0].lower() not in framing)
        for exchange in (first, second)
    )
    assert headers == copies


async def test_a_webhook_that_came_by_a_public_address(open_sink: Any) -> None:
    """It is posted to the listener itself: what stands between may be gone."""
    async with open_sink(public_url="https://hooks.example.com/tunnel") as sink:
        url = sink.account.webhook_url.replace("https://hooks.example.com/tunnel", sink.platform._listener.base_url)
        async with sink.session.post(url, json=SMS, headers={"Host": "hooks.example.com"}) as reply:
            assert 200 == reply.status
        call = await sink.platform.replay(sink.account, 1)
        assert (200, "http://hooks.example.com") == (
            call.status,
            sink.platform.journal.last()[-1].request.url.partition("/services")[0],
        )


async def test_a_webhook_that_is_refused_again(sink: Sink) -> None:
    """That is a failure, as the listener's words say."""
    number = await _post(sink, data=b"{", headers={"Content-Type": "application/json"})
    call = await sink.platform.replay(sink.account, number)
    assert (400, ["API-104"]) == (call.status, [each.code for each in call.findings])
    assert str(call.failure).startswith("the listener answered 400: ")


async def _refused(sink: Sink, number: int) -> tuple[str, str | None]:
    before = len(sink.platform.journal.last())
    with pytest.raises(UsageError) as caught:
        await sink.platform.replay(sink.account, number)
    assert before == len(sink.platform.journal.last())
    return caught.value.message, caught.value.mend


async def test_what_is_not_recorded(sink: Sink) -> None:
    """What there is, is named."""
    assert ("no exchange #7 is recorded", "this scenario has none yet") == await _refused(sink, 7)
    await sink.platform.subscribe(sink.account)
    await _post(sink, json=SMS)
    assert ("no exchange #7 is recorded", "the latest of this scenario are #1 Subscribe, #2 webhook") == await _refused(
        sink, 7
    )


async def test_what_is_not_remembered(sink: Sink) -> None:
    """A request of which only the masked record is left is not made again: it would be another."""
    await sink.platform.subscribe(sink.account)
    sink.platform._caller._kept = KeptRequests()
    mend = "only the latest 1000 requests of this run, and webhooks, can be replayed"
    assert ("Subscribe #1 is not remembered as it was sent", mend) == await _refused(sink, 1)


@pytest.mark.parametrize(
    "options",
    [
        {"json": SMS, "params": {"key": API_KEY}},
        {"json": SMS, "headers": {"X-Key": API_KEY}},
        {"json": {**SMS, "key": API_KEY}},
    ],
    ids=["url", "header", "body"],
)
async def test_a_webhook_that_held_a_secret(options: dict[str, Any], sink: Sink) -> None:
    """It is recorded without, and would be another."""
    sink.platform.journal.learn([API_KEY])
    number = await _post(sink, **options)
    assert "webhook #1 held a secret, which no journal keeps" == (await _refused(sink, number))[0]


async def test_a_webhook_that_was_too_large(open_sink: Any) -> None:
    """Only its beginning is kept."""
    async with open_sink(profile=Profile.model_validate({"max_webhook_body": "1 KiB"})) as sink:
        number = await _post(sink, data=b"x" * 2000)
        assert ("webhook #1 was too large to be kept", "replay another") == await _refused(sink, number)
