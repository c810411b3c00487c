"""Byte ranges of HTTP (RFC 9110, section 14): what a part of a file is asked for, and what has been sent of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_RANGE = re.compile(r"bytes\s*+=\s*+(\d*+)\s*+-\s*+(\d*+)\s*+\Z", re.IGNORECASE | re.ASCII)
_MOST_DIGITS = 18  # more than any file has bytes; the interpreter refuses to read thousands of them


class Span(NamedTuple):
    """Bytes from *start* up to, and without, *end*."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.end - self.start


class UnsatisfiableError(ValueError):
    """No byte of the file is in the range."""


def parse_range(header: str | None, size: int) -> Span | None:
    """The one range that *header* asks of a file of *size* bytes; None where all of it is meant, as RFC 9110 allows.

    Raises:
        UnsatisfiableError: The range begins behind the file's end.
    """
    match = _RANGE.match(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):  # several ranges, another unit or nonsense: the whole file
        return None
    first, last = match.groups()
    if first == "":
        length = _number(last)
        if length == 0 or size == 0:
            raise UnsatisfiableError(header)
        return Span(max(0, size - length), size)
    start, end = _number(first), _number(last) if last else size - 1
    if end < start and last:
        return None
    if start >= size:
        raise UnsatisfiableError(header)
    return Span(start, min(end + 1, size))


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def covered(spans: Iterable[Span]) -> int:
    """How many bytes are in at least one of *spans*."""
    count = upto = 0
    for start, end in sorted(spans):
        count += max(0, end - max(start, upto))
        upto = max(upto, end)
    return count
