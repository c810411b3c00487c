"""What a failed step says: the words are the product, so each is kept as a file and compared whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from syrupy.assertion import SnapshotAssertion

    from tests.scenario.conftest import Provider, Stage

    Told = Callable[[str], Awaitable[str]]

ID, OTHER_ID = "a8d35b94-154a", "b17c02d3-77e1"
MOST_LINES = 25
_VARYING = {r"127\.0\.0\.1:\d+": "127.0.0.1:PORT", r"/a\d{20}": "/aACCOUNT"}

SEND = "scenario: A text goes out\nsteps:\n  - send_message: ping\n"
REPORT = f"{SEND}  - expect: messageDelivered\n"
TRIGGER = "scenario: A reply comes in\nsteps:\n  - trigger: reply\n"


@pytest.fixture
def told(stage: Stage, capsys: pytest.CaptureFixture[str]) -> Told:
    """Plays a scenario that fails, and returns what the terminal shows of it, ports and account ids aside."""

    async def play(text: str) -> str:
        result = await stage.play(text)
        assert result.status is not Status.PASSED
        ConsoleReport(Output()).scenario(result)
        shown = capsys.readouterr().out
        assert len(shown.splitlines()) <= MOST_LINES
        for pattern, name in _VARYING.items():
            shown = re.sub(pattern, name, shown)
        return shown

    return play


def _delivered(**params: str) -> dict[str, Any]:
    return {"method": "delivered", "params": params}


def _states(provider: Provider) -> None:
    """The provider tells how it went: on its way, then failed; and of another message that it failed too."""
    for after_s, state, number in ((0.1, "sent", ID), (0.2, "undelivered", ID), (0.3, "failed", OTHER_ID)):
        provider.posts_on("/webhook", {"method": state, "params": {"messageid": number}}, after_s)


def _another_after_sent(provider: Provider) -> None:
    """A report of another id says more than one that the message is on its way."""
    provider.posts_on("/webhook", {"method": "sent", "params": {"messageid": ID}}, 0.1)
    provider.reports("0000-1111", 0.2)


def _unread(provider: Provider) -> None:
    """Two reports that nobody can read: the later one is that of the delivery."""
    for after_s, state in ((0.1, "sent"), (0.2, "delivered")):
        body = f'{{"method": "{state}", "params": {{"messageid": "{ID}"}},}}'
        provider.posts_on("/webhook", body.encode(), after_s)


def _several(provider: Provider) -> None:
    provider.posts_on("/webhook", {"method": "sent", "params": {"id": ID}}, 0.1)
    provider.posts_on("/webhook", _delivered(messageId=ID), 1.21)
    provider.posts_on("/webhook", {"hello": "world"}, 2)


REPORTS: dict[str, Callable[[Provider], None]] = {
    "key-of-other-case": lambda provider: provider.posts_on("/webhook", _delivered(messageId=ID), 1.21),
    "key-of-other-name": lambda provider: provider.posts_on("/webhook", _delivered(message_id=ID), 1.21),
    "key-elsewhere": lambda provider: provider.posts_on("/webhook", {"method": "delivered", "messageid": ID}),
    "key-absent": lambda provider: provider.posts_on("/webhook", _delivered(number="5")),
    "key-null": lambda provider: provider.posts_on("/webhook", {"method": "delivered", "params": {"messageid": None}}),
    "event-key-of-other-name": lambda provider: provider.posts_on(
        "/webhook", {"Method": "delivered", "params": {"messageid": ID}}
    ),
    "event-key-of-other-value": lambda provider: provider.posts_on(
        "/webhook", {"method": "dlr", "params": {"messageid": ID}}
    ),
    "failed": _states,
    "failed-another": lambda provider: provider.posts_on(
        "/webhook", {"method": "failed", "params": {"messageid": OTHER_ID}}
    ),
    "on-its-way": lambda provider: provider.posts_on("/webhook", {"method": "sent", "params": {"messageid": ID}}),
    "on-its-way-and-other-id": _another_after_sent,
    "nothing-like-it": lambda provider: provider.posts_on("/webhook", {"hello": "world"}),
    "other-id": lambda provider: provider.reports("0000-1111"),
    "other-account": lambda provider: provider.posts_on("/webhook", _delivered(messageid=ID), url="{}9"),
    "other-method": lambda provider: provider.posts_on("/webhook", _delivered(messageid=ID), method="PUT"),
    "not-json": lambda provider: provider.posts_on("/webhook", b"<delivered/>"),
    "not-json-of-several": _unread,
    "late": lambda provider: provider.reports(ID, 5.2),
    "never": lambda provider: None,
    "closest-of-several": _several,
    "only-another-event": lambda provider: provider.texts("STOP"),
    "an-element-of-an-array": lambda provider: provider.posts_on("/webhook", [_delivered(), _delivered(Messageid=ID)]),
}


@pytest.mark.parametrize("case", REPORTS)
async def test_a_report_that_does_not_come_as_it_should(
    case: str, stage: Stage, told: Told, golden: SnapshotAssertion
) -> None:
    """Framework 8.5: each way in which a delivery report can go wrong has a sentence of its own, and says how to
    mend it."""
    REPORTS[case](stage.provider)
    assert golden == await told(REPORT)


def _hang(stage: Stage) -> None:
    stage.provider.hangs.add("/webhook")
    stage.options["profile.timeout"] = "50ms"


ANSWERS: dict[str, Callable[[Stage], None]] = {
    "refused": lambda stage: stage.provider.answers("/webhook", {"error": "unknown API key"}, 401),
    "html-error-page": lambda stage: stage.provider.answers(
        "/webhook", "<!DOCTYPE html>\n<h1>Internal Server Error</h1>", 500, content_type="text/html"
    ),
    "not-json": lambda stage: stage.provider.answers("/webhook", "OK", content_type="text/plain"),
    "untracked": lambda stage: stage.provider.answers("/webhook", {"data": {"messageId": ID}}),
    "failed-inside": lambda stage: stage.provider.answers("/webhook", {"ok": False, "error": {"message": "no credit"}}),
    "failed-inside-with-an-id": lambda stage: stage.provider.answers(
        "/webhook", {"data": {"id": ID, "status": "INSUFFICIENT_CREDIT"}}
    ),
    "hangs": _hang,
    "nobody-there": lambda stage: stage.options.update({"hosts": "{https://api.example.com: http://127.0.0.1:9}"}),
    "subscribe-refused": lambda stage: stage.provider.answers("/ns-api/v2/subscriptions", "no", 403),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_an_answer_that_is_none(case: str, stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """A send that the provider does not take fails by itself, with the provider's own words."""
    ANSWERS[case](stage)
    assert golden == await told(REPORT)


