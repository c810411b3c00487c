"""A Range header means what RFC 9110 says, and overlapping parts are counted once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.ranges import Span, UnsatisfiableError, covered, parse_range


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-3", Span(0, 4)),
        ("bytes=4-", Span(4, 10)),
        ("bytes=-3", Span(7, 10)),
        ("bytes=-99", Span(0, 10)),
        ("bytes=2-99", Span(2, 10)),
        ("bytes=9-9", Span(9, 10)),
        (" Bytes = 1 - 2 ", Span(1, 3)),
        ("bytes=0-" + "9" * 5000, Span(0, 10)),
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=3-2", None),
        ("bytes=0-1,4-5", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes=١-٢", None),
    ],
)
def test_what_a_header_asks_of_ten_bytes(header: str | None, span: Span | None) -> None:
    """One range is a span; what is no range, or several, is the whole file."""
    assert span == parse_range(header, 10)


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_behind_the_end(header: str, size: int) -> None:
    """No byte of the file is in it."""
    with pytest.raises(UnsatisfiableError):
        parse_range(header, size)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)))
def test_parts_are_counted_once(pairs: list[list[int]]) -> None:
    """However they overlap: as many as there are different bytes in them."""
    spans = [Span(*pair) for pair in pairs]
    assert len({byte for span in spans for byte in range(span.start, span.end)}) == covered(spans)


def test_a_span_has_a_length() -> None:
    """Its end is not in it."""
    assert Span(2, 5).length == 3
