"""What is posted again at once after it was refused, and again: a retry without a pause helps nobody (framework 8)."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.scalars import format_duration

if TYPE_CHECKING:
    from emulator.errors import Finding

AT_ONCE_S = 0.2
"""A post so soon after the one before was refused has not waited."""
FEWEST = 3
"""Posts in a row, each at once, that are told; two may be chance."""
MOST_REMEMBERED = 1000
"""Refused posts that are remembered; the oldest go first."""


class _Row(NamedTuple):
    tries: int
    began: float
    at: float


class Refusals:
    """The latest refusal of each thing that was posted or asked for."""

    def __init__(self) -> None:
        self._rows: OrderedDict[object, _Row] = OrderedDict()

    def storm(self, what: object, at: float) -> tuple[int, float] | None:
        """*what* is refused *at* a time; returns how many refusals in a row that makes, and the seconds they took.

        None while they are too few, or far enough apart, and once it was told.
        """
        before = self._rows.pop(what, None)
        row = _Row(1, at, at)
        if before is not None and at - before.at < AT_ONCE_S:
            row = _Row(before.tries + 1, before.began, at)
        self._rows[what] = row
        if len(self._rows) > MOST_REMEMBERED:
            self._rows.popitem(last=False)
        return (row.tries, at - row.began) if row.tries == FEWEST else None


_WAIT = "wait before another try, and longer each time, such as 1 s, 5 s, 30 s: what is down needs time to come back"


def webhook_storm(count: int, took_s: float, how: str) -> Finding:
    """The same webhook was posted again and again; *how* it was refused."""
    message = f"a webhook was posted {count} times within {format_duration(took_s)}, again at once after each {how}"
    return rules.RETRY_STORM.on("$", message, _WAIT)


def fetch_storm(count: int, took_s: float, status: int) -> Finding:
    """The same file was asked for again and again."""
    message = f"a file was asked for {count} times within {format_duration(took_s)}, again at once after each {status}"
    return rules.FETCH_STORM.on("$", message, _WAIT)
