"""Accounts that share a webhook URL: every event goes to the one that it concerns, and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.conversations import MessageState, Organization, User
from emulator.core.matching import Event
from emulator.core.profile import Profile
from emulator.core.rules import UNKNOWN_MESSAGE, UNKNOWN_NUMBER
from emulator.engine.accounts import MOST_HELD, Account
from emulator.engine.inbox import MOST_BYTES, Arrival
from emulator.engine.sharing import SharedUrl

if TYPE_CHECKING:
    from emulator.core.conversations import Message
    from tests.engine.conftest import ManualClock

ONE, TWO = "+61855555551", "+61855555552"


def delivered(messageid: str) -> Event:
    """A delivery report."""
    return Event(event_type="messageDelivered", model=0, path=(), variables={"messageid": messageid})


def text(to: str) -> Event:
    """A text from outside."""
    return Event(event_type="message", model=0, path=(), variables={"from": "+1", "to": to, "content": "hi"})


def begin(account: Account) -> Message:
    """A text that is on its way."""
    number = account.organization.numbers[0]
    return account.begin(number=number, contact="+61123456789", content="x", is_file=False, extension=None)


def came(shared: SharedUrl, event: Event, exchange: int = 1) -> None:
    """*event* is posted to the shared URL, as the receiver takes it in."""
    shared.apply(event)
    shared.inbox.put(Arrival(exchange=exchange, at=1.0, event=event))


@pytest.fixture
def pair(clock: ManualClock) -> tuple[SharedUrl, Account, Account]:
    """Two accounts with one number each, and the URL that they share."""
    users = (User(extension=str(index), name="", numbers=(number,)) for index, number in enumerate((ONE, TWO)))
    first, second = (
        Account(
            Organization(id="1", domain="acme", users=(user,), contact="+61123456789"),
            "1",
            "http://x",
            clock,
            Profile(),
        )
        for user in users
    )
    shared = SharedUrl(first)
    shared.add(second)
    return shared, first, second


def unconsumed(*accounts: Account) -> list[int]:
    """How many events each account has."""
    return [len(each.inbox.unconsumed()) for each in accounts]


def test_a_text_goes_to_the_account_of_its_number(pair: tuple[SharedUrl, Account, Account]) -> None:
    """Framework 6.20: ``to`` is the SMS number."""
    shared, first, second = pair
    came(shared, text(TWO))
    assert [0, 1] == unconsumed(first, second)
    assert ["hi"] == [each.content for each in second.messages()]
    assert shared.label_of([text(TWO)]) == second.label != first.label


def test_a_report_goes_to_the_account_that_sent_the_message(pair: tuple[SharedUrl, Account, Account]) -> None:
    """Framework 6.22: the id that answered SendMessage tells whose it is."""
    shared, first, second = pair
    message, _ = first.accepted(begin(first), "m-1")
    came(shared, delivered("m-1"))
    assert [1, 0] == unconsumed(first, second)
    assert first.message(message.id).state is MessageState.DELIVERED


def test_a_report_before_the_answer_waits_for_it(pair: tuple[SharedUrl, Account, Account]) -> None:
    """Framework 6.24: whose it is shows when the answer names its id, however many messages are on their way."""
    shared, first, second = pair
    sending, other = begin(second), begin(first)
    came(shared, delivered("m-2"))
    assert [0, 0] == unconsumed(first, second)
    first.accepted(other, "m-1")
    assert [0, 0] == unconsumed(first, second)
    message, _ = second.accepted(sending, "m-2")
    assert [0, 1] == unconsumed(first, second)
    assert message.state is MessageState.DELIVERED


def test_reports_that_wait_are_bounded(pair: tuple[SharedUrl, Account, Account]) -> None:
    """A provider that makes up ids costs no memory: the oldest go first."""
    shared, first, _ = pair
    sending = begin(first)
    for number in range(MOST_HELD + 1):
        came(shared, delivered(f"m-{number}"))
    first.accepted(sending, "m-0")
    assert [0] == unconsumed(first)


def test_large_reports_that_wait_are_bounded_by_their_size(pair: tuple[SharedUrl, Account, Account]) -> None:
    """And so are those of one id: what came last is there."""
    shared, first, _ = pair
    sending = begin(first)
    for number in range(MOST_HELD + 5):
        shared.keep(Arrival(exchange=number, at=1.0, size=MOST_BYTES // 8), delivered("m-1"))
    first.accepted(sending, "m-1")
    assert [each.exchange for each in first.inbox.since(0.0)] == list(range(MOST_HELD - 3, MOST_HELD + 5))


def test_what_concerns_nobody_is_told_to_all(pair: tuple[SharedUrl, Account, Account]) -> None:
    """An unknown id, an unknown number and what cannot be read help every diagnosis, and are nobody's event."""
    shared, first, second = pair
    assert [UNKNOWN_MESSAGE.code] == [each.code for each in shared.apply(delivered("m-9"))]
    shared.inbox.put(Arrival(exchange=1, at=1.0, event=delivered("m-9")))
    (finding,) = shared.apply(text("+1999"))
    assert UNKNOWN_NUMBER.code == finding.code
    assert f"it has {ONE}, {TWO}" in finding.message
    shared.inbox.put(Arrival(exchange=2, at=1.0, problem="unreadable"))
    assert [0, 0] == unconsumed(first, second)
    for account in (first, second):
        assert ["no message has the id m-9", "unreadable"] == [each.problem for each in account.inbox.since(0.0)]
    assert shared.label_of([delivered("m-9")]) == ""


def test_faults_are_of_the_account_that_is_meant(pair: tuple[SharedUrl, Account, Account]) -> None:
    """A scenario's trouble is not its neighbour's: where it cannot be told who is meant, nobody's is."""
    shared, first, second = pair
    assert shared.faults_for([text(TWO)]) is second.faults
    nobody = shared.faults_for([])
    assert nobody not in (first.faults, second.faults)
    assert shared.faults_for([delivered("m-1")]) is nobody
    begin(second)
    assert shared.faults_for([delivered("m-1")]) is second.faults
    assert shared.faults_for([]) is nobody
    begin(first)
    assert shared.faults_for([delivered("m-1")]) is nobody
    shared.remove(second)
    assert shared.faults_for([]) is first.faults


def test_one_that_leaves_gets_nothing_more(pair: tuple[SharedUrl, Account, Account]) -> None:
    """A scenario that has ended hears of nothing."""
    shared, first, second = pair
    shared.remove(first)
    came(shared, text(TWO))
    (finding,) = shared.apply(text(ONE))
    assert UNKNOWN_NUMBER.code == finding.code
    assert [0, 1] == unconsumed(first, second)
