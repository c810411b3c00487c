"""The timeline tells what happened in its order: the account's exchanges, strays among them, and notes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.matching import Event
from emulator.core.messages import Reply, Request
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.inbox import Arrival
from emulator.scenario.results import Status, TimelineEntry
from emulator.scenario.timeline import arrivals_in_words, entry_of, variables_in_words

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

NUMBER, CONTACT, KEY = "+61855555555", "+61123456789", "s3cret-API-key"
ID = "a8d35b94-154a"
CHECKED = "    check: {status: 2xx}\n"


def _exchange(**values: Any) -> Exchange:
    given: dict[str, Any] = {
        "outcome": {},
        "id": 7,
        "direction": "out",
        "kind": "SendMessage",
        "account": "1",
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "clock": 1001.25,
        "request": Request(method="POST", url="https://api.x.test/out?a=1"),
        "reply": Reply(status=200, headers=(), body=b""),
        "duration_s": 0.015,
    }
    return Exchange(**{**given, **values})


def _incoming(**values: Any) -> Exchange:
    request = Request(method="POST", url="http://127.0.0.1:80/services/x/a1?q=1")
    return _exchange(**{"direction": "in", "kind": "webhook", "request": request, **values})


def _event(event_type: str, **variables: str) -> dict[str, Any]:
    return {"event_type": event_type, "variables": variables}


@pytest.mark.parametrize(
    ("exchange", "label", "detail"),
    [
        (_exchange(), "SendMessage", "POST https://api.x.test/out?a=1  200 in 15 ms"),
        (_exchange(sent_to="http://127.0.0.1:80/out"), "SendMessage", "POST http://127.0.0.1:80/out  200 in 15 ms"),
        (_exchange(kind="request", duration_s=2.5), "request", "POST https://api.x.test/out?a=1  200 in 2.5 s"),
        (_exchange(duration_s=None), "SendMessage", "POST https://api.x.test/out?a=1  200 in 0 ms"),
        (
            _exchange(reply=None, error="no answer from x within 30 s"),
            "SendMessage",
            "POST https://api.x.test/out?a=1  no answer from x within 30 s",
        ),
        (_exchange(reply=None), "SendMessage", "POST https://api.x.test/out?a=1  no answer yet"),
    ],
    ids=["request", "hosts", "slow", "no-duration", "error", "no-answer-yet"],
)  # fmt: skip
def test_what_goes_out(exchange: Exchange, label: str, detail: str) -> None:
    """A request is told with the address that it went to, and with its answer or why there is none."""
    assert TimelineEntry(at_s=1.25, arrow="→", label=label, detail=detail, exchange=7) == entry_of(exchange, 1000.0)


@pytest.mark.parametrize(
    ("outcome", "status", "label", "detail"),
    [
        (
            {"events": [_event("messageDelivered", messageid=ID)]},
            200,
            "messageDelivered",
            f"{{messageid: {ID}}}  200",
        ),
        (
            {"events": [_event("message", content="a"), _event("mms", url="u", text="t")]},
            200,
            "message, mms",
            "{content: a} {url: u, text: t}  200",
        ),
        (
            {"events": [_event("message", content="a")], "unmatched": [{"path": "$[1]", "nearest": None}]},
            200,
            "message",
            "{content: a} like no webhook model  200",
        ),
        (
            {"events": [], "unmatched": [{"path": "$", "nearest": None}]},
            422,
            "near miss",
            "like no webhook model  422",
        ),
        ({"problem": "not readable"}, 400, "refused", "not readable  400"),
        ({"problem": "x" * 200}, 400, "refused", f"{'x' * 160}…  400"),
        (
            {"events": [_event("message", to="+1")], "findings": [{"severity": "error", "message": "no SMS number"}]},
            422,
            "message",
            "{to: +1}: no SMS number  422",
        ),
        ({}, 404, "refused", "POST /services/x/a1  404"),
    ],
    ids=["event", "two-events", "one-of-two", "unmatched", "refused", "long-reason", "refused-event", "stray"],
)
def test_what_comes_in(outcome: dict[str, Any], status: int, label: str, detail: str) -> None:
    """A webhook is told by what it said, or by what was wrong with it, and by its answer."""
    exchange = _incoming(outcome=outcome, reply=Reply(status=status, headers=(), body=b""))
    assert TimelineEntry(at_s=1.25, arrow="←", label=label, detail=detail, exchange=7) == entry_of(exchange, 1000.0)


def test_nothing_happens_before_the_start() -> None:
    """An exchange that began in the moment of the start is never told with a time before it."""
    assert 0.0 == entry_of(_exchange(clock=999.9), 1000.0).at_s


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "{}"),
        ({"from": CONTACT, "content": "hello"}, f"{{from: {CONTACT}, content: hello}}"),
        ({"content": "x" * 60}, f"{{content: {'x' * 60}}}"),
        ({"content": "x" * 61, "to": "y"}, f"{{content: {'x' * 60}…, to: y}}"),
    ],
    ids=["none", "two", "sixty", "longer"],
)
def test_variables_in_words(variables: dict[str, str], words: str) -> None:
    """An event's values are told in their order; of a long one the first sixty characters."""
    assert words == variables_in_words(variables)


