"""Why a value is another than was expected, told so that it can be mended."""

from __future__ import annotations

import pytest

from emulator.core import rules
from emulator.core.comparing import ABSENT, differences
from emulator.core.conversations import Message
from emulator.core.matching import Event
from emulator.engine.inbox import Arrival
from emulator.errors import Finding
from emulator.scenario.other_values import Reason, sharing_an_id, why_other_value

SENT = Message(id=1, outgoing=True, number="+1", contact="+2", content="a", messageid="90071992547409931", exchange=3)
OTHER = SENT._replace(id=2, messageid="other-1", exchange=5)


def why(expected: dict[str, str], found: dict[str, str], *findings: Finding) -> Reason:
    event_type = "messageDelivered" if "messageid" in expected else "message"
    event = Event(event_type, 0, (), found, findings)  # type: ignore[arg-type]
    wrong = [each for name, text in expected.items() for each in differences(text, found.get(name, ABSENT), name)]
    return why_other_value(Arrival(exchange=9, at=0.0, event=event), wrong, expected, [SENT, OTHER])


@pytest.mark.parametrize(
    ("found", "told", "mend"),
    [
        ("90071992547409940", "the same number after rounding to a double", "keep the id as text"),
        ("9.007199254740994e16", "the same number after rounding to a double", "keep the id as text"),
        (" 90071992547409931", "the same id, but with blanks around it", "letter for letter"),
        ("other-1", "the id of another message, sent by exchange #5", "that its own SendMessage was answered"),
        ("SMS-90071992547409931", "the id with more around it", "letter for letter"),
        ("9007199", "a part of the id", "letter for letter"),
        ("90071992547419931", None, "report the id that answered SendMessage"),
    ],
)
def test_an_id_that_is_another(found: str, told: str | None, mend: str) -> None:
    """Framework 8.5, 4.17: each way in which an id comes back changed has a sentence of its own."""
    reason = why({"messageid": "90071992547409931"}, {"messageid": found})
    assert ([] if told is None else [told]) == [row.text[: len(told or "")] for row in reason.rows]
    assert reason.mend.endswith(mend) or reason.mend.startswith(mend)


@pytest.mark.parametrize("found", ["15550100002", "0015550100002"])
def test_a_number_without_its_plus(found: str) -> None:
    """Framework 6: its digits find the contact; whoever means it so is told how to expect it."""
    bare = rules.NO_PLUS.on("$", f"from is {found!r}, without its plus", "post numbers as E.164")
    reason = why({"from": "+15550100002"}, {"from": found}, bare)
    assert "the contact is found by them all the same" in reason.rows[0].text
    assert f'expect from: {{ends_with: "{found}"}}; otherwise post numbers as E.164' in reason.mend


def test_an_id_in_other_case() -> None:
    """Framework 8.5: ids are compared letter for letter."""
    (row,) = why({"messageid": "SM1a2B"}, {"messageid": "sm1a2b"}).rows
    assert row.text == "the same id, but with capitals and small letters changed"


def test_a_finding_is_the_reason_for_the_value_it_explains() -> None:
    """Framework 8.19: a number whose plus a form has lost is told with the remedy for just that."""
    lost = rules.PLUS_IS_A_SPACE.on("$.From", "$.From begins with a space", "send each + as %2B")
    plain = rules.NO_PLUS.on("$", "from is ' 15550100002', without its plus", "post numbers as E.164")
    reason = why({"from": "+15550100002"}, {"from": " 15550100002"}, plain, lost)
    assert ["$.From begins with a space [WH-106]", "from is ' 15550100002', without its plus [WH-207]"] == [
        row.text for row in reason.rows
    ]
    assert reason.mend == "send each + as %2B"


def test_a_finding_about_something_else_is_none() -> None:
    """A remedy that mends another thing would mislead."""
    plain = rules.NO_PLUS.on("$", "from is '15550100002', without its plus", "post numbers as E.164")
    assert ((), "send what is expected, or correct the expectation") == why({"content": "a"}, {"content": "b"}, plain)
    reason = why({"from": "+15550100002", "content": "a"}, {"from": "15550100002", "content": "b"}, plain)
    assert (1, "send what is expected, or correct the expectation") == (len(reason.rows), reason.mend)


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"content": "007"}, "7", "a plus or zeros at its beginning are lost"),
        ({"to": "+15550100001"}, "15550100001", "a plus or zeros at its beginning are lost"),
        ({"to": "+15550100001"}, "555-010-0001", "the same number in another writing"),
    ],
)
def test_a_value_that_lost_something(expected: dict[str, str], found: str, told: str) -> None:
    """Framework 8.4: what a number type does to a text of digits."""
    (row,) = why(expected, dict.fromkeys(expected, found)).rows
    assert row.text == told


def test_messages_that_share_an_id() -> None:
    """Framework 8.12: one report cannot mean both."""
    assert sharing_an_id([SENT, SENT._replace(id=2, exchange=5)], SENT.messageid) == "#3 and #5"
    assert sharing_an_id([SENT, OTHER], SENT.messageid) is None
    assert sharing_an_id([SENT._replace(messageid=None), OTHER._replace(messageid=None)], None) is None
