"""Organizations and messages: whose number it is, which messages belong together, and what state one is in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.conversations import Message, MessageState, Organization, User

ANNA = User(extension="101", name="Anna", numbers=("+61855555555", "+61855555556"))
BERT = User(extension="102", name="Bert", numbers=("+61855555556", "+61855555557"))
NUMBERS = st.lists(st.from_regex(r"\+1[0-9]{3}", fullmatch=True), max_size=4)


def organization(*users: User) -> Organization:
    """An organization of these users."""
    return Organization(id="1", domain="acme", users=users, contact="+61123456789")


def message(**more: object) -> Message:
    """A text on its way to a contact."""
    made = Message(id=1, outgoing=True, number="+61855555555", contact="+61123456789", content="hi")
    return made._replace(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ((), ()),
        ((ANNA,), ("+61855555555", "+61855555556")),
        ((ANNA, BERT), ("+61855555555", "+61855555556", "+61855555557")),
        ((BERT, ANNA), ("+61855555556", "+61855555557", "+61855555555")),
        ((replace(ANNA, numbers=()), BERT), ("+61855555556", "+61855555557")),
    ],
    ids=["nobody", "one", "shared", "other-order", "none-of-hers"],
)
def test_the_numbers_of_an_organization(users: tuple[User, ...], expected: tuple[str, ...]) -> None:
    """Framework 7.4: a number that several users share is one number; they come in the users' order."""
    assert expected == organization(*users).numbers


@given(st.lists(NUMBERS, max_size=4))
def test_every_number_is_somebodys(numbers: list[list[str]]) -> None:
    """Framework 7.4: an organization has each number of its users once, and each belongs to the first who has it."""
    users = [User(extension=str(index), name="x", numbers=tuple(each)) for index, each in enumerate(numbers)]
    made = organization(*users)
    assert len(set(made.numbers)) == len(made.numbers)
    assert {number for each in numbers for number in each} == set(made.numbers)
    for number in made.numbers:
        assert next(user for user in users if number in user.numbers) is made.user_of(number)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+61855555555", ANNA), ("+61855555556", ANNA), ("+61855555557", BERT), ("61855555557", None), ("", None)],
    ids=["hers", "shared", "his", "other-format", "empty"],
)
def test_whose_number_it_is(number: str, expected: User | None) -> None:
    """Framework 7.4: of users that share a number the first has it; a number is asked for as it is known."""
    assert expected is organization(ANNA, BERT).user_of(number)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+61855555555", "+61855555555"),
        ("61855555555", "+61855555555"),
        ("0061 8 5555-5557", "+61855555557"),
        ("(08) 5555 5556", "+61855555556"),
        ("tel:+61855555557", "+61855555557"),
        ("+61855555558", None),
        ("5555", None),
        ("", None),
    ],
    ids=["same", "no-plus", "zeros", "national", "scheme", "unknown", "too-short", "empty"],
)
def test_a_number_is_found_whatever_its_format(written: str, expected: str | None) -> None:
    """Framework 6.20, 8.4: the SMS number is found that is meant, whatever its format; an unknown one is none."""
    assert expected == organization(ANNA, BERT).number_like(written)


def test_a_number_that_may_be_two_is_none() -> None:
    """Framework 6.20: a writing that fits two numbers of the organization does not mean either."""
    made = organization(User(extension="1", name="x", numbers=("+61855555555", "+64855555555")))
    assert None is made.number_like("0855555555")


@pytest.mark.parametrize(
    ("number", "contact", "expected"),
    [
        ("+61855555555", "+61123456789", ("+61855555555", "61123456789")),
        ("+61855555555", "61 123 456 789", ("+61855555555", "61123456789")),
        ("+61855555556", "+61123456789", ("+61855555556", "61123456789")),
        ("+61855555555", "Telstra", ("+61855555555", "Telstra")),
        ("+61855555555", "BANK24", ("+61855555555", "BANK24")),
        ("+61855555555", "", ("+61855555555", "")),
    ],
    ids=["number", "other-format", "other-number", "name", "name-with-digits", "empty"],
)
def test_what_makes_a_conversation(number: str, contact: str, expected: tuple[str, str]) -> None:
    """Framework 1.1: one SMS number and one contact have one conversation, in and out, however the contact is
    written."""
    for outgoing in (True, False):
        assert expected == message(outgoing=outgoing, number=number, contact=contact).conversation


def test_a_message_begins_as_sending() -> None:
    """Framework 7.1: a message that was just made is a text of nobody's, without id or reason, being sent."""
    made = message()
    assert (MessageState.SENDING, False) == (made.state, made.is_file)
    assert (None, None, None) == (made.extension, made.messageid, made.reason)


def test_sent_then_delivered() -> None:
    """Framework 7.1: a message whose answer names an id is sent, and its report makes it delivered."""
    made = message(extension="101", is_file=True)
    sent = made.accepted("id-7")
    assert made._replace(state=MessageState.SENT, messageid="id-7") == sent
    assert made._replace(state=MessageState.DELIVERED, messageid="id-7") == sent.delivered()


@pytest.mark.parametrize("messageid", [None, ""], ids=["none", "empty"])
def test_sent_without_an_id(messageid: str | None) -> None:
    """Framework 4.20: a message whose answer names no id is sent, and untracked."""
    assert message()._replace(state=MessageState.UNTRACKED, messageid=messageid) == message().accepted(messageid)


def test_failed() -> None:
    """Framework 7.2: a message that the provider did not take is failed, and says why."""
    assert message()._replace(state=MessageState.FAILED, reason="status 500") == message().failed("status 500")


def test_a_change_makes_a_copy() -> None:
    """A message that was looked at stays as it was, whatever becomes of it."""
    made = message()
    assert made not in (made.accepted("x"), made.accepted(None), made.delivered(), made.failed("x"))
    assert message() == made
    with pytest.raises(AttributeError):
        made.content = "other"  # type: ignore[misc]


def test_the_states_in_words() -> None:
    """Framework 7.1: a state is told by the words that the rules use for it."""
    expected = ["sending", "sent", "sent (untracked)", "delivered", "failed", "received"]
    assert expected == [str(state) for state in MessageState]
