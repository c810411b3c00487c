"""What findings are about, and telling each thing once."""

from __future__ import annotations

import pytest

from emulator.core.telling import OnceEach, Thing, Told, thing


@pytest.mark.parametrize(
    ("path", "message", "about"),
    [
        ("$.items[0].ref", "$.items[0].ref is a number, 7", "$.items[*].ref"),
        ("$.items[12].ref", "$.items[12].ref is a number, 8", "$.items[*].ref"),
        ("$.From", "$.From begins with a space", "$.From"),
        ('$["a b"]', "x", '$["a b"]'),
        ('$["media[1]"]', "x", '$["media[*]"]'),
        ("$", "no message has the id 1", "no message has the id 1"),
        ("$[3]", "no message has the id 1", "no message has the id 1"),
        ("$.results[3]", "from is '0412'", "from is '0412'"),
    ],
)
def test_the_place_counts_or_what_is_said(path: str, message: str, about: str) -> None:
    """Framework 8.17: the value that stands at a place is no other thing; another event is."""
    assert Thing("WH-102", about) == thing("WH-102", path, message)


def test_each_thing_is_told_once_and_counted() -> None:
    """Framework 8.17: once for each thing, and with how often it came."""
    once, ref, said = OnceEach(), thing("WH-102", "$.ref", "a"), thing("WH-301", "$", "no message has the id 1")
    assert [True, False, False] == [once.is_first(ref), once.is_first(ref, 3), once.is_first(ref)]
    assert [True, False] == [once.is_first(said), once.is_first(said)]
    assert once.again() == [
        "WH-102 at $.ref came 5 times; ignore_findings: [WH-102] in the project file keeps it quiet"
    ]


def test_a_line_is_a_text() -> None:
    """Whoever prints lines need not know what they are about."""
    line = Told("$.ref is a number [WH-102]", thing("WH-102", "$.ref", "a"), 3)
    assert ("$.ref is a number [WH-102]", 3, "$.ref") == (line, line.times, line.thing.about)
