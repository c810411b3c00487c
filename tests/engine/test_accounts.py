"""What events mean to an account's messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.core.conversations import MessageState, Organization
from emulator.core.matching import Event
from emulator.core.profile import Profile
from emulator.core.rules import (
    DUPLICATE_REPORT,
    EARLY_REPORT,
    FILE_AS_TEXT,
    ID_REUSED,
    OUTGOING_EVENT,
    TEXT_AGAIN,
    UNKNOWN_MESSAGE,
    UNKNOWN_NUMBER,
)
from emulator.engine import accounts
from emulator.engine.accounts import MOST_HELD, Account

if TYPE_CHECKING:
    from emulator.core.conversations import Message
    from emulator.errors import Finding
    from tests.engine.conftest import ManualClock

HOLD_S = Profile().early_report_hold


def delivered(messageid: str) -> Event:
    """A delivery report."""
    return Event(event_type="messageDelivered", model=0, path=(), variables={"messageid": messageid})


def text(to: str, sender: str = "+61123456789", content: str = "hi") -> Event:
    """A text from outside."""
    return Event(event_type="message", model=0, path=(), variables={"from": sender, "to": to, "content": content})


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """The kinds of *findings*."""
    return [finding.code for finding in findings]


def begin(account: Account, content: str = "ping") -> Message:
    """A text that is on its way."""
    number = account.organization.numbers[0]
    return account.begin(number=number, contact="+61123456789", content=content, is_file=False, extension="101")


@pytest.fixture
def account(organization: Organization, clock: ManualClock) -> Account:
    """An account without messages."""
    return Account(organization, organization.id, "http://127.0.0.1/services/acme-sms/a1", clock, Profile())


def test_sending_sent_delivered(account: Account) -> None:
    """Framework 7.1: a message is sending, then sent with the provider's id, then delivered by the report of it."""
    message = begin(account)
    assert message.state is MessageState.SENDING

    sent, findings = account.accepted(message, "m-1")
    assert (sent.state, sent.messageid, findings) == (MessageState.SENT, "m-1", ())

    assert account.apply(delivered("m-1")) == ()
    assert account.message(message.id).state is MessageState.DELIVERED


def test_sending_failed(account: Account) -> None:
    """Framework 7.2: what the provider does not take is failed, with the reason."""
    message = account.failed(begin(account), "the provider answered 500")

    assert account.messages() == (message,)
    assert (message.state, message.reason) == (MessageState.FAILED, "the provider answered 500")


def test_sent_untracked(account: Account) -> None:
    """Framework 4.20: without an id the message is sent, but no report can ever match it."""
    message, findings = account.accepted(begin(account), None)

    assert (message.state, findings) == (MessageState.UNTRACKED, ())
    assert codes(account.apply(delivered("m-1"))) == [UNKNOWN_MESSAGE.code]
    assert account.message(message.id).state is MessageState.UNTRACKED


def test_a_report_before_the_answer_is_held_and_applied(account: Account, clock: ManualClock) -> None:
    """Framework 6.24: the race is real; the report counts, and is told with the time it was early by."""
    message = begin(account)
    assert account.apply(delivered("m-1")) == ()
    clock.turn(0.25)
    message, (finding,) = account.accepted(message, "m-1")

    assert account.message(message.id).state is MessageState.DELIVERED
    assert finding.code == EARLY_REPORT.code
    assert "250 ms before" in finding.message


@pytest.mark.parametrize(
    ("early_s", "state", "code"),
    [
        (HOLD_S, MessageState.DELIVERED, EARLY_REPORT.code),
        (HOLD_S + 0.1, MessageState.SENT, UNKNOWN_MESSAGE.code),
    ],
    ids=["just-held", "held-too-long"],
)
def test_the_hold_ends(account: Account, clock: ManualClock, early_s: float, state: MessageState, code: str) -> None:
    """Framework 6.24: held for some seconds, no longer; the finding says for how long."""
    message = begin(account)
    account.apply(delivered("m-1"))
    clock.turn(early_s)
    message, findings = account.accepted(message, "m-1")

    assert (message.state, codes(findings)) == (state, [code])


def test_a_held_report_that_nobody_claims_is_told(account: Account) -> None:
    """Framework 6.23: an unknown id is reported, also where a message was on its way when it came."""
    first, second = begin(account), begin(account)
    assert account.apply(delivered("m-9")) == ()
    _, while_another_is_under_way = account.accepted(first, "m-1")
    _, at_last = account.accepted(second, None)

    assert while_another_is_under_way == ()
    assert codes(at_last) == [UNKNOWN_MESSAGE.code]
    assert "no message has the id m-9; the latest sent are m-1" in at_last[0].message


def test_a_second_report_is_a_duplicate(account: Account) -> None:
    """Framework 6.25, 8.5: the second report of one id says nothing new."""
    account.accepted(begin(account), "m-1")

    assert [codes(account.apply(delivered("m-1"))) for _ in range(3)] == [[], *[[DUPLICATE_REPORT.code]] * 2]


