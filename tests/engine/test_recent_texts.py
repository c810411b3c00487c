"""What is told of a text that went out, or came in, a moment before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.core.conversations import Message
from emulator.engine import recent_texts
from emulator.engine.recent_texts import RecentTexts

if TYPE_CHECKING:
    from tests.engine.conftest import ManualClock


def text(content: str = "hi", *, sender: str = "+61123456789", outgoing: bool = False) -> Message:
    """One between a contact and a number of the organization."""
    return Message(id=1, outgoing=outgoing, number="+61855555555", contact=sender, content=content)


def codes(texts: RecentTexts, message: Message) -> list[str]:
    """The kinds of what is told when *message* comes in."""
    return [finding.code for finding in texts.came(message, ())]


@pytest.fixture
def texts(clock: ManualClock) -> RecentTexts:
    """Nothing was said yet."""
    return RecentTexts(clock)


@pytest.mark.parametrize(
    ("said", "sender", "after_s", "found"),
    [
        ("ping", "+61123456789", 5.0, ["WH-204"]),
        ("ping", "+61 123 456 789", 60.0, ["WH-204"]),
        ("ping", "+61123456789", 60.1, []),
        ("ping", "+61400000001", 5.0, []),
        ("pong", "+61123456789", 5.0, []),
    ],
    ids=["echo", "another-writing", "long-ago", "somebody-else", "another-text"],
)
def test_an_echo(
    texts: RecentTexts, clock: ManualClock, said: str, sender: str, after_s: float, found: list[str]
) -> None:
    """Framework 8.15: what went out to a contact comes in from there."""
    texts.went_out(text("ping", outgoing=True))
    clock.turn(after_s)

    assert codes(texts, text(said, sender=sender)) == found


@pytest.mark.parametrize(
    ("said", "after_s", "found"),
    [("hi", 0.1, ["WH-205"]), ("hi", 10.0, ["WH-205"]), ("hi", 10.5, []), ("ho", 0.1, [])],
    ids=["at-once", "in-time", "later", "another"],
)
def test_the_same_text_again(
    texts: RecentTexts, clock: ManualClock, said: str, after_s: float, found: list[str]
) -> None:
    """Framework 8.16: people seldom say one thing twice within seconds; a provider that posts again does."""
    texts.came(text(), ())
    clock.turn(after_s)

    assert codes(texts, text(said)) == found


def test_both_at_once(texts: RecentTexts) -> None:
    texts.went_out(text(outgoing=True))
    texts.came(text(), ())

    assert codes(texts, text()) == ["WH-204", "WH-205"]


def test_what_was_forgotten_is_no_echo(texts: RecentTexts) -> None:
    texts.went_out(text(outgoing=True))
    texts.forget()

    assert codes(texts, text()) == []


def test_they_are_bounded(texts: RecentTexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was said longest ago goes first."""
    monkeypatch.setattr(recent_texts, "MOST_RECENT", 2)
    for content in ("one", "two", "one", "three"):
        texts.came(text(content), ())

    assert codes(texts, text("one")) == ["WH-205"]
    assert codes(texts, text("two")) == []


def test_what_was_asked_for_is_no_echo(texts: RecentTexts) -> None:
    """Framework 8.15, 8.16: a scenario that has the provider post a text knows that it comes; once, and no other."""
    texts.went_out(text(outgoing=True))
    texts.asked_for(("+61123456789", "hi"))

    assert codes(texts, text()) == []
    assert codes(texts, text()) == ["WH-204", "WH-205"]


def test_each_request_is_one_text(texts: RecentTexts) -> None:
    """Framework 8.16: the same text asked for twice comes twice; a third time is a duplicate."""
    texts.asked_for(("hi",))
    texts.asked_for(("post: hi there",))

    assert [codes(texts, text()) for _ in range(3)] == [[], [], ["WH-205"]]


def test_another_text_was_asked_for(texts: RecentTexts) -> None:
    """Framework 8.15: what was asked for says nothing of other texts, and an empty one is in none."""
    texts.went_out(text("ping", outgoing=True))
    texts.went_out(text("", outgoing=True))
    texts.asked_for(("pong",))

    assert codes(texts, text("ping")) == ["WH-204"]
    assert codes(texts, text("")) == ["WH-204"]