def _text_and_file(provider: Provider) -> None:
    provider.texts("one", on="/inbound")
    provider.files("https://files.example.com/cat.jpg", on="/inbound")


EVENTS: dict[str, tuple[Callable[[Provider], None], str]] = {
    "other-value": (
        lambda provider: provider.texts("pong", on="/inbound", sender="61123456789"),
        "  - expect: {message: {from: $contact$, content: {starts_with: Ping}}}\n",
    ),
    "mms-sent-as-message": (
        lambda provider: provider.texts("https://files.example.com/cat.jpg", on="/inbound"),
        "  - expect: mms\n",
    ),
    "unmatched-mms": (
        lambda provider: provider.posts_on("/inbound", {"method": "message", "params": {"url": "https://x.test/y"}}),
        "  - expect: mms\n",
    ),
    "consumed": (
        lambda provider: provider.texts("pong", on="/inbound"),
        "  - expect: message\n  - expect: {message: pong}\n    within: 1s\n",
    ),
    "only-what-earlier-steps-took": (
        lambda provider: provider.texts("pong", on="/inbound"),
        "  - expect: message\n  - expect: {message: ping}\n    within: 1s\n",
    ),
    "too-few": (
        lambda provider: provider.texts("pong", on="/inbound"),
        "  - expect: {message: pong}\n    times: 2\n    within: 1s\n",
    ),
    "unexpected": (
        lambda provider: provider.texts("pong", on="/inbound"),
        "  - expect_none: message\n    within: 500ms\n",
    ),
    "left-over": (
        lambda provider: provider.texts("who is this?", on="/inbound"),
        "    check: {status: 200}\n  - wait: 100ms\n",
    ),
    "left-over-of-several-kinds": (
        _text_and_file,
        "    check: {status: 200}\n  - wait: 100ms\n",
    ),
}


