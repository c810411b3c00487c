"""Placeholders: filled once, after parsing, with their type kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.plain import Plain
from emulator.core.source import NOTHING
from emulator.errors import Location
from emulator.scenario.placeholders import UnfilledError, fill, in_data, narrowed, placeholders

VALUES: dict[str, Any] = {
    "name": "Alice",
    "API key": "abcd",
    "count": 3,
    "yes": True,
    "digits": Plain("007", 7),
    "nothing": Plain("", None),
    "map": {"a": [1, Plain("02", 2)]},
    "money": "costs $5 and $name$",
    "sms": {"messageid": "m-1", "answer": {"data": [{"id": 7}]}},
    "sms.status": 200,
}


def _lookup(name: str) -> Any:
    return in_data(VALUES, name)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("$name$", "Alice"),
        ("Hello, $name$!", "Hello, Alice!"),
        ("$API key$", "abcd"),
        ("$name$$name$", "AliceAlice"),
        ("$count$", 3),
        ("$count$ times, $yes$", "3 times, true"),
        ("$digits$", Plain("007", 7)),
        ("no. $digits$", "no. 007"),
        ("[$nothing$]", "[]"),
        ("$map$", VALUES["map"]),
        ("as JSON: $map$", 'as JSON: {"a": [1, 2]}'),
        ("$money$", "costs $5 and $name$"),
        ("it $money$", "it costs $5 and $name$"),
        ("costs $$5 and $$6", "costs $5 and $6"),
        ("$$name$$", "$name$"),
        ("a lone $ sign", "a lone $ sign"),
        (5, 5),
        (None, None),
        (Plain("$x$", 1), Plain("$x$", 1)),
        (
            {"$name$": "$name$", "list": ["$count$", {"deep": "$yes$"}]},
            {"$name$": "Alice", "list": [3, {"deep": True}]},
        ),
        ("$sms.messageid$", "m-1"),
        ("$sms.answer.data.0.id$", 7),
        ("$sms.status$", 200),
    ],
)
def test_fill(data: Any, expected: Any) -> None:
    """A text that is one placeholder becomes its value, type and all; inside a longer text the value is written out."""
    filled = fill(data, _lookup)
    assert expected == filled
    assert type(expected) is type(filled)


@pytest.mark.parametrize("name", ["nobody", "sms.nothing", "name.first", "sms.answer.data.1", "sms.answer.data.x"])
def test_a_name_without_a_value(name: str) -> None:
    """A name that nothing supplies is named, alone or inside a text."""
    for text in (f"${name}$", f"x ${name}$"):
        with pytest.raises(UnfilledError) as caught:
            fill(text, _lookup)
        assert name == caught.value.name


@given(st.text())
def test_values_are_never_read_again(value: str) -> None:
    """Whatever a value holds, it arrives as it is, alone and inside a text."""
    assert value == fill("$x$", lambda _: value)
    assert f"<{value}>" == fill("<$x$>", lambda _: value)


@given(st.text())
def test_doubled_dollars_are_dollars(text: str) -> None:
    """Any text can be written, by doubling its dollars."""
    assert text == fill(text.replace("$", "$$"), lambda _: NOTHING)


def test_placeholders_and_their_places() -> None:
    """Every placeholder in data is found, with the path of its text; keys hold none."""
    data = {"$key$": ["$a$ and $b$", {"x": "$c.d$"}], "n": 5, "cost": "$$5"}
    expected = [(("$key$", 0), "a"), (("$key$", 0), "b"), (("$key$", 1, "x"), "c.d")]
    assert expected == list(placeholders(data, ()))


def test_a_place_narrowed_to_a_placeholder() -> None:
    """A finding points at the placeholder itself, or at the whole text where it cannot be found there."""
    where = Location(file="x.yaml", line=1, column=4, width=9, text="a: hi $nmae$")
    assert (7, 6) == (narrowed(where, "nmae").column, narrowed(where, "nmae").width)
    assert where == narrowed(where, "other")
