"""What could not be recorded and is answered 500 has done nothing: when it comes again it counts once."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core import rules
from emulator.core.conversations import MessageState
from emulator.core.matching import Event
from emulator.engine.effects import CERTAIN, Effects
from emulator.engine.faults import Fault, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.conversations import Message
    from emulator.engine.accounts import Account
    from emulator.engine.journal import Journal
    from tests.engine.conftest import Sink

FROM, TO = "+61123456789", "+61855555555"


def text(content: str = "hi", method: str = "sms", **more: str) -> dict[str, Any]:
    """A text as the provider posts it."""
    return {"method": method, "params": {"from": FROM, "to": TO, "content": content, **more}}


def report(messageid: str) -> dict[str, Any]:
    """A delivery report."""
    return {"method": "delivered", "params": {"id": messageid}}


@contextmanager
def full(journal: Journal) -> Iterator[None]:
    """No more room, while the block runs."""
    pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
    journal._database.execute(f"PRAGMA max_page_count = {pages}")
    yield
    journal._database.execute("PRAGMA max_page_count = 1000000")


def sent(account: Account, messageid: str) -> Message:
    """A message that the provider has taken."""
    message = account.begin(number=TO, contact=FROM, content="out", is_file=False, extension=None)
    return account.accepted(message, messageid, 1)[0]


def remembered(account: Account) -> Any:
    """All that the account knows that a webhook can change."""
    return (
        account.messages(),
        dict(account._texts._at),
        list(account._texts._asked),
        dict(account._held),
        {key: list(tried) for key, tried in account.faults._tried.items()},
        account.faults.plans(),
        account.inbox.since(0.0),
        account.inbox.unconsumed(),
    )


LARGE = "x" * 100_000
"""So much that it has no room on a page that is there."""


async def test_what_is_answered_500_is_no_duplicate_when_it_comes_again(sink: Sink, journal: Journal) -> None:
    """Design 7: many webhooks at once, some of them in lists, all of them again once there is room."""
    bodies: list[Any] = [text(f"{each} {LARGE}") for each in range(8)]
    bodies.append([text(f"first {LARGE}"), text("second"), report("unknown")])
    before = remembered(sink.account)
    heard: list[object] = []
    sink.account.on_message = heard.append
    sink.platform._receiver.on_text = lambda *told: heard.append(told)
    with full(journal):
        answers = await asyncio.gather(*map(sink.post, bodies))
        assert {status for status, _ in answers} == {500}
        assert "database or disk is full" in answers[0][1]["error"]["message"]
        assert remembered(sink.account) == before
        assert heard == []
    for body in bodies:
        assert (await sink.post(body))[0] == 200
    found = [each.outcome.get("findings", []) for each in journal.last()]
    assert {each["code"] for findings in found for each in findings} == {rules.UNKNOWN_MESSAGE.code}
    assert len(sink.account.messages()) == len(sink.account.inbox.unconsumed()) - 1 == 10
    assert len(heard) == 20


async def test_a_report_that_is_answered_500_delivers_nothing(sink: Sink, journal: Journal) -> None:
    """Nor is it held, where the answer that names its message is still to come."""
    message = sent(sink.account, "m-1")
    sink.account.begin(number=TO, contact=FROM, content="on its way", is_file=False, extension=None)
    with full(journal):
        assert (await sink.post([report("m-1"), report("m-2"), text(LARGE)]))[0] == 500
        assert sink.account.message(message.id).state is MessageState.SENT
        assert sink.account._held == {}
    assert (await sink.post(report("m-1")))[0] == 200
    assert journal.last()[-1].outcome.get("findings") is None
    assert sink.account.message(message.id).state is MessageState.DELIVERED


async def test_a_fault_that_cannot_be_recorded_is_still_to_come(sink: Sink, journal: Journal) -> None:
    """In turn and by chance; attempts are not counted either."""
    for plan in (
        FaultPlan((Fault("status", 503), Fault("status", 500))),
        FaultPlan((Fault("status", 503),) * 3, "chance"),
    ):
        sink.account.faults.plan(None, plan)
        before = remembered(sink.account)
        with full(journal):
            assert (await sink.post([text("odd", "odd"), text(LARGE)]))[0] == 500
            assert remembered(sink.account) == before
        assert (await sink.post(text(LARGE)))[0] == 503
    assert [each.attempt for each in journal.last()] == [1, 2]


async def test_who_waits_is_not_woken_by_what_is_answered_500(sink: Sink, journal: Journal) -> None:
    """A step sees an event only once it is in the journal."""
    waiting = asyncio.ensure_future(
        sink.account.inbox.wait_for("message", lambda _: True, sink.platform.clock.now() + 30)
    )
    with full(journal):
        assert (await sink.post(text(LARGE)))[0] == 500
        assert not waiting.done()
    await sink.post(text("small"))
    arrival = await waiting
    assert arrival is not None
    assert arrival.event is not None
    assert arrival.event.variables["content"] == "small"


async def test_of_a_full_memory_nothing_is_lost_either(
    sink: Sink, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had to go for the webhook that was answered 500 is back, in its place."""
    monkeypatch.setattr("emulator.engine.accounts.MOST_MESSAGES", 3)
    monkeypatch.setattr("emulator.engine.accounts.MOST_HELD", 2)
    monkeypatch.setattr("emulator.engine.recent_texts.MOST_RECENT", 3)
    monkeypatch.setattr("emulator.engine.faults.MOST_TRIED", 2)
    for number in range(3):
        sent(sink.account, f"m-{number}")
        await sink.post(text(f"text {number}"))
    sink.account.begin(number=TO, contact=FROM, content="on its way", is_file=False, extension=None)
    sink.account.asked_for("asked for")
    for number in range(2):
        await sink.post(report(f"early-{number}"))
    before, order = remembered(sink.account), list(sink.account._texts._at)
    with full(journal):
        bodies = [[text("asked for"), text("text 2"), report("early-9"), text(LARGE)], text(LARGE)]
        assert {status for status, _ in await asyncio.gather(*map(sink.post, bodies))} == {500}
    assert remembered(sink.account) == before
    assert set(list(sink.account._texts._at)[:1]) == set(order[:1])


def test_the_latest_is_taken_back_first() -> None:
    """What was done twice to one thing ends as it was before the first."""
    effects, done = Effects(), list[str]()
    effects.afterwards(lambda: done.append("afterwards"))
    effects.unless(lambda: done.append("first"))
    effects.unless(lambda: done.append("second"))
    effects.take_back()
    effects.happen()
    assert done == ["second", "first"]
    CERTAIN.afterwards(lambda: done.append("at once"))
    CERTAIN.unless(lambda: done.append("never"))
    assert done == ["second", "first", "at once"]


def test_an_account_without_a_journal_takes_effect_at_once(sink: Sink) -> None:
    """Whoever applies an event by itself waits for nothing."""
    event = Event(event_type="message", model=0, path=(), variables={"from": FROM, "to": TO, "content": "hi"})
    heard: list[object] = []
    sink.account.on_message = heard.append
    sink.account.apply(event)
    assert len(heard) == 1