@pytest.mark.parametrize("case", EVENTS)
async def test_an_event_that_is_not_the_one(case: str, stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """Framework 8.2, 8.3: another value, another kind, one too few, one too many: each is told apart."""
    prepare, steps = EVENTS[case]
    prepare(stage.provider)
    stage.triggers = f"{{reply: {{request: {{POST: {stage.provider.url}/inbound}}}}}}"
    assert golden == await told(TRIGGER + steps)


async def test_a_second_report_of_one_message(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """A duplicate that expect_none finds is called one, and the first is named."""
    stage.provider.reports(ID, 0.05)
    stage.provider.reports(ID, 0.9)
    assert golden == await told(f"{REPORT}  - expect_none: messageDelivered\n")


async def test_a_duplicate_in_one_webhook(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """Two elements of one array are two events: the second is a duplicate too."""
    stage.provider.posts_on("/webhook", [_delivered(messageid=ID)] * 2)
    assert golden == await told(f"{REPORT}  - expect_none: messageDelivered\n")


async def test_a_duplicate_that_nobody_looked_for(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """Framework 8.6: what is left over at the end is called a duplicate where it is one."""
    stage.provider.reports(ID, 0.05)
    stage.provider.reports(ID, 0.06)
    assert golden == await told(f"{REPORT}  - wait: 100ms\n")


async def test_the_report_of_another_message(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """The report of an earlier message, already expected by its own step, is not mistaken for a wrong id."""
    stage.provider.reports(ID, on="/report")
    report = f"  - request: {{POST: {stage.provider.url}/report}}\n"
    expect = "  - expect: {messageDelivered: $one.messageid$}\n  - expect: messageDelivered\n"
    assert golden == await told(f"{SEND}    as: one\n  - send_message: two\n{report}{expect}")


async def test_a_check_with_several_mismatches(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """Status, headers and body are all looked at: every mismatch is told at once."""
    stage.provider.answers("/webhook", {"data": {"id": 7, "state": "queued"}}, 202, took_s=0.3)
    check = (
        "    check:\n"
        "      status: 200\n"
        "      within: 250ms\n"
        "      headers: {X-Request-Id: {format: uuid}}\n"
        "      messageid: {length: 36}\n"
        "      state: delivered\n"
        "      body: {$.data.id: {type: string}, $.data.state: {one_of: [sent, accepted]}, $.error: {present: true}}\n"
    )
    assert golden == await told(SEND + check)


async def test_more_mismatches_than_a_person_reads(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """The first few are shown, and how many more there are."""
    stage.provider.answers("/webhook", {"data": {"id": ID}, "items": [{"n": n} for n in range(50)]})
    assert golden == await told(f'{SEND}    check: {{body: {{"$.items[*].n": {{gte: 50}}}}}}\n')


async def test_a_webhook_that_is_not_as_checked(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """The check of an expect looks at the webhook that brought the event."""
    stage.provider.reports(ID)
    check = (
        "    check: {method: PUT, headers: {X-Signature: {present: true}}, body: {$.params.at: {format: iso8601}}}\n"
    )
    assert golden == await told(REPORT + check)


async def test_nothing_checked(told: Told, golden: SnapshotAssertion) -> None:
    """A scenario that can only succeed is not green."""
    assert golden == await told(SEND)


async def test_a_result_that_is_not_there(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """A placeholder that got no value fails the step that uses it."""
    stage.provider.answers("/webhook", {"data": {"id": ID}})
    assert golden == await told(f"{SEND}  - send_message: $answer.data.number$\n")


async def test_a_message_of_a_provider_that_would_fill_the_screen(
    stage: Stage, told: Told, golden: SnapshotAssertion
) -> None:
    """Long texts and line ends of a provider stay in their line, and long timelines show their end."""
    for number in range(30):
        stage.provider.texts(f"{number}\n" + "x" * 500, on="/webhook")
    assert golden == await told(REPORT)


async def test_what_came_and_was_no_http(stage: Stage, told: Told, golden: SnapshotAssertion) -> None:
    """Framework 8.1: a provider that speaks something else was heard, and is told what to mend."""
    heads = [b"hello\r\n\r\n", b"\x16\x03\x01" + bytes(9), b"POST PATH HTTP/1.1\r\n\r\n", b"GET PATH HTTP/1.1\r\n\r\n"]
    for number, data in enumerate(heads):
        stage.provider.posts_on("/inbound", data, 0.05 * (number + 1), method="RAW")
    stage.triggers = f"{{reply: {{request: {{POST: {stage.provider.url}/inbound}}}}}}"
    assert golden == await told(f"{TRIGGER}  - expect: message\n")


async def test_a_public_url_that_leads_elsewhere(stage: Stage) -> None:
    """A tunnel that has ended: the provider took the webhook URL, but what it posts does not come here."""
    stage.options = {"public_url": "http://127.0.0.1:9"}
    result = await stage.play(REPORT)
    failure = result.failures[0][3]
    assert failure.code == "WH-DELIVERED-01"
    assert failure.mend.endswith("; does http://127.0.0.1:9 (public_url) lead to this machine?")
