"""Retries without a pause."""

from __future__ import annotations

import pytest

from emulator.engine import retries
from emulator.engine.retries import Refusals


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([0.0, 0.001, 0.002], [None, None, (3, 0.002)]),
        ([0.0, 0.001, 0.002, 0.003, 0.004], [None, None, (3, 0.002), None, None]),
        ([0.0, 0.001], [None, None]),
        ([0.0, 1.0, 6.0, 36.0], [None] * 4),
        ([0.0, 0.001, 0.5, 0.501, 0.502], [None, None, None, None, (3, pytest.approx(0.002))]),
    ],
    ids=["three", "told-once", "two", "with-pauses", "a-pause-between"],
)
def test_a_storm(times: list[float], told: list[object]) -> None:
    """Framework 8.23: what is tried again at once, and again, is told once; who waits in between tries as he should."""
    refusals = Refusals()
    assert told == [refusals.storm("x", at) for at in times]


def test_each_thing_has_a_storm_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several webhooks refused at the same time are no retries; the oldest are forgotten."""
    monkeypatch.setattr(retries, "MOST_REMEMBERED", 2)
    refusals = Refusals()
    assert [None] * 6 == [refusals.storm(what, 0.0) for what in "aabcaa"]
    assert refusals.storm("a", 0.0) == (3, 0.0)