def test_a_second_report_before_the_answer_is_a_duplicate(account: Account, clock: ManualClock) -> None:
    """Framework 6.25: the first one is held, from when it came; the second is a duplicate already."""
    message = begin(account)
    account.apply(delivered("m-1"))
    clock.turn(1)
    assert codes(account.apply(delivered("m-1"))) == [DUPLICATE_REPORT.code]

    message, (finding,) = account.accepted(message, "m-1")
    assert message.state is MessageState.DELIVERED
    assert "1 s before" in finding.message


@pytest.mark.parametrize(
    ("sent", "said"),
    [([], "none was sent with an id"), (["a", "b", "c", "d"], "the latest sent are b, c, d")],
    ids=["none-sent", "latest-sent"],
)
def test_an_unknown_id_is_told_with_the_known_ones(account: Account, sent: list[str], said: str) -> None:
    """Framework 6.23, 8.5: accepted and reported; the ids that could have been meant are named."""
    for messageid in sent:
        account.accepted(begin(account), messageid)
    (finding,) = account.apply(delivered("m-9"))

    assert finding.code == UNKNOWN_MESSAGE.code
    assert finding.message == f"no message has the id m-9; {said}"


def test_held_reports_are_bounded(account: Account) -> None:
    """A provider that floods the emulator while a message is on its way costs no memory: the oldest go."""
    message = begin(account)
    for number in range(MOST_HELD + 1):
        account.apply(delivered(f"m-{number}"))
    kept, findings = account.accepted(message, "m-0")

    assert kept.state is MessageState.SENT
    assert len(findings) == MOST_HELD