def test_arrivals_in_words() -> None:
    """Events are told with their webhook and their time; what brought no event is left out."""
    event = Event(event_type="messageDelivered", model=2, path=(), variables={"messageid": ID})
    arrivals = (
        Arrival(exchange=4, at=1001.21, event=event),
        Arrival(exchange=5, at=1002.0, problem="not readable"),
        Arrival(exchange=6, at=999.0, event=event),
    )
    assert [
        f"messageDelivered {{messageid: {ID}}} by webhook #4 at +1.21 s",
        f"messageDelivered {{messageid: {ID}}} by webhook #6 at +0 ms",
    ] == arrivals_in_words(arrivals, 1000.0)


# -- of a scenario


async def test_a_conversation_in_order(stage: Stage) -> None:
    """Exchanges, notes and skipped steps stand in the order in which they began, each with its time from the start."""
    stage.provider.answers("/webhook", {"data": {"id": ID}}, took_s=0.5)
    stage.provider.reports(ID, 2.0)
    result = await stage.play(
        "scenario: In order\nsteps:\n"
        "  - wait: 1s\n  - note: hello\n  - wait: 1s\n"
        f"  - send_message: ping\n{CHECKED}"
        "  - note: bye\n    when: false\n    name: Goodbye\n"
        "  - expect: messageDelivered\n"
    )
    assert Status.PASSED is result.status
    url = stage.provider.url
    assert [
        (0.0, "→", "Subscribe", f"POST {url}/ns-api/v2/subscriptions  200 in 0 ms", 1),
        (1.0, "·", "note", "hello", None),
        (2.0, "→", "SendMessage", f"POST {url}/webhook  200 in 500 ms", 2),
        (2.5, "·", "note", "skipped: Goodbye (when: false is false)", None),
        (4.0, "←", "messageDelivered", f"{{messageid: {ID}}}  200", 3),
    ] == [(each.at_s, each.arrow, each.label, each.detail, each.exchange) for each in result.timeline]


async def test_strays_are_told(stage: Stage) -> None:
    """Framework 8.1: a webhook that went to a URL that no account has is told, with the 404 that it was answered."""
    stage.provider.posts_on("/webhook", {"method": "x"}, 0.1, url="{}9")
    result = await stage.play(f"scenario: A stray\nsteps:\n  - send_message: ping\n{CHECKED}  - wait: 1s\n")
    entry = result.timeline[-1]
    path = stage.provider.webhook_url.partition("/services")[2]
    assert (0.1, "←", "refused", f"no account has the webhook URL /services{path}9  404", 3) == (
        round(entry.at_s, 6),
        entry.arrow,
        entry.label,
        entry.detail,
        entry.exchange,
    )


async def test_other_scenarios_are_not_told(stage: Stage) -> None:
    """A scenario's timeline begins with itself, though the journal holds what was before in the same account."""
    stage.options["isolation"] = "none"
    one = f"scenario: One\nsteps:\n  - wait: 1s\n  - send_message: ping\n{CHECKED}  - wait: 1s\n"
    results = await stage.play_all(f"{one}---\n{one.replace('One', 'Two')}")
    assert [[1, 2], [3, 4]] == [[each.exchange for each in result.timeline] for result in results]
    assert [[0.0, 1.0], [0.0, 1.0]] == [[each.at_s for each in result.timeline] for result in results]


@pytest.mark.parametrize(("account", "told"), [("another", [1, 2]), ("", [1, 2, 3])], ids=["another", "nobody"])
async def test_other_accounts_are_not_told(account: str, told: list[int], stage: Stage) -> None:
    """What comes for another account in the meantime is not this scenario's; what comes for nobody is."""

    async def comes() -> None:
        await stage.journal.record(_incoming(id=UNNUMBERED, account=account, clock=stage.clock.time))

    stage.clock.later(0.5, comes)
    result = await stage.play(f"scenario: Alone\nsteps:\n  - send_message: ping\n{CHECKED}  - wait: 1s\n")
    assert [1, 2, 3] == sorted(each.id for each in stage.journal.last(10))
    assert told == [each.exchange for each in result.timeline]


async def test_secrets_in_a_timeline(stage: Stage) -> None:
    """A property's value is masked, in whatever direction it went."""
    stage.provider.texts(f"your key is {KEY}", on="/in")
    result = await stage.play(
        f"scenario: A key\nsteps:\n  - request: {{POST: "
        f"'{stage.provider.url}/in?key=$API key$'}}\n  - expect: message\n"
    )
    assert Status.PASSED is result.status
    assert "/in?key=***  200" in result.timeline[1].detail
    assert "content: your key is ***}" in result.timeline[2].detail
