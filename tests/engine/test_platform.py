"""The platform as a whole, against a provider over real HTTP."""

from __future__ import annotations

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from emulator.core.conversations import MessageState, Organization, User
from emulator.core.messages import Request
from emulator.core.profile import Profile
from emulator.core.redaction import Redactor
from emulator.engine.journal import open_journal
from emulator.errors import JournalError, RenderingError, UnreachableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.engine.accounts import Account
    from emulator.engine.journal import Journal
    from emulator.engine.platform import Platform, Sending
    from tests.engine.conftest import Answer, ManualClock, RawProvider, Sink

    Open = Callable[..., AbstractAsyncContextManager[Platform]]
    OpenSink = Callable[..., AbstractAsyncContextManager[Sink]]

NUMBER, CONTACT = "+61855555555", "+61123456789"


async def send(sink: Sink, content: str = "ping", account: Account | None = None) -> Sending:
    """Send a text."""
    return await sink.platform.send_message(
        account or sink.account, number=NUMBER, contact=CONTACT, content=content, extension="101"
    )


async def report(sink: Sink, messageid: str, account: Account | None = None) -> list[str]:
    """Report a delivery; the kinds of what was found."""
    status, _ = await sink.post(
        {"method": "delivered", "params": {"id": messageid}}, url=(account or sink.account).webhook_url
    )
    assert status == 200
    return [finding["code"] for finding in sink.recorded().outcome.get("findings", [])]


def taken(answer: type[Answer], messageid: str) -> Answer:
    """The answer of a provider that took a message."""
    return answer.of(json.dumps({"data": {"id": messageid}}).encode())


def state(sink: Sink, sending: Sending) -> MessageState:
    """The state of a message by now."""
    return sink.account.message(sending.message.id).state


# -- messages


async def test_a_message_is_sent_and_delivered(sink: Sink, provider: RawProvider) -> None:
    """Framework 7.1: sending, sent, delivered; the request is the document's."""
    sending = await send(sink)
    assert (sending.message.state, sending.message.messageid, sending.findings) == (MessageState.SENT, "m-1", ())
    assert provider.targets == ["POST /messages"]
    assert json.loads(provider.bodies[0]) == {"from": NUMBER, "to": CONTACT, "user": "101", "text": "ping"}

    assert await report(sink, "m-1") == []
    assert state(sink, sending) is MessageState.DELIVERED
    assert await report(sink, "m-1") == ["WH-302"]
    assert await report(sink, "m-9") == ["WH-301"]


async def test_a_message_of_nobody_has_no_extension(sink: Sink, provider: RawProvider) -> None:
    """Framework 3.3, 3.11: automatic replies; the unset variable drops its key."""
    await sink.platform.send_message(sink.account, number=NUMBER, contact=CONTACT, content="STOP")

    assert "user" not in json.loads(provider.bodies[0])


async def test_the_label_of_the_organization(
    open_sink: OpenSink, document: dict[str, Any], provider: RawProvider
) -> None:
    """Framework 3.16: ``$domain$`` goes out as the organization's label, in whatever request has it."""
    document["API"]["SendMessage"]["request_parameters"]["tenant"] = "$domain$"
    async with open_sink() as sink:
        await send(sink)
        await sink.platform.subscribe(sink.account)
    sent, subscribed = (json.loads(each) for each in provider.bodies)
    assert (sent["tenant"], subscribed["domain"]) == ("acme", "acme")