def test_messages_are_bounded(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first; a report for one of them is then unknown, and one for an id given twice still is not."""
    monkeypatch.setattr(accounts, "MOST_MESSAGES", 3)
    for messageid in ("m-1", "twice", "twice", "m-4", "m-5"):
        account.accepted(begin(account), messageid)

    assert [message.messageid for message in account.messages()] == ["twice", "m-4", "m-5"]
    assert codes(account.apply(delivered("m-1"))) == [UNKNOWN_MESSAGE.code]
    assert account.apply(delivered("twice")) == ()


@pytest.mark.parametrize(
    "written",
    ["+61855555555", "61855555555", "0061855555555", "0855555555", "855555555", "+61 8 5555-5555"],
    ids=["e164", "no-plus", "00-prefix", "national-0", "national", "as-typed"],
)
def test_the_sms_number_is_found_whatever_its_format(account: Account, written: str) -> None:
    """Framework 6.20: ``to`` finds the SMS number; the conversation gets the message."""
    assert account.apply(text(written)) == ()

    (message,) = account.messages()
    assert (message.number, message.contact, message.content) == ("+61855555555", "+61123456789", "hi")
    assert (message.state, message.outgoing, message.is_file) == (MessageState.RECEIVED, False, False)


def test_an_mms_is_kept_with_its_url(account: Account) -> None:
    """Framework 3.13: what stands in the conversation is the file, caption or not."""
    variables = {"from": "+61123456789", "to": "+61855555555", "url": "https://x.test/cat.jpg", "text": "a cat"}
    account.apply(Event(event_type="mms", model=1, path=(), variables=variables))

    (message,) = account.messages()
    assert (message.is_file, message.content) == (True, "https://x.test/cat.jpg")


@pytest.mark.parametrize("to", ["+61111111111", "nonsense", ""], ids=["other", "no-number", "empty"])
def test_an_unknown_number_lists_the_known_ones(account: Account, to: str) -> None:
    """Framework 6.21: an error that names the numbers there are."""
    (finding,) = account.apply(text(to))

    assert finding.code == UNKNOWN_NUMBER.code
    assert f"{to!r} is no SMS number of this organization; it has +61855555555" in finding.message
    assert account.messages() == ()


def test_an_organization_without_numbers_says_so(organization: Organization, clock: ManualClock) -> None:
    """Framework 6.21: there is nothing to list."""
    account = Account(replace(organization, users=()), "1", "http://x/", clock, Profile())

    (finding,) = account.apply(text("+61855555555"))
    assert finding.message.endswith("it has none")


def test_an_outgoing_message_that_is_posted_as_an_incoming_one(account: Account) -> None:
    """Framework 8.12: both directions in one stream; it is refused, and said why."""
    number = account.organization.numbers[0]
    (finding,) = account.apply(text("+61123456789", sender=number))
    assert OUTGOING_EVENT.code == finding.code
    assert finding.message.startswith(f"from is '{number}', an SMS number of this organization")
    assert () == account.messages()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("https://files.example.com/cat.jpg", True),
        (" https://files.example.com/cat.PNG?x=1\n", True),
        ("look: https://files.example.com/cat.jpg", False),
        ("https://example.com/", False),
    ],
)
def test_a_text_that_is_only_a_files_address(account: Account, content: str, told: bool) -> None:
    """Framework 8.12: it counts as the text that it is, with a warning."""
    findings = account.apply(text(account.organization.numbers[0], content=content))
    assert [FILE_AS_TEXT.code] * told == codes(findings)
    assert 1 == len(account.messages())


def test_one_id_for_two_messages(account: Account) -> None:
    """Framework 8.12: a report counts for the later one, and the provider is warned of."""
    first, _ = account.accepted(begin(account), "m-1")
    second, findings = account.accepted(begin(account), "m-1")
    assert [ID_REUSED.code] == codes(findings)
    account.apply(delivered("m-1"))
    states = [account.message(each.id).state for each in (first, second)]
    assert [MessageState.SENT, MessageState.DELIVERED] == states


def test_a_report_of_a_rounded_id_is_told_as_that(account: Account) -> None:
    """Framework 4.17, 6.23: the two ids are one number to a reader that makes doubles of numbers."""
    account.accepted(begin(account), "90071992547409931", 3)
    report = Event("messageDelivered", 0, (), {"messageid": "90071992547409940"})
    (finding,) = account.apply(report)
    assert finding.code == "WH-301"
    assert finding.message == (
        "no message has the id 90071992547409940; rounded to a double, 90071992547409931 is the same number"
    )
    assert finding.remedy.startswith("keep the id as text")


def test_an_echo_is_taken_all_the_same(account: Account) -> None:
    """Once what was said is forgotten, it is a text like any other."""
    begin(account, "hi")
    assert codes(account.apply(text(account.organization.numbers[0]))) == ["WH-204"]
    assert account.messages()[-1].state is MessageState.RECEIVED

    account.forget()
    assert account.apply(text(account.organization.numbers[0])) == ()


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("+61123456789", []),
        ("61123456789", ["WH-207"]),
        ("0412345678", ["WH-206"]),
        ("041234567890", ["WH-206"]),
        ("5551234", ["WH-206"]),
        ("19123", ["WH-208"]),
        ("ACME", ["WH-208"]),
        ("+61 123 456 789", []),
        ("(612) 345-6789", ["WH-207"]),
        ("0061123456789", ["WH-207"]),
        (" 61123456789", ["WH-210", "WH-207"]),
        ("412345678", ["WH-206"]),
        ("tel:+61123456789", ["WH-209"]),
    ],
)
def test_how_a_sender_is_written(account: Account, sender: str, found: list[str]) -> None:
    """Framework 8.19: the message is taken in each case."""
    findings = account.apply(text(account.organization.numbers[0], sender))

    assert codes(findings) == found
    assert account.messages()[-1].contact == sender


@pytest.mark.parametrize(
    ("sender", "code"),
    [("61123456789", "WH-207"), ("0061123456789", "WH-207"), ("tel:+61123456789", "WH-209"), ("123456789", "WH-206")],
)
def test_what_is_said_of_a_sender_is_what_happens(account: Account, sender: str, code: str) -> None:
    """Framework 8.19: a sender without country code has a conversation of its own, and no other has."""
    begin(account, "hi")
    sent = account.messages()[-1]
    assert sent.contact == "+61123456789"

    findings = account.apply(text(sent.number, sender, "other"))

    assert codes(findings) == [code]
    assert (account.messages()[-1].conversation != sent.conversation) is (code == "WH-206")


def test_the_contact_itself_shows_that_nothing_is_missing(account: Account) -> None:
    """Framework 8.19: ten digits are of a contact that is known by them, whatever their number makes one think."""
    number = account.organization.numbers[0]
    account.apply(text(number, "+655550100", "one"))

    assert codes(account.apply(text(number, "655550100", "two"))) == ["WH-207"]
    assert len({each.conversation for each in account.messages()}) == 1


def test_messages_are_bounded_by_bytes_too(account: Account) -> None:
    """A few large texts count as many small ones; what is said again and again is one message's."""
    number = account.organization.numbers[0]
    for place in range(40):
        account.apply(text(number, content=f"{place:02}" + "x" * 2**20))
    assert [each.content[:2] for each in account.messages()] == [f"{place:02}" for place in range(9, 40)]
    account.apply(text(number, content="y" * 2 * 2**25))
    assert len(account.messages()) == 1
    account.forget()
    account.apply(text(number))
    account.apply(text(number, content="other"))
    assert len(account.messages()) == 2


def test_long_texts_are_known_again(account: Account) -> None:
    """They are not kept whole for that; one that differs at its end is another."""
    number = account.organization.numbers[0]
    for content, told in (
        ("x" * 10**6, []),
        ("x" * 10**6, [TEXT_AGAIN.code]),
        ("x" * 10**6 + "y", []),
        ("x" * 10**6, [TEXT_AGAIN.code]),
    ):
        assert codes(account.apply(text(number, content=content))) == told
    assert sum(len(text) for _, _, text in account._texts._at) < 200


def test_an_id_that_is_a_megabyte_is_not_held(account: Account) -> None:
    """Nobody's id is so long: the report is unknown at once."""
    begin(account)
    assert codes(account.apply(delivered("m" * 10**6))) == [UNKNOWN_MESSAGE.code]
