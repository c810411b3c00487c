"""The check of a whole scenario: percentiles of how long answers and delivery reports took."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import ScenarioError
from emulator.scenario.measuring import statistic
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

SENT = "scenario: x\nunexpected: allow\ncheck: {}\nsteps:\n  - send_message: one\n  - expect: messageDelivered\n"


@pytest.mark.parametrize(
    ("name", "expected"), [("min", 1), ("p50", 10), ("p90", 18), ("p95", 19), ("p99", 20), ("max", 20), ("mean", 10.5)]
)
def test_percentiles_are_by_nearest_rank(name: str, expected: float) -> None:
    """Each is a time that really occurred, and so many per cent are no longer than it."""
    assert expected == statistic(name, [float(each) for each in range(20, 0, -1)])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_statistics_agree_with_each_other(times: list[float]) -> None:
    """They rise with their rank, and lie between the least and the most."""
    found = [statistic(name, times) for name in ("min", "p50", "p90", "p95", "p99", "max")]
    assert sorted(found) == found
    assert all(each in times for each in found)
    assert statistic("mean", times) == pytest.approx(statistics.fmean(times))


async def test_a_check_that_holds(stage: Stage) -> None:
    """Framework 6.22: the delivery report came 50 ms after the message was sent."""
    stage.provider.reports(after_s=0.05)
    check = "{delivery_latency: {count: 1, p95: {gte: 40ms, lt: 2s}}, answer_latency: {max: {lte: 1s}}, undelivered: 0}"
    assert Status.PASSED is (await stage.play(SENT.format(check))).status


async def test_a_check_that_does_not(stage: Stage) -> None:
    """Every measure outside its bounds is told, and what was measured."""
    stage.provider.reports(after_s=3)
    check = "{delivery_latency: {p95: {lt: 2s}, count: {gte: 2}}, undelivered: 1, duration: {gt: 1m}}"
    result = await stage.play(SENT.format(check))
    assert Status.FAILED is result.status
    assert result.problem is not None
    assert "SCN-508" == result.problem.code
    assert "4 measures outside:" == result.problem.received
    assert [
        ("delivery_latency.count", "expected at least 2; found 1"),
        ("delivery_latency.p95", "expected less than 2 s; found 3 s"),
        ("undelivered", "expected 1; found 0"),
        ("duration", "expected more than 60 s; found 3 s"),
    ] == [(row.label, row.text) for row in result.problem.details if row.wrong]
    assert result.problem.details[-1].text.startswith("1 times: min 3 s, mean 3 s")


async def test_nothing_to_measure(stage: Stage) -> None:
    """A bound on times that there are none of does not hold."""
    text = "scenario: x\ncheck: {delivery_latency: {p50: {lt: 1s}}}\nsteps:\n  - note: nothing is sent\n"
    result = await stage.play(text)
    assert result.problem is not None
    assert "expected less than 1 s; found nothing to measure" == result.problem.details[0].text


async def test_a_check_counts_as_one(stage: Stage) -> None:
    """A scenario whose only check is this one has checked something."""
    text = "scenario: x\ncheck: {answer_latency: {count: 1}}\nsteps:\n  - send_message: one\n"
    assert Status.PASSED is (await stage.play(text)).status


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("{delivery_latency: {p95: 2s}}", "a time is held against bounds"),
        ("{delivery_latency: {p95: {}}}", "no bound is given"),
        ("{delivery_latency: {p97: {lt: 2s}}}", 'unknown key "p97"'),
        ("{delivery_latency: {p95: {lt: 2}}}", "a duration needs a number and a unit"),
        ("{delivery_latency: {p95: {less: 2s}}}", 'unknown key "less"'),
        ("{delivery: {p95: {lt: 2s}}}", 'unknown key "delivery"'),
        ("{undelivered: {lss: 2}}", 'unknown operator "lss"'),
        ("{answer_latency: {count: {gt: many}}}", "gt needs a number"),
    ],
)
async def test_mistakes_are_told_at_load(stage: Stage, check: str, message: str) -> None:
    """With their line, and before anything is run."""
    with pytest.raises(ScenarioError) as raised:
        stage.load(SENT.format(check))
    assert [3] == [each.where.line for each in raised.value.findings if each.where]
    assert message in raised.value.findings[0].message