async def test_a_message_that_is_refused_is_failed(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 7.2: with the reason; a report for it is unknown."""
    provider.answers.append(answer.of(b"no credit", status="402 Payment Required"))
    sending = await send(sink)

    assert sending.message.state is MessageState.FAILED
    assert sending.message.reason == sending.call.failure == "the provider answered 402: no credit"
    assert [finding.code for finding in sending.findings] == ["API-104"]


async def test_a_message_without_id_is_untracked(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 4.20: sent, but no report can match it."""
    provider.answers.append(answer.of(b'{"data": {"ID": "m-1"}}'))
    sending = await send(sink)

    assert (sending.message.state, [each.code for each in sending.findings]) == (MessageState.UNTRACKED, ["API-101"])
    assert await report(sink, "m-1") == ["WH-301"]


@pytest.mark.parametrize("reports", [1, 2], ids=["once", "twice"])
async def test_a_report_before_the_answer(
    sink: Sink, provider: RawProvider, answer: type[Answer], reports: int
) -> None:
    """Framework 6.24: the provider reports, is answered, and only then answers SendMessage; nothing is lost."""
    found: list[list[str]] = []

    async def reported_first() -> Answer:
        for _ in range(reports):
            found.append(await report(sink, "m-7"))
        return taken(answer, "m-7")

    provider.answers.append(reported_first)
    sending = await send(sink)

    assert sending.message.state is MessageState.DELIVERED
    assert [finding.code for finding in sending.findings] == ["WH-303"]
    assert found == [[], ["WH-302"]][:reports]


async def test_a_report_that_was_held_too_long(
    open_sink: OpenSink, clock: ManualClock, provider: RawProvider, answer: type[Answer]
) -> None:
    """Framework 6.24: held for some seconds, a profile setting, then the message stays sent."""

    async def slowly() -> Answer:
        await report(opened, "m-7")
        clock.turn(3)
        return taken(answer, "m-7")

    async with open_sink(clock=clock, profile=Profile.model_validate({"early_report_hold": "2s"})) as opened:
        provider.answers.append(slowly)
        sending = await send(opened)

    assert (sending.message.state, [each.code for each in sending.findings]) == (MessageState.SENT, ["WH-301"])


async def test_messages_at_once_keep_their_reports(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 6.22: each report finds its message, in whatever order answers and reports come."""
    gates = {f"m-{number}": asyncio.Event() for number in range(4)}

    async def reported_first(messageid: str) -> Answer:
        await report(sink, messageid)
        gates[messageid].set()
        await gates[f"m-{(int(messageid[2:]) + 1) % 4}"].wait()
        return taken(answer, messageid)

    provider.answers.extend(partial(reported_first, each) for each in gates)
    sendings = await asyncio.gather(*(send(sink) for _ in gates))

    assert {sending.message.messageid for sending in sendings} == set(gates)
    assert [sending.message.state for sending in sendings] == [MessageState.DELIVERED] * 4


async def test_a_file_goes_by_its_url_and_its_caption_after_it(
    sink: Sink, provider: RawProvider, tmp_path: Path
) -> None:
    """Framework 3.12, 7.3: the caption is a SendMessage of its own, after the SendFile."""
    (tmp_path / "cat.jpg").write_bytes(b"cat")
    url = sink.platform.share(tmp_path / "cat.jpg")
    sending = await sink.platform.send_file(
        sink.account, number=NUMBER, contact=CONTACT, url=url, caption="a cat", extension="101"
    )

    assert provider.targets == ["POST /files", "POST /messages"]
    assert json.loads(provider.bodies[0]) == {"from": NUMBER, "to": CONTACT, "media": url}
    assert json.loads(provider.bodies[1])["text"] == "a cat"
    assert (sending.message.is_file, sending.message.content) == (True, url)
    assert [message.is_file for message in sink.account.messages()] == [True, False]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [("hi", ["POST /messages", "POST /files"]), (None, ["POST /files"]), ("", ["POST /files"])],
    ids=["caption", "none", "empty"],
)
async def test_a_caption_before_its_file(
    open_sink: OpenSink, provider: RawProvider, caption: str | None, expected: list[str]
) -> None:
    """Framework 7.3: profile: the caption may go first; without one there is a SendFile alone."""
    async with open_sink(profile=Profile(caption="before")) as sink:
        sending = await sink.platform.send_file(
            sink.account, number=NUMBER, contact=CONTACT, url="https://x.test/cat.jpg", caption=caption
        )

    assert provider.targets == expected
    assert sending.message.is_file


async def test_without_send_file_mms_is_off(open_sink: OpenSink, document: dict[str, Any]) -> None:
    """Framework 2.8: told in plain words; no message is begun."""
    del document["API"]["SendFile"]
    async with open_sink() as sink:
        with pytest.raises(UsageError, match=r"the integration document has no API\.SendFile"):
            await sink.platform.send_file(sink.account, number=NUMBER, contact=CONTACT, url="https://x.test/cat.jpg")
        assert sink.account.messages() == ()


# -- sends that come to no end


async def interrupted(sink: Sink, provider: RawProvider, answer: type[Answer], journal: Journal) -> Any:
    """A send that is cancelled while the provider works on it."""
    provider.answers.append(answer(b"", "hang"))
    sending = asyncio.create_task(send(sink))
    await provider.asked.wait()
    sending.cancel()
    return (await asyncio.gather(sending, return_exceptions=True))[0]


async def unrecorded(sink: Sink, provider: RawProvider, answer: type[Answer], journal: Journal) -> Any:
    """A send whose journal fails."""
    journal._database.execute("PRAGMA query_only = on")
    ended = (await asyncio.gather(send(sink), return_exceptions=True))[0]
    journal._database.execute("PRAGMA query_only = off")
    return ended


@pytest.mark.parametrize(
    ("how", "error", "reason"),
    [(interrupted, asyncio.CancelledError, "it was interrupted"), (unrecorded, JournalError, "the journal cannot be")],
    ids=["interrupted", "unrecorded"],
)
async def test_a_send_that_breaks_off_is_failed(
    sink: Sink,
    provider: RawProvider,
    answer: type[Answer],
    journal: Journal,
    how: Callable[..., Any],
    error: type[BaseException],
    reason: str,
) -> None:
    """Framework 7.2: no message is left sending for ever, and no later report is taken for that of one in flight."""
    assert isinstance(await how(sink, provider, answer, journal), error)

    (message,) = sink.account.messages()
    assert message.state is MessageState.FAILED
    assert (message.reason or "").startswith(reason)
    assert await report(sink, "m-9") == ["WH-301"]


async def test_a_send_that_cannot_be_rendered_is_failed(open_sink: OpenSink) -> None:
    """Framework 3.8, 7.2: an unset variable in the address; the error names it."""
    async with open_sink(properties={}) as sink:
        with pytest.raises(RenderingError, match=r"\$API key\$"):
            await send(sink)
        (message,) = sink.account.messages()
        assert message.state is MessageState.FAILED


# -- accounts


async def test_subscribe_tells_the_webhook_url(sink: Sink, provider: RawProvider) -> None:
    """Framework 3.15: ``$webhook_url$``; whoever posts there is heard."""
    result = await sink.platform.subscribe(sink.account)

    assert result.failure is None
    told = json.loads(provider.bodies[0])
    assert told == {"domain": "acme", "url": sink.account.webhook_url}
    text = {"method": "sms", "params": {"from": CONTACT, "to": NUMBER, "content": "hi"}}
    assert (await sink.post(text, url=told["url"]))[0] == 200
    assert sink.account.inbox.claim("message", lambda _: True) is not None


async def test_accounts_do_not_cross_talk(sink: Sink, provider: RawProvider, answer: type[Answer]) -> None:
    """Framework 1.2: the same id at two organizations is two messages; a report counts where it is posted."""
    provider.answers += [taken(answer, "m-1")] * 2
    user = User(extension="7", name="Bob", numbers=(NUMBER,))
    other = sink.platform.open_account(Organization(id="2", domain="other", users=(user,), contact=CONTACT))
    ours, theirs = await send(sink), await send(sink, account=other)
    await report(sink, "m-1", account=other)

    assert (state(sink, ours), other.message(theirs.message.id).state) == (MessageState.SENT, MessageState.DELIVERED)
    assert sink.account.inbox.since(0) == ()
    assert len(other.inbox.unconsumed()) == 1
    assert [each.account for each in sink.platform.journal.last()] == [sink.account.id, "2", "2"]


async def test_a_closed_account_is_404(sink: Sink, organization: Organization) -> None:
    """Framework 6.27, 8.8: a stale subscription that still posts is told which URLs lead somewhere."""
    other = sink.platform.open_account(replace(organization, id="2"))
    sink.platform.close_account(sink.account)
    status, answered = await sink.post({"method": "delivered", "params": {"id": "m-1"}})

    assert (status, answered["error"]["webhook_urls"]) == (404, [other.webhook_url])
    assert sink.platform.webhook_urls() == [other.webhook_url]
    (stray,) = sink.platform.strays()
    assert (stray.path, stray.is_late) == (urlsplit(sink.account.webhook_url).path, True)
    assert [event.variables["messageid"] for event in stray.events] == ["m-1"]
    recorded = sink.recorded()
    assert (recorded.account, recorded.outcome["events"][0]["event_type"]) == (
        f"{sink.account.id} (closed)",
        "messageDelivered",
    )


async def test_a_report_on_a_message_of_a_closed_account(
    sink: Sink, provider: RawProvider, answer: type[Answer], organization: Organization
) -> None:
    """A provider with one webhook URL for a label reports to the latest: the report is that of the account which sent
    the message, and no other hears of it."""
    provider.answers.append(taken(answer, "m-1"))
    await send(sink)
    sink.platform.close_account(sink.account)
    other = sink.platform.open_account(replace(organization, id="2"))

    assert await report(sink, "m-1", account=other) == []
    assert (other.inbox.since(0), len(sink.account.inbox.unconsumed())) == ((), 1)
    assert sink.recorded().account == f"{sink.account.id} (closed)"
    assert await report(sink, "m-2", account=other) == ["WH-301"]
    assert sink.recorded().account == other.label


async def test_a_report_on_an_own_message_with_an_id_that_was_given_before(
    sink: Sink, provider: RawProvider, answer: type[Answer], organization: Organization
) -> None:
    """A provider that gives one id twice means the message that was sent last."""
    provider.answers += [taken(answer, "m-1"), taken(answer, "m-1")]
    await send(sink)
    sink.platform.close_account(sink.account)
    other = sink.platform.open_account(replace(organization, id="2"))
    await send(sink, account=other)

    assert await report(sink, "m-1", account=other) == []
    assert (len(other.inbox.unconsumed()), sink.account.inbox.unconsumed()) == (1, ())


async def test_the_webhook_url(sink: Sink) -> None:
    """Framework 6.1, 6.2: ``/services/<service_id>/a<accountid>``, by default the organization's id."""
    assert urlsplit(sink.account.webhook_url).path == "/services/acme-sms/a12345678901234567890"


async def test_the_account_id_may_be_opaque(open_emulator: Open, organization: Organization) -> None:
    """Framework 6.2: profile: then each account has a URL of its own, of the same organization too."""
    async with open_emulator(profile=Profile(account_id="random")) as platform:
        urls = {platform.open_account(organization).webhook_url for _ in range(3)}

    assert len(urls) == 3
    assert not any(organization.id in url for url in urls)


async def test_an_organization_id_may_hold_anything(sink: Sink, organization: Organization) -> None:
    """Framework 6.2: the account id is an opaque string; its URL works."""
    odd = sink.platform.open_account(replace(organization, id="a/b c?ä"))

    assert await report(sink, "m-1", account=odd) == ["WH-301"]


@pytest.mark.parametrize("public", ["https://acme.tunnel.example", "https://acme.tunnel.example/"])
async def test_the_public_url_is_what_the_provider_is_told(
    open_emulator: Open, organization: Organization, tmp_path: Path, public: str
) -> None:
    """Design 4: webhooks and files, where the provider cannot reach the listener's own address."""
    (tmp_path / "cat.jpg").write_bytes(b"cat")
    async with open_emulator(public_url=public) as platform:
        account = platform.open_account(organization)
        assert account.webhook_url.startswith("https://acme.tunnel.example/services/acme-sms/a")
        assert platform.share(tmp_path / "cat.jpg").startswith("https://acme.tunnel.example/media/")


async def test_a_file_that_is_not_there_cannot_be_shared(sink: Sink, tmp_path: Path) -> None:
    """A folder is no file either."""
    for path in (tmp_path / "gone.jpg", tmp_path):
        with pytest.raises(UsageError, match=f"there is no file {path}"):
            sink.platform.share(path)


async def test_a_request_of_ones_own(sink: Sink, provider: RawProvider) -> None:
    """A trigger's: through hosts, recorded under the account."""
    request = Request(method="POST", url="https://api.example.com/_test", body=b"x")
    result = await sink.platform.request("trigger", request, sink.account)

    assert result.status == 200
    assert provider.targets == ["POST /_test"]
    assert (sink.recorded().kind, sink.recorded().account) == ("trigger", sink.account.id)


# -- opening


async def test_a_port_in_use_leaves_nothing_open(open_emulator: Open, sink: Sink) -> None:
    """The second emulator says so; the first goes on."""
    port = urlsplit(sink.account.webhook_url).port
    with pytest.raises(UnreachableError, match=f"port {port} of 127.0.0.1 is in use"):
        async with open_emulator(port=port):
            pass

    assert await report(sink, "m-1") == ["WH-301"]


async def test_a_ca_file_that_cannot_be_used_is_told(open_emulator: Open, tmp_path: Path) -> None:
    """Before a port is taken."""
    with pytest.raises(UsageError, match="the CA file"):
        async with open_emulator(ca_file=tmp_path / "gone.pem"):
            pass


async def test_no_secret_reaches_the_journal(
    document: dict[str, Any], open_sink: OpenSink, provider: RawProvider, answer: type[Answer], journal: Journal
) -> None:
    """Framework 8.11: as a header, in the URL, in the answer that repeats it, in the failure made of it."""
    key = "k3y/with ümlauts&more"
    journal._redactor = Redactor([key])
    document["API"]["SendMessage"]["request_url"] += "?key=$API key$"
    provider.answers.append(answer.of(f"wrong key {key}".encode(), status="401 Unauthorized"))
    async with open_sink(properties={"API key": key}) as sink:
        sending = await send(sink)
        kept = repr(sink.recorded())

    assert key in provider.headers()["authorization"]
    assert key in (sending.message.reason or "")
    for writing in (key, "k3y", "mlauts"):
        assert writing not in kept


async def test_the_emulator_leaves_no_task_behind(open_sink: OpenSink, provider: RawProvider) -> None:
    """After it is closed nothing of it runs on."""
    before = asyncio.all_tasks()
    with open_journal():
        async with open_sink() as sink:
            await send(sink)
            await report(sink, "m-1")
    await asyncio.gather(*provider.tasks)

    assert asyncio.all_tasks() - before == set()
